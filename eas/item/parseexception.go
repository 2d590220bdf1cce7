package item

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// exceptionWriter makes the exceptions of a series: in it up to protocol 14.1, and
// each by its InstanceId from 16.0 on.
type exceptionWriter struct {
	eventReading
	series     eventTimes
	content    built
	id         string // TZID of the series
	form       timeForm
	o          ParseOptions
	exceptions []wbxml.Element
	instances  []Instance
	taken      map[int64]bool // the occurrences that have an exception, by their wall clock
	walls      []time.Time    // the occurrences of the pattern
	complete   bool           // these are all
}

// room takes an occurrence, and tells whether it can have an exception yet.
func (x *exceptionWriter) room(wall time.Time, what string) bool {
	if x.taken == nil {
		x.taken = map[int64]bool{}
	}
	switch {
	case x.taken[wall.Unix()]:
		return false
	case len(x.taken) == maxExpanded:
		x.lose(what, wall.Format(localForm), "more than "+strconv.Itoa(maxExpanded)+" exceptions")
		return false
	}
	x.taken[wall.Unix()] = true
	return true
}

// add adds an exception for the occurrence at a wall clock time; nil is none any more.
func (x *exceptionWriter) add(wall time.Time, props built) {
	original := x.series.start.at(wall)
	if x.version >= 16 {
		one := Instance{ID: x.form.instant(original)}
		if props != nil {
			one.Properties = props.element()
		}
		x.instances = append(x.instances, one)
		return
	}
	e := wbxml.E(wbxml.CalendarException)
	if props == nil {
		e.Append(wbxml.T(wbxml.CalendarDeleted, "1"))
	}
	e.Append(wbxml.T(wbxml.CalendarExceptionStartTime, x.form.format(original)))
	e.Append(props...)
	x.exceptions = append(x.exceptions, e)
}

// expanded takes away what a pattern has more than its recurrence, and moves what is
// at another time of the day.
func (x *exceptionWriter) expanded(p patterned) {
	for _, wall := range p.without {
		if x.room(wall, "RRULE") {
			x.add(wall, nil)
		}
	}
	for _, m := range p.moved {
		if x.room(m.from, "RDATE") {
			var b built
			x.form.span(&b, x.series.beginning(m.to))
			x.add(m.from, b)
		}
	}
}

// excluded takes away the occurrences of EXDATE. Those that are none need nothing.
func (x *exceptionWriter) excluded(s recurrenceOf, p patterned) {
	for _, wall := range s.excluded {
		switch {
		case x.taken[wall.Unix()]:
		case x.has(wall):
			if x.room(wall, "EXDATE") {
				x.add(wall, nil)
			}
		case len(p.without)+len(p.moved)+len(s.added)+len(s.extimes) == 0:
			x.lose("EXDATE", wall.Format(localForm), "not an occurrence of the series")
		}
	}
}

// occurrencesOf computes the occurrences of the pattern.
func (x *exceptionWriter) occurrencesOf(p patterned) {
	if p.pattern.isLunar() {
		return // nobody here can: each is taken for one
	}
	ru := p.pattern.rule()
	ru.options.Count = max(p.pattern.occurrences, 0)
	x.walls, x.complete = ru.walls(p.first, p.until, maxOccurrences)
}

// has tells whether the pattern has an occurrence; one that is later than what is
// computed is taken for one.
func (x *exceptionWriter) has(wall time.Time) bool {
	if _, is := slices.BinarySearchFunc(x.walls, wall, time.Time.Compare); is {
		return true
	}
	return !x.complete && (len(x.walls) == 0 || wall.After(x.walls[len(x.walls)-1]))
}

// overrides makes an exception of each VEVENT that replaces an occurrence.
func (x *exceptionWriter) overrides(others []*icalComponent, s recurrenceOf, p patterned) {
	for _, c := range others {
		e := eventReading{reading: x.read(c, x.zones, x.o), method: x.method}
		id := e.take("RECURRENCE-ID")
		m, ok := x.zones.moment(id, id.value)
		if !ok {
			e.lose("RECURRENCE-ID", id.value, "neither a date nor a time")
			continue
		}
		wall := s.wall(m)
		switch {
		case x.series.allDay():
			wall = dayOf(wall)
		case m.date:
			wall = m.wall.Add(x.series.start.wall.Sub(dayOf(x.series.start.wall)))
		}
		for _, m := range p.moved {
			if m.to.Equal(wall) {
				wall = m.from
			}
		}
		if !x.has(wall) && slices.ContainsFunc(s.added, wall.Equal) {
			e.lose("RECURRENCE-ID", id.value, "not an occurrence of the series")
			continue
		}
		if sameDay := dayOf(wall).Add(x.series.start.wall.Sub(dayOf(x.series.start.wall))); !x.has(wall) && x.has(sameDay) {
			e.lose("RECURRENCE-ID", id.value, "taken for the occurrence of that day")
			wall = sameDay
		} else if !x.has(wall) {
			e.lose("RECURRENCE-ID", id.value, "not an occurrence of the series")
			continue
		}
		if strings.EqualFold(id.param("RANGE"), "THISANDFUTURE") {
			e.lose("RECURRENCE-ID;RANGE", "THISANDFUTURE", "that occurrence alone is changed")
		}
		if props := x.override(e, wall); len(props) > 0 && x.room(wall, "RECURRENCE-ID") {
			x.add(wall, props)
		}
	}
}

