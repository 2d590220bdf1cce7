package easdst_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

// TestConfirm: what a server keeps from a listing is there when it is asked for, and can be removed; what is not there is not.
func TestConfirm(t *testing.T) {
	for _, v := range []eas.Version{eas.Version120, eas.Version141, eas.Version161} {
		t.Run(string(v), func(t *testing.T) {
			faults := easserver.NewFaults(3, easserver.FaultRule{Fault: easserver.FaultSkippedItem, Rate: 0.3})
			w := newWorld(t, v, easserver.Config{Faults: faults}, easdst.Options{})
			f := w.open("Contacts")
			var items []sinks.TargetItem
			for n := range 20 {
				items = append(items, contact(n))
			}
			var ids []string
			for _, p := range w.put(f, items...) {
				ids = append(ids, p.ID)
			}
			w.connect(v, easdst.Options{})
			f = w.open("Contacts")
			listed := held(t, f)
			if len(listed) == len(ids) || len(listed) == 0 {
				t.Fatalf("%d of %d are listed", len(listed), len(ids))
			}
			slices.Sort(ids)
			there, err := f.Confirm(t.Context(), append(slices.Clone(ids), "nothing"))
			if slices.Sort(there); err != nil || !slices.Equal(there, ids) {
				t.Errorf("%v\n%s", err, cmp.Diff(ids, there))
			}
		})
	}
}
