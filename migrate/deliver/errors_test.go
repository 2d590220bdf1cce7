package deliver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func mailTarget() *sinktest.Target {
	d := &sinktest.Target{BatchSize: 3, Classes: []string{"Email"}}
	d.Folder("INBOX", "Email", 2)
	return d
}

// TestUnavailable: a target that cannot be reached for a while is waited for, longer each time, and as long as it asks for.
func TestUnavailable(t *testing.T) {
	w := newWorld()
	w.inbox()
	var waits []time.Duration
	fails := 0
	w.dst.Fault = func(op string, _ int) error {
		if strings.HasPrefix(op, "put") && fails < 3 {
			fails++
			return fmt.Errorf("attempt %d: %w", fails, sinks.ErrUnavailable)
		}
		return nil
	}
	w.opts.Workers, w.opts.Tries = 1, 4
	w.opts.Sleep = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	w.opts.Delay = func(err error) time.Duration {
		if strings.Contains(err.Error(), "attempt 3") {
			return time.Hour
		}
		return 0
	}
	w.run(t)
	w.same(t)
	if d := cmp.Diff([]time.Duration{time.Second, 2 * time.Second, time.Hour}, waits); d != "" {
		t.Errorf("waits: -want +got\n%s", d)
	}
	if w.kinds(KindRetry) != 3 {
		t.Errorf("%d retries were told", w.kinds(KindRetry))
	}
}

// TestRefusedIsNoProgress: a folder in which something is refused each time is not begun for ever.
func TestRefusedIsNoProgress(t *testing.T) {
	w, f := one(t, "refused", "one", "two", "three", "four")
	w.dst.Refuse = func(item sinks.TargetItem) error {
		if item.Key == f.items[0].ID {
			return sinks.ErrRefused
		}
		return nil
	}
	tries := 0
	w.dst.Fault = func(op string, done int) error {
		if strings.HasPrefix(op, "put") && done == 2 {
			if tries++; tries > 50 {
				t.Fatal("it is tried for ever")
			}
			return sinks.ErrUncertain
		}
		return nil
	}
	w.dst.BatchSize = 2
	if _, err := Run(t.Context(), w.opts); err != nil && !errors.Is(err, sinks.ErrUncertain) {
		t.Error(err)
	}
	w.dst.Fault = nil
	r := w.run(t)
	if total := r.Total(); total.Refused != 1 || len(w.dst.Holds()) != 4 || total.Kept+total.Put != 4 {
		t.Errorf("%+v, %v", total, w.bodies())
	}
}

// TestCountedOnce: what was sent, cut off, and found by the same run is counted as put by it, and once.
func TestCountedOnce(t *testing.T) {
	w := newWorld()
	inbox, projects, _ := w.inbox()
	fails := map[string]bool{}
	cut := func(op string, done int) error {
		if name := strings.Fields(op)[0]; done == 1 && !fails[name] && (name == "put" || name == "move" || name == "update") {
			fails[name] = true
			return sinks.ErrUncertain
		}
		return nil
	}
	w.dst.Fault = cut
	w.dst.Replaces = true
	r := w.run(t)
	if total := r.Total(); total.Put != 14 || total.Kept != 0 || total.Bytes != 104 || !fails["put"] {
		t.Errorf("%+v", total)
	}
	w.src.move(inbox, inbox.items[0], projects, linkTo)
	w.src.edit(inbox.items[0], "inbox 1, edited")
	r = w.run(t)
	if total := r.Total(); total.Moved != 1 || total.Updated < 1 || total.Put != 0 || total.Kept != 14 || len(fails) != 3 {
		t.Errorf("%+v, %v", total, fails)
	}
	w.same(t)
	w.still(t)
}

// TestFolderFails: what one folder meets keeps no other, and is named.
func TestFolderFails(t *testing.T) {
	w := newWorld()
	w.inbox()
	cause := errors.New("452 4.2.2")
	w.dst.Fault = func(op string, _ int) error {
		if strings.HasPrefix(op, "put into INBOX/Projekte") {
			return cause
		}
		return nil
	}
	w.opts.Deletes = true
	r, err := Run(t.Context(), w.opts)
	want := "alice@example.com: Posteingang/Projekte: target: put 3 items: put into INBOX/Projekte: 452 4.2.2"
	if !errors.Is(err, cause) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	for _, f := range r.Folders {
		if failed := f.Path == "Posteingang/Projekte"; (f.Problem != "") != failed || (f.Put == 0) != failed {
			t.Errorf("%+v", f)
		}
	}
	w.dst.Fault = nil
	w.run(t)
	w.same(t)
}

// TestNothingRemovedUnlessAllWasRead: an item that is not where it was may be in a folder that failed.
func TestNothingRemovedUnlessAllWasRead(t *testing.T) {
	w := newWorld()
	inbox, projects, _ := w.inbox()
	w.run(t)
	w.opts.Deletes = true
	w.src.move(inbox, inbox.items[0], projects, linkFrom)
	w.src.remove(inbox, inbox.items[0])
	held := len(w.dst.Holds())
	w.dst.Fault = func(op string, _ int) error {
		if strings.HasPrefix(op, "list F") && strings.HasSuffix(op, w.rec.places[aliceKey][projects.ID].Target) {
			return errors.New("no")
		}
		return nil
	}
	if _, err := Run(t.Context(), w.opts); err == nil {
		t.Fatal("nothing failed")
	}
	if n := len(w.dst.Holds()); n != held {
		t.Errorf("%d items are there, and there were %d", n, held)
	}
	w.dst.Fault = nil
	w.run(t)
	w.same(t)
}

