package item

import (
	"fmt"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Parsed is an event that was made of an iCalendar object.
type Parsed struct {
	// Properties are what a Sync Add takes as ApplicationData. Up to protocol 14.1
	// the exceptions of a series are in it.
	Properties *wbxml.Element
	// Instances are the exceptions of a series from 16.0 on: each is a Sync Change
	// or Delete of its own, once the Add was answered (MS-ASCAL 2.2.2.22). They come
	// last: a change of the series' times or pattern takes them away.
	Instances []Instance
	// Losses are what the properties cannot say.
	Losses []Loss
}

// Instance is an occurrence of a series that differs from it.
type Instance struct {
	// ID is the InstanceId that goes beside the ServerId of the series: when the
	// occurrence would begin, in UTC; of whole days the date (MS-ASAIRS 2.2.2.25).
	ID time.Time
	// Properties of a Change; nil for an occurrence that is deleted.
	Properties *wbxml.Element
}

// ParseEvent makes an event of the Calendar class (MS-ASCAL) of the first VEVENT in
// an iCalendar object, with the VEVENTs that replace occurrences of it (RFC 5545
// 3.8.4.4). It is the counterpart of [Event].
//
// Attendees are kept, and servers may invite them when the event is added: a copy of
// a calendar goes without them unless that is wanted.
//
// A recurrence that EAS has no pattern for becomes one that has all its
// occurrences, and exceptions for what is too much. What this cannot say either is
// a Loss, never another recurrence in silence. Who wrote the object, and when
// (PRODID, METHOD, DTSTAMP), is none.
//
// The error is ErrNotItem where there is no event, ErrTooLarge for a stream over 64
// MiB.
func ParseEvent(data []byte, o ParseOptions) (Parsed, error) {
	cal, group, lost, err := firstItem(data, "VEVENT")
	if err != nil {
		return Parsed{}, err
	}
	e := eventReading{
		reading: lost.read(group[0], newZones(cal, o, lost.lose), o),
		method:  strings.ToUpper(strings.TrimSpace(cal.first("METHOD").text())),
	}
	props, instances := e.event(group[1:], o)
	return Parsed{props.element(), instances, lost.all}, nil
}

// firstItem returns the first item of a kind, and loses the others.
func firstItem(data []byte, kind string) (cal *icalComponent, group []*icalComponent, lost *losses, err error) {
	calendars, err := readCalendars(data)
	if err != nil {
		return nil, nil, nil, err
	}
	lost = &losses{}
	for _, c := range calendars {
		for _, g := range groups(c) {
			if g[0].kind == kind && group == nil {
				cal, group = c, g
			} else {
				lost.lose(g[0].kind, g[0].first("UID").text(), "another item")
			}
		}
	}
	if group == nil {
		return nil, nil, nil, fmt.Errorf("iCalendar: %w: no %s", ErrNotItem, kind)
	}
	return cal, group, lost, nil
}

// eventReading is a VEVENT while an event is made of it.
type eventReading struct {
	reading
	method string
}

// event makes the properties of a series or a single event, and those of the
// occurrences that others replace.
func (e eventReading) event(others []*icalComponent, o ParseOptions) (b built, instances []Instance) {
	at := e.times()
	recurs := e.recurrenceOf(at.start, at.end.utc().Sub(at.start.utc()))
	p, series := patterned{}, false
	if !at.start.isZero() {
		p, series = recurs.patterned(e.reading, maxExpanded-min(len(others), maxExpanded), maxEventCount)
	}
	if series {
		at = at.beginning(p.first)
	}
	form := timeForm{version: e.version, allDay: at.allDay()}
	id := clockName(at.start.clock)
	if !at.allDay() || e.version < 16 {
		b.text(wbxml.CalendarTimezone, e.zone(&at, p, series))
	}
	b.flag(wbxml.CalendarAllDayEvent, at.allDay())
	form.span(&b, at)
	e.identity(&b)
	content := e.content(at)
	b.add(content...)
	e.series(&b)
	if l := e.take("RECURRENCE-ID"); l != nil {
		e.lose("RECURRENCE-ID", l.value, "its series is not here: an event of its own")
	}
	if series {
		p.pattern.until = form.format(at.start.at(p.until))
		e.otherCalendar(&p.pattern, wbxml.CalendarCalendarType, wbxml.CalendarIsLeapMonth)
		b.add(wbxml.E(wbxml.CalendarRecurrence, p.pattern.elements(eventRecurrence, e.version)...))
	}
	e.rest("an event")
	if !series {
		for _, c := range others {
			e.lose("RECURRENCE-ID", c.first("RECURRENCE-ID").value, "no series that it is of")
		}
		return b, nil
	}
	x := exceptionWriter{eventReading: e, series: at, content: content, form: form, o: o, id: id}
	x.occurrencesOf(p)
	x.overrides(others, recurs, p)
	x.expanded(p)
	x.excluded(recurs, p)
	if len(x.exceptions) > 0 {
		b.add(wbxml.E(wbxml.CalendarExceptions, x.exceptions...))
	}
	return b, x.instances
}

var eventRecurrence = recurrenceTags{
	kind: wbxml.CalendarType, interval: wbxml.CalendarInterval, until: wbxml.CalendarUntil,
	occurrences: wbxml.CalendarOccurrences, dayOfWeek: wbxml.CalendarDayOfWeek, dayOfMonth: wbxml.CalendarDayOfMonth,
	weekOfMonth: wbxml.CalendarWeekOfMonth, monthOfYear: wbxml.CalendarMonthOfYear, calendarType: wbxml.CalendarCalendarType,
	isLeapMonth: wbxml.CalendarIsLeapMonth, firstDay: wbxml.CalendarFirstDayOfWeek,
}

// eventTimes are when an event begins and ends.
type eventTimes struct{ start, end moment }

func (t eventTimes) allDay() bool { return t.start.date }

// at is the moment with another wall clock time.
func (m moment) at(wall time.Time) moment {
	m.wall = wall
	return m
}

// beginning is the event with another begin, and as long.
func (t eventTimes) beginning(wall time.Time) eventTimes {
	if wall.Equal(t.start.wall) {
		return t
	}
	if t.allDay() {
		t.end.wall = wall.Add(t.end.wall.Sub(t.start.wall))
		t.start.wall = wall
		return t
	}
	length := t.end.utc().Sub(t.start.utc())
	t.start.wall = wall
	t.end.wall = wallAt(t.end.clock, t.start.utc().Add(length))
	return t
}

// times takes when an event is. RFC 5545 3.6.1 lets it say its end in three ways:
// DTEND, DURATION, or not at all, which is one day for a date and no time else.
func (e eventReading) times() (t eventTimes) {
	t.start, t.end = e.moment("DTSTART"), e.moment("DTEND")
	if t.start.isZero() {
		e.lose("DTSTART", "", "an event without a begin")
		return eventTimes{}
	}
	// MS-OXCICAL, property X-MICROSOFT-CDO-ALLDAYEVENT: whole days as midnights.
	wholeDays := strings.EqualFold(strings.TrimSpace(e.take("X-MICROSOFT-CDO-ALLDAYEVENT").text()), "TRUE")
	if wholeDays && !t.start.date {
		if isMidnight(t.start.wall) && isMidnight(t.end.wall) {
			t.start.date, t.end.date = true, !t.end.isZero()
		} else {
			e.lose("X-MICROSOFT-CDO-ALLDAYEVENT", "TRUE", "the times are no midnights")
		}
	}
	if l := e.take("DURATION"); l != nil {
		if d, ok := parseDuration(l.value); !ok || d.span() < 0 {
			e.lose("DURATION", l.value, "not a duration")
		} else if t.end.isZero() {
			t.end = t.start.after(d)
		}
	}
	switch {
	case t.end.isZero() && t.start.date:
		t.end = t.start.after(duration{days: 1})
	case t.end.isZero():
		t.end = t.start
	case t.end.date != t.start.date:
		e.lose("DTEND", t.end.wall.Format(localForm), "not of the type of DTSTART")
		t.end.date = t.start.date
	}
	if kept := e.take("X-EAS-TIMEZONE"); kept != nil && t.start.date {
		if z, ok := parseZone(kept.text()); ok && z != nil {
			t.start.clock = named{z, z.id}
		}
	}
	if t.start.date {
		t.start.wall, t.end.wall = dayOf(t.start.wall), dayOf(t.end.wall)
		t.end.clock = t.start.clock
		if !t.end.wall.After(t.start.wall) {
			e.lose("DTEND", t.end.wall.Format(dateForm), "not after DTSTART: one day")
			t.end = t.start.after(duration{days: 1})
		}
	} else if t.end.utc().Before(t.start.utc()) {
		e.lose("DTEND", t.end.wall.Format(localForm), "before DTSTART")
		t.end = t.start
	}
	return t
}

// zone is Timezone. It is all that a server knows of the clock of a series, so the
// times of one are written by it: each shows on the wall what it should, in years
// with other rules too. Those of a series without an end are the ones of today.
func (e eventReading) zone(at *eventTimes, p patterned, series bool) string {
	z, source := zoneOf(at.start), at.start.clock
	if !series || z == nil {
		return z.blob()
	}
	first := at.start.wall.Year()
	last := lastYear(first, p.end())
	if !at.allDay() && !agree(z, source, first, last) {
		e.lose("TZID", clockName(source), "its rules change: those of one year are kept")
		if p.end().IsZero() {
			const settled = 2037 // the last year that tz databases spell out
			if later := zoneOf(at.start.at(at.start.wall.AddDate(max(0, settled-first), 0, 0))); later != nil {
				z = later
			}
		}
	}
	at.end = at.end.shownBy(z, clockName(source))
	at.start.clock = z
	return z.blob()
}

// clockName is the TZID of a clock, "" if it has none.
func clockName(c clock) string {
	n, _ := c.(named)
	return n.id
}

// shownBy is the moment by the clock of a series: the same wall clock time where it
// is of the zone that the series is in, and else the same instant.
func (m moment) shownBy(z *zone, id string) moment {
	if !m.date && clockName(m.clock) != id {
		m.wall = wallAt(z, m.utc())
	}
	m.clock = z
	return m
}

// lastYear is until when the rules of a zone matter to a series: to its end, or for
// a few years.
func lastYear(first int, until time.Time) int {
	const years = 10
	if until.IsZero() {
		return first + years
	}
	return min(max(until.Year(), first), first+years)
}

// timeForm is how the times of an event are written.
type timeForm struct {
	version float64
	allDay  bool
}

// format writes a moment as Compact DateTime (MS-ASDTYPE 2.7.5): the instant, or
// from 16.0 on the bare date of an event of whole days (MS-ASCAL 2.2.2.1).
func (f timeForm) format(m moment) string {
	if m.isZero() {
		return ""
	}
	return f.instant(m).Format(utcForm)
}

func (f timeForm) instant(m moment) time.Time {
	if f.allDay && f.version >= 16 {
		return dayOf(m.wall)
	}
	return m.utc()
}

func (f timeForm) span(b *built, t eventTimes) {
	b.text(wbxml.CalendarStartTime, f.format(t.start))
	b.text(wbxml.CalendarEndTime, f.format(t.end))
}
