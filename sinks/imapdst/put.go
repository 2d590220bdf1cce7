package imapdst

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

const (
	// maxBatch is how many messages are put together.
	maxBatch = 100
	// groupBytes is how large messages are together that are sent in one command. What a broken connection repeats is no more.
	groupBytes = 4 << 20
)

// Batch implements sinks.TargetFolder.
func (*folder) Batch() int { return maxBatch }

// A sending is an item that is put.
type sending struct {
	*message
	err error // it is not there, and the others go on
	outcome
}

// Put implements sinks.TargetFolder. Messages go in one command where the server has MULTIAPPEND, and else in many without waiting in between
// where it has LITERAL+. When it refuses some of them they go one by one. All of them are read back.
func (f *folder) Put(ctx context.Context, items []sinks.TargetItem) ([]sinks.Placed, error) {
	if len(items) > maxBatch {
		return nil, f.wrap(fmt.Errorf("%d messages are more than %d", len(items), maxBatch))
	}
	if _, err := f.conn(ctx); err != nil {
		return nil, f.wrap(err)
	}
	from, validity := f.next, f.validity
	all := make([]sending, len(items))
	for i := range items {
		all[i].message, all[i].err = f.message(&items[i], nil)
	}
	known, err := f.sendAll(ctx, all)
	if e := f.locate(ctx, all[:known], from, validity); e != nil {
		return nil, f.wrap(errors.Join(fmt.Errorf("%w: it cannot be read back: %w", sinks.ErrUncertain, e), err))
	}
	placed, e := f.readBack(ctx, all[:known], validity)
	if e != nil {
		return nil, f.wrap(errors.Join(fmt.Errorf("%w: it cannot be read back: %w", sinks.ErrUncertain, e), err))
	}
	if err != nil {
		return placed, f.wrap(err)
	}
	return placed, nil
}

// message makes a message of an item, with the flags that it gets; on are those that it has already. An error is that of an item that is not sent.
func (f *folder) message(item *sinks.TargetItem, on flagSet) (*message, error) {
	if len(item.Contents) == 0 || item.Contents[0].Size == 0 { // RFC 3502 6.3.11: a literal without bytes takes an APPEND back
		return nil, fmt.Errorf("%w: it has no bytes", sinks.ErrRefused)
	}
	m := &message{content: item.Contents[0], lost: unsaid(&item.Event)}
	if f.limit > 0 && m.content.Size > f.limit {
		return nil, fmt.Errorf("%w: %w: it has %d bytes, and the server takes %d", sinks.ErrRefused, sinks.ErrTooLarge, m.content.Size, f.limit)
	}
	flags := flagsOf(on.without(nil))
	m.named = flags.apply(&item.Event, f.place.Type == typeDrafts)
	m.lost = append(m.lost, permitted(flags, f.permanent, m.named)...)
	m.flags = flags.without(nil)
	if item.Received != nil && validDate(*item.Received) {
		m.date = item.Received.UTC()
	}
	return m, nil
}

// sendAll sends messages. known is for how many it is known what became of them, from the first on.
func (f *folder) sendAll(ctx context.Context, all []sending) (known int, err error) {
	for known < len(all) {
		group := f.group(all[known:])
		switch {
		case len(group) > 0:
			n, err := f.send(ctx, group)
			known += n
			if err != nil {
				return known, err
			}
		case all[known].err != nil:
			known++
		default:
			size := all[known].content.Size
			err := f.again(ctx, func(c *conn) error { return f.askRoom(ctx, c) })
			if err != nil {
				return known, err
			}
			if left := f.room; !left.fits(size) {
				return known, left.full(size)
			}
		}
	}
	return known, nil
}

// group returns the messages that are sent together next. None: the first is not sent, or there is no room for it.
func (f *folder) group(all []sending) []sending {
	var size int64
	for i := range all {
		s := &all[i]
		if s.err != nil || i > 0 && size+s.content.Size > groupBytes || !f.room.fits(s.content.Size) {
			return all[:i]
		}
		size += s.content.Size
	}
	return all
}

