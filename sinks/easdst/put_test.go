package easdst_test

import (
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

// TestPut puts items of every class in every version, and reads them back.
func TestPut(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, class := range classesOf(v) {
			t.Run(class+"/"+string(v), func(t *testing.T) {
				w := newWorld(t, v, easserver.Config{}, easdst.Options{})
				f := w.open(class)
				if f.Mark() != "" {
					t.Errorf("the mark of an empty folder is %q", f.Mark())
				}
				var items []sinks.TargetItem
				for n := range 5 {
					items = append(items, makers[class](n))
				}
				states := map[string]string{}
				for i, p := range w.put(f, items...) {
					if p.Err != nil || p.ID == "" || p.State == "" {
						t.Errorf("%d: %+v", i, p)
					}
					for _, a := range p.Altered {
						t.Logf("%d: %+v", i, a)
					}
					states[p.ID] = p.State
				}
				if n := w.folder(class).Len(); n != 5 || len(states) != 5 {
					t.Errorf("%d items, %d ids", n, len(states))
				}
				w.connect(v, easdst.Options{})
				again := held(t, w.open(class))
				for id, state := range states {
					if again[id] != state {
						t.Errorf("%s is %s in a listing, and %s read back", id, again[id], state)
					}
				}
			})
		}
	}
}
