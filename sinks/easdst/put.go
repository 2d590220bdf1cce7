package easdst

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

const (
	batch      = 50        // items of a Put
	batchBytes = 512 << 10 // of one request, about; a larger item goes alone
)

// Put adds items, reads each of them back, and tells what became of it.
func (f *Folder) Put(ctx context.Context, items []sinks.TargetItem) ([]sinks.Placed, error) {
	if len(items) > batch {
		return nil, fmt.Errorf("put: %d items: at most %d", len(items), batch)
	}
	defer f.c.lock()()
	if err := f.c.untried(); err != nil {
		return nil, fmt.Errorf("put: %w", err)
	}
	var placed []sinks.Placed
	var request []*outgoing
	size := 0
	flush := func() error {
		done, err := f.c.put(ctx, request)
		placed = append(placed, done...)
		request, size = nil, 0
		if err != nil {
			f.settled = f.settled && !errors.Is(err, sinks.ErrUncertain)
			return fmt.Errorf("put: %w", err)
		}
		return nil
	}
	for i := range items { // those before one that cannot be read are put
		o := f.c.prepare(&items[i])
		if errors.Is(o.err, errSource) {
			err := flush()
			return placed, errors.Join(err, fmt.Errorf("put: %w", o.err))
		}
		if len(request) > 0 && size+o.size > batchBytes {
			if err := flush(); err != nil {
				return placed, err
			}
		}
		request = append(request, o)
		size += o.size
	}
	err := flush()
	return placed, err
}

// put sends one request, and believes what it is told of it when it has read it back.
func (c *collection) put(ctx context.Context, all []*outgoing) ([]sinks.Placed, error) {
	var send []*outgoing
	for _, o := range all {
		if o.err == nil {
			send = append(send, o)
		}
	}
	if len(send) > 0 {
		if err := c.ready(ctx); err != nil {
			return nil, told(err)
		}
		c.claim(send)
		if err := c.send(ctx, send); err != nil {
			return nil, sent(err)
		}
		if err := c.sendInstances(ctx, send); err != nil {
			return nil, uncertain(err)
		}
	}
	placed, err := c.placed(ctx, all)
	if err != nil {
		return nil, uncertain(err)
	}
	return placed, nil
}

// uncertain is for what goes wrong after items were stored, before it is known how.
func uncertain(err error) error { return fmt.Errorf("%w: %w", sinks.ErrUncertain, told(err)) }

// claim gives a UID of its own to an event whose UID another event has there. QUIRK(SOGo 5.8): an event with the UID of another
// replaces it.
func (c *collection) claim(all []*outgoing) {
	taken := map[uint64]bool{}
	for _, o := range all {
		if o.uid == "" {
			continue
		}
		uid := hashUID(o.uid)
		if _, there := c.uids[uid]; there || taken[uid] {
			c.rename(o)
		}
		taken[hashUID(o.uid)] = true
	}
}

// send adds items, and finds out what became of each: its id, or why it has none.
func (c *collection) send(ctx context.Context, all []*outgoing) error {
	before := c.known()
	p, err := c.ask(ctx, adds(all))
	for n := 1; n < maxTries && lostKey(err); n++ { // nothing was carried out
		if err := pause(ctx, err, n); err != nil {
			return notSent(err)
		}
		if err := c.ready(ctx); err != nil {
			return notSent(err)
		}
		c.claim(all)
		before = c.known()
		p, err = c.ask(ctx, adds(all))
	}
	if err != nil {
		if c.diesOfMail(err) {
			return c.survived(ctx, all, before, err)
		}
		if !broken(err) {
			return err
		}
		return c.split(ctx, all, before, err)
	}
	said := map[string]eas.CommandResponse{}
	for _, res := range p.responses {
		if res.Op == eas.OpAdd {
			said[res.ClientID] = res
		}
	}
	var silent []*outgoing
	for _, o := range all {
		res, ok := said[o.clientID]
		switch {
		case ok && res.Err != nil:
			o.was = ofItem(res.Err)
		case res.ServerID == "":
			silent = append(silent, o)
		default:
			o.id = res.ServerID
			c.learnName(o)
		}
	}
	if len(silent) == 0 {
		return nil
	}
	return c.search(ctx, silent, before)
}

