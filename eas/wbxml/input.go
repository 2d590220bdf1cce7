package wbxml

import (
	"fmt"
	"io"
)

const bufferSize = 64 << 10

// input is a stream with a buffer, a bound and a first error.
type input struct {
	src    io.Reader
	buf    []byte
	r, w   int   // buf[r:w] is unread
	base   int64 // offset of buf[0] in the stream
	max    int64 // Limits.Document
	srcErr error // of src, io.EOF at its end
	err    error
}

func (in *input) offset() int64 { return in.base + int64(in.r) }

// more reads more input behind buf[r:w]; false at the end of the input, and on an
// error, which is in err then.
func (in *input) more() bool {
	if in.r == in.w {
		in.base += int64(in.w)
		in.r, in.w = 0, 0
	}
	for range 100 {
		if in.err != nil || in.srcErr == io.EOF {
			return false
		}
		end := in.base + int64(in.w)
		if in.srcErr != nil {
			in.err = fmt.Errorf("wbxml: read at offset %d: %w", end, in.srcErr)
			return false
		}
		room := in.buf[in.w:]
		if left := in.max + 1 - end; left < int64(len(room)) {
			room = room[:left]
		}
		var n int
		n, in.srcErr = in.src.Read(room)
		if in.w += n; in.base+int64(in.w) > in.max {
			in.exceed("Document", in.max)
			return false
		}
		if n > 0 {
			return true
		}
	}
	in.err = fmt.Errorf("wbxml: read at offset %d: %w", in.base+int64(in.w), io.ErrNoProgress)
	return false
}

// peek tries to have n bytes of input at hand without consuming them.
func (in *input) peek(n int) {
	for in.w-in.r < n && in.more() {
	}
}

func (in *input) fail(offset int64, msg string) {
	if in.err == nil {
		in.err = &SyntaxError{Msg: msg, Offset: offset}
	}
}

func (in *input) truncated(msg string) {
	if in.err == nil {
		in.err = &SyntaxError{msg, in.offset(), io.ErrUnexpectedEOF}
	}
}

func (in *input) exceed(limit string, limitValue int64) {
	if in.err == nil {
		in.err = &LimitError{limit, limitValue, in.offset()}
	}
}
