package eas

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
)

// Blob is a body or an attachment: in memory when it is small, else in a file without a name. It belongs to the item that it
// came with and is valid as long as that; Keep takes it over. A Blob is not safe for concurrent use, but what Open returns may
// be read beside others.
type Blob struct {
	c      *Client
	mem    []byte
	file   *os.File
	name   string // of the file, where an open file cannot be removed
	size   int64
	sum    [sha256.Size]byte
	summed bool
	kept   bool
	err    error // the spool failed
}

// Size is the number of bytes.
func (b *Blob) Size() int64 { return b.size }

// Bytes is the content when it is in memory.
func (b *Blob) Bytes() ([]byte, bool) { return b.mem, b.file == nil }

// Open reads the content from its start, as often as needed.
func (b *Blob) Open() (io.ReadCloser, error) {
	switch {
	case b.err != nil:
		return nil, b.err
	case b.file != nil:
		return io.NopCloser(io.NewSectionReader(b.file, 0, b.size)), nil
	}
	return io.NopCloser(bytes.NewReader(b.mem)), nil
}

// SHA256 is the hash of the content, computed when it is first asked for: who stores the content hashes it anyway. All zero
// means that the spooled file cannot be read, and Open says why.
func (b *Blob) SHA256() [sha256.Size]byte {
	if b.summed || b.err != nil {
		return b.sum
	}
	if b.file == nil {
		b.sum = sha256.Sum256(b.mem)
	} else {
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(b.file, 0, b.size)); err != nil {
			b.err = fmt.Errorf("spool: %w", err)
			return b.sum
		}
		h.Sum(b.sum[:0])
	}
	b.summed = true
	return b.sum
}

// Keep makes the Blob the caller's, who then calls Close when done with it.
func (b *Blob) Keep() { b.kept = true }

// Close frees the content.
func (b *Blob) Close() error {
	err := b.closeFile()
	b.mem, b.size = nil, 0
	return err
}

func (b *Blob) closeFile() error {
	if b.file == nil {
		return nil
	}
	err := b.file.Close()
	if b.name != "" {
		err = errors.Join(err, os.Remove(b.name))
	}
	b.file, b.name = nil, ""
	return err
}

func (c *Client) newBlob() *Blob {
	b := &Blob{c: c}
	if mem, ok := c.buffers.Get().(*[]byte); ok {
		b.mem = (*mem)[:0]
	}
	return b
}

// reset makes an empty Blob for the next item.
func (b *Blob) reset() {
	_ = b.closeFile() // what was in it is not needed any more
	*b = Blob{c: b.c, mem: b.mem[:0]}
}

// recycle gives the memory back, unless the Blob is the caller's.
func (b *Blob) recycle() {
	if b.kept {
		return
	}
	b.reset()
	mem := b.mem
	b.mem = nil
	b.c.buffers.Put(&mem)
}

// head is the beginning of the content, for a look at it.
func (b *Blob) head() []byte {
	const most = 4 << 10
	if b.file == nil {
		return b.mem[:min(len(b.mem), most)]
	}
	p := make([]byte, most)
	n, _ := b.file.ReadAt(p, 0) // what cannot be read fails in Open
	return p[:n]
}

// fill reads the content.
func (b *Blob) fill(r io.Reader) error {
	_, err := io.Copy((*blobWriter)(b), r)
	if err != nil && b.err == nil {
		return err // the source's
	}
	return b.err
}

// fillBase64 reads the content out of base64 text. The error is of the text; b.err has others.
func (b *Blob) fillBase64(r io.Reader) error {
	err := b.fill(base64.NewDecoder(base64.StdEncoding, r))
	var corrupt base64.CorruptInputError
	if errors.As(err, &corrupt) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("data is no base64: %w", err)
	}
	if b.err == nil {
		b.err = err
	}
	return nil
}

// blobWriter is a Blob that is being filled. It moves to a file when it grows over Config.SpoolMemory.
type blobWriter Blob

func (w *blobWriter) Write(p []byte) (int, error) {
	if w.file == nil && len(w.mem)+len(p) <= w.c.cfg.SpoolMemory {
		w.mem = append(w.mem, p...)
		w.size += int64(len(p))
		return len(p), nil
	}
	if w.file == nil {
		if err := w.spill(); err != nil {
			w.err = err
			return 0, err
		}
	}
	n, err := w.file.Write(p)
	w.size += int64(n)
	if err != nil {
		w.err = fmt.Errorf("spool: %w", err)
	}
	return n, w.err
}

func (w *blobWriter) spill() error {
	f, err := os.CreateTemp(w.c.cfg.SpoolDir, "airlift-*.spool")
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	w.file = f
	if err := os.Remove(f.Name()); err != nil {
		w.name = f.Name() // an open file cannot be removed here: Close does it
	}
	if _, err := f.Write(w.mem); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	w.mem = w.mem[:0]
	return nil
}
