package deliver

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestDecide is the table of the package's documentation.
func TestDecide(t *testing.T) {
	type in struct {
		state checkpoints.Delivery
		n     news
		t     there
	}
	states := []checkpoints.Delivery{"", checkpoints.Placed, checkpoints.Found, checkpoints.Refused, checkpoints.Taken, checkpoints.Removed}
	for _, conflict := range []Conflict{ConflictTarget, ConflictSource, ConflictNewer, ConflictBoth} {
		for _, later := range []int{-1, 0, 1} {
			for _, state := range states {
				for n := newsNone; n <= newsContents; n++ {
					for th := thereGone; th <= thereChanged; th++ {
						got := decide(state, n, th, rules{conflict: conflict, later: later})
						var want action
						switch (in{state, n, th}) {
						case in{checkpoints.Placed, newsNone, thereAsPut}, in{checkpoints.Found, newsNone, thereAsPut}, in{checkpoints.Found, newsNone, thereChanged}:
							want = actNothing
						case in{checkpoints.Placed, newsNone, thereGone}, in{checkpoints.Placed, newsMarks, thereGone}, in{checkpoints.Placed, newsContents, thereGone}, in{checkpoints.Found, newsNone, thereGone}:
							want = actTaken
						case in{checkpoints.Placed, newsMarks, thereAsPut}:
							want = actMarks
						case in{checkpoints.Placed, newsContents, thereAsPut}:
							want = actContents
						case in{checkpoints.Placed, newsNone, thereChanged}:
							want = actLeave
						case in{checkpoints.Placed, newsMarks, thereChanged}:
							want = actConflict
							if conflict == ConflictSource || conflict == ConflictNewer && later > 0 {
								want = actMarks
							}
						case in{checkpoints.Placed, newsContents, thereChanged}:
							want = actConflict
							if conflict == ConflictSource || conflict == ConflictNewer && later > 0 {
								want = actContents
							}
							if conflict == ConflictBoth {
								want = actBeside
							}
						default:
							if want = actPut; state == checkpoints.Taken {
								want = actNothing
							}
						}
						if got != want {
							t.Errorf("%q, news %d, there %d, conflict %s, later %d: action %d, want %d", state, n, th, conflict, later, got, want)
						}
					}
				}
			}
		}
	}
	for _, c := range []struct {
		state   checkpoints.Delivery
		t       there
		deletes bool
		want    action
	}{
		{checkpoints.Placed, thereAsPut, false, actNothing},
		{checkpoints.Placed, thereAsPut, true, actRemove},
		{checkpoints.Placed, thereChanged, true, actLeave},
		{checkpoints.Placed, thereGone, true, actGone},
		{checkpoints.Found, thereAsPut, true, actForget},
		{checkpoints.Taken, thereGone, true, actForget},
		{checkpoints.Refused, thereGone, false, actForget},
		{checkpoints.Removed, thereGone, true, actNothing},
	} {
		if got := decideLeft(c.state, c.t, rules{deletes: c.deletes}); got != c.want {
			t.Errorf("left, %q, there %d, deletes %v: action %d, want %d", c.state, c.t, c.deletes, got, c.want)
		}
	}
	again := rules{again: true}
	for _, state := range []checkpoints.Delivery{checkpoints.Placed, checkpoints.Found, checkpoints.Taken} {
		if got := decide(state, newsNone, thereGone, again); got != actPut {
			t.Errorf("again, %q: action %d, want %d", state, got, actPut)
		}
	}
}

// one is a world with one folder.
func one(t *testing.T, bodies ...string) (*world, *mailFolder) {
	t.Helper()
	w := newWorld()
	w.dst.Folder("INBOX", "Email", 2)
	f := w.src.folder("Posteingang", "Email", 2)
	for _, b := range bodies {
		w.src.add(f, b)
	}
	return w, f
}

// held finds what the target has by its body.
func (w *world) held(t *testing.T, body string) sinktest.Kept {
	t.Helper()
	for _, k := range w.dst.Holds() {
		if k.Body == body {
			return k
		}
	}
	t.Fatalf("the target does not have %q: %v", body, w.dst.Holds())
	return sinktest.Kept{}
}

func (w *world) bodies() (all []string) {
	for _, k := range w.dst.Holds() {
		all = append(all, k.Body)
	}
	return all
}

// theirs changes an item at the target as somebody else.
func (w *world) theirs(t *testing.T, body, now string) {
	t.Helper()
	w.dst.Edit(w.held(t, body).ID, func(*sinks.Event, []byte) []byte { return []byte(now) })
}

