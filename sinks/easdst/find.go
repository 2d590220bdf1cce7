package easdst

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// Find looks for items among what was not there when the mark was made. What is the same is found; and if nothing is, what has the
// properties by which people know an item, or its UID, and is not better explained by another: the server may have changed it. Not so
// with the mark of an empty folder, by which all of a folder is looked through: there an item with other contents is another one. An event whose exceptions did not follow it any more gets them
// now, from 16.0 on.
func (f *Folder) Find(ctx context.Context, mark string, items []sinks.TargetItem) ([][]sinks.Held, error) {
	defer f.c.lock()()
	found, err := f.find(ctx, mark, items)
	if err != nil {
		return nil, fmt.Errorf("find: %w", told(err))
	}
	return found, nil
}

func (f *Folder) find(ctx context.Context, mark string, items []sinks.TargetItem) ([][]sinks.Held, error) {
	c := f.c
	before, err := parseMark(mark)
	if err != nil {
		return nil, err
	}
	all := make([]*outgoing, len(items))
	for i := range items {
		if all[i] = c.prepare(&items[i]); errors.Is(all[i].err, errSource) {
			return nil, all[i].err
		}
		all[i].add, all[i].sentFiles = nil, nil // it is not sent
	}
	for {
		if err := c.current(ctx); err != nil {
			return nil, err
		}
		found, err := c.match(ctx, all, mark == "", func(id eas.ServerID) bool { return !before[hashID(id)] })
		if err != nil || f.settled || !slices.ContainsFunc(found, func(list []sinks.Held) bool { return len(list) == 0 }) {
			return found, err
		}
		f.settled = true // it may be storing still what came before the connection broke
		if err := wait(ctx, c.t.o.Settle); err != nil {
			return nil, err
		}
	}
}

// How near an item of the server's is to one that was sent, the nearest first.
const (
	same      = iota // it has its content, or its name
	lacking          // it has less
	resembles        // it has the properties by which people know it, and others otherwise
	other
)

// candidate is an item of the server's.
type candidate struct {
	id     eas.ServerID
	state  string
	lacks  bool // exceptions
	nearby int
}

