package easserver

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// calendarItem is an item that was made of an iCalendar object.
type calendarItem struct {
	class eas.Class
	props []wbxml.Element
}

// calendarItems returns the items of the iCalendar objects in a stream, events before
// others. Components with the same UID are one event with its exceptions.
func calendarItems(calendars []*component) []calendarItem {
	var items, others []calendarItem
	byUID := map[string][]*component{}
	var uids []string
	for _, cal := range calendars {
		for _, c := range cal.children {
			switch c.name {
			case "VEVENT":
				uid := cmp.Or(c.text("UID"), fmt.Sprintf("without-uid-%d", len(uids)))
				if byUID[uid] == nil {
					uids = append(uids, uid)
				}
				byUID[uid] = append(byUID[uid], c)
			case "VTODO":
				others = append(others, calendarItem{eas.ClassTasks, taskProperties(c)})
			case "VJOURNAL":
				others = append(others, calendarItem{eas.ClassNotes, noteProperties(c)})
			}
		}
	}
	for _, uid := range uids {
		items = append(items, calendarItem{eas.ClassCalendar, eventProperties(byUID[uid])})
	}
	return append(items, others...)
}

// properties collects elements.
type properties []wbxml.Element

func (p *properties) text(tag wbxml.Tag, s string) {
	if s != "" {
		*p = append(*p, wbxml.T(tag, s))
	}
}

func (p *properties) number(tag wbxml.Tag, n int) { p.text(tag, strconv.Itoa(n)) }

func (p *properties) time(tag wbxml.Tag, t time.Time, layout string) {
	if !t.IsZero() {
		p.text(tag, t.UTC().Format(layout))
	}
}

func (p *properties) list(list, item wbxml.Tag, values []string) {
	e := wbxml.E(list)
	for _, v := range values {
		if v != "" {
			e.Append(wbxml.T(item, v))
		}
	}
	if len(e.Children) > 0 {
		*p = append(*p, e)
	}
}

// eventProperties makes an event of a VEVENT and those that replace occurrences of
// it. MS-ASCAL 2.2.2.
func eventProperties(parts []*component) []wbxml.Element {
	master := parts[0]
	for _, c := range parts {
		if _, override := c.get("RECURRENCE-ID"); !override {
			master = c
		}
	}
	start, _ := moment(master, "DTSTART")
	var p properties
	p.text(wbxml.CalendarTimezone, timeZone(start.Location(), start.Year()))
	p.event(master)
	p.text(wbxml.CalendarUID, master.text("UID"))
	p.attendees(master)
	if r, ok := master.get("RRULE"); ok {
		if e, ok := recurrence(r.value, start, calendarRecurrence); ok {
			p = append(p, e)
		}
	}
	exceptions := wbxml.E(wbxml.CalendarExceptions)
	for _, l := range master.all("EXDATE") {
		for _, v := range strings.Split(l.value, ",") {
			if t, _, ok := parseMoment(v, l.param("TZID")); ok {
				exceptions.Append(wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarDeleted, "1"),
					wbxml.T(wbxml.CalendarExceptionStartTime, t.UTC().Format(wbxml.CompactDateTime))))
			}
		}
	}
	for _, c := range parts {
		if id, ok := moment(c, "RECURRENCE-ID"); ok && c != master {
			e := properties{wbxml.T(wbxml.CalendarExceptionStartTime, id.UTC().Format(wbxml.CompactDateTime))}
			e.event(c)
			exceptions.Append(wbxml.E(wbxml.CalendarException, e...))
		}
	}
	if len(exceptions.Children) > 0 {
		p = append(p, exceptions)
	}
	return p
}

// event adds what a series and an exception have in common.
func (p *properties) event(c *component) {
	start, _ := moment(c, "DTSTART")
	first, _ := c.get("DTSTART")
	allDay := first.param("VALUE") == "DATE" || len(first.value) == 8
	p.number(wbxml.CalendarAllDayEvent, bit(allDay))
	p.time(wbxml.CalendarStartTime, start, wbxml.CompactDateTime)
	p.time(wbxml.CalendarEndTime, end(c, start, allDay), wbxml.CompactDateTime)
	stamp, _ := moment(c, "DTSTAMP")
	p.time(wbxml.CalendarDtStamp, stamp, wbxml.CompactDateTime)
	p.text(wbxml.CalendarSubject, c.text("SUMMARY"))
	p.text(wbxml.CalendarLocation, c.text("LOCATION"))
	p.number(wbxml.CalendarBusyStatus, busyStatus(c, allDay))
	p.number(wbxml.CalendarSensitivity, sensitivity(c))
	p.text(wbxml.CalendarReminder, reminder(c))
	p.list(wbxml.CalendarCategories, wbxml.CalendarCategory, categories(c))
	if s := c.text("DESCRIPTION"); s != "" {
		*p = append(*p, textBody(s))
	}
}

// end returns when an event ends, which RFC 5545 3.6.1 lets it say in three ways.
func end(c *component, start time.Time, allDay bool) time.Time {
	if t, ok := moment(c, "DTEND"); ok {
		return t
	}
	if d, ok := duration(c.text("DURATION")); ok {
		return start.Add(d)
	}
	if allDay {
		return start.AddDate(0, 0, 1)
	}
	return start
}

func busyStatus(c *component, allDay bool) int {
	if n, err := strconv.Atoi(map[string]string{"FREE": "0", "TENTATIVE": "1", "BUSY": "2", "OOF": "3"}[c.text("X-MICROSOFT-CDO-BUSYSTATUS")]); err == nil {
		return n
	}
	switch {
	case c.text("TRANSP") == "TRANSPARENT":
		return 0
	case c.text("STATUS") == "TENTATIVE":
		return 1
	case allDay && c.text("TRANSP") == "":
		return 0
	}
	return 2
}

