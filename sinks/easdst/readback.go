package easdst

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// fetch gets items as the server has them now, at most batch; those that it has not are not in the answer.
//
// ItemOperations is the command for it. Where it fails for all because of one (QUIRK(SOGo 5.8): HTTP 501 if one is not there) it is asked
// for fewer, and in the end Sync is: it is all that version 2.5 has.
func (c *collection) fetch(ctx context.Context, ids []eas.ServerID) (map[eas.ServerID]*wbxml.Element, error) {
	found := make(map[eas.ServerID]*wbxml.Element, len(ids))
	if c.class == eas.ClassEmail {
		return found, c.fetchMarks(ctx, ids, found)
	}
	return found, c.fetchInto(ctx, ids, found)
}

func (c *collection) fetchInto(ctx context.Context, ids []eas.ServerID, found map[eas.ServerID]*wbxml.Element) (err error) {
	if c.version().AtLeast(eas.Version120) {
		if ids, err = c.operate(ctx, ids, found); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return c.fetchBySync(ctx, ids, found) // once for all, since it may take a listing
}

// operate returns the items that the server does not give: of which it says so, each by itself, or which fail alone.
func (c *collection) operate(ctx context.Context, ids []eas.ServerID, found map[eas.ServerID]*wbxml.Element) (left []eas.ServerID, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	left, err = c.fetchByOperations(ctx, ids, found)
	switch {
	case err == nil:
		return left, nil
	case !notFetched(err):
		return nil, err
	case len(ids) == 1:
		return ids, nil
	}
	half := len(ids) / 2
	for _, part := range [][]eas.ServerID{ids[:half], ids[half:]} {
		more, err := c.operate(ctx, part, found)
		if err != nil {
			return nil, err
		}
		left = append(left, more...)
	}
	return left, nil
}

// notFetched tells whether one of the items may have broken the request for all.
func notFetched(err error) bool {
	var st *eas.StatusError
	var re *eas.ResponseError
	return broken(err) || errors.As(err, &st) && st.Command == "ItemOperations" || errors.As(err, &re) && !errors.Is(err, eas.ErrTruncatedPage) ||
		errors.Is(err, eas.ErrNotEAS)
}

// fetchByOperations returns the items that did not come.
func (c *collection) fetchByOperations(ctx context.Context, ids []eas.ServerID, found map[eas.ServerID]*wbxml.Element) (left []eas.ServerID, err error) {
	options := c.options()
	fetches := make([]eas.Fetch, len(ids))
	for i, id := range ids {
		fetches[i] = eas.Fetch{CollectionID: c.id, ServerID: id, Options: options}
	}
	answer, err := c.t.client.Fetch(ctx, fetches, false)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	for res, err := range answer.Results() {
		if err != nil {
			return nil, err
		}
		if res.Err == nil && res.Item != nil {
			found[res.ServerID] = res.Item.Properties.Clone()
		}
	}
	for _, id := range ids {
		if found[id] == nil {
			left = append(left, id)
		}
	}
	return left, nil
}

// fetchBySync asks with Fetch commands of Sync (MS-ASCMD 2.2.3.67.2), one by one where one of the items breaks the request. Where that is no
// use either the folder is listed, and they are what the listing has of them. QUIRK(SOGo 5.8): in 2.5 it has no such commands.
func (c *collection) fetchBySync(ctx context.Context, ids []eas.ServerID, found map[eas.ServerID]*wbxml.Element) error {
	if c.t.ways.noFetch.Load() {
		return c.fetchByListing(ctx, ids, found)
	}
	err := c.fetchCommands(ctx, ids, found)
	if err == nil || !broken(err) && !errors.Is(err, errNothing) {
		return err
	}
	for i, id := range ids {
		if len(ids) > 1 {
			err = c.fetchCommands(ctx, ids[i:i+1], found)
		}
		switch {
		case err == nil:
		case !broken(err) && !errors.Is(err, errNothing):
			return err
		default:
			if err := c.fetchByListing(ctx, ids, found); err != nil {
				return err
			}
			if found[id] != nil { // it was not the item that broke the request
				c.t.ways.noFetch.Store(true)
			}
			return nil
		}
	}
	return nil
}

func (c *collection) fetchCommands(ctx context.Context, ids []eas.ServerID, found map[eas.ServerID]*wbxml.Element) error {
	commands := make([]eas.ClientCommand, len(ids))
	for i, id := range ids {
		commands[i] = eas.ClientCommand{Op: eas.OpFetch, ServerID: id}
	}
	p, err := c.command(ctx, commands)
	if err != nil {
		return err
	}
	for _, res := range p.responses {
		if res.Op == eas.OpFetch && res.Err == nil && res.Item != nil {
			found[res.ServerID] = res.Item.Properties.Clone()
		}
	}
	return nil
}

func (c *collection) fetchByListing(ctx context.Context, ids []eas.ServerID, found map[eas.ServerID]*wbxml.Element) error {
	c.wanted = map[eas.ServerID]*wbxml.Element{}
	defer func() { c.wanted = nil }()
	for _, id := range ids {
		if found[id] == nil {
			c.wanted[id] = nil
		}
	}
	err := c.list(ctx)
	for id, props := range c.wanted {
		if props != nil {
			found[id] = props
		}
	}
	return err
}

// get is fetch for one item, and notes what it is like. ErrNotExist.
func (c *collection) get(ctx context.Context, id eas.ServerID) (*wbxml.Element, error) {
	found, err := c.fetch(ctx, []eas.ServerID{id})
	if err != nil {
		return nil, err
	}
	if found[id] == nil {
		return nil, sinks.ErrNotExist
	}
	return found[id], nil
}

// unchanged gets an item that is as the caller thinks. ErrNotExist, ErrChanged.
func (c *collection) unchanged(ctx context.Context, h sinks.Held) (*wbxml.Element, error) {
	props, err := c.get(ctx, eas.ServerID(h.ID))
	if err != nil {
		return nil, err
	}
	if now := c.note(eas.ServerID(h.ID), props); now != h.State {
		return props, fmt.Errorf("%w: it is %s, and not %s", sinks.ErrChanged, now, h.State)
	}
	return props, nil
}
