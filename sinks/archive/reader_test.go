package archive

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func TestOpenEntry(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	_, items := fill(t, a, sinktest.Inbox, messages(t), 100)
	r := rand.New(rand.NewPCG(6, 6))
	for _, i := range r.Perm(len(items)) {
		item := items[i]
		b.read, b.reads = 0, 0
		data, err := readEntry(t.Context(), a, item.segment, item.entry)
		if err != nil || !bytes.Equal(data, item.data) {
			t.Fatalf("%s: other bytes, %v", item.entry.Name, err)
		}
		// The end of the object, and the frames that hold the item: nothing that grows with the segment.
		if limit := int64(tailSize + 2*frameSize + len(item.data) + len(item.data)/50); b.read > limit || b.reads > 3+len(item.data)/frameSize {
			t.Errorf("%s of %d bytes took %d reads of %d bytes", item.entry.Name, len(item.data), b.reads, b.read)
		}
	}
}

// TestSegmentReader reads the entries of a segment in their order, and two side by side.
func TestSegmentReader(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	_, items := fill(t, a, sinktest.Inbox, messages(t), 1<<30)
	r, err := a.OpenSegment(t.Context(), items[0].segment)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b.read = 0
	for _, item := range items {
		e, err := r.Open(item.entry)
		if err != nil {
			t.Fatal(err)
		}
		if len(item.data) > 32<<10 {
			if data, err := io.ReadAll(e); err != nil || !bytes.Equal(data, item.data) {
				t.Errorf("%s: other bytes, %v", item.entry.Name, err)
			}
		} else if err := iotest.TestReader(e, item.data); err != nil {
			t.Errorf("%s: %v", item.entry.Name, err)
		}
	}
	if size := int64(len(b.objects[items[0].segment])); b.read > size {
		t.Errorf("%d bytes of %d were read to read all entries in order", b.read, size)
	}
	one, two := items[0], items[len(items)-1]
	e1, err1 := r.Open(one.entry)
	e2, err2 := r.Open(two.entry)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	var got1, got2 []byte
	for p := make([]byte, 1000); err1 == nil || err2 == nil; {
		var n int
		if err1 == nil {
			n, err1 = e1.Read(p)
			got1 = append(got1, p[:n]...)
		}
		if err2 == nil {
			n, err2 = e2.Read(p)
			got2 = append(got2, p[:n]...)
		}
	}
	if err1 != io.EOF || err2 != io.EOF || !bytes.Equal(got1, one.data) || !bytes.Equal(got2, two.data) {
		t.Errorf("side by side: %v, %v, or other bytes", err1, err2)
	}
}

func TestOpenEntryCorrupt(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	_, items := fill(t, a, sinktest.Inbox, madeUp()[:10], 10)
	good := items[3]
	for name, e := range map[string]sinks.Entry{
		"other hash":     {Name: "x", Size: good.entry.Size, Offset: good.entry.Offset, SHA256: items[0].entry.SHA256},
		"no hash":        {Name: "x", Size: good.entry.Size, Offset: good.entry.Offset},
		"other place":    {Name: "x", Size: good.entry.Size, Offset: good.entry.Offset + 1, SHA256: good.entry.SHA256},
		"shorter":        {Name: "x", Size: good.entry.Size - 1, Offset: good.entry.Offset, SHA256: good.entry.SHA256},
		"negative size":  {Name: "x", Size: -1, Offset: good.entry.Offset, SHA256: good.entry.SHA256},
		"negative place": {Name: "x", Size: 1, Offset: -1, SHA256: good.entry.SHA256},
		"behind the end": {Name: "x", Size: 1, Offset: 1 << 40, SHA256: good.entry.SHA256},
		"over the end":   {Name: "x", Size: 1<<63 - 1, Offset: good.entry.Offset, SHA256: good.entry.SHA256},
	} {
		if data, err := readEntry(t.Context(), a, good.segment, e); !errors.Is(err, sinks.ErrCorrupt) {
			t.Errorf("%s: %d bytes, %v, want ErrCorrupt", name, len(data), err)
		}
	}
	damaged := b.copy()
	data := bytes.Clone(b.objects[good.segment])
	data[len(data)/3] ^= 1
	damaged.objects[good.segment] = data
	for _, item := range items {
		got, err := readEntry(t.Context(), create(t, damaged), item.segment, item.entry)
		if !errors.Is(err, sinks.ErrCorrupt) && (err != nil || !bytes.Equal(got, item.data)) {
			t.Errorf("%s of a damaged segment: %v and other bytes", item.entry.Name, err)
		}
	}
	if _, err := a.OpenSegment(t.Context(), segmentName("nobody", "x-00000000", 1)); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("no segment: %v, want ErrNotExist", err)
	}
}

