package imapdst

import (
	"bufio"
	"context"
	"errors"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// An outcome is what became of one message that was sent.
type outcome struct {
	err      error    // that of the server: it does not have it
	uid      imap.UID // 0 = the server did not say
	validity uint32
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
