package wbxml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
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

// String writes a string value. A NUL, which ends a string in WBXML, is an error.
func (e *Encoder) String(s string) {
	if strings.IndexByte(s, 0) >= 0 {
		e.fail(errNUL)
	}
	e.beginString()
	e.writeString(s)
	e.endString()
}

var errNUL = errors.New("NUL in a string")

func (e *Encoder) beginString() {
	if e.content() {
		e.buf = append(e.buf, tokStrI)
	}
}

func (e *Encoder) stringBytes(p []byte) {
	if bytes.IndexByte(p, 0) >= 0 {
		e.fail(errNUL)
	}
	e.write(p)
}

func (e *Encoder) endString() {
	if e.err == nil {
		e.buf = append(e.buf, 0)
	}
}

// StringFrom writes a string value from a stream.
func (e *Encoder) StringFrom(r io.Reader) {
	e.beginString()
	e.copy(r, e.stringBytes)
	e.endString()
}

// Opaque writes an OPAQUE value.
func (e *Encoder) Opaque(b []byte) {
	e.beginOpaque(int64(len(b)))
	e.write(b)
}

// OpaqueFrom writes an OPAQUE value of n bytes from a stream. A stream of another
// length is an error.
func (e *Encoder) OpaqueFrom(r io.Reader, n int64) {
	e.beginOpaque(n)
	var got int64
	e.copy(io.LimitReader(r, n), func(p []byte) { got += int64(len(p)); e.write(p) })
	if e.err != nil {
		return
	}
	if got < n {
		e.fail(fmt.Errorf("opaque value of %d bytes: %w after %d", n, io.ErrUnexpectedEOF, got))
	} else if extra, err := io.CopyN(io.Discard, r, 1); extra > 0 {
		e.fail(fmt.Errorf("opaque value: the stream has more than the %d bytes announced", n))
	} else if err != io.EOF {
		e.fail(err)
	}
}

func (e *Encoder) beginOpaque(n int64) {
	if n < 0 || n > math.MaxUint32 {
		e.fail(fmt.Errorf("opaque value of %d bytes: WBXML has room for 4 GiB", n))
	}
	if e.content() {
		e.buf = appendUint32(append(e.buf, tokOpaque), uint32(n))
	}
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

// Element writes an element with all below it. One whose value was diverted is an
// error: the tree does not have what it would have to write.
func (e *Encoder) Element(x *Element) {
	if !e.begun {
		if e.table = literals(x); len(e.table) > (Limits{}).withDefaults().Name {
			e.fail(errors.New("too many literal tags"))
		}
	}
	e.element(x)
}

func (e *Encoder) element(x *Element) {
	if x.Diverted {
		e.fail(fmt.Errorf("%s: its value was diverted", x.Tag))
	}
	if name := x.Literal(); name != "" {
		e.startLiteral(x.Tag.Page(), name)
	} else {
		e.Start(x.Tag)
	}
	switch {
	case x.Opaque:
		e.beginOpaque(int64(len(x.Text)))
		e.writeString(x.Text)
	case x.Text != "":
		e.String(x.Text)
	}
	content := x.content()
	for i := range content {
		if e.err != nil {
			return
		}
		e.element(&content[i])
	}
	e.End()
}

// startLiteral opens an element whose name is in the string table.
func (e *Encoder) startLiteral(page uint8, name string) {
	i := strings.Index(e.table, name+"\x00")
	if i < 0 || name == "" {
		e.fail(fmt.Errorf("tag %q is in no code page and not in the string table", name))
		return
	}
	if e.start(Tag(page)<<8 | literal) {
		e.buf = appendUint32(append(e.buf, tokLiteral), uint32(i))
	}
}

// literals returns a string table with the names of all literal tags below x.
func literals(x *Element) string {
	var table strings.Builder
	seen := map[string]bool{}
	var walk func(x *Element)
	walk = func(x *Element) {
		if name := x.Literal(); name != "" && !seen[name] {
			seen[name] = true
			table.WriteString(name + "\x00")
		}
		for i := range x.Children {
			walk(&x.Children[i])
		}
	}
	walk(x)
	return table.String()
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

// write appends bytes of a value.
func (e *Encoder) write(p []byte) {
	if e.err != nil {
		return
	}
	if len(p) < encoderFlush {
		e.buf = append(e.buf, p...)
		e.flush(encoderFlush)
		return
	}
	if e.flush(0); e.err != nil {
		return
	}
	if _, err := e.w.Write(p); err != nil {
		e.fail(err)
	}
}

func (e *Encoder) writeString(s string) {
	for len(s) > 0 && e.err == nil {
		n := min(len(s), encoderFlush)
		e.buf = append(e.buf, s[:n]...)
		s = s[n:]
		e.flush(encoderFlush)
	}
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

func (e *Encoder) copy(r io.Reader, write func([]byte)) {
	buf := make([]byte, encoderFlush)
	for e.err == nil {
		n, err := r.Read(buf)
		write(buf[:n])
		if err == io.EOF {
			return
		}
		if err != nil {
			e.fail(err)
		}
	}
}

func (e *Encoder) fail(err error) {
	if e.err == nil {
		e.err = fmt.Errorf("wbxml: encode: %w", err)
	}
}

// appendUint32 appends an mb_u_int32, WBXML 1.3 section 5.1.
func appendUint32(b []byte, v uint32) []byte {
	for shift := 28; shift > 0; shift -= 7 {
		if v>>shift != 0 {
			b = append(b, byte(v>>shift)|0x80)
		}
	}
	return append(b, byte(v&0x7F))
}
