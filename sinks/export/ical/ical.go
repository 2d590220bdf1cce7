// Package ical puts the components of many iCalendar objects into one without changing them: a component's lines stay as they
// are, but that each ends with CR LF (RFC 5545 3.1) and that a time names its zone where else its object alone does. A library that parses and writes a calendar gives back what it
// understands of it. The way back is item.SplitCalendar.
package ical

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
)

// ErrFormat says that something is no iCalendar object.
var ErrFormat = errors.New("no iCalendar object")

// A Calendar is a VCALENDAR.
type Calendar struct {
	Components []Component
	Home       string // the zone of its times that name none, as X-WR-TIMEZONE says; "" = it does not say

	bare bool // there is no VCALENDAR around the components
}

// A Component is what stands in a VCALENDAR: a VEVENT, VTODO, VJOURNAL, VTIMEZONE.
type Component struct {
	Name string // in upper case
	TZID string // of a VTIMEZONE

	lines []line // with BEGIN and END
}

// line is a content line.
type line struct {
	text   string   // unfolded
	folded []string // as it stands, without the ends of the lines; nil = it is not folded
}

const maxDepth = 32 // of components in components

// Parse parses what is one VCALENDAR after the other, of any line ends. ErrFormat: it is something else; the error says in
// which line.
func Parse(data []byte) ([]Calendar, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var calendars []Calendar
	var open []string // the names of the components that are begun
	number := 0
	for len(data) > 0 {
		var l line
		var n int
		l, n, data = cutLine(data)
		first := number + 1
		number += n
		if l.text == "" {
			continue
		}
		if err := parseLine(&calendars, &open, l); err != nil {
			return nil, fmt.Errorf("line %d: %w", first, err)
		}
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("line %d: no end of %s: %w", number, open[len(open)-1], ErrFormat)
	}
	if len(calendars) == 0 {
		return nil, fmt.Errorf("nothing in it: %w", ErrFormat)
	}
	return calendars, nil
}

// cutLine takes a content line off: one line, and those behind it that begin with a space or a tab. Empty lines are none: some
// programs write them even between the parts of a line.
func cutLine(data []byte) (l line, n int, rest []byte) {
	one := func() string {
		text, after, _ := bytes.Cut(data, []byte("\n"))
		data, n = after, n+1
		for len(data) > 0 && (data[0] == '\n' || bytes.HasPrefix(data, []byte("\r\n"))) {
			_, data, _ = bytes.Cut(data, []byte("\n"))
			n++
		}
		return string(bytes.TrimSuffix(text, []byte("\r")))
	}
	folds := func() bool { return len(data) > 0 && (data[0] == ' ' || data[0] == '\t') }
	if l.text = one(); l.text == "" || !folds() {
		return l, n, data
	}
	l.folded = []string{l.text}
	var b strings.Builder
	b.WriteString(l.text)
	for folds() {
		next := one()
		l.folded = append(l.folded, next)
		b.WriteString(next[1:])
	}
	l.text = b.String()
	return l, n, data
}

func parseLine(calendars *[]Calendar, open *[]string, l line) error {
	name, _, value := l.split()
	value = strings.ToUpper(strings.TrimSpace(value))
	if len(*open) == 0 && name == "BEGIN" && isBare(value) {
		if n := len(*calendars); n == 0 || !(*calendars)[n-1].bare {
			*calendars = append(*calendars, Calendar{bare: true})
		}
		*open = append(*open, bareCalendar)
	}
	depth := len(*open)
	switch {
	case name == "BEGIN" && depth == 0 && value == "VCALENDAR":
		*calendars = append(*calendars, Calendar{})
	case depth == 0:
		return fmt.Errorf("%.40q outside of a calendar: %w", l.text, ErrFormat)
	case name == "BEGIN" && depth == maxDepth:
		return fmt.Errorf("more than %d components in one another: %w", maxDepth, ErrFormat)
	case name == "END" && value != (*open)[depth-1]:
		return fmt.Errorf("END:%.40s in %s: %w", value, (*open)[depth-1], ErrFormat)
	}
	if name == "BEGIN" || name == "END" {
		l = line{text: name + ":" + value} // in upper case, as some programs insist on
	}
	if depth > 0 {
		(*calendars)[len(*calendars)-1].add(depth, name, value, l)
	}
	switch name {
	case "BEGIN":
		*open = append(*open, value)
	case "END":
		if *open = (*open)[:depth-1]; depth == 2 && (*open)[0] == bareCalendar {
			*open = (*open)[:0]
		}
	}
	return nil
}

