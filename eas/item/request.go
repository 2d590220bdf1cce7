package item

import (
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// notSent are the properties that no request may have, and notSent16 those that none from 16.0 on may have. MS-ASCAL 2.2.2.2, .40;
// .46, .18, .36, .35, .5; MS-ASAIRS 2.2.2.32; MS-ASCNTC 2.2.2.2, 2.2.2.64.
var (
	notSent = []wbxml.Tag{
		wbxml.AirSyncBaseNativeBodyType, wbxml.AirSyncBaseEstimatedDataSize, wbxml.AirSyncBaseTruncated, wbxml.AirSyncBasePreview,
		wbxml.CalendarAppointmentReplyTime, wbxml.CalendarResponseType, wbxml.CalendarClientUid, wbxml.NotesLastModifiedDate,
		wbxml.ContactsBodySize, wbxml.ContactsBodyTruncated, wbxml.CalendarBodyTruncated, wbxml.TasksBodySize, wbxml.TasksBodyTruncated,
		wbxml.ContactsAlias, wbxml.ContactsWeightedRank, wbxml.AirSyncBaseAttachment, wbxml.CalendarAttachments,
	}
	notSent16 = []wbxml.Tag{
		wbxml.CalendarUID, wbxml.CalendarDtStamp, wbxml.CalendarOrganizerName, wbxml.CalendarOrganizerEmail, wbxml.CalendarAttendeeStatus,
		wbxml.CalendarMeetingStatus,
	}
	// since are the properties that older versions do not have. "Protocol Versions" in the sections of each.
	since = map[wbxml.Tag]float64{
		wbxml.CalendarAttendeeStatus: 12, wbxml.CalendarAttendeeType: 12,
		wbxml.CalendarResponseRequested: 14, wbxml.CalendarDisallowNewTimeProposal: 14, wbxml.CalendarCalendarType: 14,
		wbxml.CalendarIsLeapMonth: 14, wbxml.TasksCalendarType: 14, wbxml.TasksIsLeapMonth: 14, wbxml.EmailCategories: 14,
		wbxml.CalendarFirstDayOfWeek: 14.1, wbxml.TasksFirstDayOfWeek: 14.1,
		wbxml.CalendarOnlineMeetingConfLink: 14.1, wbxml.CalendarOnlineMeetingExternalLink: 14.1,
	}
)

// Request returns the properties of an item, as a server sent them in any protocol version, as a request of o.Version may have
// them: Parsed.Properties for an Add or a Change, and from 16.0 on the exceptions of an event for commands of their own. What only
// servers write is left out; what the version has otherwise is converted: bodies, locations, the times of whole days; what it does not
// have is a Loss.
//
// The error is of exceptions that do not say of which occurrence they are: they are left out, and all else is there.
func Request(props *wbxml.Element, o ParseOptions) (Parsed, error) {
	r := request{version: protocolVersion(o), wholeDays: isTrue(props.Value(wbxml.CalendarAllDayEvent))}
	for i := 0; i < len(props.Children) && r.legacy == 0; i++ {
		r.legacy = oldBody(props.Children[i].Tag)
	}
	if r.modern() {
		props = Dates(props)
	}
	main := wbxml.E(wbxml.AirSyncApplicationData)
	var all []Instance
	var err error
	for i := range props.Children {
		switch c := &props.Children[i]; {
		case r.modern() && c.Tag == wbxml.CalendarExceptions:
			all, err = r.instances(c)
		case r.modern() && c.Tag == wbxml.CalendarTimezone && r.wholeDays: // MS-ASCAL 2.2.2.1
		default:
			main.Children = r.append(main.Children, c)
		}
	}
	if r.wholeDays && !r.modern() && props.Value(wbxml.CalendarTimezone) == "" && main.Has(wbxml.CalendarStartTime) { // the dates of 16.0 are midnights in UTC
		main.Append(wbxml.T(wbxml.CalendarTimezone, (*zone)(nil).blob()))
	}
	return Parsed{Properties: &main, Instances: all, Losses: r.all}, err
}

// request is an item while a request is made of it.
type request struct {
	losses
	version   float64
	wholeDays bool
	legacy    wbxml.Tag // for the body in 2.5
}

func (r *request) modern() bool { return r.version >= 16 }

// append appends e in the form of the version.
func (r *request) append(to []wbxml.Element, e *wbxml.Element) []wbxml.Element {
	switch {
	case slices.Contains(notSent, e.Tag), r.modern() && slices.Contains(notSent16, e.Tag):
		r.unsaid(e)
		return to
	case r.version < since[e.Tag]:
		if Says(e) {
			r.lose(e.Tag.String(), e.Text, fmt.Sprintf("not before protocol %.1f", since[e.Tag]))
		}
		return to
	case r.modern() && e.Tag == wbxml.CalendarLocation:
		return append(to, wbxml.E(wbxml.AirSyncBaseLocation, wbxml.T(wbxml.AirSyncBaseDisplayName, e.Text)))
	case !r.modern() && e.Tag == wbxml.AirSyncBaseLocation:
		return r.oldLocation(to, e)
	case !r.modern() && e.Tag == wbxml.AirSyncBaseInstanceId:
		if t, err := wbxml.ParseTime(e.Text); err == nil {
			return append(to, wbxml.T(wbxml.CalendarExceptionStartTime, t.Format(wbxml.CompactDateTime)))
		}
	case isBody(e.Tag):
		return r.body(to, e)
	}
	own := *e
	own.Children = nil
	for i := range e.Children {
		own.Children = r.append(own.Children, &e.Children[i])
	}
	if e.Tag == wbxml.AirSyncBaseAttachments && len(own.Children) == 0 && len(e.Children) > 0 {
		return to
	}
	return append(to, own)
}

// unsaid names what people will miss of what no request may have.
func (r *request) unsaid(e *wbxml.Element) {
	switch e.Tag {
	case wbxml.CalendarUID:
		r.lose(e.Tag.String(), e.Text, "from protocol 16.0 on the server makes it")
	case wbxml.ContactsAlias, wbxml.ContactsWeightedRank:
		r.lose(e.Tag.String(), e.Text, "only a server says it")
	case wbxml.AirSyncBaseAttachment:
		r.lose(e.Tag.String(), e.Value(wbxml.AirSyncBaseDisplayName), "no file in a request")
	case wbxml.CalendarAttachments:
		for a := range e.All(wbxml.CalendarAttachment) {
			r.lose(a.Tag.String(), a.Value(wbxml.CalendarDisplayName), "no file in a request")
		}
	}
}

// oldLocation is the one string that a location was. MS-ASCAL 2.2.2.27.
func (r *request) oldLocation(to []wbxml.Element, e *wbxml.Element) []wbxml.Element {
	for i := range e.Children {
		if c := &e.Children[i]; c.Tag != wbxml.AirSyncBaseDisplayName && c.Text != "" {
			r.lose(c.Tag.String(), c.Text, "not before protocol 16.0")
		}
	}
	return append(to, wbxml.T(wbxml.CalendarLocation, e.Value(wbxml.AirSyncBaseDisplayName)))
}

// instances are the exceptions of an event. MS-ASCMD 2.2.3.24, 2.2.3.42.2.
func (r *request) instances(exceptions *wbxml.Element) (all []Instance, bad error) {
	for x := range exceptions.All(wbxml.CalendarException) {
		var one Instance
		data := wbxml.E(wbxml.AirSyncApplicationData)
		deleted := false
		for i := range x.Children {
			switch c := &x.Children[i]; c.Tag {
			case wbxml.CalendarExceptionStartTime, wbxml.AirSyncBaseInstanceId:
				t, err := wbxml.ParseTime(c.Text)
				if err != nil {
					bad = errors.Join(bad, fmt.Errorf("exception: %w", err))
					break
				}
				one.ID = t
			case wbxml.CalendarDeleted:
				deleted = c.Text != "0"
			default:
				data.Children = r.append(data.Children, c)
			}
		}
		if one.ID.IsZero() {
			bad = errors.Join(bad, errors.New("an exception does not say of what"))
			continue
		}
		if !deleted {
			one.Properties = &data
		}
		all = append(all, one)
	}
	return all, bad
}

// Whole returns an item in one piece: its properties, with the exceptions that travel by themselves inside.
func (p Parsed) Whole() *wbxml.Element {
	all := p.Properties.Clone()
	if len(p.Instances) == 0 {
		return all
	}
	exceptions := wbxml.E(wbxml.CalendarExceptions)
	for _, i := range p.Instances {
		x := wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, i.ID.Format(wbxml.CompactDateTime)))
		if i.Properties == nil {
			x.Append(wbxml.T(wbxml.CalendarDeleted, "1"))
		} else {
			x.Append(i.Properties.Clone().Children...)
		}
		exceptions.Append(x)
	}
	all.Append(exceptions)
	return all
}

// Emptied says in a Change that a property is no more, for those that leaving them out does not delete: everywhere a body and a picture,
// from 16.0 on all of an event. It is nil for others, and for what cannot be taken away: exceptions, and a time zone. MS-ASCMD 2.2.3.24.
func Emptied(class string, tag wbxml.Tag, o ParseOptions) *wbxml.Element {
	modern := protocolVersion(o) >= 16
	var e wbxml.Element
	switch {
	case tag == wbxml.AirSyncBaseBody:
		e = wbxml.E(tag, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.Empty(wbxml.AirSyncBaseData))
	case tag == wbxml.CalendarExceptions, tag == wbxml.CalendarTimezone, protocolVersion(o) < since[tag], ByServer(tag):
		return nil
	case tag == wbxml.CalendarLocation && modern:
		e = wbxml.Empty(wbxml.AirSyncBaseLocation)
	case tag == wbxml.EmailRead:
		e = wbxml.T(tag, "0")
	case tag == wbxml.ContactsPicture, class == "Email", class == "Calendar" && modern, isBody(tag):
		e = wbxml.Empty(tag)
	default:
		return nil
	}
	return &e
}