func TestConflicts(t *testing.T) {
	for _, c := range []struct {
		rule Conflict
		want []string
		put  int
	}{
		{"", []string{"theirs"}, 0},
		{ConflictTarget, []string{"theirs"}, 0},
		{ConflictNewer, []string{"theirs"}, 0}, // nobody knows
		{ConflictSource, []string{"ours"}, 0},
		{ConflictBoth, []string{"ours", "theirs"}, 1},
	} {
		t.Run(string(c.rule), func(t *testing.T) {
			w, f := one(t, "first")
			w.opts.Conflict = c.rule
			w.run(t)
			w.theirs(t, "first", "theirs")
			r := w.run(t)
			if total := r.Total(); total.Changed != 1 || w.kinds(KindLeft) != 1 || w.kinds(KindConflict) != 0 {
				t.Errorf("changed at the target alone: %+v", total)
			}
			rep, err := Report(t.Context(), w.rec, aliceKey)
			if err != nil || rep.Folders[0].Changed != 1 || rep.Folders[0].Failed != 0 || len(rep.Folders[0].Listed) != 1 {
				t.Errorf("the report: %+v, %v", rep, err)
			}
			w.still(t)
			w.src.edit(f.items[0], "ours")
			r = w.run(t)
			if d := cmp.Diff(c.want, w.bodies()); d != "" {
				t.Errorf("-want +held\n%s", d)
			}
			if total := r.Total(); w.kinds(KindConflict) != 1 || total.Put != c.put {
				t.Errorf("%d conflicts were told, %+v", w.kinds(KindConflict), total)
			}
			w.still(t)
			u, err := Undo(t.Context(), w.opts)
			if err != nil {
				t.Fatal(err)
			}
			theirs := 1
			if c.rule == ConflictSource {
				theirs = 0
			}
			if len(w.dst.Holds()) != theirs {
				t.Errorf("after undo: %v, %+v", w.bodies(), u)
			}
		})
	}
}

// TestConflictOfMarks: for a flag nothing is put twice.
func TestConflictOfMarks(t *testing.T) {
	for rule, want := range map[Conflict]string{ConflictTarget: "complete", ConflictBoth: "complete", ConflictSource: "active"} {
		w, f := one(t, "first")
		w.opts.Conflict = rule
		w.run(t)
		w.dst.Edit(w.held(t, "first").ID, func(e *sinks.Event, body []byte) []byte { e.Flag = "complete"; return body })
		f.items[0].Flag = "active"
		w.run(t)
		if got := w.dst.Holds(); len(got) != 1 || got[0].Flag != want {
			t.Errorf("%s: %+v, want the flag %s", rule, got, want)
		}
		w.still(t)
	}
}

// TestConflictNewer: where both sides say when, the later one counts.
func TestConflictNewer(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	for later, want := range map[time.Duration]string{time.Minute: "ours", -time.Minute: "theirs"} {
		w, f := one(t, "first")
		w.dst.Changed = func(sinktest.Kept) time.Time { return now }
		w.opts.Conflict = ConflictNewer
		w.run(t)
		w.theirs(t, "first", "theirs")
		w.src.edit(f.items[0], "ours")
		f.items[0].Changed = now.Add(later)
		w.run(t)
		if d := cmp.Diff([]string{want}, w.bodies()); d != "" {
			t.Errorf("-want +held\n%s", d)
		}
	}
}

// TestPutBack: a change at the target that somebody takes back is none.
func TestPutBack(t *testing.T) {
	w, f := one(t, "first")
	w.run(t)
	w.theirs(t, "first", "theirs")
	w.run(t)
	w.theirs(t, "theirs", "first")
	if r := w.run(t); r.Folders[0].Changed != 0 || r.Folders[0].Kept != 1 {
		t.Errorf("%+v", r)
	}
	if row := w.rec.rows[aliceKey][f.items[0].ID]; row.Reason != "" {
		t.Errorf("its receipt says %q", row.Reason)
	}
}

func TestTaken(t *testing.T) {
	w, f := one(t, "one", "two", "three")
	w.run(t)
	w.dst.Discard(func(k sinktest.Kept) bool { return k.Body == "two" })
	r := w.run(t)
	if total := r.Total(); total.Taken != 1 || total.Kept != 2 || w.kinds(KindTaken) != 1 {
		t.Errorf("taken: %+v", total)
	}
	w.src.edit(f.items[1], "two, edited")
	w.still(t)
	other := w.src.folder("Anderes", "Email", 12)
	w.src.move(f, f.items[1], other, linkTo)
	w.run(t)
	w.still(t)
	if d := cmp.Diff([]string{"one", "three"}, w.bodies()); d != "" {
		t.Errorf("it is not put again, nor where it was moved: -want +held\n%s", d)
	}
	w.opts.Again = true
	w.run(t)
	w.same(t)
	w.still(t)
}

