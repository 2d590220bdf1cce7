package deliver

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestDeletes: only what was put, left the source, and is as it was put is removed.
func TestDeletes(t *testing.T) {
	w, f := one(t, "put", "changed", "gone", "found", "stays")
	inbox := w.dst.Folder("INBOX", "Email", 2)
	w.dst.Insert(inbox, sinktest.Item("", sinks.Event{}, ".eml", []byte("found")))
	w.dst.Insert(inbox, sinktest.Item("", sinks.Event{}, ".eml", []byte("theirs")))
	w.run(t)
	w.opts.Deletes = true
	w.theirs(t, "changed", "changed by them")
	w.dst.Discard(func(k sinktest.Kept) bool { return k.Body == "gone" })
	for range 4 {
		w.src.remove(f, f.items[0])
	}
	r := w.run(t)
	if d := cmp.Diff([]string{"changed by them", "found", "stays", "theirs"}, w.bodies()); d != "" {
		t.Errorf("-want +held\n%s", d)
	}
	total := r.Total()
	if total.Removed != 2 || w.kinds(KindRemoved) != 2 || w.kinds(KindLeft) != 1 || len(r.Folders[0].Listed) != 1 {
		t.Errorf("%+v, listed %+v", total, r.Folders[0].Listed)
	}
	w.still(t)
}

// TestSuccessor: what is made anew by the name of what left takes its place at the target, which may have one of each name only. It is somebody's
// who changed it there, and without deletions it is another one.
func TestSuccessor(t *testing.T) {
	for _, c := range []struct {
		name    string
		keep    bool // no deletions
		theirs  bool
		want    []string
		updates int
	}{
		{"taken over", false, false, []string{"anew"}, 1},
		{"changed there", false, true, []string{"theirs"}, 0},
		{"without deletions", true, false, []string{"anew", "event"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.dst.UIDs = true
			f := w.src.folder("Kalender", "Calendar", 8)
			w.src.add(f, "event").MessageID = "uid"
			w.run(t)
			id := w.held(t, "event").ID
			w.opts.Deletes = !c.keep
			w.src.remove(f, f.items[0])
			w.src.add(f, "anew").MessageID = "uid"
			if c.theirs {
				w.theirs(t, "event", "theirs")
			}
			result := w.run(t)
			r := result.Total()
			if d := cmp.Diff(c.want, w.bodies()); d != "" || r.Updated != c.updates || r.Removed != 0 || (r.Conflicts == 1) != c.theirs {
				t.Errorf("%+v: -want +held\n%s", r, d)
			}
			if !c.keep && w.held(t, c.want[0]).ID != id {
				t.Error("it is another one")
			}
			w.still(t)
		})
	}
}

// chosen is a source of which one folder is wanted.
type chosen struct {
	*mailbox
	id string
}

func (c chosen) Folders(context.Context) ([]Folder, error) { return []Folder{c.at(c.id).Folder}, nil }

// TestSelection: what is not wanted this time has not left, nor has what was moved to where it is not wanted.
func TestSelection(t *testing.T) {
	w := newWorld()
	inbox, projects, done := w.inbox()
	w.run(t)
	held := w.bodies()
	w.opts.Deletes = true
	w.opts.Source = chosen{w.src, inbox.ID}
	w.src.move(inbox, inbox.items[0], projects, linkTo)
	again := w.src.move(inbox, inbox.items[0], done, linkTo)
	w.src.move(done, again, projects, linkTo) // whose second step is not told
	r := w.run(t)
	if d := cmp.Diff(held, w.bodies()); d != "" {
		t.Errorf("-before +after\n%s", d)
	}
	if len(r.Folders) != 1 {
		t.Errorf("%+v", r.Folders)
	}
	w.opts.Source = w.src
	w.run(t)
	w.same(t)
	w.still(t)
}

