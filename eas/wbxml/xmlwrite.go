package wbxml

import (
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
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

// begin, add and finish write one string or opaque value.
func (x *xmlWriter) begin(opaque bool) {
	x.closeTag()
	x.opaque, x.begun, x.total = opaque, false, 0
	x.window = x.window[:0]
}

func (x *xmlWriter) add(p []byte) {
	p = p[:x.room(len(p))]
	for len(p) > 0 {
		n := min(len(p), xmlWindow-len(x.window))
		x.window = append(x.window, p[:n]...)
		p = p[n:]
		if len(x.window) == xmlWindow {
			x.emit(false)
		}
	}
}

func (x *xmlWriter) addString(s string) {
	s = s[:x.room(len(s))]
	for len(s) > 0 {
		n := min(len(s), xmlWindow-len(x.window))
		x.window = append(x.window, s[:n]...)
		s = s[n:]
		if len(x.window) == xmlWindow {
			x.emit(false)
		}
	}
}

// room counts n more bytes of the value and returns how many of them to write.
func (x *xmlWriter) room(n int) int {
	before := x.total
	x.total += int64(n)
	if x.max <= 0 {
		return n
	}
	return int(max(0, min(int64(n), int64(x.max)-before)))
}

func (x *xmlWriter) finish() {
	cut := x.max > 0 && x.total > int64(x.max)
	if cut {
		x.window = x.window[:len(x.window)-incompleteRune(x.window)]
	}
	x.emit(true)
	if cut {
		x.b = append(x.b, "<?cut "...)
		x.b = strconv.AppendInt(x.b, x.total, 10)
		x.b = append(x.b, "?>"...)
	}
	x.open[len(x.open)-1].text = true
}

// emit writes the window: as text if all of it is XML text, else as base64. What
// does not make a whole character, or three bytes for base64, waits for the next.
func (x *xmlWriter) emit(final bool) {
	n := len(x.window)
	if !final {
		n -= incompleteRune(x.window)
	}
	base64Form := !isXMLText(x.window[:n])
	if base64Form {
		if n = len(x.window); !final {
			n -= n % 3
		}
	}
	x.instruct(base64Form)
	if base64Form {
		x.b = base64.StdEncoding.AppendEncode(x.b, x.window[:n])
	} else {
		x.b = appendXMLText(x.b, x.window[:n])
	}
	x.window = x.window[:copy(x.window, x.window[n:])]
	x.flush(xmlFlush)
}

// instruct writes the processing instruction that the next bytes of a value need.
func (x *xmlWriter) instruct(base64Form bool) {
	target := ""
	e := &x.open[len(x.open)-1]
	switch {
	case x.begun && x.base64 != base64Form && len(x.window) > 0:
		target = "continue"
	case x.begun:
		return
	case x.opaque:
		target = "opaque"
	case base64Form, e.text, e.children, len(x.window) == 0, isSpace(x.window[0]):
		target = "string"
	}
	x.begun, x.base64 = true, base64Form
	if target == "" {
		return
	}
	x.b = append(append(x.b, "<?"...), target...)
	if base64Form {
		x.b = append(x.b, " base64"...)
	}
	x.b = append(x.b, "?>"...)
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
