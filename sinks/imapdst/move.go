package imapdst

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// Move implements sinks.TargetFolder, by MOVE (RFC 6851), or by COPY and the removal of the one that was copied.
func (f *folder) Move(ctx context.Context, h sinks.Held, to sinks.Place) (placed sinks.Placed, err error) {
	placed, err = f.move(ctx, h, to)
	return placed, f.wrap(err)
}

func (f *folder) move(ctx context.Context, h sinks.Held, to sinks.Place) (placed sinks.Placed, err error) {
	c, err := f.conn(ctx)
	if err != nil {
		return placed, err
	}
	if !c.caps.Has(imap.CapUIDPlus) {
		return placed, errNoUIDPlus // it would not say where the message is now
	}
	uid, err := f.uid(h.ID)
	if err != nil {
		return placed, err
	}
	now, err := f.current(ctx, uid, lookFor{modSeq: true})
	switch {
	case err != nil:
		return placed, err
	case now.flags.state() != h.State:
		return placed, sinks.ErrChanged
	case to.ID == f.place.ID:
		placed.Held = h
		return placed, nil
	}
	if c, err = f.conn(ctx); err != nil {
		return placed, err
	}
	validity, moved, err := c.moveTo(ctx, uid, to.ID)
	if err != nil {
		if c.dead() {
			err = fmt.Errorf("%w: %w", sinks.ErrUncertain, err)
		}
		return placed, err
	}
	if !c.caps.Has(imap.CapMove) {
		left, err := f.remove(ctx, map[imap.UID]*seen{uid: now})
		if err == nil && len(left) > 0 {
			err = sinks.ErrChanged // both are there
		}
		if err != nil {
			return placed, err
		}
	}
	return f.t.peek(ctx, to, validity, moved, now)
}

// moveTo moves a message, or copies it where the server has no MOVE.
func (c *conn) moveTo(ctx context.Context, uid imap.UID, mailbox string) (validity uint32, to imap.UID, err error) {
	err = c.run(ctx, "MOVE", func() error {
		var there imap.NumSet
		if c.caps.Has(imap.CapMove) {
			d, err := c.c.Move(imap.UIDSetNum(uid), mailbox).Wait()
			if err != nil {
				return understand(err, sinks.ErrRefused)
			}
			validity, there = d.UIDValidity, d.DestUIDs
		} else {
			d, err := c.c.Copy(imap.UIDSetNum(uid), mailbox).Wait()
			if err != nil {
				return understand(err, sinks.ErrRefused)
			}
			validity, there = d.UIDValidity, d.DestUIDs
		}
		set, _ := there.(imap.UIDSet)
		if uids, ok := set.Nums(); ok && len(uids) == 1 {
			to = uids[0]
			return nil
		}
		return sinks.ErrNotExist // it went away before
	})
	return validity, to, err
}

// peek looks at a message in another folder.
func (t *Target) peek(ctx context.Context, p sinks.Place, validity uint32, uid imap.UID, was *seen) (placed sinks.Placed, err error) {
	var m *seen
	err = t.control(ctx, func(c *conn) error {
		err := c.run(ctx, "EXAMINE", func() error {
			d, err := c.c.Select(p.ID, &imap.SelectOptions{ReadOnly: true}).Wait()
			if err == nil && d.UIDValidity != validity {
				err = errRecreated
			}
			return understand(err, sinks.ErrNotExist)
		})
		if err != nil {
			return err
		}
		if m, err = c.one(ctx, uid, lookFor{}); err == nil && m == nil {
			err = ErrLost
		}
		// It may be renamed or deleted next, which servers refuse while it is open.
		return errors.Join(err, c.run(ctx, "UNSELECT", func() error {
			if c.caps.Has(imap.CapUnselect) {
				return c.c.Unselect().Wait()
			}
			return c.c.UnselectAndExpunge().Wait() // CLOSE, which removes nothing after EXAMINE (RFC 9051 6.4.1)
		}))
	})
	if err != nil {
		return placed, folderErr(p.Path, err)
	}
	placed.Held = sinks.Held{ID: fmt.Sprintf("%d.%d", validity, uid), State: m.flags.state()}
	for _, f := range was.flags.without(m.flags) {
		placed.Altered = append(placed.Altered, flagAlteration(f, nil))
	}
	return placed, nil
}
