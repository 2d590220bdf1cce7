package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/airlift-eas/airlift/migrate"

	"github.com/airlift-eas/airlift/eas/easserver"
)

// TestReconcile holds archives that differ from the server in a known way against it: one that lost a segment, the first, one
// in the middle or the last, one of which a message was deleted on the server, and one where a message was added.
func TestReconcile(t *testing.T) {
	for _, tc := range []struct {
		name            string
		segment         int
		forget          bool // the checkpoints are lost too
		missing, gone   int
		lost, recovered int
		after           int // pages still lost after the repair
	}{
		{name: "nothing"},
		{name: "first segment", segment: 1, missing: 5, lost: 1, recovered: 5, after: 1},
		{name: "segment in the middle", segment: 2, missing: 5, lost: 1, recovered: 5, after: 1},
		{name: "last segment", segment: 3, missing: 2, lost: 1, recovered: 2, after: 1},
		{name: "deleted on the server", gone: 1},
		{name: "added on the server", missing: 1, recovered: 1},
		{name: "nothing, without checkpoints", forget: true},
		{name: "added on the server, without checkpoints", forget: true, missing: 1, recovered: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLab(t, easserver.Config{}, "alice")
			l.run(l.options("alice"))
			inbox := l.store.User("alice").Folder("Inbox")
			switch {
			case tc.segment > 0:
				found, err := filepath.Glob(filepath.Join(l.root, "archive/mailboxes/*/folders/inbox-????????", fmt.Sprintf("%08d.tar.zst", tc.segment)))
				if err != nil || len(found) != 1 {
					t.Fatal(found, err)
				}
				if err := os.Remove(found[0]); err != nil {
					t.Fatal(err)
				}
			case tc.gone > 0:
				if err := inbox.Delete(idsOf(inbox)[3]); err != nil {
					t.Fatal(err)
				}
			case tc.missing > 0:
				inbox.AddMessage(message("alice", "Inbox", 777))
			}
			if tc.forget {
				l.root = moveState(t, l.root)
			}
			l.reconcile(false, migrate.Comparison{Missing: tc.missing, Gone: tc.gone, Lost: tc.lost})
			l.reconcile(true, migrate.Comparison{Missing: tc.missing, Gone: tc.gone, Lost: tc.lost, Recovered: tc.recovered})
			l.reconcile(false, migrate.Comparison{Lost: tc.after})
			if sum := l.run(l.options("alice")); sum.ItemsStored+sum.ItemsDeleted != 0 {
				t.Errorf("the run after the repair: %+v", sum)
			}
			if tc.lost == 0 {
				l.check("alice")
			}
		})
	}
}

// reconcile must find just these differences, each named by an event.
func (l *lab) reconcile(repair bool, want migrate.Comparison) {
	l.t.Helper()
	l.events = nil
	got, err := migrate.Reconcile(l.t.Context(), l.options("alice"), repair)
	if err != nil {
		l.t.Fatal(err)
	}
	want.Result = migrate.ResultOK
	if want.Missing > want.Recovered || want.Lost > 0 || want.Gone > 0 && !repair {
		want.Result = migrate.ResultUnbalanced
	}
	if got.Result != want.Result || got.Missing != want.Missing || got.Gone != want.Gone || got.Lost != want.Lost || got.Recovered != want.Recovered || got.Listed == 0 {
		l.t.Fatalf("repair %v: %+v, want %+v", repair, got, want)
	}
	for event, n := range map[string]int{migrate.EventMissing: want.Missing, migrate.EventGone: want.Gone, migrate.EventLost: want.Lost} {
		named := slices.DeleteFunc(slices.Clone(l.events), func(e migrate.Event) bool { return e.Event != event || e.Folder != "Inbox" })
		if len(named) != n {
			l.t.Errorf("repair %v: %d events %s, want %d", repair, len(named), event, n)
		}
	}
}
