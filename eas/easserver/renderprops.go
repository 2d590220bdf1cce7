package easserver

import (
	"strconv"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// since tells from which protocol version on the properties are there that older
// versions do not know. MS-ASCAL and MS-ASTASK 2.2.2, "Protocol Versions".
var since = map[wbxml.Tag]protocol{
	wbxml.CalendarDisallowNewTimeProposal:   140,
	wbxml.CalendarResponseRequested:         140,
	wbxml.CalendarAppointmentReplyTime:      140,
	wbxml.CalendarResponseType:              140,
	wbxml.CalendarCalendarType:              140,
	wbxml.CalendarIsLeapMonth:               140,
	wbxml.CalendarFirstDayOfWeek:            141,
	wbxml.CalendarOnlineMeetingConfLink:     141,
	wbxml.CalendarOnlineMeetingExternalLink: 141,
	wbxml.CalendarAttendeeStatus:            120,
	wbxml.CalendarAttendeeType:              120,
	wbxml.TasksCalendarType:                 140,
	wbxml.TasksIsLeapMonth:                  140,
	wbxml.TasksFirstDayOfWeek:               141,
}

// body25 are the elements that hold a body in protocol version 2.5.
var body25 = map[eas.Class]struct{ body, size, truncated wbxml.Tag }{
	eas.ClassContacts: {wbxml.ContactsBody, wbxml.ContactsBodySize, wbxml.ContactsBodyTruncated},
	eas.ClassCalendar: {wbxml.CalendarBody, 0, wbxml.CalendarBodyTruncated},
	eas.ClassTasks:    {wbxml.TasksBody, wbxml.TasksBodySize, wbxml.TasksBodyTruncated},
}

// properties writes the properties of a contact, event, task or note. They are kept
// as 14.1 has them; what other versions have in another form is converted.
func (r *renderer) properties(v *version) {
	for i := range v.Properties {
		r.property(&v.Properties[i], true)
	}
}

// property writes a property, or something in one; then top is false.
func (r *renderer) property(e *wbxml.Element, top bool) {
	if r.protocol < since[e.Tag] {
		return
	}
	switch e.Tag {
	case wbxml.AirSyncBaseBody:
		r.propertyBody(e, top)
	case wbxml.AirSyncBaseNativeBodyType, wbxml.CalendarClientUid: // said with the body; the client's business
	case wbxml.CalendarLocation, wbxml.AirSyncBaseLocation:
		r.location(e)
	case wbxml.CalendarExceptionStartTime, wbxml.AirSyncBaseInstanceId:
		r.instance(e)
	case wbxml.CalendarExceptions, wbxml.CalendarException, wbxml.CalendarRecurrence, wbxml.CalendarAttendees, wbxml.CalendarAttendee,
		wbxml.TasksRecurrence:
		r.enc.Start(e.Tag)
		for i := range e.Children {
			r.property(&e.Children[i], false)
		}
		r.enc.End()
	case wbxml.ContactsFileAs, wbxml.ContactsLastName, wbxml.CalendarSubject, wbxml.TasksSubject, wbxml.NotesSubject:
		r.enc.Text(e.Tag, r.name(e.Text))
	default:
		r.enc.Element(e)
	}
}

// name returns what an item is called.
func (r *renderer) name(s string) string {
	if s != "" && r.spoil&spoilText != 0 {
		return s + notUTF8
	}
	return s
}

// location writes where an event is: a string, from 16.0 on a container.
// MS-ASCAL 2.2.2.27, MS-ASAIRS 2.2.2.29.
func (r *renderer) location(e *wbxml.Element) {
	switch {
	case r.protocol >= 160 && e.Tag == wbxml.CalendarLocation:
		r.enc.Start(wbxml.AirSyncBaseLocation)
		r.optional(wbxml.AirSyncBaseDisplayName, e.Text)
		r.enc.End()
	case r.protocol < 160 && e.Tag == wbxml.AirSyncBaseLocation:
		r.optional(wbxml.CalendarLocation, e.Value(wbxml.AirSyncBaseDisplayName))
	default:
		r.enc.Element(e)
	}
}

// instance writes which occurrence an exception replaces. MS-ASCAL 2.2.2.21.
func (r *renderer) instance(e *wbxml.Element) {
	tag, layout := wbxml.CalendarExceptionStartTime, wbxml.CompactDateTime
	if r.protocol >= 160 {
		tag, layout = wbxml.AirSyncBaseInstanceId, wbxml.DateTime
	}
	t, err := wbxml.ParseTime(e.Text)
	if err != nil {
		r.enc.Text(tag, e.Text)
		return
	}
	r.enc.Text(tag, t.Format(layout))
}

// propertyBody writes a body that is kept as Type and Data, at the top with
// NativeBodyType.
func (r *renderer) propertyBody(e *wbxml.Element, top bool) {
	native, err := strconv.Atoi(e.Value(wbxml.AirSyncBaseType))
	if err != nil {
		native = typePlain
	}
	data := e.Value(wbxml.AirSyncBaseData)
	b := &mailBody{text: data, hasText: true}
	if native == typeHTML {
		b = &mailBody{html: data, hasHTML: true}
	}
	convert := func(typ int) (body, bool) {
		if typ == native {
			return bodyOfText(typ, data, b.plain), true
		}
		return b.convert(typ)
	}
	if r.protocol >= 120 {
		r.writeBody(r.prefer(native, convert))
		if top {
			r.number(wbxml.AirSyncBaseNativeBodyType, int64(native))
		}
		return
	}
	old := body25[r.folder.class()]
	if old.body == 0 {
		return
	}
	text := b.plain()
	r.enc.Text(old.body, cutBytes(text, r.opts.truncation))
	if old.size != 0 {
		r.number(old.size, int64(len(text)))
	}
	r.bool(old.truncated, int64(len(text)) > r.opts.truncation)
}