// TestPagesEncrypted: a page of a form that this version cannot read is no end of the folder.
func TestPagesEncrypted(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	pages, _ := fill(t, a, sinktest.Inbox, madeUp()[:4], 2)
	b.objects[segmentName(sinktest.Mailbox, sinktest.Inbox.Dir, 3)+".age"] = []byte("age-encryption.org/v1")
	got, err := sinktest.ReadPages(t, a, sinktest.Inbox.Dir, 0)
	if len(got) > len(pages) || !errors.Is(err, sinks.ErrFormat) {
		t.Errorf("%d pages, %v, want ErrFormat", len(got), err)
	}
}

// TestPagesReadManifestsOnly: to know what a folder holds costs the end of each segment, and the last one whole.
func TestPagesReadManifestsOnly(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	list := slices.Clone(madeUp())
	slices.Reverse(list) // the large ones first
	pages, _ := fill(t, a, sinktest.Inbox, list, 32)
	var all int64
	for _, c := range pages {
		all += c.Segment.Size
	}
	b.read, b.reads = 0, 0
	if got, err := sinktest.ReadPages(t, a, sinktest.Inbox.Dir, 0); len(got) != len(pages) || err != nil {
		t.Fatalf("%d pages, %v", len(got), err)
	}
	limit := int64(len(pages)*tailSize) + pages[len(pages)-1].Segment.Size
	if limit > all/2 {
		t.Fatalf("the segments are too small to tell: %d bytes", all)
	}
	if b.read > limit || b.reads > 2*len(pages)+10 {
		t.Errorf("%d reads of %d bytes for %d pages", b.reads, b.read, len(pages))
	}
}

// TestKeep: frames that are kept are not read again, and what is read in any order is right.
func TestKeep(t *testing.T) {
	b := newMemory()
	a := create(t, b)
	w, err := a.Begin(t.Context(), sinktest.NewPage(sinktest.Inbox, 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	var events []sinks.Event
	var texts []string
	for i := range 6 {
		text := make([]byte, largeItem) // that does not get smaller
		random := rand.New(rand.NewPCG(7, uint64(i)))
		for at := range text {
			text[at] = byte(random.Uint32())
		}
		texts = append(texts, string(text))
		e, err := w.Put(t.Context(), sinktest.Mail(i).Event, sinktest.Text(".eml", texts[i]))
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	s, err := w.Commit(t.Context(), "key1")
	if err != nil {
		t.Fatal(err)
	}
	for keep, want := range map[int]int{0: 12, 2: 10, 5: 6} {
		r, err := a.OpenSegment(t.Context(), s.Name)
		if err != nil {
			t.Fatal(err)
		}
		r.Keep(keep)
		read := 0
		for _, i := range []int{0, 1, 2, 3, 4, 5, 4, 3, 2, 1, 0, 3} {
			before := b.reads
			o, err := r.Open(events[i].Entry())
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(o)
			if err != nil || string(got) != texts[i] {
				t.Fatalf("entry %d: %d bytes, %v", i, len(got), err)
			}
			read += b.reads - before
		}
		if read != want {
			t.Errorf("%d frames kept: %d reads, want %d", keep, read, want)
		}
		r.Close()
	}
}
