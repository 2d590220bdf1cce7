package archive

import (
	"testing"
	"time"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/dir"
)

func TestVerifyOverlappingRuns(t *testing.T) {
	b, err := dir.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	a, err := Create(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"2-began-second-ended-first", "1-began-first-ended-second"} {
		if err := a.Record(t.Context(), sinks.Run{ID: id, Mailbox: "a@b.c", Started: time.Unix(1, 0), Ended: time.Unix(2, 0), Result: "ok"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Verify(t.Context(), VerifyOptions{Problem: func(p Problem) { t.Errorf("%+v", p) }}); err != nil {
		t.Fatal(err)
	}
}
