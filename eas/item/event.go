package item

import (
	"strconv"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Options says of an item what its properties may not. The zero value is complete.
type Options struct {
	// UID names the item where the server sent no UID: anything that stays the
	// same for the item. Default: a UUID of the item's content.
	UID string
	// Files says where the files that Attachments lists are, by FileReference. What
	// it does not have is only named.
	Files map[string]File
	// VCardVersion is the version of vCard that VCard writes: VCard3, or VCard4 for
	// anything else.
	VCardVersion string
}

// File is a file that was stored beside a converted item.
type File struct {
	Name        string // path relative to the converted item, with slashes
	ContentType string // "" is not known
}

// Event returns the iCalendar object of an event of the Calendar class (MS-ASCAL):
// a VEVENT, one more for each changed occurrence, and their VTIMEZONE. The error
// is ErrNoProperties.
func Event(props *wbxml.Element, o Options) ([]byte, error) {
	if err := checkProperties(props); err != nil {
		return nil, err
	}
	v := viewOf(props)
	z, ok := parseZone(v.value(wbxml.CalendarTimezone))
	whole := series{
		view: v, files: o.Files,
		form: form{allDay: isTrue(v.value(wbxml.CalendarAllDayEvent)), zone: z},
		uid:  firstOf(cleanText(v.value(wbxml.CalendarUID)), cleanText(v.value(wbxml.CalendarClientUid)), cleanText(o.UID)),
	}
	if whole.uid == "" {
		whole.uid = contentUUID(props)
	}
	at := spanOf(v)
	if z != nil && !at.start.IsZero() {
		year := z.local(at.start).Year()
		z.id = z.idFor(year, lastYear(year, endOfSeries(v, at)))
	}

	cal := newCalendar()
	if !whole.form.allDay {
		addZone(cal, z, firstYear(at.start))
	}
	c := component{&cal.AddEvent(whole.uid).ComponentBase}
	c.span(at, whole.form)
	c.stamp(v.date(wbxml.CalendarDtStamp), at.start)
	if e := v.first(wbxml.CalendarRecurrence); e != nil {
		r := viewOf(e)
		c.recurrence(r, eventPattern(r), whole.form, wbxml.CalendarType, wbxml.CalendarCalendarType, wbxml.CalendarIsLeapMonth)
	}
	c.exdates(props, whole.form)
	switch {
	case !ok:
		v.extra(c.add, wbxml.CalendarTimezone)
	case whole.form.allDay && z != nil: // where the midnights are, of which dates say nothing
		c.add("X-EAS-TIMEZONE", z.blob())
	}
	c.eventProperties(v, o.Files)
	for _, e := range c.changed(props) {
		cal.Components = append(cal.Components, later(func() ics.Component { return whole.occurrence(e) }))
	}
	return serialize(cal)
}

// endOfSeries is until when the zone of an event matters; zero if nobody knows.
func endOfSeries(v view, at span) time.Time {
	e := v.first(wbxml.CalendarRecurrence)
	if e == nil {
		return firstTime(at.end, at.start)
	}
	p := patterned{pattern: eventPattern(viewOf(e)), first: at.start}
	if p.pattern.occurrences > 0 && at.start.IsZero() {
		return time.Time{}
	}
	p.until, _ = parseTime(p.pattern.until)
	return p.end()
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// firstYear is from when on a VTIMEZONE must hold for an event.
func firstYear(start time.Time) int {
	if start.IsZero() {
		return 1970
	}
	return min(1970, start.Year()-1)
}

// span is when an event is; a time that is not known is zero.
type span struct{ start, end time.Time }

func spanOf(v view) span {
	return span{v.date(wbxml.CalendarStartTime), v.date(wbxml.CalendarEndTime)}
}

// length is how long it takes, 0 if that is not known.
func (s span) length() time.Duration {
	if s.start.IsZero() || !s.end.After(s.start) {
		return 0
	}
	return s.end.Sub(s.start)
}

// span writes when an event is. DTEND must be later than DTSTART (RFC 5545
// 3.8.2.2); without it an event takes no time, or its one day.
func (c component) span(s span, f form) {
	c.time("DTSTART", f, s.start)
	if s.length() > 0 && (!f.allDay || f.date(s.end).After(f.date(s.start))) {
		c.time("DTEND", f, s.end)
	}
}

// eventProperties writes all of an event but when it is.
func (c component) eventProperties(v view, files map[string]File) {
	c.add("SUMMARY", v.value(wbxml.CalendarSubject))
	c.location(v)
	c.description(findBody(v))
	c.categories(v, wbxml.CalendarCategories, wbxml.CalendarCategory)
	c.add("CLASS", classification(v.value(wbxml.CalendarSensitivity)))
	c.busyStatus(v)
	c.organizer(v)
	c.attendees(v)
	c.attachments(v, files)
	if isTrue(v.value(wbxml.CalendarDisallowNewTimeProposal)) {
		c.add("X-MICROSOFT-DISALLOW-COUNTER", "TRUE")
	}
	c.utc("X-MICROSOFT-CDO-REPLYTIME", v.date(wbxml.CalendarAppointmentReplyTime))
	c.add("X-MICROSOFT-ONLINEMEETINGCONFLINK", v.value(wbxml.CalendarOnlineMeetingConfLink))
	c.add("X-MICROSOFT-ONLINEMEETINGEXTERNALLINK", v.value(wbxml.CalendarOnlineMeetingExternalLink))
	v.extra(c.add, wbxml.CalendarMeetingStatus, wbxml.CalendarResponseType, wbxml.CalendarResponseRequested)
	if minutes := v.number(wbxml.CalendarReminder); minutes >= 0 {
		c.alarm("-PT" + strconv.Itoa(minutes) + "M")
	}
}

// busyStatus writes STATUS and TRANSP: MS-OXCICAL 2.1.3.1.1.20.25 and .31.
func (c component) busyStatus(v view) {
	status, transp, busy := "CONFIRMED", "OPAQUE", ""
	switch v.value(wbxml.CalendarBusyStatus) {
	case "0":
		busy, transp = "FREE", "TRANSPARENT"
	case "1":
		busy, status = "TENTATIVE", "TENTATIVE"
	case "2":
		busy = "BUSY"
	case "3":
		busy = "OOF"
	case "4":
		busy, transp = "WORKINGELSEWHERE", "TRANSPARENT"
	default:
		status, transp = "", ""
	}
	const cancelled = 4 // a bit of MeetingStatus: MS-ASCAL 2.2.2.28
	if n := v.number(wbxml.CalendarMeetingStatus); n > 0 && n&cancelled != 0 {
		status = "CANCELLED"
	}
	c.add("STATUS", status)
	c.add("TRANSP", transp)
	c.add("X-MICROSOFT-CDO-BUSYSTATUS", busy)
}
