package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

const tarBlock = 512

// segmentWriter writes the tar of a page. Contents are read into the frame in hand, with no copy in between, so it
// makes no use of a tar.Writer but for headers.
type segmentWriter struct {
	frames frameWriter
	head   bytes.Buffer
}

func newSegmentWriter(c *codec, w io.Writer) *segmentWriter {
	return &segmentWriter{frames: frameWriter{c: c, w: w}}
}

// header returns the blocks that precede a file in a tar, valid until the next call.
func (s *segmentWriter) header(name string, size int64, mtime time.Time) ([]byte, error) {
	s.head.Reset()
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: mtime.Truncate(time.Second)}
	err := tar.NewWriter(&s.head).WriteHeader(h)
	return s.head.Bytes(), err
}

var zeroBlock [tarBlock]byte

// padding returns what follows a file of some size up to the next block.
func padding(size int64) []byte { return zeroBlock[:-size&(tarBlock-1)] }

// add writes one file. Its content must have exactly the size that it says.
func (s *segmentWriter) add(ctx context.Context, name string, mtime time.Time, c sinks.Content) (e sinks.Entry, err error) {
	head, err := s.header(name, c.Size, mtime)
	if err != nil {
		return e, err
	}
	if c.Size >= largeItem {
		err = s.frames.cut()
	} else {
		err = s.frames.reserve(int64(len(head)) + c.Size + int64(len(padding(c.Size))))
	}
	if err != nil {
		return e, err
	}
	if _, err := s.frames.Write(head); err != nil {
		return e, err
	}
	e = sinks.Entry{Name: name, Size: c.Size, Offset: s.frames.offset()}
	if e.SHA256, err = s.copy(ctx, c); err != nil {
		return e, err
	}
	if _, err := s.frames.Write(padding(c.Size)); err != nil {
		return e, err
	}
	if c.Size >= largeItem {
		err = s.frames.cut()
	}
	return e, err
}

// copy reads a content to its end and returns its SHA-256 in hex.
func (s *segmentWriter) copy(ctx context.Context, c sinks.Content) (sum string, err error) {
	r, err := c.Open()
	if err != nil {
		return "", err
	}
	defer func() {
		if cerr := r.Close(); err == nil {
			err = cerr
		}
	}()
	hash := sha256.New()
	for left := c.Size; ; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		room, err := s.frames.space()
		if err != nil {
			return "", err
		}
		// One byte more than there should be is room to see that there is more.
		n, err := r.Read(room[:min(int64(len(room)), left+1, 64<<10)])
		if int64(n) > left {
			return "", fmt.Errorf("content is longer than the %d bytes it was said to have", c.Size)
		}
		hash.Write(room[:n])
		s.frames.advance(n)
		left -= int64(n)
		switch {
		case err == io.EOF && left > 0:
			return "", fmt.Errorf("content ended after %d of %d bytes: %w", c.Size-left, c.Size, io.ErrUnexpectedEOF)
		case err == io.EOF:
			return hex.EncodeToString(hash.Sum(nil)), nil
		case err != nil:
			return "", err
		}
	}
}

// finish writes the manifest, which is the two parts together, and the end of the tar as a frame of their own, and the seek table.
func (s *segmentWriter) finish(name string, mtime time.Time, page, events []byte) error {
	if err := s.frames.cut(); err != nil {
		return err
	}
	manifest := int64(len(page) + len(events))
	head, err := s.header(name, manifest, mtime)
	if err != nil {
		return err
	}
	end := make([]byte, 2*tarBlock) // two empty blocks end a tar
	if err := s.frames.frame(slices.Concat(head, page, events, padding(manifest), end)); err != nil {
		return err
	}
	return s.frames.finish()
}

// release gives the memory back. The writer is of no use after that.
func (s *segmentWriter) release() { s.frames.release() }
