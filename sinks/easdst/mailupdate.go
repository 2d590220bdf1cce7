package easdst

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// updateMail is update for messages. Marks are changed where they are, and so is all of a draft. Other contents are put as a new message, and then
// the old one is deleted, for a message that was delivered does not change.
func (c *collection) updateMail(ctx context.Context, h sinks.Held, it *sinks.TargetItem) (sinks.Placed, error) {
	if it.Contents == nil {
		return c.remark(ctx, h, it)
	}
	if err := c.untried(); err != nil {
		return sinks.Placed{}, err
	}
	o := c.prepare(it)
	if o.err != nil {
		return sinks.Placed{}, o.err
	}
	id := eas.ServerID(h.ID)
	if err := c.current(ctx); err != nil {
		return sinks.Placed{}, err
	}
	if err := c.learn(ctx, []eas.ServerID{id}); err != nil {
		return sinks.Placed{}, err
	}
	now, there := c.held[id]
	switch {
	case !there || now.mail.bytes == nil:
		return sinks.Placed{}, sinks.ErrNotExist
	case o.mail.sum == now.mail.bytes.sum, now.mail.put != nil && o.mail.sum == now.mail.put.sum:
		return c.remark(ctx, h, it)
	case now.state != h.State:
		return sinks.Placed{}, sinks.ErrChanged
	case c.forDrafts():
		return c.redraft(ctx, id, o)
	}
	return c.replaceMail(ctx, h, o)
}

// remark changes marks.
func (c *collection) remark(ctx context.Context, h sinks.Held, it *sinks.TargetItem) (sinks.Placed, error) {
	id := eas.ServerID(h.ID)
	if _, err := c.unchanged(ctx, h); err != nil {
		return sinks.Placed{}, err
	}
	o := &outgoing{id: id}
	o.mail = &outgoingMail{want: c.marksOf(o, &it.Event)}
	data := wbxml.E(wbxml.AirSyncApplicationData, o.mail.want.missing(c.held[id].mail).elements()...)
	if len(data.Children) == 0 {
		return sinks.Placed{Held: h, Altered: o.altered}, nil
	}
	if err := c.changeMail(ctx, id, &data); err != nil {
		return sinks.Placed{}, err
	}
	found := map[eas.ServerID]*wbxml.Element{}
	if err := c.fetchInto(ctx, []eas.ServerID{id}, found); err != nil {
		return sinks.Placed{}, uncertain(err)
	}
	got := found[id]
	if got == nil {
		return sinks.Placed{}, sinks.ErrNotExist
	}
	state := c.noteMail(id, got)
	return sinks.Placed{Held: sinks.Held{ID: h.ID, State: state}, Altered: append(o.altered, o.mail.want.differences(got)...)}, nil
}

// changeMail sends a Change.
func (c *collection) changeMail(ctx context.Context, id eas.ServerID, data *wbxml.Element) error {
	p, err := c.command(ctx, []eas.ClientCommand{{Op: eas.OpChange, ServerID: id, Item: data}})
	if err != nil {
		if broken(err) && !carriedOut(err) {
			return fmt.Errorf("%w: %w", sinks.ErrRefused, err)
		}
		return sent(err)
	}
	for _, res := range p.responses {
		if res.Op == eas.OpChange && res.Err != nil {
			return ofChange(res.Err)
		}
	}
	return nil
}

// redraft gives a draft other contents.
func (c *collection) redraft(ctx context.Context, id eas.ServerID, o *outgoing) (sinks.Placed, error) {
	if err := c.changeMail(ctx, id, o.add); err != nil {
		return sinks.Placed{}, err
	}
	o.id = id
	return c.placedOne(ctx, o)
}

func (c *collection) placedOne(ctx context.Context, o *outgoing) (sinks.Placed, error) {
	placed, err := c.placedMail(ctx, []*outgoing{o})
	switch {
	case err != nil:
		return sinks.Placed{}, uncertain(err)
	case errors.Is(placed[0].Err, ErrNotStored):
		return sinks.Placed{}, sinks.ErrNotExist
	}
	return placed[0], placed[0].Err
}

// replaceMail puts a message, unless an earlier call has, and deletes the one that it replaces.
func (c *collection) replaceMail(ctx context.Context, h sinks.Held, o *outgoing) (sinks.Placed, error) {
	earlier, err := c.matchMail(ctx, []*outgoing{o}, true, func(id eas.ServerID) bool { return string(id) != h.ID })
	if err != nil {
		return sinks.Placed{}, err
	}
	var placed sinks.Placed
	if len(earlier[0]) > 0 && c.far(o.mail, c.held[eas.ServerID(earlier[0][0].ID)].mail) == same {
		o.id = eas.ServerID(earlier[0][0].ID)
		placed, err = c.placedOne(ctx, o)
	} else {
		var all []sinks.Placed
		if all, err = c.put(ctx, []*outgoing{o}); err == nil {
			placed, err = all[0], all[0].Err
		}
	}
	if err != nil {
		return sinks.Placed{}, err
	}
	gone, err := c.remove(ctx, []sinks.Held{h})
	switch {
	case err != nil:
		return sinks.Placed{}, err
	case len(gone) == 0:
		return sinks.Placed{}, sinks.ErrChanged
	}
	return placed, nil
}
