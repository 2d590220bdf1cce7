package archive

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// writePage tries to write a page of some messages through a bucket.
func writePage(t *testing.T, b sinks.Bucket) (sinks.Segment, error) {
	t.Helper()
	a, err := Open(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	w, err := a.Begin(t.Context(), sinktest.NewPage(sinktest.Inbox, 1, ""))
	if err != nil {
		return sinks.Segment{}, err
	}
	for i, data := range madeUp()[:20] {
		if _, err := w.Put(t.Context(), sinktest.Mail(i).Event, sinktest.Text(".eml", string(data))); err != nil {
			return sinks.Segment{}, errors.Join(err, w.Abort())
		}
	}
	return w.Commit(t.Context(), "key1")
}

func wantNoPage(t *testing.T, b sinks.Bucket, f *faulty) {
	t.Helper()
	if _, err := writePage(t, f); !errors.Is(err, sinks.ErrFull) || !strings.Contains(err.Error(), "/archive") {
		t.Errorf("a page without room: %v, want ErrFull and where", err)
	}
	if names := sinktest.Names(t, b, "", ""); len(names) != 1 {
		t.Errorf("objects: %q", names)
	}
}

// TestFull: wherever in a page the disk gets full, nothing of the page is left, and the page can be written again.
func TestFull(t *testing.T) {
	b := openDir(t, t.TempDir())
	create(t, b)
	size := func() int64 {
		s, err := writePage(t, &faulty{Bucket: openDirWithArchive(t), room: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		return s.Size
	}()
	for room := int64(0); room < size; room += 1 + size/50 {
		wantNoPage(t, b, &faulty{Bucket: b, room: room})
	}
	wantNoPage(t, b, &faulty{Bucket: b, room: size - 1})
	err := filepath.WalkDir(b.Path(), func(p string, d fs.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), sinks.TempPrefix) {
			t.Errorf("left behind: %s", p)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := writePage(t, &faulty{Bucket: b, room: size + 1000}); err != nil {
		t.Errorf("with room: %v", err)
	}
}

func openDirWithArchive(t *testing.T) sinks.Bucket {
	b := openDir(t, t.TempDir())
	create(t, b)
	return b
}

var errLost = errors.New("connection reset by peer")

// TestUnknownOutcome: the answer to the commit is lost. What is there decides.
func TestUnknownOutcome(t *testing.T) {
	for _, c := range []struct {
		name   string
		commit func(b sinks.Bucket) func(context.Context, sinks.Upload) error
		want   error // nil: the page is committed
	}{
		{"done", func(sinks.Bucket) func(context.Context, sinks.Upload) error {
			return func(ctx context.Context, u sinks.Upload) error { return errors.Join(u.Commit(ctx), errLost) }
		}, nil},
		{"done, and the repetition finds it there", func(sinks.Bucket) func(context.Context, sinks.Upload) error {
			return func(ctx context.Context, u sinks.Upload) error { return errors.Join(u.Commit(ctx), sinks.ErrExist) }
		}, nil},
		{"not done", func(sinks.Bucket) func(context.Context, sinks.Upload) error {
			return func(_ context.Context, u sinks.Upload) error { return errors.Join(u.Abort(), errLost) }
		}, errLost},
		{"another writer's", func(b sinks.Bucket) func(context.Context, sinks.Upload) error {
			return func(_ context.Context, u sinks.Upload) error {
				sinktest.Write(t, b, segmentName(sinktest.Mailbox, sinktest.Inbox.Dir, 1), []byte("another page"))
				return errors.Join(u.Abort(), errLost)
			}
		}, sinks.ErrFenced},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newMemory()
			create(t, b)
			s, err := writePage(t, &faulty{Bucket: b, room: 1 << 30, commit: c.commit(b)})
			if c.want != nil {
				if !errors.Is(err, c.want) || s != (sinks.Segment{}) {
					t.Errorf("Commit = %+v, %v, want %v", s, err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatalf("Commit of a page that is there: %v", err)
			}
			if got := sinktest.Read(t, b, s.Name); int64(len(got)) != s.Size {
				t.Errorf("%d bytes are there, not %d", len(got), s.Size)
			}
		})
	}
}

// TestCancelledWhileCommitting: the context ends while the answer is on its way. What is true is said all the same.
func TestCancelledWhileCommitting(t *testing.T) {
	b := newMemory()
	create(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	f := &faulty{Bucket: b, room: 1 << 30, commit: func(ctx context.Context, u sinks.Upload) error {
		err := u.Commit(ctx)
		cancel()
		return errors.Join(err, ctx.Err())
	}}
	w, err := create(t, f).Begin(ctx, sinktest.NewPage(sinktest.Inbox, 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := w.Commit(ctx, "key1"); err != nil || s.Size == 0 {
		t.Errorf("Commit = %+v, %v", s, err)
	}
}

func TestRecordUnknownOutcome(t *testing.T) {
	for _, lost := range []error{errLost, sinks.ErrExist} {
		b := newMemory()
		create(t, b)
		f := &faulty{Bucket: b, room: 1 << 30, commit: func(ctx context.Context, u sinks.Upload) error {
			return errors.Join(u.Commit(ctx), lost)
		}}
		a := create(t, f)
		if err := a.Record(t.Context(), sinktest.NewRun("run1")); err != nil {
			t.Errorf("Record that is there: %v", err)
		}
		f.commit = func(_ context.Context, u sinks.Upload) error { return errors.Join(u.Abort(), lost) }
		if err := a.Record(t.Context(), sinktest.NewRun("run2")); !errors.Is(err, lost) {
			t.Errorf("Record that is not there: %v", err)
		}
	}
}

func TestBeginRefuses(t *testing.T) {
	a := create(t, newMemory())
	sum := strings.Repeat("0a", 32)
	for name, change := range map[string]func(p *sinks.Page){
		"number 0":         func(p *sinks.Page) { p.Seq = 0 },
		"number too high":  func(p *sinks.Page) { p.Seq, p.Prev = maxSeq+1, sum },
		"first with prev":  func(p *sinks.Page) { p.Prev = sum },
		"no prev":          func(p *sinks.Page) { p.Seq = 2 },
		"prev no hash":     func(p *sinks.Page) { p.Seq, p.Prev = 2, "x" },
		"no mailbox":       func(p *sinks.Page) { p.Mailbox = "" },
		"no time":          func(p *sinks.Page) { p.Time = p.Time.AddDate(-3000, 0, 0) },
		"folder id":        func(p *sinks.Page) { p.Folder.ID = "inbox" },
		"dir of no folder": func(p *sinks.Page) { p.Folder.Dir = "inbox" },
		"dir escapes":      func(p *sinks.Page) { p.Folder.Dir = "../x-0a1b2c3d" },
		"key not UTF-8":    func(p *sinks.Page) { p.KeyBefore = "\xff" },
	} {
		p := sinktest.NewPage(sinktest.Inbox, 1, "")
		change(&p)
		if w, err := a.Begin(t.Context(), p); err == nil {
			t.Errorf("%s: accepted", name)
			w.Abort()
		}
	}
}

func TestPutRefuses(t *testing.T) {
	a := create(t, newMemory())
	for name, put := range map[string]sinktest.Put{
		"no op":            {Event: sinks.Event{ServerID: "1"}},
		"id not UTF-8":     {Event: sinks.Event{Op: sinks.OpAdd, ServerID: "\xff"}},
		"no extension":     {Event: sinks.Event{Op: sinks.OpAdd}, Contents: []sinks.Content{sinktest.Text("", "x")}},
		"path":             {Event: sinks.Event{Op: sinks.OpAdd}, Contents: []sinks.Content{sinktest.Text("/../x", "x")}},
		"extension twice":  {Event: sinks.Event{Op: sinks.OpAdd}, Contents: []sinks.Content{sinktest.Text(".a", "x"), sinktest.Text(".a", "y")}},
		"capital in it":    {Event: sinks.Event{Op: sinks.OpAdd}, Contents: []sinks.Content{sinktest.Text(".EML", "x")}},
		"trailing dot":     {Event: sinks.Event{Op: sinks.OpAdd}, Contents: []sinks.Content{sinktest.Text(".eml.", "x")}},
		"very long suffix": {Event: sinks.Event{Op: sinks.OpAdd}, Contents: []sinks.Content{sinktest.Text("."+strings.Repeat("x", 200), "x")}},
	} {
		w := begin(t, a, sinktest.NewPage(sinktest.Inbox, 1, ""))
		if _, err := w.Put(t.Context(), put.Event, put.Contents...); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := w.Commit(t.Context(), "k"); err == nil {
			t.Errorf("%s: the page was committed", name)
		}
	}
}
