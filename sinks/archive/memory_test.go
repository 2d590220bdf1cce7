package archive

import (
	"context"
	"runtime"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// discard takes objects and keeps nothing of them but archive.json.
type discard struct{ *memory }

func (d discard) Create(ctx context.Context, name string) (sinks.Upload, error) {
	if name == headName {
		return d.memory.Create(ctx, name)
	}
	return discarded{}, nil
}

type discarded struct{}

func (discarded) Write(p []byte) (int, error)  { return len(p), nil }
func (discarded) Commit(context.Context) error { return nil }
func (discarded) Abort() error                 { return nil }

func heap() int64 {
	runtime.GC()
	runtime.GC() // pools keep what they hold for one collection
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestWriterMemory: an open segment takes little more than a frame, and of very many each takes less.
func TestWriterMemory(t *testing.T) {
	var contents []sinks.Content
	contents = append(contents, sinktest.Text(".eml", string(madeUp()[156]))) // large
	for range 150 {                                                           // and a frame that is not full
		contents = append(contents, sinktest.Text(".eml", string(madeUp()[1])))
	}
	for _, c := range []struct{ open, each int64 }{{1, 3 << 20}, {16, 1500 << 10}, {128, 900 << 10}} {
		a := create(t, discard{newMemory()})
		w := begin(t, a, sinktest.NewPage(sinktest.Inbox, 1, "")) // the compressors are the archive's, not the segment's
		putBytes(t, w, sinktest.Mail(1).Event, ".eml", madeUp()[1])
		end(t, w)
		openPages(t, a, c.open, c.each, contents)
		if used := a.codec.budget.Load(); used != 0 {
			t.Errorf("%d bytes of buffers were not given back", used)
		}
	}
}

// TestManyAtOnce: what is written beyond the budget is the same mail, in smaller frames.
func TestManyAtOnce(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	a.codec.budget.Store(bufferBudget)
	_, items := fill(t, a, sinktest.Inbox, madeUp(), 50)
	for _, item := range items {
		data, err := readEntry(t.Context(), a, item.segment, item.entry)
		if err != nil || string(data) != string(item.data) {
			t.Fatalf("%s: other bytes, %v", item.entry.Name, err)
		}
	}
	if problems, sum := verifyOne(t, a); problems != 0 || sum.Items != len(items) {
		t.Errorf("%d problems in %+v", problems, sum)
	}
	if a.codec.budget.Load() != bufferBudget {
		t.Error("a large buffer was taken")
	}
}

// openPages holds what each of so many open pages takes, in bytes, against a bound.
func openPages(t *testing.T, a *Archive, open, most int64, contents []sinks.Content) {
	t.Helper()
	before := heap()
	var pages []sinks.PageWriter
	for i := range open {
		p := sinktest.NewPage(sinktest.Inbox, 1, "")
		p.Folder.ID = sinks.FolderID("", string(rune(i)), func(string) bool { return false })
		p.Folder.Dir = a.Place("x", p.Folder.ID)
		w := begin(t, a, p)
		for _, content := range contents {
			if _, err := w.Put(t.Context(), sinktest.Mail(1).Event, content); err != nil {
				t.Fatal(err)
			}
		}
		pages = append(pages, w)
	}
	each := (heap() - before) / open
	t.Logf("%d open segments: %d KiB each", open, each>>10)
	if each > most {
		t.Errorf("%d open segments take %d KiB each, more than %d", open, each>>10, most>>10)
	}
	for _, w := range pages {
		if err := w.Abort(); err != nil {
			t.Error(err)
		}
	}
}
