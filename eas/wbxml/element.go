package wbxml

import (
	"iter"
	"slices"
)

// Element is an element with all below it.
//
// A LITERAL tag, which is in no code page but spelled out in the document, has a
// Tag with the token 0x04; [Element.Literal] has the name.
type Element struct {
	Tag      Tag
	Opaque   bool      // the value came as OPAQUE, at least in part
	Diverted bool      // a Divert took the value: Text does not have it
	Text     string    // the value: its strings and opaque parts joined, bytes as they came
	Children []Element // in order
}

// T returns an element with a string value; with an empty text, the empty element.
func T(tag Tag, text string) Element { return Element{Tag: tag, Text: text} }

// B returns an element with an OPAQUE value.
func B(tag Tag, value []byte) Element { return Element{Tag: tag, Text: string(value), Opaque: true} }

// E returns an element with children.
func E(tag Tag, children ...Element) Element { return Element{Tag: tag, Children: children} }

// Empty returns an element without a value or children, such as MoreAvailable.
func Empty(tag Tag) Element { return Element{Tag: tag} }

// literalName is the tag of the first child of an element with a LITERAL tag: its
// text is the name. No server has been seen to send one, so every other element
// is spared a field for it.
const literalName Tag = 0

// Literal returns the name of an element with a LITERAL tag, else "".
func (e *Element) Literal() string {
	if e.Tag.Token() == literal && len(e.Children) > 0 && e.Children[0].Tag == literalName {
		return e.Children[0].Text
	}
	return ""
}

// content returns the children that are elements.
func (e *Element) content() []Element {
	if e.Literal() != "" {
		return e.Children[1:]
	}
	return e.Children
}

// Append adds children behind those that are there.
func (e *Element) Append(children ...Element) { e.Children = append(e.Children, children...) }

// Clone returns a copy that shares nothing with e but the texts.
func (e *Element) Clone() *Element {
	c := *e
	c.Children = cloneAll(e.Children)
	return &c
}

func cloneAll(elements []Element) []Element {
	all := slices.Clone(elements)
	for i := range all {
		all[i].Children = cloneAll(all[i].Children)
	}
	return all
}

// Child returns the first child with the tag, or nil. It may be asked of nil.
func (e *Element) Child(tag Tag) *Element {
	if e == nil {
		return nil
	}
	for i := range e.Children {
		if e.Children[i].Tag == tag {
			return &e.Children[i]
		}
	}
	return nil
}

// Value returns the text of the first element down the path, "" if there is none.
func (e *Element) Value(path ...Tag) string {
	for _, tag := range path {
		e = e.Child(tag)
	}
	if e == nil {
		return ""
	}
	return e.Text
}

// Has tells whether there is a child with the tag.
func (e *Element) Has(tag Tag) bool { return e.Child(tag) != nil }

// All yields the children with the tag, in order.
func (e *Element) All(tag Tag) iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		if e == nil {
			return
		}
		for i := range e.Children {
			if e.Children[i].Tag == tag && !yield(&e.Children[i]) {
				return
			}
		}
	}
}
