package item

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// identity writes what names an event, and who made it and when: UID, DtStamp and
// organizer up to 14.1; from 16.0 on requests must not have them, and the client's
// name of an event is ClientUid (MS-ASCAL 2.2.2.13, 18, 35, 36, 46).
func (e eventReading) identity(b *built) {
	const longest = 300 // characters
	uid := e.cutValue("UID", strings.TrimSpace(e.take("UID").text()), longest)
	stamp := e.stamp("DTSTAMP")
	organizer := e.take("ORGANIZER")
	name, email := organizer.param("CN"), e.address(organizer)
	e.parameters(organizer, "CN", "EMAIL")
	if e.version >= 16 {
		b.text(wbxml.CalendarClientUid, uid)
		if organizer != nil {
			e.lose("ORGANIZER", firstOf(email, name), "from protocol 16.0 on it is the user")
		}
		return
	}
	b.text(wbxml.CalendarUID, uid)
	b.time(wbxml.CalendarDtStamp, utcForm, stamp)
	b.text(wbxml.CalendarOrganizerName, name)
	b.text(wbxml.CalendarOrganizerEmail, email)
}

// series writes what an event says and its exceptions do not.
func (e eventReading) series(b *built) {
	disallow := e.take("X-MICROSOFT-DISALLOW-COUNTER")
	asked := e.extra(wbxml.CalendarResponseRequested)
	if e.version < 14 {
		if disallow != nil {
			e.lose(disallow.name, disallow.value, "not before protocol 14.0")
		}
		return
	}
	if disallow != nil {
		b.flag(wbxml.CalendarDisallowNewTimeProposal, strings.EqualFold(strings.TrimSpace(disallow.text()), "TRUE"))
	}
	if asked == "" && slices.ContainsFunc(e.lines, func(l icalLine) bool {
		return l.name == "ATTENDEE" && strings.EqualFold(l.param("RSVP"), "TRUE")
	}) {
		asked = "1" // MS-OXCICAL, parameter RSVP
	}
	if asked != "" {
		b.flag(wbxml.CalendarResponseRequested, isTrue(asked))
	}
}

// content makes what an event and its exceptions may say.
func (e eventReading) content(at eventTimes) (b built) {
	b.text(wbxml.CalendarSubject, strings.ReplaceAll(e.words("SUMMARY"), "\n", " "))
	e.place(&b)
	if body, ok := e.body(wbxml.CalendarBody); ok {
		b.add(body)
	}
	b.list(wbxml.CalendarCategories, wbxml.CalendarCategory, e.categoryList())
	b.number(wbxml.CalendarSensitivity, e.sensitivity())
	b.number(wbxml.CalendarBusyStatus, e.busy())
	if minutes := e.reminder(at); minutes >= 0 {
		b.number(wbxml.CalendarReminder, minutes)
	}
	e.people(&b)
	e.files(&b)
	return b
}

// words takes a text, and loses the parameters that say more of it.
func (r reading) words(name string) string {
	l := r.take(name)
	r.parameters(l)
	return strings.TrimSpace(l.text())
}

