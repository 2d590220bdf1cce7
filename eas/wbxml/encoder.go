package wbxml

import (
	"errors"
	"fmt"
	"io"
)

// Encoder writes one document. It buffers; the first error stays, makes all other
// calls do nothing, and comes out of Close. It writes the canonical form: WBXML
// 1.3, UTF-8, no string table, one SWITCH_PAGE where the page changes, and an
// element without content as its token alone.
//
// An Encoder is not safe for concurrent use.
type Encoder struct {
	w       io.Writer
	buf     []byte
	err     error
	page    uint8
	open    []Tag
	pending int    // index in buf of a start tag that may still get its content bit, or -1
	begun   bool   // the header is written
	ended   bool   // the root element is closed
	table   string // the string table: names of literal tags, NUL-terminated
}

const encoderFlush = 32 << 10

// NewEncoder returns an encoder that writes one document to w.
func NewEncoder(w io.Writer) *Encoder { return &Encoder{w: w, pending: -1} }

// Start opens an element.
func (e *Encoder) Start(tag Tag) {
	if !tag.valid() {
		e.fail(fmt.Errorf("%s is no tag", tag))
		return
	}
	if e.start(tag) {
		e.buf = append(e.buf, tag.Token())
	}
}

// start does what comes before the token of an element; the token is next in buf.
func (e *Encoder) start(tag Tag) bool {
	if e.ended {
		e.fail(fmt.Errorf("%s after the end of the root element", tag))
	}
	if e.err != nil {
		return false
	}
	if !e.begun {
		e.begun = true
		e.buf = append(e.buf, 3, 1, charsetUTF8)
		e.buf = appendUint32(e.buf, uint32(len(e.table)))
		e.buf = append(e.buf, e.table...)
	} else if len(e.open) > 0 {
		e.content()
	}
	if tag.Page() != e.page {
		e.page = tag.Page()
		e.buf = append(e.buf, tokSwitchPage, e.page)
	}
	e.open = append(e.open, tag)
	e.pending = len(e.buf)
	return true
}

// content makes the innermost open element one with content.
func (e *Encoder) content() bool {
	if e.err == nil && len(e.open) == 0 {
		e.fail(errors.New("content outside of the root element"))
	}
	if e.err != nil {
		return false
	}
	if e.pending >= 0 {
		e.buf[e.pending] |= bitContent
		e.pending = -1
	}
	e.flush(encoderFlush)
	return e.err == nil
}

// End closes the innermost open element.
func (e *Encoder) End() {
	if len(e.open) == 0 {
		e.fail(errors.New("End without Start"))
	}
	if e.err != nil {
		return
	}
	if e.pending < 0 {
		e.buf = append(e.buf, tokEnd)
	}
	e.pending = -1
	e.open = e.open[:len(e.open)-1]
	e.ended = len(e.open) == 0
}

// Empty writes an element without content.
func (e *Encoder) Empty(tag Tag) {
	e.Start(tag)
	e.End()
}

// Text writes an element with a string value; with an empty s, the empty element.
func (e *Encoder) Text(tag Tag, s string) {
	e.Start(tag)
	if s != "" {
		e.String(s)
	}
	e.End()
}

// Close writes what is buffered and returns the first error. A document without
// a root, or with an element still open, is an error. It does not close the writer.
func (e *Encoder) Close() error {
	switch {
	case len(e.open) > 0:
		e.fail(fmt.Errorf("%s is still open", e.open[len(e.open)-1]))
	case !e.ended:
		e.fail(errors.New("no root element"))
	}
	e.flush(0)
	return e.err
}

// flush empties a buffer that has more than limit bytes. A start tag that waits
// for its content bit is always in the buffer: only content flushes.
func (e *Encoder) flush(limit int) {
	if e.err != nil || len(e.buf) <= limit {
		return
	}
	if _, err := e.w.Write(e.buf); err != nil {
		e.fail(err)
	}
	e.buf = e.buf[:0]
}

func (e *Encoder) fail(err error) {
	if e.err == nil {
		e.err = fmt.Errorf("wbxml: encode: %w", err)
	}
}
