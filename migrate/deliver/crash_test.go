package deliver

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// errKilled is what every call meets once the process is dead.
var errKilled = errors.New("the process is dead")

// faultAt lets the n-th step of a run fail, of the target's and of the receipts'.
type faultAt struct {
	mu   sync.Mutex
	n    int
	at   int
	err  error // errKilled: everything after it fails as well
	dead bool
	kept bool
	op   string
}

func (f *faultAt) step(op string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return errKilled
	}
	if f.n++; f.n != f.at {
		return nil
	}
	f.op = op
	f.dead = errors.Is(f.err, errKilled)
	return f.err
}

func (f *faultAt) into(w *world) {
	w.dst.Fault = func(op string, done int) error { return f.step(fmt.Sprint(op, " after ", done)) }
	w.rec.fault = func(op string, stored bool) error {
		err := f.step(fmt.Sprint(op, " ", stored))
		if err != nil && !errors.Is(err, errKilled) {
			err = errors.New("the disk is gone for a moment") // a target's errors are not a store's
		}
		return err
	}
}

func (f *faultAt) revive() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = false
}

// again does something until it ends without an error; each try is a process of its own.
func (f *faultAt) again(t *testing.T, what string, do func() error) {
	t.Helper()
	for range 3 {
		err := do()
		if err == nil {
			return
		}
		if f.op == "" {
			t.Fatalf("%s: %v, and nothing failed", what, err)
		}
		f.revive()
	}
	t.Fatalf("%s: still not done after %s", what, f.op)
}

// act is a step of the story that the sweep tells.
type act struct {
	name   string
	change func(w *world)
	undo   bool
}

// story returns what happens to a source; the folders are those of inbox.
func story(w *world) []act {
	inbox, projects, done := w.inbox()
	calendar := w.src.folder("Kalender", "Calendar", 8)
	w.src.add(calendar, "event 1")
	w.src.add(calendar, "event 2").MessageID = "event 2"
	var archive *mailFolder
	return []act{
		{name: "first", change: func(*world) {}},
		{name: "marks, edits and moves", change: func(w *world) {
			inbox.items[0].Read = ptr(true)
			inbox.items[1].Flag = "active"
			w.src.edit(inbox.items[2], "inbox 2, edited")
			w.src.edit(calendar.items[0], "event 1, edited")
			it := w.src.move(projects, projects.items[0], done, linkTo)
			w.src.edit(it, "moved and edited")
			w.src.move(inbox, inbox.items[3], projects, linkFrom)
			w.src.move(inbox, inbox.items[3], projects, linkNone)
			w.src.add(inbox, "new in the inbox")
		}},
		{name: "renames", change: func(w *world) {
			w.src.rename(projects, "Posteingang/Alt/Vorhaben")
			w.src.rename(done, "Fertiges")
			archive = w.src.folder("Fertiges/Archiv", "Email", 12)
			w.src.add(archive, "archived")
			w.src.move(done, done.items[0], archive, linkTo)
			done.items[0].Read = ptr(true)
		}},
		{name: "renames of a tree", change: func(w *world) { w.src.rename(done, "Ganz fertig") }},
		{name: "deletions", change: func(w *world) {
			w.opts.Deletes = true
			w.src.remove(inbox, inbox.items[0])
			w.src.remove(projects, projects.items[0])
			w.src.remove(calendar, calendar.items[1])
			w.src.add(calendar, "event 2, anew").MessageID = "event 2"
			twice := w.src.move(inbox, inbox.items[0], projects, linkTo)
			w.src.move(projects, twice, inbox, linkTo)
			w.src.removeFolder(archive)
		}},
		{name: "a folder takes another's place", change: func(w *world) {
			w.src.rename(done, "Platz")
			w.src.rename(projects, "Ganz fertig")
		}},
		{name: "undo", undo: true},
		{name: "once more", change: func(*world) {}},
		{name: "undo once more", undo: true},
	}
}

// copies has everything put, also what the target had before.
const copies = "puts what is there"

var flavours = map[string]func(*sinktest.Target){
	copies:            func(d *sinktest.Target) { d.BatchSize, d.Replaces = 2, true },
	"plain":           func(*sinktest.Target) {},
	"as IMAP":         func(d *sinktest.Target) { d.PathIDs, d.Replaces = true, true },
	"moves nothing":   func(d *sinktest.Target) { d.NoMoves = true },
	"renames nothing": func(d *sinktest.Target) { d.NoRenames, d.Replaces = true, true },
	"tells names":     func(d *sinktest.Target) { d.UIDs = true },
	"one at a time":   func(d *sinktest.Target) { d.BatchSize = 1 },
	"other names": func(d *sinktest.Target) {
		d.PathIDs = true
		d.Name = func(n string) string { return strings.ReplaceAll(n, " ", "_") }
	},
	"alters everything": func(d *sinktest.Target) { d.Alter = stamp },
}