// parameters loses the parameters of a property but those that were told of.
func (r reading) parameters(l *icalLine, told ...string) {
	if l == nil {
		return
	}
	var names []string
	for name := range l.params {
		if !slices.Contains(told, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		r.lose(l.name+";"+name, strings.Join(l.params[name], ","), "no such property of an item")
	}
}

// busy takes STATUS and TRANSP, and what Exchange writes beside them: MS-OXCICAL,
// properties X-MICROSOFT-CDO-BUSYSTATUS, TRANSP, STATUS.
func (e eventReading) busy() int {
	status := strings.ToUpper(strings.TrimSpace(e.first("STATUS").text())) // which people takes
	transp := strings.ToUpper(strings.TrimSpace(e.take("TRANSP").text()))
	said := strings.ToUpper(strings.TrimSpace(e.take("X-MICROSOFT-CDO-BUSYSTATUS").text()))
	busy := slices.Index([]string{"FREE", "TENTATIVE", "BUSY", "OOF"}, said)
	switch {
	case said == "WORKINGELSEWHERE":
		e.lose("X-MICROSOFT-CDO-BUSYSTATUS", said, "not in a request: free") // MS-ASCAL 2.2.2.9
		busy = 0
	case busy >= 0:
	case transp == "TRANSPARENT":
		busy = 0
	case status == "TENTATIVE":
		busy = 1
	default:
		busy = 2
	}
	if transp == "TRANSPARENT" && busy != 0 || transp == "OPAQUE" && busy == 0 && said != "WORKINGELSEWHERE" {
		e.lose("TRANSP", transp, "BusyStatus is one value: "+strconv.Itoa(busy))
	}
	if status == "TENTATIVE" && busy != 1 {
		e.lose("STATUS", status, "BusyStatus is one value: "+strconv.Itoa(busy))
	}
	return busy
}

// address is the mail address of a person: RFC 5545 3.3.3, RFC 7986 6.2.
func (r reading) address(l *icalLine) string {
	if l == nil {
		return ""
	}
	value := strings.TrimSpace(l.value)
	if scheme, rest, ok := strings.Cut(value, ":"); ok && strings.EqualFold(scheme, "mailto") {
		rest, _, _ = strings.Cut(rest, "?")
		if plain, err := url.PathUnescape(rest); err == nil {
			rest = plain
		}
		return cleanText(strings.TrimSpace(rest))
	}
	if email := l.param("EMAIL"); email != "" {
		return email
	}
	if strings.Contains(value, "@") && !strings.Contains(value, ":") {
		return cleanText(value)
	}
	if value != "invalid:nomail" { // what Exchange and Event write for none
		r.lose(l.name, value, "no mail address")
	}
	return ""
}

// people takes ATTENDEE and STATUS: MS-ASCAL 2.2.2.3 and 2.2.2.28.
func (e eventReading) people(b *built) {
	attendees := wbxml.E(wbxml.CalendarAttendees)
	for _, l := range e.takeAll("ATTENDEE") {
		e.parameters(l, "CN", "CUTYPE", "ROLE", "PARTSTAT", "RSVP", "EMAIL")
		email := e.address(l)
		if email == "" {
			e.lose("ATTENDEE", firstOf(l.param("CN"), l.value), "an attendee without an address")
			continue
		}
		a := built{wbxml.T(wbxml.CalendarEmail, email), wbxml.T(wbxml.CalendarName, firstOf(l.param("CN"), email))}
		status, kind := e.attendeeStatus(l), e.attendeeType(l)
		if e.version >= 12 && e.version < 16 {
			a.text(wbxml.CalendarAttendeeStatus, status)
		}
		if e.version >= 12 {
			a.text(wbxml.CalendarAttendeeType, kind)
		}
		attendees.Append(wbxml.E(wbxml.CalendarAttendee, a...))
	}
	if len(attendees.Children) > 0 {
		b.add(attendees)
	}
	b.number(wbxml.CalendarMeetingStatus, e.meetingStatus(len(attendees.Children) > 0))
}

// attendeeStatus is MS-ASCAL 2.2.2.5.
func (e eventReading) attendeeStatus(l *icalLine) string {
	said := strings.ToUpper(l.param("PARTSTAT"))
	status := map[string]string{"": "0", "NEEDS-ACTION": "0", "TENTATIVE": "2", "ACCEPTED": "3", "DECLINED": "4"}[said]
	switch {
	case status == "":
		e.lose("ATTENDEE;PARTSTAT", said, "no such AttendeeStatus")
		status = "0"
	case status != "0" && (e.version >= 16 || e.version < 12):
		e.lose("ATTENDEE;PARTSTAT", said, "not in a request of this protocol version")
	}
	return status
}

// attendeeType is MS-ASCAL 2.2.2.6.
func (e eventReading) attendeeType(l *icalLine) string {
	cutype, role := strings.ToUpper(l.param("CUTYPE")), strings.ToUpper(l.param("ROLE"))
	switch cutype {
	case "RESOURCE", "ROOM":
		if cutype == "ROOM" {
			e.lose("ATTENDEE;CUTYPE", cutype, "a resource")
		}
		if role != "" && role != "NON-PARTICIPANT" {
			e.lose("ATTENDEE;ROLE", role, "a resource")
		}
		return "3"
	case "", "INDIVIDUAL":
	default:
		e.lose("ATTENDEE;CUTYPE", cutype, "no such AttendeeType")
	}
	switch role {
	case "", "REQ-PARTICIPANT":
		return "1"
	case "OPT-PARTICIPANT":
		return "2"
	case "NON-PARTICIPANT":
		e.lose("ATTENDEE;ROLE", role, "optional")
		return "2"
	}
	e.lose("ATTENDEE;ROLE", role, "required")
	return "1"
}

// meetingStatus is MS-ASCAL 2.2.2.28: what was kept of it, or else what the
// component says. An object that was received with a method is someone else's
// meeting. A cancelled event is one of the user's own meetings, cancelled.
func (e eventReading) meetingStatus(attended bool) int {
	status := strings.ToUpper(strings.TrimSpace(e.take("STATUS").text()))
	kept, err := strconv.Atoi(e.extra(wbxml.CalendarMeetingStatus))
	if err == nil && slices.Contains([]int{0, 1, 3, 5, 7, 9, 11, 13, 15}, kept) {
		return kept
	}
	n := 0
	if attended {
		n = 1
		if e.method == "REQUEST" || e.method == "CANCEL" {
			n |= 2
		}
	}
	if status == "CANCELLED" || e.method == "CANCEL" {
		n |= 5
	}
	return n
}
