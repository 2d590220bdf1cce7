package deliver

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestUnlisted: an item that the target has and does not list is not taken for one that somebody removed. It is left, edited, moved and removed
// like any other, and what is not there is still noticed.
func TestUnlisted(t *testing.T) {
	w, f := one(t, "hidden 1", "shown", "hidden 2", "hidden 3")
	other := w.src.folder("Other", "Email", 12)
	w.run(t)
	w.dst.Hides = func(k sinktest.Kept) bool { return strings.HasPrefix(k.Body, "hidden") }
	w.still(t)

	w.src.edit(f.items[0], "hidden 1, edited")
	w.src.move(f, f.items[2], other, linkTo)
	if r := w.run(t); w.kinds(KindUpdated) != 1 || w.kinds(KindMoved) != 1 || w.kinds(KindTaken) != 0 {
		t.Errorf("edited and moved: %+v", r)
	}
	w.same(t)
	w.still(t)

	w.opts.Deletes = true
	w.src.remove(f, f.items[0])
	if r := w.run(t); w.kinds(KindRemoved) != 1 {
		t.Errorf("removed: %+v", r)
	}
	w.same(t)

	w.dst.Discard(func(k sinktest.Kept) bool { return k.Body == "hidden 3" })
	if r := w.run(t); w.kinds(KindTaken) != 1 {
		t.Errorf("taken: %+v", r)
	}
	u, err := Undo(t.Context(), w.opts)
	if err != nil || u.Removed != 2 || u.Gone != 0 || len(u.Left) != 0 || len(w.dst.Holds()) != 0 {
		t.Errorf("undo: %+v, %v; %q are left", u, err, w.bodies())
	}
}

// TestUnlistedIsAskedForOnce: what left both sides is not asked for in every pass.
func TestUnlistedIsAskedForOnce(t *testing.T) {
	w, f := one(t, "one", "left both")
	w.run(t)
	w.src.remove(f, f.items[1])
	w.dst.Discard(func(k sinktest.Kept) bool { return k.Body == "left both" })
	asked := 0
	w.dst.Fault = func(op string, _ int) error {
		if strings.HasPrefix(op, "confirm") {
			asked++
		}
		return nil
	}
	for range 3 {
		w.run(t)
	}
	if asked != 0 {
		t.Errorf("it was asked for %d times, with no deletions wanted", asked)
	}
	w.opts.Deletes = true
	for range 3 {
		w.run(t)
	}
	if asked != 1 {
		t.Errorf("it was asked for %d times, want once", asked)
	}
}

// forgetful is a target that once does not list a folder.
type forgetful struct {
	*sinktest.Target
	path string
}

func (f *forgetful) Folders(ctx context.Context) ([]sinks.Place, error) {
	all, err := f.Target.Folders(ctx)
	all = slices.DeleteFunc(all, func(p sinks.Place) bool { return p.Path == f.path })
	f.path = ""
	return all, err
}

// TestUnlistedFolder: a folder is gone when it is not listed twice.
func TestUnlistedFolder(t *testing.T) {
	w, _ := one(t, "one")
	f := w.src.folder("Projekte", "Email", 12)
	w.src.add(f, "two")
	w.run(t)
	waited := 0
	w.opts.Sleep = func(context.Context, time.Duration) error { waited++; return nil }
	w.opts.Targets = []sinks.Target{&forgetful{w.dst, "Projekte"}}
	w.src.edit(f.items[0], "two, edited")
	if r := w.run(t); r.Total().Taken != 0 || waited != 1 {
		t.Errorf("%+v, after waiting %d times", r, waited)
	}
	if d := cmp.Diff([]string{"one", "two, edited"}, w.bodies()); d != "" {
		t.Errorf("-want +held\n%s", d)
	}
}
