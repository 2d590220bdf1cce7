package imapdst

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// Update implements sinks.TargetFolder. Marks are changed where they are; other contents are put as a new message, and then the old one is
// removed, for which the server needs UIDPLUS.
func (f *folder) Update(ctx context.Context, h sinks.Held, item sinks.TargetItem) (sinks.Placed, error) {
	var placed sinks.Placed
	c, err := f.conn(ctx)
	if err != nil {
		return placed, f.wrap(err)
	}
	uid, err := f.uid(h.ID)
	if err == nil {
		if item.Contents == nil {
			placed, err = f.remark(ctx, uid, h, &item)
		} else {
			placed, err = f.replace(ctx, c, uid, h, &item)
		}
	}
	return placed, f.wrap(err)
}

// current looks at a message.
func (f *folder) current(ctx context.Context, uid imap.UID, want lookFor) (m *seen, err error) {
	err = f.again(ctx, func(c *conn) error {
		m, err = c.one(ctx, uid, want)
		return err
	})
	if err == nil && m == nil {
		err = sinks.ErrNotExist
	}
	return m, err
}

// remark changes flags.
func (f *folder) remark(ctx context.Context, uid imap.UID, h sinks.Held, item *sinks.TargetItem) (placed sinks.Placed, err error) {
	now, err := f.current(ctx, uid, lookFor{modSeq: true})
	if err != nil {
		return placed, err
	}
	if now.flags.state() != h.State {
		return placed, sinks.ErrChanged
	}
	want := flagsOf(now.flags.without(nil))
	named := want.apply(&item.Event, false)
	lost := append(unsaid(&item.Event), permitted(want, f.permanent, named)...)
	if want.state() != now.flags.state() {
		c, err := f.conn(ctx)
		if err != nil {
			return placed, err
		}
		if now, err = c.storeFlags(ctx, now, want); err != nil {
			return placed, err
		}
	}
	placed = sinks.Placed{Held: sinks.Held{ID: f.id(uid), State: now.flags.state()}, Altered: lost}
	for _, flag := range want.without(now.flags) {
		placed.Altered = append(placed.Altered, flagAlteration(flag, named))
	}
	return placed, nil
}

// storeFlags gives a message the flags that it shall have, if nobody has changed it since it was looked at, and looks again. With CONDSTORE
// (RFC 7162 3.1.3) that is one step; without it, what is added and removed are two, which leave alone what others do in between.
func (c *conn) storeFlags(ctx context.Context, before *seen, want flagSet) (*seen, error) {
	uid := imap.UIDSetNum(before.uid)
	var steps []*imap.StoreFlags
	if before.modSeq != 0 {
		steps = append(steps, &imap.StoreFlags{Op: imap.StoreFlagsSet, Flags: want.without(nil), Silent: true})
	} else {
		if add := want.without(before.flags); len(add) > 0 {
			steps = append(steps, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: add, Silent: true})
		}
		if remove := before.flags.without(want); len(remove) > 0 {
			steps = append(steps, &imap.StoreFlags{Op: imap.StoreFlagsDel, Flags: remove, Silent: true})
		}
	}
	for _, step := range steps {
		err := c.run(ctx, "STORE", func() error {
			return understand(c.c.Store(uid, step, &imap.StoreOptions{UnchangedSince: before.modSeq}).Close(), sinks.ErrRefused)
		})
		if err != nil {
			return nil, err
		}
	}
	after, err := c.one(ctx, before.uid, lookFor{modSeq: true})
	switch {
	case err != nil:
		return nil, err
	case after == nil:
		return nil, sinks.ErrNotExist
	case before.modSeq != 0 && !became(before.flags, after.flags, want) && after.flags.state() != before.flags.state():
		return nil, sinks.ErrChanged // by somebody else, and the server did not do what it was told
	}
	return after, nil
}