func adds(all []*outgoing) []eas.ClientCommand {
	commands := make([]eas.ClientCommand, len(all))
	for i, o := range all {
		commands[i] = eas.ClientCommand{Op: eas.OpAdd, ClientID: o.clientID, Item: o.add}
	}
	return commands
}

// search looks for items that the server said nothing of, among what was not there before. It is a lie if one is not found.
func (c *collection) search(ctx context.Context, silent []*outgoing, before map[eas.ServerID]content) error {
	if err := c.look(ctx, silent, before); err != nil {
		return uncertain(err)
	}
	for _, o := range silent {
		if o.id == "" {
			o.was = ErrNotStored
		}
	}
	return nil
}

// look reads the folder anew and gives each item that is found the id of one that it may be.
func (c *collection) look(ctx context.Context, all []*outgoing, before map[eas.ServerID]content) error {
	if err := c.list(ctx); err != nil {
		return err
	}
	taken := map[eas.ServerID]bool{}
	found, err := c.match(ctx, all, false, func(id eas.ServerID) bool { _, old := before[id]; return !old })
	if err != nil {
		return err
	}
	for i, o := range all {
		for _, h := range found[i] {
			if id := eas.ServerID(h.ID); !taken[id] {
				o.id, taken[id] = id, true
				break
			}
		}
	}
	return nil
}

// split is for a request that one of its items broke. What of it was carried out is looked up; of the rest each half goes alone, down to
// the item that is refused.
func (c *collection) split(ctx context.Context, all []*outgoing, before map[eas.ServerID]content, cause error) error {
	if err := c.look(ctx, all, before); err != nil {
		return uncertain(errors.Join(cause, err))
	}
	var rest []*outgoing
	for _, o := range all {
		if o.id == "" {
			rest = append(rest, o)
		}
	}
	switch {
	case len(rest) == 0:
		return nil
	case len(all) == 1:
		rest[0].was = fmt.Errorf("%w: %w", sinks.ErrRefused, cause)
		return nil
	}
	half := (len(rest) + 1) / 2
	for _, part := range [][]*outgoing{rest[:half], rest[half:]} {
		if len(part) == 0 {
			continue
		}
		if err := c.ready(ctx); err != nil {
			return uncertain(err)
		}
		c.claim(part)
		if err := c.send(ctx, part); err != nil {
			return uncertain(err) // of the other half some may be there
		}
	}
	return nil
}

// placed reads back what the server says that it has.
func (c *collection) placed(ctx context.Context, all []*outgoing) ([]sinks.Placed, error) {
	if c.class == eas.ClassEmail {
		return c.placedMail(ctx, all)
	}
	var ids []eas.ServerID
	for _, o := range all {
		if o.id != "" {
			ids = append(ids, o.id)
		}
	}
	found, err := c.fetch(ctx, ids)
	if err == nil {
		err = c.correctDays(ctx, all, found)
	}
	if err != nil {
		return nil, err
	}
	placed := make([]sinks.Placed, len(all))
	for i, o := range all {
		switch got := found[o.id]; {
		case o.err != nil:
			placed[i] = sinks.Placed{Err: o.err}
		case o.was != nil:
			placed[i] = sinks.Placed{Err: o.was}
		case o.id == "" || got == nil:
			placed[i] = sinks.Placed{Err: ErrNotStored}
		default:
			placed[i] = sinks.Placed{Held: sinks.Held{ID: string(o.id), State: c.note(o.id, got)}, Altered: o.alterations(got)}
		}
	}
	return placed, nil
}

// maxAlterations bounds what is told of one item.
const maxAlterations = 100

// alterations are those that were known before, and those that reading back shows.
func (o *outgoing) alterations(got *wbxml.Element) []sinks.Alteration {
	all := slices.Clip(o.altered)
	for _, d := range item.Differences(o.expect, got) {
		all = append(all, sinks.Alteration{Property: d.Property, Sent: d.Sent, Got: d.Got})
	}
	all = append(all, o.fileAlterations(got)...)
	if more := len(all) - maxAlterations; more > 0 {
		all = append(all[:maxAlterations:maxAlterations], sinks.Alteration{Property: "…", Why: fmt.Sprintf("%d more", more)})
	}
	return all
}
