package fidelity

import "bytes"

// Checker is an io.Writer that a message passes by. The zero value is ready; Reset makes it so again. It is not safe for
// concurrent use.
type Checker struct {
	// MaxSigned bounds what is held of a signature that has in it what it is about (RFC 8551 3.5.2), in bytes as it comes; 0 = 8 MiB.
	// A larger one is SignedTooLarge. A part that is signed beside is hashed as it passes by, however large it is.
	MaxSigned int64

	size   int64
	head   []byte // of the message, while it comes in pieces
	inBody bool
	report Report
	bodies bodies // of DKIM signatures
	tree   tree
	parts  bool // the body has parts, or something to be looked at
}

// Reset makes the Checker ready for another message.
func (c *Checker) Reset() {
	head := c.head[:0]
	if cap(head) > 64<<10 {
		head = nil
	}
	c.bodies.reset()
	*c = Checker{MaxSigned: c.MaxSigned, head: head, bodies: c.bodies}
}

// Write implements io.Writer. It never fails.
func (c *Checker) Write(p []byte) (int, error) {
	n := len(p)
	c.size += int64(n)
	if !c.inBody {
		p = c.takeHeader(p)
	}
	if len(p) > 0 {
		c.body(p)
	}
	return n, nil
}

// takeHeader takes what belongs to the header and returns the rest.
func (c *Checker) takeHeader(p []byte) []byte {
	if len(c.head) == 0 {
		var h header
		if end, whole := h.scan(p[:min(len(p), maxHeader)]); whole {
			c.begin(h)
			return p[end:]
		}
	}
	before := len(c.head)
	room := min(len(p), maxHeader-before)
	c.head = append(c.head, p[:room]...)
	end, ok := 0, false
	if bytes.IndexByte(p, '\n') >= 0 { // the empty line may begin in what came before
		end, ok = headerEnd(c.head, bytes.LastIndexByte(c.head[:before], '\n')+1)
	}
	if ok {
		var h header
		h.scan(c.head[:end])
		c.begin(h)
		return p[len(p)-(len(c.head)-end)-(len(p)-room):]
	}
	if len(c.head) >= maxHeader {
		c.inBody = true
		c.report.Structure = StructureLongHeader
	}
	return nil
}

// headerEnd finds the first empty line from a line's beginning on, and returns where it ends.
func headerEnd(b []byte, from int) (int, bool) {
	for pos := from; ; {
		n := bytes.IndexByte(b[pos:], '\n')
		if n < 0 {
			return 0, false
		}
		if n == 0 || n == 1 && b[pos] == '\r' {
			return pos + n + 1, true
		}
		pos += n + 1
	}
}

// begin begins the body.
func (c *Checker) begin(h header) {
	c.inBody = true
	c.report.Received = h.received
	if h.fields == 0 {
		c.report.Structure = StructureNoHeader
	}
	for _, raw := range h.dkim {
		c.bodies.want(raw)
	}
	most := c.MaxSigned
	if most <= 0 {
		most = 8 << 20
	}
	c.tree = tree{report: &c.report, room: most}
	c.parts = c.tree.begin(h)
}

func (c *Checker) body(p []byte) {
	c.bodies.write(p)
	if c.parts {
		c.tree.write(p)
	}
}

// Report ends the message and tells of it. It is asked once; then Reset.
func (c *Checker) Report() Report {
	if !c.inBody { // a message may be a header alone (RFC 5322 3.5)
		var h header
		h.scan(c.head)
		c.begin(h)
	}
	c.report.DKIM = c.bodies.results()
	if c.parts {
		c.tree.end()
	}
	r := c.report
	r.Size = c.size
	if r.Structure == "" {
		r.Structure = StructureOK
	}
	return r
}
