package deliver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

type sinktestTarget = sinktest.Target

// world is a source, a target and the receipts between them.
type world struct {
	src    *mailbox
	dst    *sinktest.Target
	rec    *memory
	opts   Options
	events []Event
}

const alice = "alice@example.com"

var aliceKey = checkpoints.Key{Job: "job", Mailbox: alice}

func newWorld() *world {
	w := &world{src: newMailbox(), dst: &sinktest.Target{BatchSize: 3}, rec: newMemory()}
	w.opts = Options{
		Job: aliceKey.Job, Mailbox: alice, Source: w.src, Targets: []sinks.Target{w.dst}, Receipts: w.rec,
		Tries: 3, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Observe: func(e Event) { w.events = append(w.events, e) },
	}
	return w
}

// inbox fills the source with folders.
func (w *world) inbox() (inbox, projects, done *mailFolder) {
	w.dst.Folder("INBOX", "Email", 2)
	inbox = w.src.folder("Posteingang", "Email", 2)
	projects = w.src.folder("Posteingang/Projekte", "Email", 12)
	done = w.src.folder("Fertig", "Email", 12)
	for i := range 7 {
		w.src.add(inbox, fmt.Sprintf("inbox %d", i))
	}
	for i := range 4 {
		it := w.src.add(projects, fmt.Sprintf("project %d", i))
		it.Read, it.Flag = ptr(i%2 == 0), []string{"", "active"}[i%2]
	}
	w.src.add(done, "done 0")
	w.src.add(done, "done 0") // twice the same
	w.src.add(done, "inbox 0")
	return inbox, projects, done
}

func ptr[T any](v T) *T { return &v }

// toTarget is where the default mapping puts the folders of inbox.
func toTarget(path string) string {
	for _, name := range []string{"Posteingang", "Eingang"} {
		if rest, ok := strings.CutPrefix(path, name); ok {
			return "INBOX" + rest
		}
	}
	return path
}

func (w *world) run(t *testing.T) Result {
	t.Helper()
	w.events = nil
	w.opts.Run = fmt.Sprint("run ", t.Name())
	r, err := Run(t.Context(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// same says that source and target hold the same.
func (w *world) same(t *testing.T) {
	t.Helper()
	if d := cmp.Diff(w.src.lines(toTarget), linesOf(w.dst)); d != "" {
		t.Fatalf("source and target differ (-source +target):\n%s", d)
	}
}

// still says that another run writes nothing to the target.
func (w *world) still(t *testing.T) {
	t.Helper()
	before := w.dst.Writes()
	rows, places := maps.Clone(w.rec.rows[aliceKey]), maps.Clone(w.rec.places[aliceKey])
	r := w.run(t)
	total := r.Total()
	if n := w.dst.Writes() - before; n != 0 || total.Written() != 0 {
		t.Fatalf("another run made %d writes and says %+v", n, total)
	}
	if d := cmp.Diff(rows, w.rec.rows[aliceKey]) + cmp.Diff(places, w.rec.places[aliceKey]); d != "" {
		t.Errorf("another run changed receipts: -before +after\n%s", d)
	}
}

func (w *world) kinds(k Kind) (n int) {
	for _, e := range w.events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

func TestRun(t *testing.T) {
	w := newWorld()
	inbox, projects, done := w.inbox()
	r := w.run(t)
	w.same(t)
	total := r.Total()
	if total.Put != 14 || total.Counted != 14 || w.kinds(KindPut) != 14 || total.Kept != 0 {
		t.Errorf("the result says %+v", total)
	}
	w.still(t)

	inbox.items[0].Read = ptr(true)
	inbox.items[1].Flag = "active"
	w.src.edit(projects.items[0], "project 0, edited")
	moved := w.src.move(projects, projects.items[1], done, linkTo)
	w.src.move(inbox, inbox.items[3], projects, linkFrom)
	w.src.move(inbox, inbox.items[4], projects, linkNone)
	w.src.edit(moved, "moved and edited")
	r = w.run(t)
	w.same(t)
	if total := r.Total(); total.Put != 0 || total.Moved != 3 || total.Updated != 4 || total.Kept != 14 {
		t.Errorf("the result says %+v", total)
	}
	w.still(t)

	w.src.remove(inbox, inbox.items[0])
	w.still(t) // deletions only when they are wanted
	w.opts.Deletes = true
	r = w.run(t)
	w.same(t)
	if total := r.Total(); total.Removed != 1 {
		t.Errorf("the result says %+v", total)
	}
	w.still(t)

	w.src.rename(inbox, "Eingang")
	w.src.rename(done, "Archiv/Fertig")
	w.run(t)
	w.same(t)
	w.still(t)
	if d := cmp.Diff([]string{"Archiv", "Archiv/Fertig", "INBOX", "INBOX/Projekte"}, w.dst.Paths()); d != "" {
		t.Errorf("folders: -want +got\n%s", d)
	}

	w.src.removeFolder(done)
	w.run(t)
	w.same(t)
	if slices.Contains(w.dst.Paths(), "Archiv/Fertig") {
		t.Error("a folder that is gone from the source is still there")
	}
	w.still(t)

	u, err := Undo(t.Context(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Left)+len(u.Kept) != 0 {
		t.Errorf("undone: %+v", u)
	}
	if d := cmp.Diff([]string{"INBOX"}, w.dst.Paths()); d != "" || len(w.dst.Holds()) != 0 {
		t.Errorf("after Undo: %v, -want +got\n%s", w.dst.Holds(), d)
	}
	before := w.dst.Writes()
	if u, err := Undo(t.Context(), w.opts); err != nil || w.dst.Writes() != before || u.Removed != 0 {
		t.Errorf("a second Undo: %+v, %v", u, err)
	}
	w.run(t)
	w.same(t)
}
