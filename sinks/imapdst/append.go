package imapdst

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// An outcome is what became of one message that was sent.
type outcome struct {
	err      error    // that of the server: it does not have it
	uid      imap.UID // 0 = the server did not say
	validity uint32
}

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

// appending gives a function the wire for APPEND. It is over when the function returns: with an error but that of the server the state of
// the connection is not known, and it is closed.
func (c *conn) appending(ctx context.Context, mailbox string, f func(a *appender) error) error {
	return c.run(ctx, "APPEND", func() error {
		c.turn.Lock()
		defer c.turn.Unlock()
		c.own.Store(true)
		defer c.own.Store(false)
		a := &appender{conn: c, command: "APPEND " + encodeMailbox(mailbox)}
		a.w = bufio.NewWriterSize(writerFunc(c.send), 64<<10)
		err := f(a)
		var answered *imap.Error
		if err != nil && !errors.As(err, &answered) {
			c.wire.Close()
		}
		return err
	})
}

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// multi sends messages in one command, of which the server stores all or none. RFC 3502.
func (c *conn) multi(ctx context.Context, mailbox string, messages []*message) (outcomes []outcome, err error) {
	err = c.appending(ctx, mailbox, func(a *appender) error {
		tag := a.begin()
		for _, m := range messages {
			refused, err := a.message(m, tag)
			if err != nil {
				return err
			}
			if refused != nil {
				return refused.err
			}
		}
		got, err := a.end(tag)
		if err != nil {
			return err
		}
		if got.err != nil {
			return got.err
		}
		outcomes = make([]outcome, len(messages))
		if len(got.uids) == len(messages) {
			for i, uid := range got.uids {
				outcomes[i] = outcome{uid: uid, validity: got.validity}
			}
		}
		return nil
	})
	return outcomes, err
}

// each sends messages in a command each, without waiting for answers where the server does not ask for it. It ends with the first message
// that the server refuses for a reason that is not the message's own. The outcomes are those of the first messages; with an error what
// became of the others is not known, but for errContent: they were not sent.
func (c *conn) each(ctx context.Context, mailbox string, messages []*message) (outcomes []outcome, err error) {
	err = c.appending(ctx, mailbox, func(a *appender) error {
		tags := make([]int, 0, len(messages))
		sent, err := a.sendEach(messages, &tags)
		for i := range sent { // also those before a message that cannot be read
			got, e := a.await(tags[i])
			if e != nil {
				return e
			}
			o := outcome{err: got.err, validity: got.validity}
			if len(got.uids) == 1 {
				o.uid = got.uids[0]
			}
			outcomes = append(outcomes, o)
		}
		return err
	})
	return outcomes, err
}

// sendEach returns how many commands were sent whole.
func (a *appender) sendEach(messages []*message, tags *[]int) (sent int, err error) {
	for i, m := range messages {
		tag := a.begin()
		*tags = append(*tags, tag)
		refused, err := a.message(m, tag)
		if err != nil {
			// What was sent before it is whole, and will be answered.
			return i, errors.Join(err, a.w.Flush())
		}
		if refused != nil {
			a.got = append(a.got, *refused)
		} else if _, err := a.w.WriteString("\r\n"); err != nil {
			return i, err
		}
		for _, got := range a.got {
			if got.err != nil && stops(got.err) {
				return i + 1, a.w.Flush()
			}
		}
		a.collect()
	}
	return len(messages), a.w.Flush()
}

// stops tells a refusal that the next message would get, too.
func stops(err error) bool {
	err = understand(err, sinks.ErrRefused)
	return !errors.Is(err, sinks.ErrRefused)
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
	if len(m.flags) > 0 {
		b.WriteString(" (")
		for i, f := range m.flags {
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