// TestDenied: refused credentials end everything, once.
func TestDenied(t *testing.T) {
	w := newWorld()
	w.inbox()
	calls := 0
	w.dst.Fault = func(string, int) error { calls++; return sinks.ErrDenied }
	if _, err := Run(t.Context(), w.opts); !errors.Is(err, sinks.ErrDenied) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

// TestCancelled: what is in hand when the context ends is finished, and nothing is sent after it.
func TestCancelled(t *testing.T) {
	w := newWorld()
	w.inbox()
	w.opts.Workers = 1
	ctx, cancel := context.WithCancel(t.Context())
	puts := 0
	w.dst.Fault = func(op string, done int) error {
		if strings.HasPrefix(op, "put") && done == 0 {
			if puts++; puts == 2 {
				cancel()
			}
		}
		return nil
	}
	_, err := Run(ctx, w.opts)
	if !errors.Is(err, context.Canceled) || puts != 2 {
		t.Fatalf("%d puts, %v", puts, err)
	}
	placed := 0
	for _, row := range w.rec.rows[aliceKey] {
		if row.State != checkpoints.Placed {
			t.Errorf("a row is %s", row.State)
		}
		placed++
	}
	if n := len(w.dst.Holds()); n != placed || n == 0 {
		t.Errorf("%d items are there, and %d rows", n, placed)
	}
	w.run(t)
	w.same(t)
	w.still(t)
}

// TestGrace: what is in hand and does not end is given up, and found by the next run.
func TestGrace(t *testing.T) {
	w := newWorld()
	w.inbox()
	w.opts.Workers, w.opts.Grace = 1, time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	var hung atomic.Bool
	w.opts.Targets = []sinks.Target{hanging{w.dst, &hung, cancel}}
	if _, err := Run(ctx, w.opts); !errors.Is(err, context.Canceled) || !hung.Load() {
		t.Fatalf("hung: %v, %v", hung.Load(), err)
	}
	sending := 0
	for _, row := range w.rec.rows[aliceKey] {
		if row.State == checkpoints.Sending {
			sending++
		}
	}
	if sending != 2 { // the first folder in order
		t.Errorf("%d rows are Sending", sending)
	}
	w.opts.Targets = []sinks.Target{w.dst}
	w.run(t)
	w.same(t)
	w.still(t)
}

// hanging is a target whose first Put stores everything and does not answer.
type hanging struct {
	*sinktest.Target
	hung *atomic.Bool
	then func()
}

type hangingFolder struct {
	sinks.TargetFolder
	h hanging
}

func (h hanging) Open(ctx context.Context, p sinks.Place) (sinks.TargetFolder, error) {
	f, err := h.Target.Open(ctx, p)
	return hangingFolder{f, h}, err
}

func (f hangingFolder) Batch() int { return 2 }

func (f hangingFolder) Put(ctx context.Context, items []sinks.TargetItem) ([]sinks.Placed, error) {
	placed, err := f.TargetFolder.Put(ctx, items)
	if f.h.hung.Swap(true) {
		return placed, err
	}
	f.h.then()
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestReceiptsFail: nothing is sent that could not be noted.
func TestReceiptsFail(t *testing.T) {
	w := newWorld()
	w.inbox()
	w.rec.fault = func(op string, stored bool) error {
		if op == "save receipts" {
			return checkpoints.ErrFull
		}
		return nil
	}
	_, err := Run(t.Context(), w.opts)
	if !errors.Is(err, checkpoints.ErrFull) || !strings.Contains(err.Error(), "receipts: ") || len(w.dst.Holds()) != 0 {
		t.Errorf("%d items are there, %v", len(w.dst.Holds()), err)
	}
}

// TestOnDisk: many folders at once, with the receipts in a file, which keeps two runs apart.
func TestOnDisk(t *testing.T) {
	w := newWorld()
	s, err := sqlite.Open(t.Context(), t.TempDir()+"/state.db")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.opts.Receipts, w.opts.Workers = s, 8
	inbox, projects, _ := w.inbox()
	for i := range 20 {
		f := w.src.folder(fmt.Sprintf("Ordner %d", i), "Email", 12)
		for j := range 30 {
			w.src.add(f, fmt.Sprintf("%d in %d", j, i))
		}
	}
	w.run(t)
	w.same(t)
	for i := range 10 {
		f := w.src.folders[3+i]
		for range 10 {
			w.src.move(f, f.items[0], w.src.folders[3+(i+1)%20], linkTo)
		}
	}
	w.src.move(inbox, inbox.items[0], projects, linkTo)
	w.run(t)
	w.same(t)
	before := w.dst.Writes()
	w.run(t)
	if n := w.dst.Writes() - before; n != 0 {
		t.Errorf("another run made %d writes", n)
	}
	rep, err := Report(t.Context(), s, aliceKey)
	if err != nil {
		t.Fatal(err)
	}
	placed, bytes := 0, int64(0)
	for _, f := range rep.Folders {
		placed += f.Items[checkpoints.Placed]
		bytes += f.Bytes
	}
	held := w.dst.Holds()
	var want int64
	for _, k := range held {
		want += int64(len(k.Body))
	}
	if placed != len(held) || bytes != want {
		t.Errorf("the report: %d items, %d bytes, want %d and %d", placed, bytes, len(held), want)
	}
	unlock, err := s.Lock(t.Context(), aliceKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), w.opts); !errors.Is(err, checkpoints.ErrLocked) {
		t.Errorf("beside another run: %v, want ErrLocked", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if u, err := Undo(t.Context(), w.opts); err != nil || u.Removed != len(held) || len(w.dst.Holds()) != 0 {
		t.Errorf("Undo: %+v, %v", u, err)
	}
}