// TestFolderTaken: a folder that somebody removed takes its items with it, and comes again with something new only.
func TestFolderTaken(t *testing.T) {
	w, _ := one(t, "one")
	f := w.src.folder("Projekte", "Email", 12)
	w.src.add(f, "two")
	w.run(t)
	w.dst.DiscardFolder(w.dst.Folder("Projekte", "Email", 12))
	r := w.run(t)
	if total := r.Total(); total.Taken != 1 || total.Counted != 2 || len(w.dst.Paths()) != 1 {
		t.Errorf("%+v, folders %q", total, w.dst.Paths())
	}
	w.still(t)
	w.src.add(f, "three")
	w.run(t)
	if d := cmp.Diff([]string{"one", "three"}, w.bodies()); d != "" {
		t.Errorf("-want +held\n%s", d)
	}
	w.still(t)
}

func TestCollisions(t *testing.T) {
	for _, c := range []struct {
		rule Collision
		uids bool
		want []string
		left []string // after Undo
	}{
		{"", false, []string{"new", "same", "theirs"}, []string{"same", "theirs"}},
		{CollisionCopy, false, []string{"new", "same", "same", "theirs"}, []string{"same", "theirs"}},
		{CollisionReplace, false, []string{"new", "same", "theirs"}, []string{"same", "theirs"}},
		{CollisionSkip, true, []string{"same", "theirs"}, []string{"same", "theirs"}}, // "same" has no name there
		{CollisionReplace, true, []string{"new", "same"}, []string{"new", "same"}},
	} {
		t.Run(fmt.Sprint(c.rule, c.uids), func(t *testing.T) {
			w, f := one(t, "same", "new")
			w.dst.UIDs = c.uids
			w.opts.Collision = c.rule
			f.items[1].MessageID = "<1@example.com>"
			inbox := w.dst.Folder("INBOX", "Email", 2)
			w.dst.Insert(inbox, sinktest.Item("", sinks.Event{}, ".eml", []byte("same")))
			w.dst.Insert(inbox, sinktest.Item("", sinks.Event{MessageID: "<1@example.com>"}, ".eml", []byte("theirs")))
			w.run(t)
			if d := cmp.Diff(c.want, w.bodies()); d != "" {
				t.Errorf("-want +held\n%s", d)
			}
			w.still(t)
			if _, err := Undo(t.Context(), w.opts); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.left, w.bodies()); d != "" {
				t.Errorf("after Undo: -want +held\n%s", d)
			}
			before := w.dst.Writes()
			if u, err := Undo(t.Context(), w.opts); err != nil || w.dst.Writes() != before {
				t.Errorf("a second Undo: %+v, %v", u, err)
			}
		})
	}
}

// TestLostReceipts: who migrates again with nothing known finds everything there.
func TestLostReceipts(t *testing.T) {
	w := newWorld()
	w.inbox()
	w.run(t)
	w.rec.rows, w.rec.places = newMemory().rows, newMemory().places
	before := w.dst.Writes()
	r := w.run(t)
	if total := r.Total(); total.Found != 14 || w.dst.Writes() != before {
		t.Errorf("%+v, %d writes", total, w.dst.Writes()-before)
	}
	w.same(t)
	w.still(t)
}

func TestRefused(t *testing.T) {
	w, f := one(t, "good", "large and larger", "bad", "fine")
	w.dst.Limit = 10
	w.dst.Refuse = func(item sinks.TargetItem) error {
		if item.Contents != nil && item.Contents[0].Size == 3 {
			return fmt.Errorf("a virus: %w", sinks.ErrRefused)
		}
		return nil
	}
	for range 2 { // it is tried again
		r := w.run(t)
		if total := r.Total(); total.Refused != 2 || total.TooLarge != 1 || w.kinds(KindRefused) != 2 {
			t.Errorf("%+v", total)
		}
		if l := r.Folders[0].Listed; len(l) != 2 || !strings.Contains(l[1].Reason, "a virus") {
			t.Errorf("listed: %+v", l)
		}
	}
	if d := cmp.Diff([]string{"fine", "good"}, w.bodies()); d != "" {
		t.Errorf("-want +held\n%s", d)
	}
	w.src.edit(f.items[0], "bad")
	r := w.run(t)
	if total := r.Total(); total.Refused != 3 {
		t.Errorf("a refused update: %+v", total)
	}
	rep, err := Report(t.Context(), w.rec, aliceKey)
	if err != nil || rep.Folders[0].Failed != 3 || rep.Folders[0].Items[checkpoints.Placed] != 2 {
		t.Errorf("the report: %+v, %v", rep, err)
	}
	w.held(t, "good")
	w.dst.Limit, w.dst.Refuse = 0, nil
	w.run(t)
	w.same(t)
	w.still(t)
}