// stamp adds something to every item.
func stamp(_ *sinks.TargetItem, body *[]byte) []sinks.Alteration {
	*body = append(slices.Clone(*body), " (stamped)"...)
	return []sinks.Alteration{{Property: "bytes", Sent: "as it was", Got: "stamped"}}
}

// tell tells the story with one fault, and returns how many steps there were that could fail.
func tell(t *testing.T, name string, f *faultAt) int {
	w := newWorld()
	if name == copies {
		w.opts.Collision = CollisionCopy
	}
	w.opts.Workers = 1 // the same steps each time
	flavours[name](w.dst)
	acts := story(w)
	// What was there before stays, and one of the source's items is among it.
	inbox := w.dst.Folder("INBOX", "Email", 2)
	theirs := []string{"somebody's"}
	if w.dst.Alter == nil {
		theirs = append(theirs, "inbox 6")
	}
	for _, body := range theirs {
		w.dst.Insert(inbox, sinktest.Item("", sinks.Event{}, ".eml", []byte(body)))
	}
	w.dst.Folder("Fertiges Anderes", "Email", 12)
	before, paths := w.dst.Holds(), w.dst.Paths()
	f.into(w)
	for _, a := range acts {
		if a.undo {
			f.again(t, a.name, func() error {
				u, err := Undo(t.Context(), w.opts)
				if err == nil && len(u.Kept) > 0 && f.op != "" && !f.kept {
					f.kept = true // one folder that cannot be removed does not keep the others, and is removed by the next
					return errors.New(u.Kept[0].Why)
				}
				if err == nil && len(u.Left)+len(u.Kept) > 0 {
					t.Fatalf("%s after %s: left: %+v", a.name, f.op, u)
				}
				return err
			})
			if d := cmp.Diff(before, w.dst.Holds()) + cmp.Diff(paths, w.dst.Paths()); d != "" {
				t.Fatalf("%s after %s: -before +after\n%s", a.name, f.op, d)
			}
			continue
		}
		a.change(w)
		f.again(t, a.name, func() error {
			_, err := Run(t.Context(), w.opts)
			return err
		})
		want := w.src.lines(func(path string) string {
			path = toTarget(path)
			if w.dst.Name != nil {
				path = w.dst.Name(path)
			}
			return path
		})
		if w.dst.Alter != nil {
			for i := range want {
				head, tail, _ := strings.Cut(want[i], `" read`)
				want[i] = head + ` (stamped)" read` + tail
			}
		}
		want = append(want, line("INBOX", "somebody's", false, ""))
		if name == copies {
			want = append(want, line("INBOX", "inbox 6", false, ""))
		}
		slices.Sort(want)
		if d := cmp.Diff(want, linesOf(w.dst)); d != "" {
			t.Fatalf("%s after %s: -source +target\n%s", a.name, f.op, d)
		}
		if strings.HasPrefix(f.op, "delete folder") { // one that was not removed is by the next run
			f.revive()
			if _, err := Run(t.Context(), w.opts); err != nil {
				t.Fatal(err)
			}
		}
		writes := w.dst.Writes()
		if _, err := Run(t.Context(), w.opts); err != nil && f.op == "" {
			t.Fatal(err)
		}
		f.revive()
		if n := w.dst.Writes() - writes; n != 0 {
			t.Fatalf("%s after %s: a second run makes %d writes", a.name, f.op, n)
		}
	}
	return f.n
}

// TestEveryStepFails lets each step of each call fail once, in each way (each 23rd, unless AIRLIFT_CRASH is full): nothing is doubled and nothing
// is lost, what a rerun finds is as if nothing had been, and Undo leaves the target as it was.
func TestEveryStepFails(t *testing.T) {
	for name := range flavours {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps := tell(t, name, &faultAt{})
			if steps < 200 {
				t.Fatalf("only %d steps: the story is not told", steps)
			}
			stride := 23
			if v := os.Getenv("AIRLIFT_CRASH"); v == "full" || v == "all" {
				stride = 1
			}
			for i, err := range []error{
				errKilled, sinks.ErrUncertain, fmt.Errorf("cut: %w", sinks.ErrUnavailable), errors.New("an answer that nobody knows"),
			} {
				n := 1 + 6*i%stride
				for ; ; n += stride {
					f := &faultAt{at: n, err: err}
					tell(t, name, f)
					if t.Failed() {
						t.Fatalf("the fault was %q at step %d: %s", err, n, f.op)
					}
					if f.op == "" {
						break
					}
				}
				if n < steps/2 {
					t.Errorf("%v: only %d steps failed", err, n)
				}
			}
			t.Logf("%d steps in four ways", steps)
		})
	}
}
