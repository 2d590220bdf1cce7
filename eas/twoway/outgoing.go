package twoway

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

func newID(old string) string {
	if old != "" {
		return old
	}
	return rand.Text()
}

// commands are what brings an item to the server; none if it is there as it is.
func (r *run) commands(it Item) ([]Outgoing, error) {
	e, h := r.state.Items[it.ID], r.hash(it.Properties)
	switch {
	case e == nil || e.Again:
		return r.add(it, e)
	case e.ServerID == "":
		return nil, ErrUnconfirmed
	case h == e.Here:
		return nil, nil
	}
	main, instances, err := r.outgoing(it.Properties)
	if err != nil {
		return nil, err
	}
	for _, name := range e.Stay {
		if tag := tagOf(name); tag != 0 && !main.Has(tag) {
			if empty := item.Emptied(string(r.class), tag, r.parseOptions()); empty != nil {
				main.Append(*empty)
			}
		}
	}
	o := Outgoing{Op: eas.OpChange, ID: it.ID, ServerID: e.ServerID, Here: h, Mark: e.Mark, Stay: r.stay(it.Properties), Content: &Content{main}}
	all := []Outgoing{o}
	for _, i := range instances {
		i.ID, i.ServerID = it.ID, e.ServerID
		all = append(all, i)
	}
	if len(all) > mostCommands {
		return nil, fmt.Errorf("%d exceptions: at most %d can be sent", len(instances), mostCommands-1)
	}
	return all, nil
}

// add is the Add of an item. The ClientId of an earlier one is used again, by which some servers know it: the ClientUid of an event is made
// of it, MS-ASCAL 2.2.2.13.
func (r *run) add(it Item, e *Entry) ([]Outgoing, error) {
	if r.class == eas.ClassEmail && !r.drafts {
		return nil, fmt.Errorf("messages cannot be added: %w", errors.ErrUnsupported)
	}
	main, instances, err := r.outgoing(it.Properties)
	if err != nil {
		return nil, err
	}
	o := Outgoing{Op: eas.OpAdd, ID: it.ID, Here: r.hash(it.Properties), Mark: r.mark(it.Properties), Stay: r.stay(it.Properties)}
	if e != nil {
		o.ClientID = e.ClientID
	}
	o.ClientID = newID(o.ClientID)
	if len(instances) > 0 { // they follow when the event has a ServerId: what was sent is the event without them
		without := it.Properties.Clone()
		without.Children = slices.DeleteFunc(without.Children, func(c wbxml.Element) bool { return c.Tag == wbxml.CalendarExceptions })
		o.Here = r.hash(without)
	}
	switch modern := r.c.Version().AtLeast(eas.Version160); {
	case r.class != eas.ClassCalendar:
	case modern:
		main.Append(wbxml.T(wbxml.CalendarClientUid, o.ClientID))
	case !main.Has(wbxml.CalendarUID): // it is the client's to make, MS-ASCAL 2.2.2.46
		main.Append(wbxml.T(wbxml.CalendarUID, o.ClientID))
	}
	if r.class == eas.ClassNotes && !main.Has(wbxml.NotesMessageClass) { // MS-ASNOTE 2.2.2.5
		main.Append(wbxml.T(wbxml.NotesMessageClass, "IPM.StickyNote"))
	}
	o.Content = &Content{main}
	return []Outgoing{o}, nil
}

// outgoing is an item as the version wants it in a request, and the exceptions of an event that travel by themselves.
func (r *run) outgoing(props *wbxml.Element) (main wbxml.Element, instances []Outgoing, err error) {
	counted := props.Clone()
	counted.Children = slices.DeleteFunc(counted.Children, func(c wbxml.Element) bool { return !r.counts(c.Tag) && !item.ByServer(c.Tag) })
	q, err := item.Request(counted, r.parseOptions())
	if err != nil {
		return main, nil, err
	}
	for _, i := range q.Instances {
		o := Outgoing{Op: eas.OpDelete, Instance: i.ID}
		if i.Properties != nil {
			o.Op, o.Content = eas.OpChange, &Content{*i.Properties}
		}
		instances = append(instances, o)
	}
	return *q.Properties, instances, nil
}

func (r *run) parseOptions() item.ParseOptions {
	return item.ParseOptions{Version: string(r.c.Version())}
}

// stay lists the properties that a Change does not delete by leaving them out: those of an event from 16.0 on, and everywhere a
// body and a picture. MS-ASCMD 2.2.3.24.
func (r *run) stay(props *wbxml.Element) (names []string) {
	for i := range props.Children {
		c := &props.Children[i]
		stays := c.Tag == wbxml.AirSyncBaseBody || c.Tag == wbxml.ContactsPicture || r.class == eas.ClassCalendar || r.class == eas.ClassEmail
		if stays && r.counts(c.Tag) && item.Says(c) {
			names = append(names, c.Tag.String())
		}
	}
	return names
}

// tagOf is 0 for what is no property.
func tagOf(name string) wbxml.Tag {
	namespace, local, _ := strings.Cut(name, ":")
	tag, _ := wbxml.Lookup(namespace, local)
	return tag
}
