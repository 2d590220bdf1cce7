package migrate_test

import (
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// An answer to ItemOperations that breaks off behind its last item has brought all that was asked for, and is no answer:
// nothing is left to ask for when it is tried again.
func TestFetchBreaksOffBehindItsItems(t *testing.T) {
	for _, window := range []int{1, 5} {
		faults := easserver.NewFaults(1, easserver.FaultRule{
			Fault: easserver.FaultCutConnection, Command: "ItemOperations", Limit: 10, Offset: 1 << 20,
		})
		l := newLab(t, easserver.Config{Faults: faults}, "alice")
		o := l.options("alice")
		o.Bodies, o.Window = migrate.BodiesFetch, window
		l.run(o)
		l.check("alice")
		if n := faults.Injected()[easserver.FaultCutConnection]; n != 10 {
			t.Errorf("%d answers broke off, 10 were to", n)
		}
	}
}
