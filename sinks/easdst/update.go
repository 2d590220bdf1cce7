package easdst

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// Update makes an item the given one: all of it, so that what it does not say is no more. An item without contents is left as it is:
// what else a source says of these classes is part of the contents.
func (f *Folder) Update(ctx context.Context, h sinks.Held, it sinks.TargetItem) (sinks.Placed, error) {
	defer f.c.lock()()
	placed, err := f.c.update(ctx, h, &it)
	if err != nil {
		return sinks.Placed{}, fmt.Errorf("update %s: %w", h.ID, told(err))
	}
	return placed, nil
}

func (c *collection) update(ctx context.Context, h sinks.Held, it *sinks.TargetItem) (sinks.Placed, error) {
	id := eas.ServerID(h.ID)
	if c.class == eas.ClassEmail {
		return c.updateMail(ctx, h, it)
	}
	if it.Contents == nil {
		if _, err := c.unchanged(ctx, h); err != nil {
			return sinks.Placed{}, err
		}
		return sinks.Placed{Held: h}, nil
	}
	o := c.prepare(it)
	if o.err != nil {
		return sinks.Placed{}, o.err
	}
	if err := c.current(ctx); err != nil { // so that the server sees a conflict with what comes after this
		return sinks.Placed{}, err
	}
	now, err := c.unchanged(ctx, h)
	if (err == nil || errors.Is(err, sinks.ErrChanged)) && len(o.files) == 0 && len(item.Differences(o.expect, now)) == 0 {
		return sinks.Placed{Held: sinks.Held{ID: h.ID, State: c.note(id, now)}, Altered: o.alterations(now)}, nil // it is so already
	}
	if err != nil {
		return sinks.Placed{}, err
	}
	if err := c.change(ctx, id, o, now); err != nil {
		return sinks.Placed{}, err
	}
	o.id = id
	if err := c.sendInstances(ctx, []*outgoing{o}); err != nil {
		return sinks.Placed{}, uncertain(err)
	}
	placed, err := c.placed(ctx, []*outgoing{o})
	if err != nil {
		return sinks.Placed{}, uncertain(err)
	}
	if errors.Is(placed[0].Err, ErrNotStored) {
		return sinks.Placed{}, sinks.ErrNotExist
	}
	return placed[0], placed[0].Err
}

// change sends the new content. The event keeps the name that it has.
func (c *collection) change(ctx context.Context, id eas.ServerID, o *outgoing, now *wbxml.Element) error {
	data := wbxml.E(wbxml.AirSyncApplicationData)
	for i := range o.add.Children {
		switch e := o.add.Children[i]; e.Tag {
		case wbxml.CalendarClientUid, wbxml.AirSyncBaseAttachments:
		case wbxml.CalendarUID:
			if uid := now.Value(wbxml.CalendarUID); uid != "" {
				e.Text = uid
			}
			data.Append(e)
		default:
			data.Append(e)
		}
	}
	for i := range now.Children { // leaving them out would leave them there
		e := &now.Children[i]
		if tag := item.OldName(e.Tag); !data.Has(e.Tag) && !data.Has(tag) && item.Says(e) {
			if empty := item.Emptied(string(c.class), tag, c.parseOptions()); empty != nil {
				data.Append(*empty)
			}
		}
	}
	p, err := c.command(ctx, []eas.ClientCommand{{Op: eas.OpChange, ServerID: id, Item: &data}})
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

// ofChange is what the server said of one command. MS-ASCMD 2.2.3.177.17.
func ofChange(err error) error {
	switch status(err) {
	case 7:
		return fmt.Errorf("%w: %w", sinks.ErrChanged, err)
	case 8:
		return fmt.Errorf("%w: %w", sinks.ErrNotExist, err)
	}
	return ofItem(err)
}
