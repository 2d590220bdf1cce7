package ical

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"

	ics "github.com/arran4/golang-ical"
)

// A Merger puts the components of many iCalendar objects into one. Each VTIMEZONE stands in it once, before what uses it. If two
// objects define one TZID (RFC 5545 3.8.3.1) in two ways, the second definition gets another TZID, and so do the times of its
// object. What the objects say of themselves, such as METHOD, is left out; a time that names no zone gets the one that its object
// has for all (X-WR-TIMEZONE), since among others it would be anywhere.
type Merger struct {
	w     io.Writer
	err   error
	defs  map[string][]definition // by TZID as the objects have it
	taken map[string]bool         // TZIDs that are in what was written
}

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
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//airlift//EAS archive//EN", "X-WR-CALNAME:" + ics.ToText(name),
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
				} else if c.Home != "" && l.isFloating() {
					l = l.at(cmp.Or(names[c.Home], c.Home))
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