// TestMovedAndEditedUntold: an item that was moved and edited while its copy was somebody's is found by the name that it had.
func TestMovedAndEditedUntold(t *testing.T) {
	w := newWorld()
	w.dst.PathIDs = true
	inbox, projects, _ := w.inbox()
	w.src.add(projects, "to be moved")
	w.run(t)
	w.dst.Edit(w.held(t, "inbox 1").ID, func(e *sinks.Event, body []byte) []byte { e.Flag = "complete"; return body })
	w.src.edit(inbox.items[1], "inbox 1, edited")
	n := w.src.move(inbox, inbox.items[1], projects, linkTo)
	w.run(t)
	w.src.rename(projects, "Vorhaben") // which gives everything other names
	w.run(t)
	row := w.rec.rows[aliceKey][n.ID]
	if row.State != checkpoints.Placed {
		t.Fatalf("its receipt: %+v", row)
	}
	i := slices.IndexFunc(w.dst.Holds(), func(k sinktest.Kept) bool { return k.ID == row.ID })
	if i < 0 || w.dst.Holds()[i].Body != "inbox 1" || w.dst.Holds()[i].Path != "Vorhaben" {
		t.Errorf("the receipt names none of %+v", w.dst.Holds())
	}
	w.still(t)
}

// TestClaimsOfAnotherPlace: what was put from a folder that has no place for the moment is nobody else's.
func TestClaimsOfAnotherPlace(t *testing.T) {
	w := newWorld()
	w.dst.Folder("X", "Email", 12)
	f := w.src.folder("X", "Email", 12)
	w.src.add(f, "one")
	w.src.add(f, "two")
	w.run(t)
	w.src.rename(f, "Y")
	g := w.src.folder("X", "Email", 12)
	w.src.add(g, "one")
	w.dst.Fault = func(op string, _ int) error {
		if strings.HasPrefix(op, "make folder Y") {
			return errors.New("not now")
		}
		return nil
	}
	if _, err := Run(t.Context(), w.opts); err == nil {
		t.Fatal("nothing failed")
	}
	w.dst.Fault = nil
	w.run(t)
	w.same(t)
	w.still(t)
	if d := cmp.Diff([]string{"X", "Y"}, w.dst.Paths()); d != "" {
		t.Errorf("folders: -want +got\n%s", d)
	}
}

// TestSameTwice: of two messages that are the same and were sent one after the other, the second is not taken for the first.
func TestSameTwice(t *testing.T) {
	w, _ := one(t, "same", "same", "same")
	w.dst.BatchSize = 1
	puts := 0
	w.dst.Fault = func(op string, done int) error {
		if strings.HasPrefix(op, "put") && done == 0 {
			if puts++; puts == 2 {
				return sinks.ErrUncertain
			}
		}
		return nil
	}
	w.run(t)
	w.same(t)
	ids := map[string]bool{}
	for _, row := range w.rec.rows[aliceKey] {
		ids[row.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("three rows name %d items", len(ids))
	}
}

// TestTheirsIsNotFound: what somebody put there before is not taken for what was sent and did not arrive.
func TestTheirsIsNotFound(t *testing.T) {
	for _, cause := range []error{sinks.ErrUncertain, errKilled} {
		w, _ := one(t, "same")
		w.opts.Collision = CollisionCopy
		theirs := w.dst.Insert(w.dst.Folder("INBOX", "Email", 2), sinktest.Item("", sinks.Event{}, ".eml", []byte("same")))
		f := &faultAt{}
		w.dst.Fault = func(op string, done int) error {
			if strings.HasPrefix(op, "put") && done == 0 && f.op == "" {
				f.op = op
				return cause
			}
			return nil
		}
		f.again(t, "run", func() error { _, err := Run(t.Context(), w.opts); return err })
		if d := cmp.Diff([]string{"same", "same"}, w.bodies()); d != "" {
			t.Errorf("-want +held\n%s", d)
		}
		if _, err := Undo(t.Context(), w.opts); err != nil {
			t.Fatal(err)
		}
		if held := w.dst.Holds(); len(held) != 1 || held[0].ID != theirs {
			t.Errorf("after Undo: %+v", held)
		}
	}
}
