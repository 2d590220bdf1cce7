package fidelity

import (
	"bytes"
	"hash"
)

// canonical brings a body into the form that DKIM hashes, as it passes by. RFC 6376 3.4.3, 3.4.4.
type canonical struct {
	relaxed bool
	hashes  []*bodyHash

	cr     bool // a CR was last: of a line end, or alone
	space  bool // relaxed: white space was before
	empty  int  // line ends that count only if something follows
	any    bool // something was written
	staged int
	buf    [4 << 10]byte
}

// bodyHash is a hash of the first bytes of a body.
type bodyHash struct {
	hash hash.Hash
	left int64 // how much of it is still to come
	all  bool  // the whole
}

func (h *bodyHash) write(p []byte) {
	if !h.all {
		p = p[:min(int64(len(p)), h.left)]
		h.left -= int64(len(p))
	}
	h.hash.Write(p)
}

// Write implements io.Writer; it never fails.
func (c *canonical) Write(p []byte) (int, error) {
	for i := 0; i < len(p); {
		b := p[i]
		if c.cr {
			c.cr = false
			if b != '\n' {
				c.run([]byte{'\r'})
			}
		}
		switch {
		case b == '\r':
			c.cr = true
			i++
		case b == '\n':
			c.space = false
			c.empty++
			i++
		case c.relaxed && (b == ' ' || b == '\t'):
			c.space = true
			i++
		default:
			end := c.runEnd(p, i)
			c.run(p[i:end])
			i = end
		}
	}
	return len(p), nil
}

// runEnd returns where the bytes that stay as they are end: with the line, if it has no white space that the relaxed form would
// change, as nearly all lines.
func (c *canonical) runEnd(p []byte, i int) int {
	line := p[i:]
	if n := bytes.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	}
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if n := len(line); !c.relaxed || n > 0 && line[n-1] != ' ' && bytes.IndexByte(line, '\t') < 0 && !bytes.Contains(line, twoSpaces) {
		return i + n
	}
	if n := bytes.IndexAny(line, " \t"); n >= 0 {
		return i + n
	}
	return i + len(line)
}

var twoSpaces = []byte("  ")

var crlf = []byte("\r\n")

// run writes bytes, and before them what was held back.
func (c *canonical) run(p []byte) {
	for ; c.empty > 0; c.empty-- {
		c.put(crlf)
	}
	if c.space {
		c.put([]byte{' '})
		c.space = false
	}
	if len(p) > 0 {
		c.any = true
		c.put(p)
	}
}

func (c *canonical) put(p []byte) {
	if c.staged+len(p) > len(c.buf) {
		c.flush()
	}
	if len(p) > len(c.buf)/2 {
		c.flush()
		c.send(p)
		return
	}
	c.staged += copy(c.buf[c.staged:], p)
}

func (c *canonical) flush() {
	c.send(c.buf[:c.staged])
	c.staged = 0
}

func (c *canonical) send(p []byte) {
	for _, h := range c.hashes {
		h.write(p)
	}
}

// end ends the body: with one line end, but for an empty one in relaxed form.
func (c *canonical) end() {
	if c.cr {
		c.cr = false
		c.run([]byte{'\r'})
	}
	if c.any || !c.relaxed {
		c.put(crlf)
	}
	c.flush()
}