// TestLies: what a target says that it stored and did not is noted as gone by the next run, and never put twice.
func TestLies(t *testing.T) {
	w, _ := one(t, "one", "two", "three")
	w.dst.Lie = func(item sinks.TargetItem) bool { return item.Contents[0].Size == 5 }
	w.run(t)
	w.dst.Lie = nil
	r := w.run(t)
	if total := r.Total(); total.Taken != 1 || total.Put != 0 {
		t.Errorf("%+v", total)
	}
	w.still(t)
}

// TestAltered: what a target holds otherwise is told, kept, and no change of somebody's.
func TestAltered(t *testing.T) {
	w, f := one(t, "one", "two")
	w.dst.Alter = stamp
	r := w.run(t)
	if total := r.Total(); total.Altered != 2 {
		t.Errorf("%+v", total)
	}
	w.still(t)
	f.items[0].Read = ptr(true)
	w.run(t)
	rep, err := Report(t.Context(), w.rec, aliceKey)
	if err != nil {
		t.Fatal(err)
	}
	if g := rep.Folders[0]; g.Altered != 2 || g.Properties["bytes"] != 2 || len(g.Listed) != 2 || g.Listed[0].Altered[0].Got != "stamped" {
		t.Errorf("the report: %+v", g)
	}
}

// TestNothingAboutTheItem: that a target is full, or away for a moment, is no item's own, also where a later item was stored.
func TestNothingAboutTheItem(t *testing.T) {
	for _, cause := range []error{sinks.ErrFull, sinks.ErrUnavailable, sinks.ErrUncertain} {
		w, f := one(t, "one", "two", "three")
		fails := 0
		w.dst.Refuse = func(item sinks.TargetItem) error {
			if item.Key == f.items[1].ID && fails == 0 {
				fails++
				return cause
			}
			return nil
		}
		_, err := Run(t.Context(), w.opts)
		if full := errors.Is(cause, sinks.ErrFull); full != errors.Is(err, sinks.ErrFull) || full != (err != nil) {
			t.Errorf("%v: got %v", cause, err)
		}
		for _, row := range w.rec.rows[aliceKey] {
			if row.State != checkpoints.Placed {
				t.Errorf("%v: a row is %s", cause, row.State)
			}
		}
		if err != nil && len(w.rec.rows[aliceKey]) != 2 {
			t.Errorf("%v: %d rows", cause, len(w.rec.rows[aliceKey]))
		}
		w.run(t)
		w.same(t)
		w.still(t)
	}
}

func TestFull(t *testing.T) {
	w, _ := one(t, "12345", "12345", "1234567", "1")
	other := w.src.folder("Anderes", "Email", 12)
	w.src.add(other, "other")
	w.dst.Room = 12
	w.opts.Workers = 1
	_, err := Run(t.Context(), w.opts)
	if !errors.Is(err, sinks.ErrFull) || !strings.HasPrefix(err.Error(), "alice@example.com: ") {
		t.Fatalf("got %v, want ErrFull", err)
	}
	if w.dst.Room = 0; len(w.dst.Holds()) == 0 {
		t.Error("nothing was put")
	}
	w.run(t)
	w.same(t)
	w.still(t)
}

// TestUnreadable: an item that the source does not give holds up no other.
func TestUnreadable(t *testing.T) {
	w, f := one(t, "one", "two", "three", "four")
	w.src.broken[f.items[1].ID] = fmt.Errorf("segment 7: %w", sinks.ErrCorrupt)
	w.run(t)
	r := w.run(t)
	if total := r.Total(); total.Refused != 1 || total.Kept != 3 || !strings.Contains(r.Folders[0].Listed[0].Reason, "source: segment 7") {
		t.Errorf("%+v, %+v", total, r.Folders[0].Listed)
	}
	if d := cmp.Diff([]string{"four", "one", "three"}, w.bodies()); d != "" {
		t.Errorf("-want +held\n%s", d)
	}
	delete(w.src.broken, f.items[1].ID)
	w.run(t)
	w.same(t)
	w.still(t)
}
