package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/airlift-eas/airlift/sinks"
)

// A SegmentReader reads parts of one segment. It is for one goroutine; entries may be open side by side, but those that
// are read in the order in which they lie cost least, since the last frame is kept, and with [SegmentReader.Keep] some more.
type SegmentReader struct {
	codec *codec
	names layout
	name  string
	obj   sinks.Object // what is inside, if the archive is encrypted
	size  int64        // of what is stored
	shown []byte       // what of it is in clear
	table seekTable
	tail  []byte // the end of the object

	compressed []byte
	packed     []byte // frame have-1, as it is stored
	raw        []byte // and uncompressed
	have       int

	keep  int         // how many frames before the last one are kept
	older []heldFrame // they, the last used one last
}

// heldFrame is an uncompressed frame.
type heldFrame struct {
	i   int
	raw []byte
}

// OpenSegment opens a segment by its name and reads its seek table. Close it after use. ErrSealed: it is encrypted, and no
// identity opens it.
func (a *Archive) OpenSegment(ctx context.Context, name string) (*SegmentReader, error) {
	o, shown, err := a.openInside(ctx, name, clearPage)
	if err != nil {
		return nil, err
	}
	r := &SegmentReader{codec: a.codec, names: a.names, name: name, obj: o, size: o.Size(), shown: shown}
	if p, ok := o.(*plainObject); ok {
		r.size = p.s.obj.Size()
	}
	if r.table, r.tail, err = readSeekTable(o, o.Size()); err != nil {
		o.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// Close closes the segment and what is open of it.
func (r *SegmentReader) Close() error { return r.obj.Close() }

// Manifest reads the page's manifest, and nothing else. The hash of the segment is not known by that.
func (r *SegmentReader) Manifest() (sinks.Committed, error) {
	raw, err := r.frame(len(r.table) - 1)
	if err != nil {
		return sinks.Committed{}, fmt.Errorf("%s: %w", r.name, err)
	}
	c, err := r.names.readManifest(sinks.Segment{Name: r.name, Size: r.size}, raw)
	if err != nil {
		return sinks.Committed{}, fmt.Errorf("%s: %w", r.name, err)
	}
	if r.names.encrypted() {
		shown, err := r.names.parseClearPage(r.name, r.shown)
		if err == nil {
			err = sameClear(c, shown)
		}
		if err != nil {
			return sinks.Committed{}, fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return c, nil
}

// readManifest parses the uncompressed last frame of a segment.
func (l layout) readManifest(s sinks.Segment, raw []byte) (sinks.Committed, error) {
	name, manifest, err := lastEntry(raw)
	if err != nil {
		return sinks.Committed{}, err
	}
	c := sinks.Committed{Segment: s}
	if c.Page, c.KeyAfter, c.Events, err = parseManifest(manifest); err != nil {
		return sinks.Committed{}, err
	}
	if err := l.checkPlace(c, name); err != nil {
		return sinks.Committed{}, fmt.Errorf("%w: %w", sinks.ErrCorrupt, err)
	}
	return c, nil
}

// checkPlace returns an error for a page that lies where another one belongs.
func (l layout) checkPlace(c sinks.Committed, manifest string) error {
	p := c.Page
	if err := l.checkPage(p); err != nil {
		return err
	}
	if want := manifestName(p.Folder.Dir, p.Seq); manifest != want {
		return fmt.Errorf("its manifest is named %q, not %q", manifest, want)
	}
	if want := l.segment(p.Mailbox, p.Folder.Dir, p.Seq); c.Segment.Name != want {
		return fmt.Errorf("it is page %d of %s of %s", p.Seq, p.Folder.Dir, p.Mailbox)
	}
	return nil
}

// Open opens a stored entry. Only the frames that hold it are read. At the end its SHA-256 is compared, so what was read
// is good only once the reader has said io.EOF: other bytes than were stored are sinks.ErrCorrupt.
func (r *SegmentReader) Open(e sinks.Entry) (io.ReadCloser, error) {
	if raw := r.table.raw(); e.Offset < 0 || e.Size < 0 || e.Offset > raw || e.Size > raw-e.Offset {
		return nil, fmt.Errorf("%s: %s: %d bytes at %d are not in it: %w", r.name, e.Name, e.Size, e.Offset, sinks.ErrCorrupt)
	}
	return &entryReader{r: r, entry: e, at: e.Offset, left: e.Size, hash: sha256.New()}, nil
}

// OpenEntry opens a stored entry of a segment, like [SegmentReader.Open] for who needs no second one.
func (a *Archive) OpenEntry(ctx context.Context, segment string, e sinks.Entry) (io.ReadCloser, error) {
	r, err := a.OpenSegment(ctx, segment)
	if err != nil {
		return nil, err
	}
	entry, err := r.Open(e)
	if err != nil {
		r.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{entry, r}, nil
}

// frame returns the uncompressed bytes of a frame, which stay valid until the next call.
func (r *SegmentReader) frame(i int) ([]byte, error) {
	if r.have == i+1 {
		return r.raw, nil
	}
	if r.setAside(i) {
		return r.raw, nil
	}
	f := r.table[i]
	compressed, err := r.bytes(f.at, f.size)
	if err != nil {
		return nil, err
	}
	r.have, r.packed = 0, compressed
	if r.raw, err = r.codec.decode(f, compressed, r.raw); err != nil {
		return nil, err
	}
	r.have = i + 1
	return r.raw, nil
}

// Keep says to keep so many frames besides the last one that was read, of at most 1 MiB each, for entries that are not read in
// the order in which they lie.
func (r *SegmentReader) Keep(frames int) *SegmentReader {
	r.keep = frames
	return r
}

// setAside keeps the frame at hand, if it is to be kept, and tells whether frame i was kept before and is at hand now.
func (r *SegmentReader) setAside(i int) bool {
	if r.keep == 0 {
		return false
	}
	at := slices.IndexFunc(r.older, func(h heldFrame) bool { return h.i == i })
	now := heldFrame{r.have - 1, r.raw}
	r.raw, r.packed = nil, nil
	switch {
	case at >= 0:
		r.raw = r.older[at].raw
		r.older = slices.Delete(r.older, at, at+1)
	case len(r.older) == r.keep:
		r.raw = r.older[0].raw // its room
		r.older = slices.Delete(r.older, 0, 1)
	}
	if now.i >= 0 {
		r.older = append(r.older, now)
	}
	r.have = 0
	if at >= 0 {
		r.have = i + 1
	}
	return at >= 0
}

// bytes returns a part of the object: of its end, if that holds it.
func (r *SegmentReader) bytes(off, n int64) ([]byte, error) {
	if at := off - (r.obj.Size() - int64(len(r.tail))); at >= 0 {
		return r.tail[at : at+n], nil
	}
	if int64(cap(r.compressed)) < n {
		r.compressed = make([]byte, n)
	}
	b := r.compressed[:n]
	return b, readFullAt(r.obj, b, off)
}

type entryReader struct {
	r     *SegmentReader
	entry sinks.Entry
	at    int64 // uncompressed
	left  int64
	hash  hash.Hash
}

func (e *entryReader) Read(p []byte) (int, error) {
	if e.left == 0 {
		if got := hex.EncodeToString(e.hash.Sum(nil)); got != e.entry.SHA256 {
			return 0, fmt.Errorf("%s: %s: SHA-256 is %s, not %s: %w", e.r.name, e.entry.Name, got, e.entry.SHA256, sinks.ErrCorrupt)
		}
		return 0, io.EOF
	}
	i := e.r.table.find(e.at)
	raw, err := e.r.frame(i)
	if err != nil {
		return 0, fmt.Errorf("%s: %s: %w", e.r.name, e.entry.Name, err)
	}
	raw = raw[e.at-e.r.table[i].rawAt:]
	n := copy(p, raw[:min(int64(len(raw)), e.left)])
	e.hash.Write(p[:n])
	e.at += int64(n)
	e.left -= int64(n)
	return n, nil
}

func (e *entryReader) Close() error { return nil }
