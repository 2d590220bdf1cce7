package wbxml

import (
	"errors"
	"io"
	"iter"
)

// Decoder reads one document from a stream. It holds a buffer of 64 KiB and the
// open elements; a value is never held whole unless Text or Element is asked for it.
//
// The decoder always stands in one element: the root after [Decoder.Root], a child
// in the body of a loop over [Decoder.Children]. It only moves forward: what has
// been read or skipped cannot be read again.
//
// A Decoder is not safe for concurrent use.
type Decoder struct {
	input
	lim Limits

	rooted, closed bool
	root           Tag
	page           uint8
	table          string  // the string table
	stack          []frame // open elements, physically
	at             int     // the decoder stands in the element with this number from the root, 1 for it

	piece    piece  // of the value that is being read
	left     int64  // bytes left of an opaque piece
	held     []byte // a piece from the string table or an entity
	expanded int64  // bytes taken from the string table

	opaque   bool  // of the last value
	valueLen int64 // bytes read of the current value
	value    valueReader
	text     []byte
	tree     treeBuilder
}

type frame struct {
	tag     Tag
	empty   bool // no content: no END follows
	broken  bool // a loop over its children was left
	literal string
}

// NewDecoder returns a decoder that reads one document from r.
func NewDecoder(r io.Reader, lim Limits) *Decoder {
	lim = lim.withDefaults()
	return &Decoder{input: input{src: r, buf: make([]byte, bufferSize), max: lim.Document}, lim: lim}
}

// Reset begins another document with the buffers of the last.
// Elements that were returned stay as they are, but those that are borrowed.
func (d *Decoder) Reset(r io.Reader) {
	d.tree.reset()
	d.tree.borrowed.again()
	*d = Decoder{
		input: input{src: r, buf: d.buf, max: d.max}, lim: d.lim,
		stack: d.stack[:0], held: d.held[:0], text: d.text[:0], tree: d.tree,
	}
}

// Root reads the header and enters the root element. Called again it returns the same.
func (d *Decoder) Root() (Tag, error) {
	if d.rooted || d.err != nil {
		return d.root, d.err
	}
	if !d.header() || !d.prolog() {
		return 0, d.err
	}
	d.rooted, d.at = true, 1
	d.root = d.stack[0].tag
	return d.root, nil
}

// Err returns the first error. It stays: a decoder does not recover.
func (d *Decoder) Err() error { return d.err }

// Offset returns how many bytes of the document have been consumed.
func (d *Decoder) Offset() int64 { return d.offset() }

// Children yields the child elements of the element that the decoder stands in.
// In the body of the loop the decoder stands in the child: read it with Children,
// Text, Value or Element, or leave it, then it is skipped. Leaving the loop skips
// the other children. The loop ends early on an error: look at [Decoder.Err].
func (d *Decoder) Children() iter.Seq[Tag] {
	return func(yield func(Tag) bool) {
		depth := d.at
		for d.child(depth) {
			if yield(d.stack[depth].tag) {
				continue
			}
			if d.at = depth; len(d.stack) >= depth { // less after a Close in the body
				d.stack[depth-1].broken = true
			}
			return
		}
	}
}

// child enters the next child of element number depth.
func (d *Decoder) child(depth int) bool {
	if !d.back(depth) {
		return false
	}
	for {
		switch d.next() {
		case evStart:
			d.at = depth + 1
			return true
		case evEnd, evError:
			return false
		}
	}
}

// back returns to element number depth, behind what is open below it. It is
// false when that element has been read to its end.
func (d *Decoder) back(depth int) bool {
	if depth == 0 && d.err == nil {
		d.err = errors.New("wbxml: the decoder is in no element: Root comes first")
	}
	d.at = depth
	return d.unwind(depth) && len(d.stack) == depth && !d.stack[depth-1].broken
}

// unwind skips to the end of the elements below number depth.
func (d *Decoder) unwind(depth int) bool {
	for d.err == nil && len(d.stack) > depth {
		d.next()
	}
	return d.err == nil
}

// Literal returns the name of the element that the decoder stands in when its tag
// is spelled out in the document (Tag.Token is 0x04), else "".
func (d *Decoder) Literal() string {
	if d.at == 0 || len(d.stack) < d.at {
		return ""
	}
	return d.stack[d.at-1].literal
}

// Opaque tells whether the last value read came as OPAQUE, at least in part.
func (d *Decoder) Opaque() bool { return d.opaque }

// Text returns the value of the element that the decoder stands in: strings and
// opaque parts joined, child elements skipped. It is "" on error, see [Decoder.Err].
// The bytes are as they came, UTF-8 or not.
func (d *Decoder) Text() string {
	d.beginValue()
	d.text = d.text[:0]
	for c := d.nextChunk(); c != nil; c = d.nextChunk() {
		if int64(len(d.text)+len(c)) > d.lim.Memory {
			d.exceed("Memory", d.lim.Memory)
			break
		}
		d.text = append(d.text, c...)
	}
	s := ""
	if d.err == nil {
		s = string(d.text)
	}
	if cap(d.text) > 1<<20 {
		d.text = nil
	}
	return s
}

// Close reads to the end of the document. It is nil only if the root closed and
// nothing came after it: a page whose document did not close is no page.
func (d *Decoder) Close() error {
	if d.closed {
		return d.err
	}
	if _, err := d.Root(); err != nil {
		return err
	}
	if d.unwind(0) {
		d.epilog()
	}
	d.closed = true
	return d.err
}