func sensitivity(c *component) int {
	switch c.text("CLASS") {
	case "PERSONAL":
		return 1
	case "PRIVATE":
		return 2
	case "CONFIDENTIAL":
		return 3
	}
	return 0
}

// reminder returns how many minutes before the start an alarm goes off.
func reminder(c *component) string {
	for _, alarm := range c.children {
		d, ok := duration(alarm.text("TRIGGER"))
		if alarm.name == "VALARM" && ok && d <= 0 {
			return strconv.Itoa(int(-d / time.Minute))
		}
	}
	return ""
}

func categories(c *component) []string {
	var all []string
	for _, l := range c.all("CATEGORIES") {
		all = append(all, l.fields(',')...)
	}
	return all
}

// attendees adds who is invited, and whose meeting it is. MS-ASCAL 2.2.2.28.
func (p *properties) attendees(c *component) {
	organizer, meeting := c.get("ORGANIZER")
	list := wbxml.E(wbxml.CalendarAttendees)
	for _, l := range c.all("ATTENDEE") {
		list.Append(wbxml.E(wbxml.CalendarAttendee,
			wbxml.T(wbxml.CalendarEmail, mailto(l)), wbxml.T(wbxml.CalendarName, cmp.Or(l.param("CN"), mailto(l))),
			wbxml.T(wbxml.CalendarAttendeeStatus, participation[l.param("PARTSTAT")]), wbxml.T(wbxml.CalendarAttendeeType, attendeeType(l))))
	}
	if meeting {
		p.text(wbxml.CalendarOrganizerEmail, mailto(organizer))
		p.text(wbxml.CalendarOrganizerName, cmp.Or(organizer.param("CN"), mailto(organizer)))
	}
	status := 0
	if len(list.Children) > 0 {
		*p = append(*p, list)
		if status = 1; c.text("STATUS") == "CANCELLED" {
			status = 5
		}
	}
	p.number(wbxml.CalendarMeetingStatus, status)
}

// participation is AttendeeStatus of MS-ASCAL 2.2.2.5.
var participation = map[string]string{"": "0", "NEEDS-ACTION": "0", "TENTATIVE": "2", "ACCEPTED": "3", "DECLINED": "4", "DELEGATED": "5"}

func attendeeType(l contentLine) string {
	switch {
	case l.param("CUTYPE") == "RESOURCE", l.param("CUTYPE") == "ROOM":
		return "3"
	case l.param("ROLE") == "OPT-PARTICIPANT":
		return "2"
	}
	return "1"
}

func mailto(l contentLine) string {
	if len(l.value) > 7 && strings.EqualFold(l.value[:7], "mailto:") {
		return l.value[7:]
	}
	return l.value
}

// taskProperties makes a task of a VTODO. MS-ASTASK 2.2.2.
func taskProperties(c *component) []wbxml.Element {
	var p properties
	p.text(wbxml.TasksSubject, c.text("SUMMARY"))
	importance := 1
	if n, err := strconv.Atoi(c.text("PRIORITY")); err == nil && n > 0 {
		importance = slices.Index([]bool{n > 5, n == 5, n < 5}, true)
	}
	p.number(wbxml.TasksImportance, importance)
	start, _ := moment(c, "DTSTART")
	p.time(wbxml.TasksUtcStartDate, start, wbxml.DateTime)
	p.time(wbxml.TasksStartDate, wallClock(start), wbxml.DateTime)
	due, _ := moment(c, "DUE")
	p.time(wbxml.TasksUtcDueDate, due, wbxml.DateTime)
	p.time(wbxml.TasksDueDate, wallClock(due), wbxml.DateTime)
	completed, done := moment(c, "COMPLETED")
	p.number(wbxml.TasksComplete, bit(done || c.text("STATUS") == "COMPLETED"))
	p.time(wbxml.TasksDateCompleted, completed, wbxml.DateTime)
	p.number(wbxml.TasksSensitivity, sensitivity(c))
	minutes, err := strconv.Atoi(reminder(c))
	p.number(wbxml.TasksReminderSet, bit(err == nil && !start.IsZero()))
	if err == nil && !start.IsZero() {
		p.time(wbxml.TasksReminderTime, start.Add(-time.Duration(minutes)*time.Minute), wbxml.DateTime)
	}
	p.list(wbxml.TasksCategories, wbxml.TasksCategory, categories(c))
	if r, ok := c.get("RRULE"); ok {
		if e, ok := recurrence(r.value, start, taskRecurrence); ok {
			p = append(p, e)
		}
	}
	p = append(p, textBody(c.text("DESCRIPTION")))
	return p
}

// noteProperties makes a note of a VJOURNAL. MS-ASNOTE 2.2.2.
func noteProperties(c *component) []wbxml.Element {
	var p properties
	p.text(wbxml.NotesSubject, c.text("SUMMARY"))
	p.text(wbxml.NotesMessageClass, "IPM.StickyNote")
	changed, ok := moment(c, "LAST-MODIFIED")
	if !ok {
		changed, _ = moment(c, "DTSTAMP")
	}
	p.time(wbxml.NotesLastModifiedDate, changed, wbxml.DateTime)
	p.list(wbxml.NotesCategories, wbxml.NotesCategory, categories(c))
	p = append(p, textBody(c.text("DESCRIPTION")))
	return p
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
