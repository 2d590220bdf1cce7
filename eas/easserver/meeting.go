package easserver

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// meeting is the calendar object in a message that invites, answers or cancels.
type meeting struct {
	method string
	event  *component
}

// meetingOf reads the calendar object of a message, or returns nil. Only messages in
// memory are searched for one.
func (c *Content) meetingOf() *meeting {
	if !bytes.Contains(c.Bytes, []byte("text/calendar")) {
		return nil
	}
	b := c.body()
	calendars, err := parseComponents(strings.NewReader(b.calendar))
	if err != nil || len(calendars) == 0 {
		return nil
	}
	for _, e := range calendars[0].children {
		if e.name == "VEVENT" {
			method := strings.ToUpper(b.method)
			if m := calendars[0].text("METHOD"); m != "" {
				method = strings.ToUpper(m)
			}
			return &meeting{method: method, event: e}
		}
	}
	return nil
}

// messageClass returns the message class of MS-ASEMAIL 2.2.2.49.
func (m *meeting) messageClass() string {
	switch m.method {
	case "REQUEST":
		return "IPM.Schedule.Meeting.Request"
	case "CANCEL":
		return "IPM.Schedule.Meeting.Canceled"
	case "REPLY":
		for _, a := range m.event.all("ATTENDEE") {
			switch a.param("PARTSTAT") {
			case "ACCEPTED":
				return "IPM.Schedule.Meeting.Resp.Pos"
			case "DECLINED":
				return "IPM.Schedule.Meeting.Resp.Neg"
			}
		}
		return "IPM.Schedule.Meeting.Resp.Tent"
	}
	return "IPM.Note"
}

// request makes the MeetingRequest of an invitation or a cancellation. Its elements
// have an order. MS-ASEMAIL 2.2.2.48.
func (m *meeting) request(v protocol) (wbxml.Element, bool) {
	if m.method != "REQUEST" && m.method != "CANCEL" {
		return wbxml.Element{}, false
	}
	e := m.event
	start, _ := moment(e, "DTSTART")
	first, _ := e.get("DTSTART")
	allDay := first.param("VALUE") == "DATE"
	stamp, ok := moment(e, "DTSTAMP")
	if !ok {
		stamp = start
	}
	rule, recurs := e.get("RRULE")
	recurring := wbxml.Element{}
	if recurs {
		recurring, recurs = recurrence(rule.value, start, emailRecurrence)
	}
	organizer, _ := e.get("ORGANIZER")
	var p properties
	p.number(wbxml.EmailAllDayEvent, bit(allDay))
	p.time(wbxml.EmailStartTime, start, wbxml.DateTime)
	p.time(wbxml.EmailDtStamp, stamp, wbxml.DateTime)
	p.time(wbxml.EmailEndTime, end(e, start, allDay), wbxml.DateTime)
	p.number(wbxml.EmailInstanceType, bit(recurs)) // 0 single, 1 the whole of a series
	p.location(v, e.text("LOCATION"))
	p.text(wbxml.EmailOrganizer, mailto(organizer))
	p.text(wbxml.EmailReminder, reminder(e))
	p.number(wbxml.EmailResponseRequested, bit(m.method == "REQUEST"))
	if recurs {
		slices.SortFunc(recurring.Children, func(a, b wbxml.Element) int {
			return slices.Index(emailRecurrenceOrder, a.Tag) - slices.Index(emailRecurrenceOrder, b.Tag)
		})
		p = append(p, wbxml.E(wbxml.EmailRecurrences, recurring))
	}
	p.number(wbxml.EmailSensitivity, sensitivity(e))
	p.number(wbxml.EmailBusyStatus, busyStatus(e, allDay))
	p.text(wbxml.EmailTimeZone, timeZone(start.Location(), start.Year()))
	p.identity(v, m)
	return wbxml.E(wbxml.EmailMeetingRequest, p...), true
}

func (p *properties) location(v protocol, s string) {
	if v < 160 {
		p.text(wbxml.EmailLocation, s)
	} else if s != "" {
		*p = append(*p, wbxml.E(wbxml.AirSyncBaseLocation, wbxml.T(wbxml.AirSyncBaseDisplayName, s)))
	}
}

// identity says which meeting it is: a GlobalObjId, from 16.0 on the UID.
func (p *properties) identity(v protocol, m *meeting) {
	uid := m.event.text("UID")
	if v < 160 {
		p.text(wbxml.EmailGlobalObjId, globalObjID(uid))
	}
	if v >= 140 {
		p.text(wbxml.EmailDisallowNewTimeProposal, "0")
	}
	if v >= 141 {
		kind := "1" // a request; 2.2.2.47
		if m.method == "CANCEL" {
			kind = "0"
		}
		p.text(wbxml.Email2MeetingMessageType, kind)
	}
	if v >= 160 {
		p.text(wbxml.CalendarUID, uid)
	}
}

// globalObjID wraps the UID of an iCalendar object. MS-ASEMAIL 2.2.2.37.
func globalObjID(uid string) string {
	b := []byte{
		0x04, 0x00, 0x00, 0x00, 0x82, 0x00, 0xE0, 0x00, 0x74, 0xC5, 0xB7, 0x10, 0x1A, 0x82, 0xE0, 0x08, // CLASSID
		0, 0, 0, 0, // INSTDATE
		0, 0, 0, 0, 0, 0, 0, 0, // NOW
		0, 0, 0, 0, 0, 0, 0, 0, // RESERVED
	}
	data := "vCal-Uid\x01\x00\x00\x00" + uid + "\x00"
	n := len(data)
	b = append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
	return base64.StdEncoding.EncodeToString(append(b, data...))
}

var emailRecurrence = recurrenceTags{
	wbxml.EmailRecurrence, wbxml.EmailType, wbxml.EmailInterval, wbxml.EmailUntil, wbxml.EmailOccurrences,
	wbxml.EmailDayOfWeek, wbxml.EmailDayOfMonth, wbxml.EmailWeekOfMonth, wbxml.EmailMonthOfYear, wbxml.Email2FirstDayOfWeek, 0,
	wbxml.CompactDateTime,
}

var emailRecurrenceOrder = []wbxml.Tag{
	wbxml.EmailType, wbxml.EmailInterval, wbxml.EmailUntil, wbxml.EmailOccurrences, wbxml.EmailWeekOfMonth, wbxml.EmailDayOfMonth,
	wbxml.EmailDayOfWeek, wbxml.EmailMonthOfYear, wbxml.Email2FirstDayOfWeek,
}
