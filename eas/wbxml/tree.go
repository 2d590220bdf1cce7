package wbxml

import (
	"slices"
	"strings"
	"unsafe"
)

// treeBuilder makes Elements out of start, text and end. Open elements, finished
// siblings and unfinished text lie on three stacks that are used again for the
// next tree; what is finished moves to its space in one piece.
type treeBuilder struct {
	open     []openElement
	kids     []Element // finished children of the open elements
	text     []byte    // unfinished text of the open elements
	kept     elements  // of the trees that are their callers'
	borrowed elements  // of the last tree that is not
	borrows  bool      // this tree is not
	texts    texts
	used     int64 // against Limits.Memory
	elements int   // against Limits.Elements
}

type openElement struct {
	Element
	kids, text int  // where its own begin on the builder's stacks
	begun      bool // it has a part of its value, or a child
}

const elementSize = int64(unsafe.Sizeof(Element{}))

// reset prepares for another tree and lets go of stacks that one large tree grew.
func (b *treeBuilder) reset() {
	clear(b.open)
	clear(b.kids)
	b.open, b.kids, b.text = b.open[:0], b.kids[:0], b.text[:0]
	b.used, b.elements = 0, 0
	if cap(b.text) > 1<<20 {
		b.text = nil
	}
	if cap(b.kids) > 1<<14 {
		b.kids = nil
	}
}

// start opens an element. It returns "" or the limit that this passes.
func (b *treeBuilder) start(tag Tag, literal string, lim *Limits) (limit string) {
	b.open = append(b.open, openElement{Element: Element{Tag: tag}, kids: len(b.kids), text: len(b.text)})
	if literal != "" {
		b.leaf(literalName, []byte(literal), false, lim)
	}
	return b.count(0, lim)
}

// leaf adds a child with a text to the innermost open element.
func (b *treeBuilder) leaf(tag Tag, text []byte, diverted bool, lim *Limits) (limit string) {
	if limit := b.count(len(text), lim); limit != "" {
		return limit
	}
	b.kids = append(b.kids, Element{Tag: tag, Text: b.texts.add(text), Diverted: diverted})
	return ""
}

// count counts an element with n bytes of text.
func (b *treeBuilder) count(n int, lim *Limits) (limit string) {
	b.elements++
	b.used += elementSize + int64(n)
	if b.elements > lim.Elements {
		return "Elements"
	}
	if b.used > lim.Memory {
		return "Memory"
	}
	return ""
}

func (b *treeBuilder) add(p []byte, lim *Limits) (limit string) {
	b.used += int64(len(p))
	if b.used > lim.Memory {
		return "Memory"
	}
	b.text = append(b.text, p...)
	return ""
}

// top returns the innermost open element; it is valid until the next start.
func (b *treeBuilder) top() *openElement { return &b.open[len(b.open)-1] }

// parent returns open element number i with the children that are finished.
func (b *treeBuilder) parent(i int) *Element {
	p := &b.open[i]
	p.Children = b.kids[p.kids:len(b.kids):len(b.kids)]
	return &p.Element
}

// space is where the tree comes to lie.
func (b *treeBuilder) space() *elements {
	if b.borrows {
		return &b.borrowed
	}
	return &b.kept
}

// end closes the innermost element. It returns the root when that was it.
func (b *treeBuilder) end() *Element {
	o := b.top()
	o.Text = b.texts.add(b.text[o.text:])
	o.Children = b.space().add(b.kids[o.kids:])
	b.text = b.text[:o.text]
	b.kids = append(b.kids[:o.kids], o.Element)
	b.open = b.open[:len(b.open)-1]
	if len(b.open) > 0 {
		return nil
	}
	return &b.space().add(b.kids)[0]
}

// elements gives out room for elements from pieces of some of them. A tree that is
// kept keeps the pieces it shares with its neighbours, so they are small.
type elements struct {
	free   []Element
	reuse  bool
	pieces [][]Element // with reuse: all that there are
	next   int         // of pieces
}

const (
	pieceElements = 128
	pieceText     = 4 << 10
	maxPieces     = 64 // that are kept for reuse
)

func (s *elements) add(from []Element) []Element {
	n := len(from)
	if n == 0 {
		return nil
	}
	if n > len(s.free) {
		if n > pieceElements/2 {
			return append(make([]Element, 0, n), from...)
		}
		s.free = s.piece()
	}
	part := s.free[:n:n]
	s.free = s.free[n:]
	copy(part, from)
	return part
}

func (s *elements) piece() []Element {
	if !s.reuse {
		return make([]Element, pieceElements)
	}
	if s.next == len(s.pieces) {
		s.pieces = append(s.pieces, make([]Element, pieceElements))
	}
	s.next++
	return s.pieces[s.next-1]
}

// again takes back what was given out, and lets go of the texts.
func (s *elements) again() {
	for i, p := range s.pieces[:s.next] {
		if i == s.next-1 {
			p = p[:len(p)-len(s.free)]
		}
		clear(p)
	}
	if len(s.pieces) > maxPieces {
		s.pieces = slices.Clone(s.pieces[:maxPieces])
	}
	s.free, s.next = nil, 0
}

// texts gives out strings from pieces that neighbours share.
type texts struct{ free strings.Builder }

func (t *texts) add(from []byte) string {
	n := len(from)
	if n == 0 {
		return ""
	}
	if n > t.free.Cap()-t.free.Len() {
		if n > pieceText/4 {
			return string(from)
		}
		t.free = strings.Builder{}
		t.free.Grow(pieceText)
	}
	t.free.Write(from)
	all := t.free.String()
	return all[len(all)-n:]
}
