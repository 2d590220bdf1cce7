package mbox

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// An Envelope is what a From_ line says of a message.
type Envelope struct {
	// Sender is an address, or a header field's value with one in it; "" = nobody is known.
	Sender string
	// Date is when the message came; zero = not known. It is written in UTC, in seconds.
	Date time.Time
	// Partial says that the message has a last byte which is no line feed. It must be right: the From_ line comes before the message.
	Partial bool
}

// A Writer appends messages to an mbox file.
type Writer struct {
	w *bufio.Writer
	r *bufio.Reader // kept for its buffer
}

// NewWriter returns a Writer. What it has written is with w after Flush.
func NewWriter(w io.Writer) *Writer {
	return &Writer{w: bufio.NewWriterSize(w, bufferSize), r: bufio.NewReaderSize(nil, bufferSize)}
}

// Message appends the message that r yields to its end. After an error what was written of it is no message.
func (w *Writer) Message(e Envelope, r io.Reader) error {
	if _, err := w.w.WriteString(e.line()); err != nil {
		return err
	}
	w.r.Reset(r)
	q := quoter{src: w.r, more: true, last: -1}
	if _, err := io.Copy(w.w, &q); err != nil {
		return err
	}
	if (q.last != '\n' && q.last >= 0) != e.Partial {
		return errWrongEnd
	}
	end := "\n"
	if e.Partial {
		end = "\n\n"
	}
	_, err := w.w.WriteString(end)
	return err
}

// Flush writes what is still in the Writer's buffer.
func (w *Writer) Flush() error { return w.w.Flush() }

// Reset forgets what is in the buffer, and an error, and lets the Writer write to another place.
func (w *Writer) Reset(to io.Writer) { w.w.Reset(to) }

// line is the From_ line.
func (e Envelope) line() string {
	date := e.Date.UTC()
	if y := date.Year(); e.Date.IsZero() || y < 1000 || y > 9999 {
		date = time.Unix(0, 0).UTC()
	}
	mark := ""
	if e.Partial {
		mark = string(partialMark)
	}
	return fmt.Sprintf("From %s %s%s\n", address(e.Sender), date.Format(time.ANSIC), mark)
}

// address finds what is an address in a header field's value, and makes it one word.
func address(s string) string {
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		if n := strings.IndexByte(s[i:], '>'); n > 0 {
			s = s[i+1 : i+n]
		}
	}
	s = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if s == "" || len(s) > 320 { // RFC 5321 4.5.3.1: 64 and 255 octets, and the sign between
		return "MAILER-DAEMON"
	}
	return s
}
