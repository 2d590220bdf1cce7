package imapdst

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// errNoUIDPlus refuses what would remove messages that others have marked for it: EXPUNGE without UIDs. RFC 4315.
var errNoUIDPlus = fmt.Errorf("the server has no UIDPLUS, and would remove more than it is told: %w", errors.ErrUnsupported)

// Delete implements sinks.TargetFolder. errors.ErrUnsupported: the server cannot remove single messages.
func (f *folder) Delete(ctx context.Context, items []sinks.Held) (removed []sinks.Held, err error) {
	c, err := f.conn(ctx)
	if err == nil && !c.caps.Has(imap.CapUIDPlus) {
		err = errNoUIDPlus
	}
	if err != nil {
		return nil, f.wrap(err)
	}
	for len(items) > 0 {
		some := items[:min(len(items), maxBatch)]
		items = items[len(some):]
		gone, err := f.deleteSome(ctx, some)
		removed = append(removed, gone...)
		if err != nil {
			return removed, f.wrap(err)
		}
	}
	return removed, nil
}

func (f *folder) deleteSome(ctx context.Context, items []sinks.Held) (removed []sinks.Held, err error) {
	now, set, err := f.lookAt(ctx, items)
	if err != nil {
		return nil, err
	}
	for _, h := range items {
		if uid, err := f.uid(h.ID); err == nil && now[uid] != nil && !now[uid].is(h) {
			delete(now, uid)
			set = without(set, uid)
		}
	}
	kept := set
	if len(now) > 0 {
		left, err := f.remove(ctx, now)
		if err != nil {
			return nil, err
		}
		for _, uid := range left {
			kept = without(kept, uid)
		}
	}
	for _, h := range items {
		uid, err := f.uid(h.ID)
		if errors.Is(err, sinks.ErrNotExist) || err == nil && kept.Contains(uid) {
			removed = append(removed, h)
		}
	}
	return removed, nil
}

// lookAt looks at items. set is all of them that are of this folder, now are those that are there.
func (f *folder) lookAt(ctx context.Context, items []sinks.Held) (now map[imap.UID]*seen, set imap.UIDSet, err error) {
	for _, h := range items {
		uid, err := f.uid(h.ID)
		if errors.Is(err, sinks.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		set.AddNum(uid)
	}
	now = map[imap.UID]*seen{}
	if len(set) == 0 {
		return now, set, nil
	}
	err = f.again(ctx, func(c *conn) error {
		return c.look(ctx, set, lookFor{modSeq: true}, func(m *seen) error {
			if m.flags != nil {
				now[m.uid] = m
			}
			return nil
		})
	})
	return now, set, err
}

func without(set imap.UIDSet, uid imap.UID) (rest imap.UIDSet) {
	uids, _ := set.Nums() // it was made of numbers
	for _, u := range uids {
		if u != uid {
			rest.AddNum(u)
		}
	}
	return rest
}

// is tells whether a message is as it was, but for the mark that it shall be removed: an earlier call may have been interrupted behind it.
func (m *seen) is(h sinks.Held) bool {
	if m.flags.state() == h.State {
		return true
	}
	unmarked := flagsOf(m.flags.without(nil))
	unmarked.remove(imap.FlagDeleted)
	return unmarked.state() == h.State
}

// remove removes messages that are still as they were seen, and returns the others.
func (f *folder) remove(ctx context.Context, now map[imap.UID]*seen) (left []imap.UID, err error) {
	c, err := f.conn(ctx)
	if err != nil {
		return nil, err
	}
	var set imap.UIDSet
	var newest uint64
	for uid, m := range now {
		set.AddNum(uid)
		newest = max(newest, m.modSeq) // whatever is changed after the look is above it
	}
	err = c.run(ctx, "STORE", func() error {
		del := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}
		return understand(c.c.Store(set, del, &imap.StoreOptions{UnchangedSince: newest}).Close(), sinks.ErrRefused)
	})
	if err != nil {
		return nil, err
	}
	// Those that somebody changed in between are not marked, if the server has CONDSTORE; if it has not they show other flags.
	var marked imap.UIDSet
	err = c.look(ctx, set, lookFor{}, func(m *seen) error {
		was := flagsOf(now[m.uid].flags.without(nil))
		was.add(imap.FlagDeleted)
		if m.flags.state() == was.state() {
			marked.AddNum(m.uid)
		} else {
			left = append(left, m.uid)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if newest == 0 {
		if err := c.unmark(ctx, now, left); err != nil {
			return nil, err
		}
	}
	if len(marked) == 0 {
		return left, nil
	}
	err = c.run(ctx, "EXPUNGE", func() error { return understand(c.c.UIDExpunge(marked).Close(), sinks.ErrRefused) })
	if err != nil {
		return nil, err
	}
	err = c.look(ctx, marked, lookFor{}, func(m *seen) error {
		left = append(left, m.uid)
		return nil
	})
	return left, err
}

// unmark takes the mark back from messages that are left after all, where the server set it whatever they were.
func (c *conn) unmark(ctx context.Context, now map[imap.UID]*seen, left []imap.UID) error {
	var set imap.UIDSet
	for _, uid := range left {
		if !now[uid].flags.has(imap.FlagDeleted) {
			set.AddNum(uid)
		}
	}
	if len(set) == 0 {
		return nil
	}
	return c.run(ctx, "STORE", func() error {
		del := &imap.StoreFlags{Op: imap.StoreFlagsDel, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}
		return c.c.Store(set, del, nil).Close()
	})
}
