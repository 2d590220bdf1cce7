package wbxml

import (
	"errors"
	"fmt"
	"io"
)

// ReadXML reads one document of plain XML and writes it to e as it comes; close e
// then. It takes what WriteXML and AppendXML write, and what people write: prefixes
// for namespaces, comments, CDATA, white space between elements. It is bounded by
// the default [Limits]; an OPAQUE value, whose length comes before it in WBXML, is
// held in memory up to Limits.Memory.
func ReadXML(r io.Reader, e *Encoder) error {
	x := newXMLReader(r, Limits{})
	x.sink = &encoderSink{x: x, e: e}
	return x.document()
}

// ParseXML reads one document of plain XML, as ReadXML does.
func ParseXML(r io.Reader, lim Limits) (*Element, error) {
	x := newXMLReader(r, lim)
	sink := &treeSink{x: x}
	x.sink = sink
	if err := x.document(); err != nil {
		return nil, err
	}
	return sink.root, nil
}

// xmlSink takes what the XML says. The data of a value comes in parts, the first
// with what begins, which may be empty.
type xmlSink interface {
	start(tag Tag, literal string) error
	data(p []byte, begins xmlBegin) error
	end() error
}

// xmlBegin is what begins with a part of a value.
type xmlBegin uint8

const (
	beginNothing xmlBegin = iota // the value goes on
	beginString
	beginOpaque
	beginDiverted // the element's value is elsewhere
)

// treeSink makes Elements.
type treeSink struct {
	x    *xmlReader
	tree treeBuilder
	root *Element
}

func (s *treeSink) start(tag Tag, literal string) error {
	return s.limited(s.tree.start(tag, literal, &s.x.lim))
}

func (s *treeSink) data(p []byte, begins xmlBegin) error {
	o := s.tree.top()
	if begins != beginNothing {
		if o.Diverted || o.begun && begins == beginDiverted {
			s.x.fail(s.x.offset(), "an element with a diverted value and another")
			return s.x.err
		}
		o.begun = true
		o.Opaque = o.Opaque || begins == beginOpaque
		o.Diverted = begins == beginDiverted
	}
	return s.limited(s.tree.add(p, &s.x.lim))
}

func (s *treeSink) end() error {
	if root := s.tree.end(); root != nil {
		s.root = root
	}
	return nil
}

func (s *treeSink) limited(limit string) error {
	if limit != "" {
		s.x.exceed(limit, s.x.lim.value(limit))
	}
	return s.x.err
}

// encoderSink writes WBXML.
type encoderSink struct {
	x      *xmlReader
	e      *Encoder
	begun  xmlBegin // the value that is open
	opaque []byte
}

func (s *encoderSink) start(tag Tag, literal string) error {
	s.endValue()
	if !s.e.begun {
		s.e.table = s.x.table
	}
	if literal != "" {
		s.e.startLiteral(tag.Page(), literal)
	} else {
		s.e.Start(tag)
	}
	return s.e.err
}

func (s *encoderSink) data(p []byte, begins xmlBegin) error {
	switch begins {
	case beginString:
		s.endValue()
		s.e.beginString()
	case beginOpaque:
		s.endValue()
		s.opaque = s.opaque[:0]
	case beginDiverted:
		return errors.New("wbxml: the value of an element was diverted: the XML does not have it")
	}
	if begins != beginNothing {
		s.begun = begins
	}
	if s.begun == beginString {
		s.e.stringBytes(p)
		return s.e.err
	}
	if int64(len(s.opaque)+len(p)) > s.x.lim.Memory {
		s.x.exceed("Memory", s.x.lim.Memory)
		return s.x.err
	}
	s.opaque = append(s.opaque, p...)
	return s.e.err
}

func (s *encoderSink) end() error {
	s.endValue()
	s.e.End()
	return s.e.err
}

func (s *encoderSink) endValue() {
	switch s.begun {
	case beginString:
		s.e.endString()
	case beginOpaque:
		s.e.Opaque(s.opaque)
	}
	s.begun = beginNothing
}

// document reads from the first byte to the end of the input.
func (x *xmlReader) document() error {
	x.peek(3)
	if string(x.buf[x.r:min(x.w, x.r+3)]) == "\xEF\xBB\xBF" {
		x.r += 3
	}
	for x.err == nil && !x.done {
		if len(x.open) > 0 {
			x.content()
		} else {
			x.outside()
		}
	}
	for x.err == nil && (x.r < x.w || x.more()) {
		x.outside()
	}
	return x.err
}

// outside reads one piece of what may stand around the root element.
func (x *xmlReader) outside() {
	at := x.offset()
	switch c := x.byte(); {
	case x.err != nil, isSpace(c):
	case c == '<':
		x.markup()
	default:
		x.fail(at, fmt.Sprintf("%q outside of the root element", c))
	}
}