// bareCalendar is what a component is in that stands in no VCALENDAR. There are programs that write such, and what they mean
// is plain.
const bareCalendar = ""

func isBare(component string) bool {
	switch component {
	case "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE":
		return true
	}
	return false
}

// add adds a line that stands in depth components, of which the calendar is one.
func (c *Calendar) add(depth int, name, value string, l line) {
	switch {
	case depth == 1 && name == "BEGIN":
		c.Components = append(c.Components, Component{Name: value})
	case depth == 1 && name == "X-WR-TIMEZONE":
		_, _, value := l.split()
		c.Home = strings.ReplaceAll(strings.TrimSpace(ics.FromText(value)), `"`, "") // which no parameter can hold
		return
	case depth == 1:
		return // its end, or what else it says of itself
	}
	last := &c.Components[len(c.Components)-1]
	last.lines = append(last.lines, l)
	if depth == 2 && name == "TZID" && last.Name == "VTIMEZONE" {
		_, _, last.TZID = l.split()
	}
}

// split returns the name of a property, in upper case, its parameters, and its value.
func (l line) split() (name, params, value string) {
	end, quoted := -1, false
	for i := range len(l.text) {
		switch c := l.text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ':':
			if end < 0 {
				end = i
			}
			return strings.ToUpper(l.text[:end]), l.text[end:i], l.text[i+1:]
		case c == ';' && end < 0:
			end = i
		}
	}
	return strings.ToUpper(l.text), "", ""
}

// zone finds the value of a TZID parameter (RFC 5545 3.2.19) in the parameters that split returns; -1 = there is none.
func zone(params string) (from, to int) {
	for i := 0; i < len(params); {
		end, quoted := i+1, false
		for ; end < len(params) && (quoted || params[end] != ';'); end++ {
			if params[end] == '"' {
				quoted = !quoted
			}
		}
		const name = ";TZID="
		if end-i >= len(name) && strings.EqualFold(params[i:i+len(name)], name) {
			return i + len(name), end
		}
		i = end
	}
	return -1, -1
}

// zoneOf returns the TZID that a property's time is in; "" = none.
func (l line) zoneOf() string {
	_, params, _ := l.split()
	from, to := zone(params)
	if from < 0 {
		return ""
	}
	return strings.Trim(params[from:to], `"`)
}

// isFloating tells whether a property is a time, or several, without a zone (RFC 5545 3.3.5).
func (l line) isFloating() bool {
	name, params, value := l.split()
	switch name {
	case "DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "RDATE", "EXDATE":
	default:
		return false
	}
	first, _, _ := strings.Cut(value, ",")
	first, _, _ = strings.Cut(first, "/")
	_, err := time.Parse("20060102T150405", strings.ToUpper(strings.TrimSpace(first)))
	from, _ := zone(params)
	return err == nil && from < 0
}

// at returns a line that names no zone with one.
func (l line) at(tzid string) line {
	name, params, value := l.split()
	return folded(l.text[:len(name)] + params + ";TZID=" + quoted(tzid) + ":" + value)
}

func quoted(tzid string) string {
	if strings.ContainsAny(tzid, ":;,") {
		return `"` + tzid + `"`
	}
	return tzid
}

// inZone returns the line with another TZID.
func (l line) inZone(tzid string) line {
	name, params, value := l.split()
	from, to := zone(params)
	return folded(l.text[:len(name)] + params[:from] + quoted(tzid) + params[to:] + ":" + value)
}

// folded makes a line of a text, with at most 75 octets in each part of it (RFC 5545 3.1).
func folded(text string) line {
	const limit = 75
	l := line{text: text}
	room := limit
	for len(text) > room {
		n := room
		for n > room-utf8.UTFMax && !utf8.RuneStart(text[n]) {
			n--
		}
		l.folded = append(l.folded, space(l)+text[:n])
		text, room = text[n:], limit-1
	}
	if l.folded != nil {
		l.folded = append(l.folded, space(l)+text)
	}
	return l
}

func space(l line) string {
	if l.folded == nil {
		return ""
	}
	return " "
}

// writeTo appends the line to b.
func (l line) writeTo(b *bytes.Buffer) {
	if l.folded == nil {
		b.WriteString(l.text + "\r\n")
		return
	}
	for _, part := range l.folded {
		b.WriteString(part + "\r\n")
	}
}
