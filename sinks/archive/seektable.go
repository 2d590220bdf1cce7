package archive

import (
	"encoding/binary"
	"fmt"
	"io"
	"sort"

	"github.com/airlift-eas/airlift/sinks"
)

// The seek table is a skippable frame at the end of a segment.
// https://github.com/facebook/zstd/blob/dev/contrib/seekable_format/zstd_seekable_compression_format.md
const (
	skippableMagic = 0x184D2A5E
	seekableMagic  = 0x8F92EAB1
	checksumFlag   = 1 << 7 // of the descriptor; every other bit is 0

	skippableHeader = 8
	seekEntry       = 12
	seekFooter      = 9

	maxFrames   = 1 << 20
	maxFrame    = 8 << 20  // uncompressed bytes of a frame of items, as far as a reader goes
	maxManifest = 64 << 20 // bytes of a manifest
	maxLast     = maxManifest + 1<<20
	tailSize    = 64 << 10 // read at once from the end of a segment: the table, and most manifests
)

// frame is one entry of the seek table.
type frame struct {
	size int64  // compressed bytes
	raw  int64  // uncompressed bytes
	sum  uint32 // the frame's checksum: the low half of the XXH64 of the uncompressed bytes
	// Where it begins, compressed and uncompressed.
	at, rawAt int64
}

// seekTable is the list of the frames of a segment.
type seekTable []frame

// add appends a frame and sets where it begins.
func (t *seekTable) add(f frame) {
	f.at, f.rawAt = t.size(), t.raw()
	*t = append(*t, f)
}

// size returns the compressed bytes of all frames: where the table itself begins.
func (t seekTable) size() int64 {
	if len(t) == 0 {
		return 0
	}
	last := t[len(t)-1]
	return last.at + last.size
}

// raw returns the uncompressed bytes of all frames.
func (t seekTable) raw() int64 {
	if len(t) == 0 {
		return 0
	}
	last := t[len(t)-1]
	return last.rawAt + last.raw
}

// find returns the index of the frame that holds the uncompressed byte at off.
func (t seekTable) find(off int64) int {
	return sort.Search(len(t), func(i int) bool { return t[i].rawAt+t[i].raw > off })
}

// encode returns the skippable frame.
func (t seekTable) encode() []byte {
	le := binary.LittleEndian
	b := make([]byte, 0, skippableHeader+len(t)*seekEntry+seekFooter)
	b = le.AppendUint32(b, skippableMagic)
	b = le.AppendUint32(b, uint32(len(t)*seekEntry+seekFooter))
	for _, f := range t {
		b = le.AppendUint32(b, uint32(f.size))
		b = le.AppendUint32(b, uint32(f.raw))
		b = le.AppendUint32(b, f.sum)
	}
	b = le.AppendUint32(b, uint32(len(t)))
	b = append(b, checksumFlag)
	return le.AppendUint32(b, seekableMagic)
}

// readSeekTable reads the table of an object, and returns the end of the object that it read on the way. What a table
// claims is held against the object's size before anything is allocated for it.
func readSeekTable(r io.ReaderAt, size int64) (t seekTable, tail []byte, err error) {
	if tail, err = readRange(r, max(0, size-tailSize), min(size, tailSize)); err != nil {
		return nil, nil, err
	}
	if len(tail) < skippableHeader+seekFooter {
		return nil, nil, fmt.Errorf("seek table: %d bytes are no segment: %w", size, sinks.ErrCorrupt)
	}
	le := binary.LittleEndian
	footer := tail[len(tail)-seekFooter:]
	n := int64(le.Uint32(footer))
	length := skippableHeader + n*seekEntry + seekFooter
	switch {
	case le.Uint32(footer[5:]) != seekableMagic, footer[4] != checksumFlag:
		return nil, nil, fmt.Errorf("seek table: none at the end: %w", sinks.ErrCorrupt)
	case n == 0, n > maxFrames, length > size:
		return nil, nil, fmt.Errorf("seek table: claims %d frames in %d bytes: %w", n, size, sinks.ErrCorrupt)
	}
	if length > int64(len(tail)) {
		if tail, err = readRange(r, size-length, length); err != nil {
			return nil, nil, err
		}
	}
	t, err = parseSeekTable(tail[int64(len(tail))-length:], size)
	return t, tail, err
}

// parseSeekTable parses the whole skippable frame of an object of that size.
func parseSeekTable(b []byte, size int64) (seekTable, error) {
	le := binary.LittleEndian
	n := (len(b) - skippableHeader - seekFooter) / seekEntry
	if le.Uint32(b) != skippableMagic || int64(le.Uint32(b[4:])) != int64(len(b)-skippableHeader) {
		return nil, fmt.Errorf("seek table: not a skippable frame of its size: %w", sinks.ErrCorrupt)
	}
	t := make(seekTable, 0, n)
	for e := b[skippableHeader:]; len(t) < n; e = e[seekEntry:] {
		f := frame{size: int64(le.Uint32(e)), raw: int64(le.Uint32(e[4:])), sum: le.Uint32(e[8:])}
		limit := int64(maxFrame)
		if len(t) == n-1 {
			limit = maxLast
		}
		// What does not compress is stored with 3 bytes a block of up to 128 KiB.
		if f.raw == 0 || f.raw > limit || f.size > f.raw+f.raw/1024+64 {
			return nil, fmt.Errorf("seek table: frame %d of %d claims %d bytes in %d: %w",
				len(t)+1, n, f.raw, f.size, sinks.ErrCorrupt)
		}
		t.add(f)
	}
	if want := size - int64(len(b)); t.size() != want {
		return nil, fmt.Errorf("seek table: its frames are %d bytes, the object's %d: %w", t.size(), want, sinks.ErrCorrupt)
	}
	return t, nil
}

// readRange reads n bytes at off, all of which must be there.
func readRange(r io.ReaderAt, off, n int64) ([]byte, error) {
	b := make([]byte, n)
	return b, readFullAt(r, b, off)
}

func readFullAt(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	switch {
	case n == len(b):
		return nil
	case err == nil || err == io.EOF:
		return fmt.Errorf("ends after %d of %d bytes at %d: %w", n, len(b), off, sinks.ErrCorrupt)
	}
	return err
}