// send sends messages together, and one by one if the server refuses them so.
func (f *folder) send(ctx context.Context, group []sending) (known int, err error) {
	c, err := f.conn(ctx)
	if err != nil {
		return 0, err
	}
	if len(group) == 1 {
		return f.sendOne(ctx, &group[0])
	}
	if !c.caps.Has(imap.CapMultiAppend) {
		outcomes, err := c.each(ctx, f.place.ID, messagesOf(group))
		return f.accept(group, outcomes, err)
	}
	outcomes, err := c.multi(ctx, f.place.ID, messagesOf(group))
	if err == nil {
		return f.accept(group, outcomes, nil)
	}
	if !errors.Is(err, errContent) {
		if _, err := certain(err); err != nil && !errors.Is(err, sinks.ErrFull) { // there may be room for the first of them
			return 0, err
		}
	}
	for i := range group {
		if _, err := f.sendOne(ctx, &group[i]); err != nil {
			return i, err
		}
	}
	return len(group), nil
}

func messagesOf(group []sending) []*message {
	messages := make([]*message, len(group))
	for i := range group {
		messages[i] = group[i].message
	}
	return messages
}

// certain sorts an error: refused is the server's refusal of a message, err is why nothing goes on. Nobody knows what came of what was
// sent if that wraps sinks.ErrUncertain.
func certain(e error) (refused, err error) {
	var answered *imap.Error
	switch {
	case !errors.As(e, &answered):
		return nil, fmt.Errorf("%w: %w", sinks.ErrUncertain, e)
	case stops(answered):
		return nil, fmt.Errorf("APPEND: %w", understand(answered, nil))
	}
	return fmt.Errorf("APPEND: %w", understand(answered, sinks.ErrRefused)), nil
}

// sendOne sends one message. If the server does not take it with its keywords it goes without, and gets each of them afterwards that the
// server does take.
func (f *folder) sendOne(ctx context.Context, s *sending) (known int, err error) {
	for {
		c, err := f.conn(ctx)
		if err != nil {
			return 0, err
		}
		outcomes, err := c.each(ctx, f.place.ID, []*message{s.message})
		switch {
		case errors.Is(err, errContent):
			return 0, err
		case err != nil:
			_, err := certain(err)
			return 0, err
		}
		if s.outcome = outcomes[0]; s.outcome.err == nil {
			f.advance(s.outcome)
			if s.bare != nil {
				c.addKeywords(ctx, s)
			}
			return 1, nil
		}
		if again, stop := s.refuse(s.outcome.err); !again {
			return s.decided(), stop
		}
	}
}

// decided is 1 when it is known what became of the message.
func (s *sending) decided() int {
	if s.err == nil {
		return 0
	}
	return 1
}

// refuse takes note of what the server said to a message: it is not there, or it goes again without its keywords. stop is what it says to all.
func (s *sending) refuse(why error) (again bool, stop error) {
	refused, stop := certain(why)
	switch {
	case stop != nil:
	case errors.Is(refused, sinks.ErrTooLarge) || s.bare != nil || !slices.ContainsFunc(s.flags, isKeyword):
		s.err = refused
	default:
		s.bare = refused
		return true, nil
	}
	return false, stop
}

// addKeywords gives a message the keywords that it was stored without. Those that it does not get are told of when it is read back.
func (c *conn) addKeywords(ctx context.Context, s *sending) {
	for _, f := range s.flags {
		if isKeyword(f) && s.uid != 0 {
			_ = c.run(ctx, "STORE", func() error {
				add := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{f}, Silent: true}
				return c.c.Store(imap.UIDSetNum(s.uid), add, nil).Close()
			})
		}
	}
}

// accept takes over what became of messages that were sent together.
func (f *folder) accept(group []sending, outcomes []outcome, err error) (known int, _ error) {
	for i, o := range outcomes {
		group[i].outcome = o
		if o.err == nil {
			f.advance(o)
			continue
		}
		refused, stop := certain(o.err)
		if stop == nil {
			group[i].err = refused
			continue
		}
		if !slices.ContainsFunc(outcomes[i+1:], func(o outcome) bool { return o.err == nil }) {
			return i, stop
		}
		group[i].err = stop // one that was on its way behind it was taken, so that it is for this one only
	}
	known = len(outcomes)
	switch {
	case errors.Is(err, errContent):
		return known, err
	case err != nil:
		_, err = certain(err)
		return known, err
	}
	return known, nil
}

// advance notes that a UID is given.
func (f *folder) advance(o outcome) {
	f.empty = false
	if o.validity == f.validity && o.uid >= f.next {
		f.next = o.uid + 1
	}
}
