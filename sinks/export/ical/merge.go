package ical

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	ics "github.com/arran4/golang-ical"
)

// A Merger puts the components of many iCalendar objects into one. Each VTIMEZONE stands in it once, before what uses it. If two
// objects define one TZID (RFC 5545 3.8.3.1) in two ways, the second definition gets another TZID, and so do the times of its
// object. What the objects say of themselves, such as METHOD, is left out.
type Merger struct {
	w     io.Writer
	err   error
	defs  map[string][]definition // by TZID as the objects have it
	taken map[string]bool         // TZIDs that are in what was written
}

const productID = "PRODID:-//airlift//EAS archive//EN"

// definition is a VTIMEZONE that was written.
type definition struct {
	sum  [sha256.Size]byte // of all of it but its TZID
	tzid string            // that it was given
}

// NewMerger begins an iCalendar object of that name.
func NewMerger(w io.Writer, name string) *Merger {
	m := &Merger{w: w, defs: map[string][]definition{}, taken: map[string]bool{}}
	var b bytes.Buffer
	for _, text := range []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", productID, "X-WR-CALNAME:" + ics.ToText(name),
	} {
		folded(text).writeTo(&b)
	}
	m.write(b.Bytes())
	return m
}

// Add adds the components of an iCalendar object. ErrFormat: it is none, and nothing was added.
func (m *Merger) Add(data []byte) error {
	if m.err != nil {
		return m.err
	}
	calendars, err := Parse(data)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, c := range calendars {
		names := map[string]string{} // the TZIDs of this object that have another name in what is written
		for _, part := range c.Components {
			if part.Name == "VTIMEZONE" && part.TZID != "" {
				m.define(&b, names, part)
			}
		}
		for _, part := range c.Components {
			if part.Name == "VTIMEZONE" {
				continue
			}
			for _, l := range part.lines {
				if other := names[l.zoneOf()]; other != "" {
					l = l.inZone(other)
				}
				l.writeTo(&b)
			}
		}
	}
	m.write(b.Bytes())
	return m.err
}

// Close ends the object. It does not close what it was written to.
func (m *Merger) Close() error {
	m.write([]byte("END:VCALENDAR\r\n"))
	return m.err
}

func (m *Merger) write(b []byte) {
	if m.err == nil {
		_, m.err = m.w.Write(b)
	}
}

// define writes a VTIMEZONE unless it has been written, and notes under which name.
func (m *Merger) define(b *bytes.Buffer, names map[string]string, zone Component) {
	hash := sha256.New()
	for _, l := range zone.lines {
		if name, _, _ := l.split(); name != "TZID" {
			fmt.Fprintf(hash, "%s\n", l.text)
		}
	}
	d := definition{tzid: zone.TZID}
	hash.Sum(d.sum[:0])
	for _, known := range m.defs[zone.TZID] {
		if known.sum == d.sum {
			names[zone.TZID] = renamed(zone.TZID, known.tzid)
			return
		}
	}
	for n := 2; m.taken[d.tzid]; n++ {
		d.tzid = fmt.Sprintf("%s-%d", zone.TZID, n)
	}
	m.taken[d.tzid] = true
	m.defs[zone.TZID] = append(m.defs[zone.TZID], d)
	names[zone.TZID] = renamed(zone.TZID, d.tzid)
	for _, l := range zone.lines {
		if name, params, _ := l.split(); name == "TZID" && names[zone.TZID] != "" {
			l = folded(l.text[:len(name)] + params + ":" + d.tzid)
		}
		l.writeTo(b)
	}
}

// renamed is the new name, "" if it is none.
func renamed(before, after string) string {
	if before == after {
		return ""
	}
	return after
}

// Objects takes calendars apart into iCalendar objects of one item each: a component and, behind it, those of its kind and UID
// that say what is different about some of its recurrences (RFC 5545 3.8.4.4), with the VTIMEZONEs that they name and
// with what the calendar says of itself.
func Objects(calendars []Calendar) (objects []Object) {
	for _, c := range calendars {
		at := map[string]int{}
		for _, part := range c.Components {
			if part.Name == "VTIMEZONE" {
				continue
			}
			key := part.Name + ":" + part.UID
			i, ok := at[key]
			if !ok || part.UID == "" || !part.override {
				i = len(objects)
				at[key] = i
				objects = append(objects, Object{Name: part.Name, UID: part.UID, of: c})
			}
			objects[i].parts = append(objects[i].parts, part)
		}
	}
	return objects
}

// An Object is one item of a calendar.
type Object struct {
	Name string // of its components: VEVENT, VTODO, VJOURNAL, …
	UID  string

	of    Calendar
	parts []Component
}

// Bytes returns the object as a file of its own.
func (o Object) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString("BEGIN:VCALENDAR\r\n")
	if o.of.bare {
		b.WriteString("VERSION:2.0\r\n" + productID + "\r\n")
	}
	for _, l := range o.of.properties {
		l.writeTo(&b)
	}
	used := map[string]bool{}
	for _, part := range o.parts {
		for _, l := range part.lines {
			used[l.zoneOf()] = true
		}
	}
	for _, part := range o.of.Components {
		if part.Name == "VTIMEZONE" && used[strings.Trim(part.TZID, `"`)] {
			part.writeTo(&b)
		}
	}
	for _, part := range o.parts {
		part.writeTo(&b)
	}
	b.WriteString("END:VCALENDAR\r\n")
	return b.Bytes()
}

func (c Component) writeTo(b *bytes.Buffer) {
	for _, l := range c.lines {
		l.writeTo(b)
	}
}
