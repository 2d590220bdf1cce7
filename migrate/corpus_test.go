package migrate_test

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// TestCorpusVerified archives the messages of the corpus: every body hash that others found right before is right in the archive, and what
// is wrong is in the list with the reason.
func TestCorpusVerified(t *testing.T) {
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		t.Skip("AIRLIFT_CORPUS is not set")
	}
	f, err := os.Open(filepath.Join(dir, "FLAGS.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := newLab(t, easserver.Config{})
	inbox := l.store.AddUser("alice").Folder("Inbox")
	right, signed := map[string]bool{}, map[string]bool{} // by the ids that the server gives
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Split(s.Text(), "\t")
		if len(fields) != 3 || !strings.HasPrefix(fields[0], "mail/") {
			continue
		}
		msg, err := os.ReadFile(filepath.Join(dir, fields[0]))
		if err != nil {
			t.Fatal(err)
		}
		id := string(inbox.AddMessage(msg))
		flags := strings.Split(fields[2], "; ")
		signed[id] = slices.Contains(flags, "DKIM-Signature")
		right[id] = slices.ContainsFunc(flags, func(f string) bool { return strings.HasPrefix(f, "DKIM body hash verifies") })
	}
	o := l.options("alice")
	o.Window = 100
	sum := l.run(o)
	listed := map[string]bool{}
	for _, e := range l.events {
		if e.Event == migrate.EventFidelity && slices.ContainsFunc(e.Findings, func(f migrate.Finding) bool { return f.What == "dkim" }) {
			listed[e.ServerID] = true
		}
	}
	pass := 0
	for item, err := range l.archive().Items(context.Background(), "alice@example.com", time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		d := item.Verified.DKIM
		if (d != nil) != signed[item.ServerID] || right[item.ServerID] != (d != nil && d.Pass > 0) {
			t.Errorf("%s: DKIM %+v; signed %t, right %t", item.Name, d, signed[item.ServerID], right[item.ServerID])
		}
		if d != nil && d.Fail+d.Unknown > 0 != listed[item.ServerID] {
			t.Errorf("%s: DKIM %+v, listed %t", item.Name, d, listed[item.ServerID])
		}
		if d != nil && d.Pass > 0 {
			pass++
		}
	}
	if sum.Fidelity.DKIMPass != pass || pass == 0 || sum.Fidelity.Messages != len(right) {
		t.Errorf("%+v, %d right, %d messages", sum.Fidelity, pass, len(right))
	}
	t.Logf("%+v", sum.Fidelity)
}
