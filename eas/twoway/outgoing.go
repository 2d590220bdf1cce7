package twoway

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
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
			main.Append(r.emptied(tag)...)
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

// notSent are the properties that no request may have, and notSent16 those that none from 16.0 on may have. MS-ASCAL 2.2.2.2, .40;
// .46, .18, .36, .35, .5; MS-ASAIRS 2.2.2.32.
var (
	notSent = []wbxml.Tag{
		wbxml.AirSyncBaseNativeBodyType, wbxml.AirSyncBaseEstimatedDataSize, wbxml.AirSyncBaseTruncated, wbxml.AirSyncBasePreview,
		wbxml.CalendarAppointmentReplyTime, wbxml.CalendarResponseType, wbxml.CalendarClientUid, wbxml.NotesLastModifiedDate,
	}
	notSent16 = []wbxml.Tag{
		wbxml.CalendarUID, wbxml.CalendarDtStamp, wbxml.CalendarOrganizerName, wbxml.CalendarOrganizerEmail, wbxml.CalendarAttendeeStatus,
		wbxml.CalendarMeetingStatus,
	}
	// since are the properties that older versions do not have.
	since = map[wbxml.Tag]eas.Version{
		wbxml.CalendarResponseRequested: eas.Version140, wbxml.CalendarDisallowNewTimeProposal: eas.Version140, wbxml.CalendarCalendarType: eas.Version140,
		wbxml.CalendarIsLeapMonth: eas.Version140, wbxml.CalendarFirstDayOfWeek: eas.Version141, wbxml.TasksCalendarType: eas.Version140,
		wbxml.TasksIsLeapMonth: eas.Version140, wbxml.TasksFirstDayOfWeek: eas.Version141, wbxml.ContactsAlias: eas.Version140,
		wbxml.ContactsWeightedRank: eas.Version140, wbxml.EmailCategories: eas.Version140, wbxml.CalendarOnlineMeetingConfLink: eas.Version141,
		wbxml.CalendarOnlineMeetingExternalLink: eas.Version141,
	}
)

// outgoing is an item as the version wants it in a request, and the exceptions of an event that travel by themselves.
func (r *run) outgoing(props *wbxml.Element) (main wbxml.Element, instances []Outgoing, err error) {
	main = wbxml.E(wbxml.AirSyncApplicationData)
	wholeDay := props.Value(wbxml.CalendarAllDayEvent) == "1"
	for i := range props.Children {
		c := &props.Children[i]
		switch modern := r.c.Version().AtLeast(eas.Version160); {
		case !r.counts(c.Tag) && !slices.Contains(assigned, c.Tag):
		case modern && c.Tag == wbxml.CalendarExceptions:
			if instances, err = r.instances(c); err != nil {
				return main, nil, err
			}
		case modern && c.Tag == wbxml.CalendarTimezone && wholeDay: // MS-ASCAL 2.2.2.1
		default:
			main.Children = r.appendSent(main.Children, c)
		}
	}
	return main, instances, nil
}

// appendSent appends e in the form of the version.
func (r *run) appendSent(to []wbxml.Element, e *wbxml.Element) []wbxml.Element {
	v := r.c.Version()
	modern := v.AtLeast(eas.Version160)
	switch {
	case slices.Contains(notSent, e.Tag), modern && slices.Contains(notSent16, e.Tag), !v.AtLeast(since[e.Tag]):
		return to
	case modern && e.Tag == wbxml.CalendarLocation:
		return append(to, wbxml.E(wbxml.AirSyncBaseLocation, wbxml.T(wbxml.AirSyncBaseDisplayName, e.Text)))
	case !modern && e.Tag == wbxml.AirSyncBaseLocation:
		return append(to, wbxml.T(wbxml.CalendarLocation, e.Value(wbxml.AirSyncBaseDisplayName)))
	case !modern && e.Tag == wbxml.AirSyncBaseInstanceId:
		if t, err := wbxml.ParseTime(e.Text); err == nil {
			return append(to, wbxml.T(wbxml.CalendarExceptionStartTime, t.UTC().Format(wbxml.CompactDateTime)))
		}
	}
	own := *e
	own.Children = nil
	for i := range e.Children {
		own.Children = r.appendSent(own.Children, &e.Children[i])
	}
	return append(to, own)
}

// instances are the exceptions of an event. MS-ASCMD 2.2.3.24, 2.2.3.42.2.
func (r *run) instances(exceptions *wbxml.Element) (all []Outgoing, err error) {
	for x := range exceptions.All(wbxml.CalendarException) {
		o := Outgoing{Op: eas.OpChange}
		data := wbxml.E(wbxml.AirSyncApplicationData)
		for i := range x.Children {
			switch c := &x.Children[i]; c.Tag {
			case wbxml.CalendarExceptionStartTime, wbxml.AirSyncBaseInstanceId:
				if o.Instance, err = wbxml.ParseTime(c.Text); err != nil {
					return nil, fmt.Errorf("exception: %w", err)
				}
			case wbxml.CalendarDeleted:
				if c.Text != "0" {
					o.Op = eas.OpDelete
				}
			default:
				data.Children = r.appendSent(data.Children, c)
			}
		}
		if o.Instance.IsZero() {
			return nil, errors.New("an exception does not say of what")
		}
		if o.Op == eas.OpChange {
			o.Content = &Content{data}
		}
		all = append(all, o)
	}
	return all, nil
}

// stay lists the properties that a Change does not delete by leaving them out: those of an event from 16.0 on, and everywhere a
// body and a picture. MS-ASCMD 2.2.3.24.
func (r *run) stay(props *wbxml.Element) (names []string) {
	for i := range props.Children {
		c := &props.Children[i]
		stays := c.Tag == wbxml.AirSyncBaseBody || c.Tag == wbxml.ContactsPicture || r.class == eas.ClassCalendar || r.class == eas.ClassEmail
		if stays && r.counts(c.Tag) && len(appendCanonical(nil, c)) > 0 {
			names = append(names, c.Tag.String())
		}
	}
	return names
}

// emptied says that a property is no more.
func (r *run) emptied(tag wbxml.Tag) []wbxml.Element {
	modern := r.c.Version().AtLeast(eas.Version160)
	switch {
	case tag == wbxml.AirSyncBaseBody:
		return []wbxml.Element{wbxml.E(tag, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.Empty(wbxml.AirSyncBaseData))}
	case r.class == eas.ClassCalendar && !modern, tag == wbxml.CalendarExceptions, tag == wbxml.CalendarTimezone:
		return nil
	case tag == wbxml.CalendarLocation:
		tag = wbxml.AirSyncBaseLocation
	case tag == wbxml.EmailRead:
		return []wbxml.Element{wbxml.T(tag, "0")}
	}
	if since, ok := since[tag]; ok && !r.c.Version().AtLeast(since) {
		return nil
	}
	return []wbxml.Element{wbxml.Empty(tag)}
}

// tagOf is 0 for what is no property.
func tagOf(name string) wbxml.Tag {
	namespace, local, _ := strings.Cut(name, ":")
	tag, _ := wbxml.Lookup(namespace, local)
	return tag
}
