package imapdst

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// A message is an item on its way.
type message struct {
	flags   []imap.Flag
	date    time.Time // zero = the server's now
	content sinks.Content
	named   map[imap.Flag]string // categories by their keywords
	lost    []sinks.Alteration   // what is known before it is sent
	bare    error                // it goes without its keywords, since this was said to them

	// After it was sent.
	sum    [sha256.Size]byte
	bareLF int64 // line ends without CR
	nul    bool  // there are bytes 0 in it
}

// sent are the flags that go with the message.
func (m *message) sent() []imap.Flag {
	if m.bare == nil {
		return m.flags
	}
	return slices.DeleteFunc(slices.Clone(m.flags), isKeyword)
}

func isKeyword(f imap.Flag) bool { return f[0] != '\\' }

// errContent says that bytes of the source cannot be had as they were promised. The target has no fault in it.
var errContent = errors.New("the message cannot be read")

// copyTo sends the bytes of a message, exactly as many as were announced, and notes what they are.
func (m *message) copyTo(w io.Writer) error {
	r, err := m.content.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", errContent, err)
	}
	defer r.Close()
	d := digest{Hash: sha256.New()}
	source := &sourceReader{r: r}
	n, err := io.Copy(io.MultiWriter(w, &d), io.LimitReader(source, m.content.Size-1))
	if err == nil {
		// The last byte is sent when it is the last.
		var last [2]byte
		var k int
		k, err = io.ReadFull(source, last[:])
		if n += int64(k); n == m.content.Size {
			_, err = io.MultiWriter(w, &d).Write(last[:1])
		}
	}
	switch {
	case source.err != nil:
		return fmt.Errorf("%w: %w", errContent, source.err)
	case n > m.content.Size:
		return fmt.Errorf("%w: it has more than %d bytes", errContent, m.content.Size)
	case n < m.content.Size && (err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return fmt.Errorf("%w: it has %d bytes and not %d", errContent, n, m.content.Size)
	case err != nil:
		return err
	}
	m.sum, m.bareLF, m.nul = [sha256.Size]byte(d.Sum(nil)), d.bareLF, d.nul
	return nil
}

// sourceReader tells an error of the source from one of the target.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// A digest is the hash of bytes, and what in them servers cannot hold.
type digest struct {
	hash.Hash
	bareLF int64
	nul    bool
	last   byte
}

// Write implements io.Writer.
func (d *digest) Write(p []byte) (int, error) {
	for rest := p; ; {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			break
		}
		before := d.last
		if i > 0 {
			before = rest[i-1]
		}
		if before != '\r' {
			d.bareLF++
		}
		d.last, rest = '\n', rest[i+1:]
	}
	d.nul = d.nul || bytes.IndexByte(p, 0) >= 0
	if len(p) > 0 {
		d.last = p[len(p)-1]
	}
	return d.Hash.Write(p)
}
