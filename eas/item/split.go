package item

import (
	"bytes"
	"iter"
	"slices"
	"strings"
	"time"
)

// CalendarItem is one item of a calendar file.
type CalendarItem struct {
	// Component is what it is: "VEVENT", "VTODO", "VJOURNAL", or a kind that EAS has
	// no class for, such as "VFREEBUSY".
	Component string
	// UID names it; "" if the file does not. Two items may have one UID: see SplitCalendar.
	UID string
	// Data is an iCalendar object with this item alone, its overrides and the time
	// zones that it names: what [ParseEvent], [ParseTask] and [ParseNote] read.
	Data []byte
}

// SplitCalendar returns the items of a file of iCalendar objects (RFC 5545 3.4), in
// their order, occurrences without their series last. Components of one kind and UID are one item
// where one of them is the series and the others have a RECURRENCE-ID. Nothing is
// dropped: a second series with the same UID, an occurrence whose series is not in
// the file or does not have it, and a component without UID are items of their own.
//
// The error comes alone: ErrNotItem for a file that is no iCalendar, ErrTooLarge for
// one over 64 MiB or one whose components are nested too deep.
func SplitCalendar(data []byte) iter.Seq2[CalendarItem, error] {
	return func(yield func(CalendarItem, error) bool) {
		calendars, err := readCalendars(data)
		if err != nil {
			yield(CalendarItem{}, err)
			return
		}
		for _, cal := range calendars {
			zones := timeZones(cal)
			for _, group := range groups(cal) {
				one := CalendarItem{Component: group[0].kind, UID: group[0].first("UID").text(), Data: object(cal, zones, group)}
				if !yield(one, nil) {
					return
				}
			}
		}
	}
}

// groups returns the components of an object but the time zones, those of one item
// together, its series first.
func groups(cal *icalComponent) (all [][]*icalComponent) {
	type key struct{ kind, uid string }
	var zones *zones
	series, has := map[key]int{}, map[int]func(*icalLine) bool{}
	for _, overrides := range [...]bool{false, true} {
		for _, c := range cal.subs {
			if c.kind == "VTIMEZONE" || overrides != (c.first("RECURRENCE-ID") != nil) {
				continue
			}
			k := key{c.kind, c.first("UID").text()}
			if i, known := series[k]; overrides && known && k.uid != "" {
				if has[i] == nil {
					if zones == nil {
						zones = newZones(cal, ParseOptions{}, (&losses{}).lose)
					}
					has[i] = occurrencesOf(all[i][0], zones.again())
				}
				if has[i](c.first("RECURRENCE-ID")) {
					all[i] = append(all[i], c)
					continue
				}
			}
			if _, known := series[k]; !overrides && !known {
				series[k] = len(all)
			}
			all = append(all, []*icalComponent{c})
		}
	}
	return all
}

// occurrencesOf returns what tells whether a series has the occurrence that a
// RECURRENCE-ID names. One that cannot be computed is taken for one.
func occurrencesOf(c *icalComponent, z *zones) func(id *icalLine) bool {
	r := (&losses{}).read(c, z, ParseOptions{})
	start := r.moment("DTSTART")
	s := r.recurrenceOf(start, -1)
	s.excluded = nil // what is excluded may be replaced: some writers say both
	walls, complete, ok := s.occurrences(r)
	return func(id *icalLine) bool {
		m, readable := r.zones.moment(id, id.value)
		if !readable || !ok || start.isZero() || len(s.rules)+len(s.added) == 0 {
			return true
		}
		day := dayOf(s.wall(m))
		if m.date {
			day = m.wall
		}
		_, is := slices.BinarySearchFunc(walls, day, func(wall, day time.Time) int { return dayOf(wall).Compare(day) })
		return is || !complete && day.After(walls[len(walls)-1])
	}
}

// timeZones are the VTIMEZONEs of an object.
func timeZones(cal *icalComponent) (all []*icalComponent) {
	for _, c := range cal.subs {
		if c.kind == "VTIMEZONE" {
			all = append(all, c)
		}
	}
	return all
}

// object writes an object with some of the components of another one, and the time
// zones that they name.
func object(cal *icalComponent, zones, components []*icalComponent) []byte {
	var b bytes.Buffer
	b.WriteString("BEGIN:VCALENDAR\r\n")
	for _, name := range [...]string{"VERSION", "PRODID", "CALSCALE", "METHOD", "X-WR-TIMEZONE"} {
		if l := cal.first(name); l != nil {
			b.WriteString(name + ":" + l.value + "\r\n")
		}
	}
	named := map[string]bool{}
	for _, c := range components {
		namedZones(named, c)
	}
	if l := cal.first("X-WR-TIMEZONE"); l != nil {
		named[l.text()] = true
	}
	for _, c := range zones {
		if named[c.first("TZID").text()] {
			writeRaw(&b, c)
		}
	}
	for _, c := range components {
		writeRaw(&b, c)
	}
	b.WriteString("END:VCALENDAR\r\n")
	return b.Bytes()
}

// namedZones collects what time zones a component names.
func namedZones(named map[string]bool, c *icalComponent) {
	for i := range c.lines {
		if id := c.lines[i].param("TZID"); id != "" {
			named[id] = true
		}
	}
	for _, sub := range c.subs {
		namedZones(named, sub)
	}
}

// writeRaw writes a component as it came; one that did not end ends here.
func writeRaw(b *bytes.Buffer, c *icalComponent) {
	raw := bytes.TrimRight(c.raw, "\r\n \t")
	b.Write(raw)
	b.WriteString("\r\n")
	if end := "END:" + c.kind; len(raw) < len(end) || !strings.EqualFold(string(raw[len(raw)-len(end):]), end) {
		b.WriteString(end + "\r\n")
	}
}