// override makes the properties of an exception.
func (x *exceptionWriter) override(e eventReading, wall time.Time) built {
	b := built{}
	usual := x.series.beginning(wall)
	at := usual
	if e.first("DTSTART") != nil {
		at = x.fitting(e, e.times())
		if z, ok := x.series.start.clock.(*zone); ok {
			at.start, at.end = at.start.shownBy(z, x.id), at.end.shownBy(z, x.id)
		}
	}
	if x.version < 16 && at.allDay() != usual.allDay() {
		b.flag(wbxml.CalendarAllDayEvent, at.allDay())
	}
	if x.version < 16 || !at.start.utc().Equal(usual.start.utc()) || !at.end.utc().Equal(usual.end.utc()) || at.allDay() != usual.allDay() {
		form := x.form
		form.allDay = at.allDay()
		form.span(&b, at)
	}
	e.take("UID")
	if stamp := e.stamp("DTSTAMP"); x.version < 16 {
		b.time(wbxml.CalendarDtStamp, utcForm, stamp)
	}
	for _, name := range [...]string{"ORGANIZER", "X-MICROSOFT-DISALLOW-COUNTER", "X-EAS-RESPONSEREQUESTED"} {
		e.takeAll(name)
	}
	x.differences(&b, e, e.content(at))
	for _, name := range [...]string{"RRULE", "RDATE", "EXDATE", "EXRULE"} {
		for _, l := range e.takeAll(name) {
			e.lose(name, l.value, "an occurrence does not recur")
		}
	}
	e.rest("an occurrence")
	return b
}

// fitting makes the times of an occurrence whole days where those of its series
// are, from 16.0 on, and else not: MS-ASCAL 2.2.2.1.
func (x *exceptionWriter) fitting(e eventReading, at eventTimes) eventTimes {
	if x.version < 16 || at.allDay() == x.series.allDay() || at.start.isZero() {
		return at
	}
	e.lose("DTSTART", at.start.wall.Format(localForm), "not of the type of its series, which an occurrence must have from protocol 16.0 on")
	if at.allDay() {
		at.start.date, at.end.date = false, false
		at.start.clock, at.end.clock = x.series.start.clock, x.series.start.clock
		return at
	}
	at.start.date, at.end.date = true, true
	at.start.wall, at.end.wall = dayOf(at.start.wall), dayOf(at.end.wall.Add(24*time.Hour-time.Second))
	at.start.clock, at.end.clock = x.series.start.clock, x.series.start.clock
	if !at.end.wall.After(at.start.wall) {
		at.end = at.start.after(duration{days: 1})
	}
	return at
}

// differences writes what an occurrence says otherwise than its series; an empty
// element is what it does not have of it (MS-ASCAL 3.1.5.3.1).
func (x *exceptionWriter) differences(b *built, e eventReading, own built) {
	had := map[wbxml.Tag]*wbxml.Element{}
	for i := range x.content {
		had[x.content[i].Tag] = &x.content[i]
	}
	for i := range own {
		c := &own[i]
		series := had[c.Tag]
		delete(had, c.Tag)
		switch {
		case series != nil && digest(series) == digest(c):
		case x.version < 14 && c.Tag == wbxml.CalendarAttendees:
			e.lose("ATTENDEE", "", "an occurrence has those of its series before protocol 14.0")
		default:
			b.add(*c)
		}
	}
	for i := range x.content {
		tag := x.content[i].Tag
		switch {
		case had[tag] == nil:
		case tag == wbxml.AirSyncBaseAttachments, x.version < 14 && tag == wbxml.CalendarAttendees:
			e.lose(tag.Name(), "", "an occurrence that has none has those of its series")
		default:
			b.add(wbxml.Empty(tag))
		}
	}
}
