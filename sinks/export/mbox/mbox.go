// Package mbox writes and reads mbox files of the mboxrd kind, in which every message comes back byte for byte.
//
// A message is a line that begins with "From ", the From_ line, the message's own bytes, and an empty line. Of the message's
// lines those that are "From " behind any number of ">" get one more ">" in front, which the reader takes away again; so no
// line of a message looks like a From_ line, and nothing is lost. (mbox(5) of qmail, "How a message is delivered".)
//
// Two things an mbox file does not tell by itself:
//
//   - Whether a message's last line had an end. It gets one, as mbox(5) asks; then a tab ends the From_ line, which other
//     readers pass over, and the reader here takes the line's end away.
//   - What the ends of lines are. They stay what they are in the message, CR LF too; those around it are LF.
//
// The reader takes what other programs write, too. A line "From " in the middle of a message of a file that is not quoted
// begins a message only if it looks like a From_ line: with a time and a year, or between an empty line and a header field.
package mbox

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

var from = []byte("From ")

const (
	partialMark = '\t' // ends the From_ line of a message whose last line has no end
	bufferSize  = 64 << 10
)

// errWrongEnd says that a message does not end as its Envelope says.
var errWrongEnd = errors.New("mbox: the message does not end as was said")

// A quoter reads a message with or without what keeps its lines from looking like From_ lines. A line of ">" may have any
// length, so nothing but its last ">" is ever held back.
type quoter struct {
	src    *bufio.Reader
	more   bool   // it quotes; else it takes the quoting away
	out    []byte // read, and not yet given away
	last   int    // the last byte that was given away; -1 = none yet
	held   bool   // a ">" at the beginning of the line is read, and not in out
	inLine bool   // the beginning of the line is decided
}

func (q *quoter) Read(p []byte) (int, error) {
	for len(q.out) == 0 {
		if err := q.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, q.out)
	q.out = q.out[n:]
	if n > 0 {
		q.last = int(p[n-1])
	}
	return n, nil
}

// fill puts what comes next into out, which may be nothing yet.
func (q *quoter) fill() error {
	if !q.inLine {
		return q.beginning()
	}
	piece, err := q.src.ReadSlice('\n')
	if err == nil {
		q.inLine = false
	}
	if q.out = piece; len(piece) > 0 || err == bufio.ErrBufferFull { //nolint:errorlint // a bufio.Reader returns it as it is
		return nil
	}
	return err
}

// beginning handles the ">" of a line, one at a time, and decides with the last one.
func (q *quoter) beginning() error {
	next, err := q.src.Peek(len(from))
	if len(next) == 0 {
		if q.held && err == io.EOF {
			q.out, q.held = []byte{'>'}, false
			return nil
		}
		return err
	}
	if next[0] == '>' {
		if q.held {
			q.out = []byte{'>'}
		}
		q.held = true
		_, err := q.src.Discard(1)
		return err
	}
	isFrom := bytes.Equal(next, from)
	q.out = nil
	if q.held && (q.more || !isFrom) {
		q.out = append(q.out, '>')
	}
	if q.more && isFrom {
		q.out = append(q.out, '>')
	}
	q.held, q.inLine = false, true
	return nil
}