// match finds for each item those of the server's that are nearest to it, of those that may be; strictly, only those of its contents. Contents
// are held for one request at a time.
func (c *collection) match(ctx context.Context, all []*outgoing, strictly bool, may func(eas.ServerID) bool) ([][]sinks.Held, error) {
	if c.class == eas.ClassEmail {
		return c.matchMail(ctx, all, strictly, may)
	}
	ids := c.alike(all, may)
	near := make([][]candidate, len(all))
	for part := range slices.Chunk(ids, batch) {
		found, err := c.fetch(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, id := range part {
			if props := found[id]; props != nil {
				c.compare(near, all, id, props, strictly)
			}
		}
	}
	certain := map[eas.ServerID]bool{} // of another item
	for _, list := range near {
		for _, one := range list {
			if one.nearby < resembles {
				certain[one.id] = true
			}
		}
	}
	held := make([][]sinks.Held, len(all))
	for i, list := range near {
		for _, one := range list {
			if one.nearby == resembles && certain[one.id] {
				continue
			}
			if one.lacks {
				if err := c.complete(ctx, all[i], &one); err != nil {
					return nil, err
				}
			}
			held[i] = append(held[i], sinks.Held{ID: string(one.id), State: one.state})
		}
	}
	return held, nil
}

// alike are the items that may be one of those by what is kept of them.
func (c *collection) alike(all []*outgoing, may func(eas.ServerID) bool) []eas.ServerID {
	states, uids, who := map[string]bool{}, map[uint64]bool{}, map[uint64]bool{}
	for _, o := range all {
		if o.err != nil {
			continue
		}
		states[item.ContentHash(o.expect, nil)] = true
		uids[hashUID(o.uid)], uids[hashUID(o.clientID)] = true, true
		who[c.who(o.expect)] = true
	}
	var ids []eas.ServerID
	for id, one := range c.held {
		if may(id) && (states[one.state] || one.uid != 0 && uids[one.uid] || who[one.who]) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// maxCandidates bounds what is found for one item.
const maxCandidates = 1000

// compare keeps an item of the server's with those that it is nearest to.
func (c *collection) compare(near [][]candidate, all []*outgoing, id eas.ServerID, props *wbxml.Element, strictly bool) {
	state := c.note(id, props)
	for i, o := range all {
		if o.err != nil {
			continue
		}
		n, lacks := c.distance(o, props, state)
		if strictly && n == resembles {
			n = other
		}
		switch list := near[i]; {
		case n == other, len(list) > 0 && n > list[0].nearby, len(list) >= maxCandidates:
		default:
			if len(list) > 0 && n < list[0].nearby {
				list = nil
			}
			near[i] = append(list, candidate{id, state, lacks, n})
		}
	}
}

func (c *collection) distance(o *outgoing, props *wbxml.Element, state string) (near int, lacksExceptions bool) {
	if item.ContentHash(o.expect, nil) == state {
		return same, false
	}
	uid := props.Value(wbxml.CalendarUID)
	named := o.uid != "" && uid == o.uid || c.class == eas.ClassCalendar && uid == o.clientID
	if !named && c.who(o.expect) != c.who(props) {
		return other, false
	}
	near = lacking
	for _, d := range item.Differences(o.expect, props) {
		if d.Got != "" && d.Sent != "" && !slices.Contains(loose, d.Property) && !slices.Equal(strings.Fields(d.Sent), strings.Fields(d.Got)) {
			near = resembles
		}
		if len(o.instances) > 0 && d.Got == "" && isException(d.Property) {
			lacksExceptions = true
		}
	}
	return near, lacksExceptions && near != resembles
}

// loose are properties by which no item is another one: servers are seen to make something else of them.
var loose = []string{
	wbxml.CalendarTimezone.String(), wbxml.CalendarBusyStatus.String(), wbxml.CalendarReminder.String(), wbxml.ContactsFileAs.String(),
	wbxml.AirSyncBaseBody.String() + "/" + wbxml.AirSyncBaseType.String(), wbxml.TasksDateCompleted.String(), wbxml.TasksUtcStartDate.String(),
	wbxml.TasksUtcDueDate.String(),
}

func isException(property string) bool {
	name := wbxml.CalendarException.String()
	return property == wbxml.CalendarExceptions.String() || len(property) > len(name) && property[:len(name)+1] == name+" "
}

// complete sends the exceptions of an event that was found without them.
func (c *collection) complete(ctx context.Context, o *outgoing, one *candidate) error {
	if err := c.changeInstances(ctx, one.id, o.instances); err != nil && !broken(err) {
		return err
	}
	props, err := c.get(ctx, one.id)
	if err != nil {
		return err
	}
	one.state = c.note(one.id, props)
	return nil
}

// Recognize returns for each item those of the folder that people would take for it, whoever put them there: with the same UID, or, where
// an item has none or it is not kept, with the same names and address, subject and times.
func (f *Folder) Recognize(ctx context.Context, items []sinks.TargetItem) ([][]sinks.Held, error) {
	defer f.c.lock()()
	if err := f.c.current(ctx); err != nil {
		return nil, fmt.Errorf("recognize: %w", told(err))
	}
	all := make([][]sinks.Held, len(items))
	for i := range items {
		o := f.c.prepare(&items[i])
		switch {
		case errors.Is(o.err, errSource):
			return nil, fmt.Errorf("recognize: %w", o.err)
		case o.mail != nil:
			var err error
			if all[i], err = f.c.recognizeMail(ctx, o); err != nil {
				return nil, fmt.Errorf("recognize: %w", told(err))
			}
		case o.err == nil:
			all[i] = f.c.recognize(o)
		}
	}
	return all, nil
}

func (c *collection) recognize(o *outgoing) (all []sinks.Held) {
	if id, ok := c.uids[hashUID(o.props.Value(wbxml.CalendarUID))]; ok {
		return []sinks.Held{{ID: string(id), State: c.held[id].state}}
	}
	who := c.who(o.expect)
	for id, one := range c.held {
		if one.who == who && len(all) < maxCandidates {
			all = append(all, sinks.Held{ID: string(id), State: one.state})
		}
	}
	state := item.ContentHash(o.expect, nil) // the likeliest first
	slices.SortFunc(all, func(a, b sinks.Held) int {
		if one, two := a.State == state, b.State == state; one != two {
			if one {
				return -1
			}
			return 1
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}
