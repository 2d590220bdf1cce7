package imapdst

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// maxLiteralMinus is the size of the largest literal that LITERAL- sends without asking. RFC 7888 5.
const maxLiteralMinus = 4096

// An appender sends APPEND commands over a wire.
type appender struct {
	*conn
	w       *bufio.Writer
	command string // "APPEND <mailbox>"
	// got are answers to commands that were sent before the newest.
	got []answer
}

// begin begins a command.
func (a *appender) begin() (tag int) {
	a.tags++
	fmt.Fprintf(a.w, "%c%d %s", ownTag, a.tags, a.command) // an error stays with the Writer
	return a.tags
}

// message sends the arguments of one message. refused: the server did not want its literal.
func (a *appender) message(m *message, tag int) (refused *answer, err error) {
	var b strings.Builder
	if flags := m.sent(); len(flags) > 0 {
		b.WriteString(" (")
		for i, f := range flags {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(string(f))
		}
		b.WriteByte(')')
	}
	if !m.date.IsZero() {
		b.WriteString(m.date.Format(` "_2-Jan-2006 15:04:05 -0700"`)) // RFC 9051 9, date-time
	}
	now := a.caps.Has(imap.CapLiteralPlus) || a.caps.Has(imap.CapLiteralMinus) && m.content.Size <= maxLiteralMinus
	plus := ""
	if now {
		plus = "+"
	}
	fmt.Fprintf(&b, " {%d%s}\r\n", m.content.Size, plus)
	if _, err := a.w.WriteString(b.String()); err != nil {
		return nil, err
	}
	if !now {
		if refused, err := a.allowed(tag); refused != nil || err != nil {
			return refused, err
		}
	}
	return nil, m.copyTo(a.w)
}

// allowed waits until the server asks for a literal.
func (a *appender) allowed(tag int) (refused *answer, err error) {
	if err := a.w.Flush(); err != nil {
		return nil, err
	}
	for {
		got, err := a.next()
		switch {
		case err != nil:
			return nil, err
		case got.more:
			return nil, nil
		case got.tag == tag:
			return &got, nil
		}
		a.got = append(a.got, got)
	}
}

// end ends a command and waits for its answer.
func (a *appender) end(tag int) (got answer, err error) {
	if _, err := a.w.WriteString("\r\n"); err != nil {
		return got, err
	}
	if err := a.w.Flush(); err != nil {
		return got, err
	}
	return a.await(tag)
}

// await waits for the answer to a command.
func (a *appender) await(tag int) (answer, error) {
	for i, got := range a.got {
		if got.tag == tag {
			a.got = append(a.got[:i], a.got[i+1:]...)
			return got, nil
		}
	}
	for {
		got, err := a.next()
		if err != nil || got.tag == tag && !got.more {
			return got, err
		}
		if got.more {
			return got, fmt.Errorf("%w: it asks for more than it was told", ErrProtocol)
		}
		a.got = append(a.got, got)
		if len(a.got) > maxBatch {
			return got, fmt.Errorf("%w: more answers than commands", ErrProtocol)
		}
	}
}

// next waits for any answer.
func (a *appender) next() (answer, error) {
	select {
	case got := <-a.answers:
		return got, nil
	case <-a.done:
	}
	select {
	case got := <-a.answers: // it came before the end
		return got, nil
	default:
		return answer{}, a.why()
	}
}

// collect takes what has come, without waiting.
func (a *appender) collect() {
	for {
		select {
		case got := <-a.answers:
			a.got = append(a.got, got)
		default:
			return
		}
	}
}

// validDate tells whether a time can be an internal date: its year has four digits.
func validDate(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }
