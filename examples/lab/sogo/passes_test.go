//go:build interop

package sogo

import (
	"testing"
	"time"
)

// TestPasses changes the source between passes: after each, the target holds what the source holds, and the same command once more writes
// nothing.
func TestPasses(t *testing.T) {
	t.Parallel()
	passes := number(t, "AIRLIFT_PASSES", 2)
	m := migrating(t, pair{"grace", "heidi"})
	boxes := m.emptiedAll()
	boxes["grace"].fill(letters(8000, 40), "INBOX", "Sent", "Clients/A", "Clients/B", "Archive/2024/Übersicht")
	somePeople(t, "grace", 20, 0)
	m.run("--propagate-deletes")

	c := changesOf(t, boxes["grace"], 1)
	for pass := range passes {
		c.settled = time.Now()
		c.mail(6, 6, 5, 4)
		c.people(2)
		m.run("--propagate-deletes")
		m.same(boxes)
		m.nothingNew("--propagate-deletes")
		if t.Failed() {
			t.Fatalf("pass %d", pass)
		}
	}
}
