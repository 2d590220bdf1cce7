package easdst

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// Delete deletes items that are as the caller thinks, and looks whether they are gone.
func (f *Folder) Delete(ctx context.Context, items []sinks.Held) ([]sinks.Held, error) {
	defer f.c.lock()()
	var gone []sinks.Held
	for part := range slices.Chunk(items, batch) {
		done, err := f.c.remove(ctx, part)
		gone = append(gone, done...)
		if err != nil {
			return gone, fmt.Errorf("delete: %w", err)
		}
	}
	return gone, nil
}

func (c *collection) remove(ctx context.Context, items []sinks.Held) (gone []sinks.Held, err error) {
	if err := c.current(ctx); err != nil {
		return nil, told(err)
	}
	var ids []eas.ServerID
	for _, h := range items {
		if _, there := c.held[eas.ServerID(h.ID)]; there {
			ids = append(ids, eas.ServerID(h.ID))
		}
	}
	found, err := c.fetch(ctx, ids)
	if err != nil {
		return nil, told(err)
	}
	var asked []sinks.Held
	for _, h := range items {
		id := eas.ServerID(h.ID)
		switch props := found[id]; {
		case props == nil:
			gone = append(gone, h)
		case c.note(id, props) == h.State:
			asked = append(asked, h)
		}
	}
	done, stay, err := c.erase(ctx, asked)
	gone = append(gone, done...)
	if err == nil && len(stay) > 0 && !c.t.ways.trash.Swap(true) {
		done, stay, err = c.erase(ctx, stay)
		gone = append(gone, done...)
		if len(done) == 0 && len(stay) > 0 {
			c.t.ways.trash.Store(false) // it is for another reason that they stay
		}
	}
	return gone, err
}

// erase deletes items. Those that the server says it does not have are gone if it does not have them, and else stay.
func (c *collection) erase(ctx context.Context, items []sinks.Held) (gone, stay []sinks.Held, err error) {
	if len(items) == 0 {
		return nil, nil, nil
	}
	commands := make([]eas.ClientCommand, len(items))
	for i, h := range items {
		commands[i] = eas.ClientCommand{Op: eas.OpDelete, ServerID: eas.ServerID(h.ID)}
	}
	p, err := c.command(ctx, commands)
	if err != nil {
		return nil, nil, sent(err)
	}
	failed := map[eas.ServerID]error{}
	for _, res := range p.responses {
		if res.Op == eas.OpDelete && res.Err != nil {
			failed[res.ServerID] = res.Err
		}
	}
	for _, h := range items {
		id := eas.ServerID(h.ID)
		if why := failed[id]; why != nil {
			if status(why) != 8 {
				continue
			}
			switch _, err := c.get(ctx, id); {
			case err == nil:
				stay = append(stay, h)
				continue
			case !errors.Is(err, sinks.ErrNotExist):
				return gone, nil, told(err)
			}
		}
		c.drop(id)
		gone = append(gone, h)
	}
	return gone, stay, nil
}

// Move moves an item. It is errors.ErrUnsupported where the server does not.
func (f *Folder) Move(ctx context.Context, h sinks.Held, to sinks.Place) (sinks.Placed, error) {
	placed, err := f.move(ctx, h, to)
	if err != nil {
		return sinks.Placed{}, fmt.Errorf("move %s to %q: %w", h.ID, to.Path, told(err))
	}
	return placed, nil
}

func (f *Folder) move(ctx context.Context, h sinks.Held, to sinks.Place) (sinks.Placed, error) {
	c := f.c
	id, there := eas.ServerID(h.ID), eas.CollectionID(to.ID)
	if to.Class != "" && to.Class != string(c.class) || there == c.id {
		return sinks.Placed{}, fmt.Errorf("to a folder of class %s: %w", to.Class, errors.ErrUnsupported)
	}
	d := c.t.acquire(there, c.class)
	defer c.t.release(d)
	c.t.alone.RLock() // always both in the same order
	defer c.t.alone.RUnlock()
	first, second := c, d
	if d.id < c.id {
		first, second = d, c
	}
	first.mu.Lock()
	defer first.mu.Unlock()
	second.mu.Lock()
	defer second.mu.Unlock()
	if _, err := c.unchanged(ctx, h); err != nil {
		return sinks.Placed{}, err
	}
	if d.held == nil { // its key is needed where Sync has to be asked, and what it holds where the server does not say the new id
		if err := d.current(ctx); err != nil {
			return sinks.Placed{}, err
		}
	}
	before := d.known()
	results, err := c.t.client.MoveItems(ctx, []eas.Move{{ServerID: id, From: c.id, To: there}})
	if err != nil {
		if broken(err) || status(err) != 0 {
			return sinks.Placed{}, c.stayed(ctx, h, err)
		}
		return sinks.Placed{}, sent(err)
	}
	if err := results[0].Err; err != nil {
		return sinks.Placed{}, c.stayed(ctx, h, err)
	}
	c.drop(id)
	return d.arrived(ctx, results[0].ServerID, h.State, before)
}

// stayed tells why an item was not moved.
func (c *collection) stayed(ctx context.Context, h sinks.Held, cause error) error {
	if _, err := c.get(ctx, eas.ServerID(h.ID)); err != nil {
		return errors.Join(err, cause)
	}
	return fmt.Errorf("%w: %w", errors.ErrUnsupported, cause)
}

// arrived reads an item that was moved here.
func (c *collection) arrived(ctx context.Context, id eas.ServerID, state string, before map[eas.ServerID]content) (sinks.Placed, error) {
	if id == "" {
		if err := c.list(ctx); err != nil {
			return sinks.Placed{}, uncertain(err)
		}
		for now, one := range c.held {
			if _, old := before[now]; !old && one.state == state {
				id = now
			}
		}
	}
	var props *wbxml.Element
	var err error
	if id != "" {
		props, err = c.get(ctx, id)
	}
	switch {
	case err != nil && !errors.Is(err, sinks.ErrNotExist):
		return sinks.Placed{}, uncertain(err)
	case props == nil:
		return sinks.Placed{Err: ErrNotStored}, nil
	}
	return sinks.Placed{Held: sinks.Held{ID: string(id), State: c.note(id, props)}}, nil
}
