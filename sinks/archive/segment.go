package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

const tarBlock = 512

// segmentWriter writes the tar of a page.
type segmentWriter struct {
	frames frameWriter
	tar    *tar.Writer
	chunk  []byte
}

func newSegmentWriter(c *codec, w io.Writer) *segmentWriter {
	s := &segmentWriter{frames: frameWriter{c: c, w: w, hash: sha256.New()}, chunk: make([]byte, 32<<10)}
	s.tar = tar.NewWriter(&s.frames)
	return s
}

func header(name string, size int64, mtime time.Time) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: mtime.Truncate(time.Second)}
}

// add writes one file. Its content must have exactly the size that it says.
func (s *segmentWriter) add(ctx context.Context, name string, mtime time.Time, c sinks.Content) (e sinks.Entry, err error) {
	// A header, or three if the name needs an extended one.
	if err := s.frames.reserve(int(min(3*tarBlock+c.Size+tarBlock, frameSize+1))); err != nil {
		return e, err
	}
	if c.Size >= largeItem {
		if err := s.frames.cut(); err != nil {
			return e, err
		}
	}
	if err := s.tar.WriteHeader(header(name, c.Size, mtime)); err != nil {
		return e, err
	}
	e = sinks.Entry{Name: name, Size: c.Size, Offset: s.frames.offset()}
	if e.SHA256, err = s.copy(ctx, c); err != nil {
		return e, err
	}
	if err := s.tar.Flush(); err != nil {
		return e, err
	}
	if c.Size >= largeItem {
		return e, s.frames.cut()
	}
	return e, nil
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
		n, err := r.Read(s.chunk)
		if int64(n) > left {
			return "", fmt.Errorf("content is longer than the %d bytes it was said to have", c.Size)
		}
		left -= int64(n)
		hash.Write(s.chunk[:n])
		if _, err := s.tar.Write(s.chunk[:n]); err != nil {
			return "", err
		}
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

// finish writes the manifest and the end of the tar as a frame of their own, and the seek table.
func (s *segmentWriter) finish(name string, mtime time.Time, manifest []byte) (size int64, sum string, err error) {
	if err := s.frames.cut(); err != nil {
		return 0, "", err
	}
	last := bytes.NewBuffer(make([]byte, 0, len(manifest)+6*tarBlock))
	t := tar.NewWriter(last)
	if err := t.WriteHeader(header(name, int64(len(manifest)), mtime)); err != nil {
		return 0, "", err
	}
	if _, err := t.Write(manifest); err != nil {
		return 0, "", err
	}
	if err := t.Close(); err != nil {
		return 0, "", err
	}
	if err := s.frames.frame(last.Bytes()); err != nil {
		return 0, "", err
	}
	return s.frames.finish()
}

// release gives the memory back. The writer is of no use after that.
func (s *segmentWriter) release() { s.frames.release() }
