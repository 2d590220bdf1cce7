package wbxml

import (
	"encoding/base64"
	"fmt"
	"io"
)

// XMLOptions says how WriteXML writes. The zero value is the lossless form.
type XMLOptions struct {
	Indent   bool // an element a line, two spaces a level
	MaxValue int  // longer values are cut after this many bytes and say how many they had; 0: whole
}

// WriteXML writes the document that d has not begun to read as plain XML, as it
// comes, and closes d. See the package documentation for the form. What was
// written before an error stays written.
func WriteXML(w io.Writer, d *Decoder, o XMLOptions) error {
	x := &xmlWriter{w: w, indent: o.Indent, max: o.MaxValue}
	if _, err := d.Root(); err != nil {
		return err
	}
	x.b = append(x.b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"...)
	x.table(d.table)
	x.start(d.root, d.Literal())
	for len(d.stack) > 0 && d.err == nil && x.err == nil {
		switch d.next() {
		case evStart:
			f := &d.stack[len(d.stack)-1]
			x.start(f.tag, f.literal)
		case evEnd:
			x.end()
		case evValue:
			x.begin(d.piece == pieceOpaque)
			for d.piece != pieceNone && x.err == nil && d.err == nil {
				if x.add(d.chunk()); x.total > d.lim.Value {
					d.exceed("Value", d.lim.Value)
				}
			}
			x.finish()
		}
		x.flush(xmlFlush)
	}
	if o.Indent && len(d.stack) == 0 {
		x.b = append(x.b, '\n')
	}
	x.flush(0)
	if x.err != nil {
		return x.err
	}
	return d.Close()
}

// AppendXML appends the element and all below it as plain XML, without
// indentation and XML declaration.
func (e *Element) AppendXML(b []byte) []byte {
	x := &xmlWriter{b: b}
	x.table(literals(e))
	x.element(e)
	return x.b
}

const (
	xmlFlush  = 32 << 10
	xmlWindow = 16 << 10 // bytes of a value that decide together between text and base64
)

// xmlWriter turns elements and values into XML.
type xmlWriter struct {
	w      io.Writer // nil: all stays in b
	b      []byte
	err    error
	indent bool
	max    int
	open   []xmlElement

	// the value that is being written
	opaque, begun, base64 bool
	window                []byte
	total                 int64
}

type xmlElement struct {
	tag            Tag
	literal        string
	tagOpen        bool // the start tag still wants its ">"
	text, children bool // what it has so far
}

// table declares a string table, where there is one: LITERAL tags need it.
func (x *xmlWriter) table(table string) {
	if table != "" {
		x.b = append(x.b, "<?strtbl "...)
		x.b = base64.StdEncoding.AppendEncode(x.b, []byte(table))
		x.b = append(x.b, "?>"...)
		if x.indent {
			x.b = append(x.b, '\n')
		}
	}
}

func (x *xmlWriter) element(e *Element) {
	x.start(e.Tag, e.Literal())
	switch {
	case e.Diverted:
		x.closeTag()
		x.b = append(x.b, "<?diverted?>"...)
	case e.Opaque || e.Text != "":
		x.begin(e.Opaque)
		for text := e.Text; text != ""; {
			n := min(len(text), xmlWindow)
			x.addString(text[:n])
			text = text[n:]
		}
		x.finish()
	}
	content := e.content()
	for i := range content {
		x.element(&content[i])
	}
	x.end()
}

func (x *xmlWriter) start(tag Tag, literal string) {
	n := len(x.open)
	if n > 0 {
		x.closeTag()
		x.newline(n)
		x.open[n-1].children = true
	}
	x.open = append(x.open, xmlElement{tag: tag, literal: literal, tagOpen: true})
	x.b = append(x.b, '<')
	x.name(&x.open[n])
	if n == 0 || x.open[n-1].tag.Page() != tag.Page() {
		x.b = append(x.b, ` xmlns="`...)
		x.b = append(x.b, tag.Namespace()...)
		x.b = append(x.b, '"')
	}
}

func (x *xmlWriter) name(e *xmlElement) {
	if e.literal != "" {
		x.b = append(x.b, e.literal...)
	} else {
		x.b = append(x.b, e.tag.Name()...)
	}
}

func (x *xmlWriter) closeTag() {
	if e := &x.open[len(x.open)-1]; e.tagOpen {
		e.tagOpen = false
		x.b = append(x.b, '>')
	}
}

// newline begins a line in the innermost element, unless it has text: there
// white space would be part of the value.
func (x *xmlWriter) newline(depth int) {
	if x.indent && !x.open[len(x.open)-1].text {
		x.b = append(x.b, '\n')
		for range depth {
			x.b = append(x.b, "  "...)
		}
	}
}

func (x *xmlWriter) end() {
	n := len(x.open) - 1
	e := &x.open[n]
	if e.tagOpen {
		x.b = append(x.b, "/>"...)
	} else {
		if e.children {
			x.newline(n)
		}
		x.b = append(x.b, "</"...)
		x.name(e)
		x.b = append(x.b, '>')
	}
	x.open = x.open[:n]
}

func (x *xmlWriter) flush(limit int) {
	if x.w == nil || x.err != nil || len(x.b) <= limit {
		return
	}
	if _, err := x.w.Write(x.b); err != nil {
		x.err = fmt.Errorf("wbxml: write XML: %w", err)
	}
	x.b = x.b[:0]
}