// became tells whether anything of a message is as it shall be that was not.
func became(before, after, want flagSet) bool {
	for key := range want {
		if _, was := before[key]; !was && after[key] != "" {
			return true
		}
	}
	for key := range before {
		if _, stays := want[key]; !stays && after[key] == "" {
			return true
		}
	}
	return false
}

// replace puts other contents in the place of a message. The new message has what flags of others the old one has.
func (f *folder) replace(ctx context.Context, c *conn, uid imap.UID, h sinks.Held, item *sinks.TargetItem) (placed sinks.Placed, err error) {
	if !c.caps.Has(imap.CapUIDPlus) {
		return placed, errNoUIDPlus
	}
	old, err := f.current(ctx, uid, lookFor{modSeq: true})
	gone := errors.Is(err, sinks.ErrNotExist)
	if err != nil && !gone {
		return placed, err
	}
	var on flagSet
	if !gone {
		on = flagsOf(old.flags.without(nil))
		on.remove(imap.FlagDeleted)
	}
	m, err := f.message(item, on)
	if err != nil {
		return placed, err
	}
	before, err := f.replaced(ctx, uid, m, gone)
	switch {
	case err != nil:
		return placed, err
	case gone && before == nil:
		return placed, sinks.ErrNotExist
	case gone:
		placed.Held = sinks.Held{ID: f.id(before.uid), State: before.flags.state()}
		return placed, nil
	case !old.is(h):
		return placed, sinks.ErrChanged
	case before != nil:
		placed.Held = sinks.Held{ID: f.id(before.uid), State: before.flags.state()}
	default:
		if placed, err = f.putOne(ctx, m); err != nil || placed.Err != nil {
			return placed, err
		}
	}
	left, err := f.remove(ctx, map[imap.UID]*seen{uid: old})
	if err != nil {
		return sinks.Placed{}, fmt.Errorf("%w: the new version is there, and the old one: %w", sinks.ErrUncertain, err)
	}
	if len(left) > 0 { // somebody changed it in between
		if _, err := f.deleteSome(ctx, []sinks.Held{placed.Held}); err != nil {
			return sinks.Placed{}, fmt.Errorf("%w: the new version is there, and the old one, which somebody changed: %w", sinks.ErrUncertain, err)
		}
		return sinks.Placed{}, sinks.ErrChanged
	}
	return placed, nil
}

// replaced looks for what an earlier call, which was interrupted, put in the place of a message: one that came after it and has the same
// bytes and date, and also the flags if the old one is not gone. nil = there is none.
func (f *folder) replaced(ctx context.Context, uid imap.UID, m *message, gone bool) (*seen, error) {
	if err := m.copyTo(io.Discard); err != nil {
		return nil, err
	}
	if f.broke {
		if _, err := f.settle(ctx); err != nil {
			return nil, err
		}
	}
	found, err := f.match(ctx, uid+1, []*message{m}, false)
	if err != nil {
		return nil, err
	}
	for _, s := range found[0] {
		now, err := f.current(ctx, s.uid, lookFor{date: true})
		switch {
		case errors.Is(err, sinks.ErrNotExist):
		case err != nil:
			return nil, err
		case (gone || now.flags.state() == flagsOf(m.flags).state()) && (m.date.IsZero() || now.date.Unix() == m.date.Unix()):
			return now, nil
		}
	}
	return nil, nil
}

// putOne puts a message.
func (f *folder) putOne(ctx context.Context, m *message) (placed sinks.Placed, err error) {
	from, validity := f.next, f.validity
	one := []sending{{message: m}}
	if _, err := f.sendAll(ctx, one); err != nil {
		return placed, err
	}
	if err := f.locate(ctx, one, from, validity); err != nil {
		return placed, fmt.Errorf("%w: %w", sinks.ErrUncertain, err)
	}
	all, err := f.readBack(ctx, one, validity)
	if err != nil {
		return placed, fmt.Errorf("%w: %w", sinks.ErrUncertain, err)
	}
	return all[0], all[0].Err
}
