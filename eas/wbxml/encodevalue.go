package wbxml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

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

// OpaqueHole writes the beginning of an OPAQUE value of n bytes that the caller puts in himself: between all that has been
// written when OpaqueHole returns, and what is written after it. So a document can be made around content that is not read yet.
func (e *Encoder) OpaqueHole(n int64) {
	e.beginOpaque(n)
	e.flush(0)
}

func (e *Encoder) beginOpaque(n int64) {
	if n < 0 || n > math.MaxUint32 {
		e.fail(fmt.Errorf("opaque value of %d bytes: WBXML has room for 4 GiB", n))
	}
	if e.content() {
		e.buf = appendUint32(append(e.buf, tokOpaque), uint32(n))
	}
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

// appendUint32 appends an mb_u_int32, WBXML 1.3 section 5.1.
func appendUint32(b []byte, v uint32) []byte {
	for shift := 28; shift > 0; shift -= 7 {
		if v>>shift != 0 {
			b = append(b, byte(v>>shift)|0x80)
		}
	}
	return append(b, byte(v&0x7F))
}
