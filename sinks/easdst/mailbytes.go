package easdst

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"
	"strings"
	"unicode"

	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// mailBytes is what is kept of the bytes of a message.
type mailBytes struct {
	size    int64
	sum     [sha256.Size]byte
	text    [sha256.Size]byte // whatever the line ends are, and how many at the end
	id      string            // its Message-ID
	subject uint64            // hash of its subject; 0 = it has none
}

const maxHead = 64 << 10 // of a message, where its header is

// readBytes reads a message to its end, which is not held in memory.
func readBytes(r io.Reader) (m mailBytes, err error) {
	sum, text, head := sha256.New(), &lines{Hash: sha256.New()}, &start{}
	if m.size, err = io.Copy(io.MultiWriter(sum, text, head), r); err != nil {
		return m, err
	}
	sum.Sum(m.sum[:0])
	text.Sum(m.text[:0])
	s := item.Summarize("Email", &wbxml.Element{}, head.Bytes())
	m.id, m.subject = s.MessageID, hashSubject(s.Subject)
	return m, nil
}

// same tells whether two messages have the same bytes, but for their line ends.
func (m mailBytes) same(other mailBytes) bool { return m.sum == other.sum || m.text == other.text }

// hashSubject is a hash of the letters and digits of a subject, the same however a server writes what is between them.
func hashSubject(s string) uint64 {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
	if s == "" {
		return 0
	}
	return short("subject", s)
}

// start keeps the beginning of what is written.
type start struct{ bytes.Buffer }

func (s *start) Write(p []byte) (int, error) {
	s.Buffer.Write(p[:min(len(p), maxHead-s.Len())])
	return len(p), nil
}

// lines hashes a text without the CR of its line ends, and without the line ends at its end.
type lines struct {
	hash.Hash
	ends int // that came and were not written yet
}

func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexAny(p, "\r\n")
		switch {
		case i < 0:
			l.flush(p)
			return n, nil
		case i > 0:
			l.flush(p[:i])
		}
		if p[i] == '\n' {
			l.ends++
		}
		p = p[i+1:]
	}
	return n, nil
}

func (l *lines) flush(p []byte) {
	for ; l.ends > 0; l.ends-- {
		l.Hash.Write([]byte{'\n'})
	}
	l.Hash.Write(p)
}
