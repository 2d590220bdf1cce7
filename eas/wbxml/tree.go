package wbxml

import (
	"strings"
	"unsafe"
)

// treeBuilder makes Elements out of start, text and end. Open elements, finished
// siblings and unfinished text lie on three stacks that are used again for the
// next tree; what is finished moves to the arena in one piece.
type treeBuilder struct {
	open     []openElement
	kids     []Element // finished children of the open elements
	text     []byte    // unfinished text of the open elements
	arena    arena
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
	b.kids = append(b.kids, Element{Tag: tag, Text: b.arena.string(text), Diverted: diverted})
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

// end closes the innermost element. It returns the root when that was it.
func (b *treeBuilder) end() *Element {
	o := b.top()
	o.Text = b.arena.string(b.text[o.text:])
	o.Children = b.arena.elements(b.kids[o.kids:])
	b.text = b.text[:o.text]
	b.kids = append(b.kids[:o.kids], o.Element)
	b.open = b.open[:len(b.open)-1]
	if len(b.open) > 0 {
		return nil
	}
	return &b.arena.elements(b.kids)[0]
}

// arena gives out elements and strings from a few larger pieces. A tree that is
// kept keeps the pieces it shares with its neighbours, so they are small.
type arena struct {
	free []Element
	text strings.Builder
}

const (
	arenaElements = 128
	arenaText     = 4 << 10
)

func (a *arena) elements(from []Element) []Element {
	n := len(from)
	if n == 0 {
		return nil
	}
	if n > len(a.free) {
		if n > arenaElements/2 {
			return append(make([]Element, 0, n), from...)
		}
		a.free = make([]Element, arenaElements)
	}
	part := a.free[:n:n]
	a.free = a.free[n:]
	copy(part, from)
	return part
}

func (a *arena) string(from []byte) string {
	n := len(from)
	if n == 0 {
		return ""
	}
	if n > a.text.Cap()-a.text.Len() {
		if n > arenaText/4 {
			return string(from)
		}
		a.text = strings.Builder{}
		a.text.Grow(arenaText)
	}
	a.text.Write(from)
	all := a.text.String()
	return all[len(all)-n:]
}
