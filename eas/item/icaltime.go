package item

import (
	"strconv"
	"strings"
	"time"
)

// moment is a date or a time of an iCalendar object: RFC 5545 3.3.4, 3.3.5.
type moment struct {
	wall  time.Time // the local time, or midnight of the date, labelled UTC
	clock clock     // where it is local; nil is UTC
	date  bool
}

func (m moment) isZero() bool { return m.wall.IsZero() }

// utc is the instant of a moment. A date is midnight where its clock is.
func (m moment) utc() time.Time {
	if m.clock == nil || m.isZero() {
		return m.wall
	}
	return instant(m.clock, m.wall)
}

// clock tells how many seconds local time is ahead of UTC at an instant.
type clock interface{ offset(time.Time) int }

// instant returns when a clock shows a time. What it shows twice is the first of
// both, and what it never shows, since it was put forward, is as if it had not
// been: RFC 5545 3.3.5.
func instant(c clock, wall time.Time) time.Time {
	before := c.offset(wall.Add(-26 * time.Hour))
	for _, offset := range [...]int{before, c.offset(wall.Add(26 * time.Hour))} {
		at := wall.Add(-time.Duration(offset) * time.Second)
		if c.offset(at) == offset {
			return at
		}
	}
	return wall.Add(-time.Duration(before) * time.Second)
}

// wallAt returns what a clock shows at an instant; nil is UTC.
func wallAt(c clock, t time.Time) time.Time {
	if c == nil || t.IsZero() {
		return t
	}
	return t.Add(time.Duration(c.offset(t)) * time.Second)
}

// location is the clock of a place of the tz database.
type location struct{ *time.Location }

func (l location) offset(t time.Time) int {
	_, seconds := t.In(l.Location).Zone()
	return seconds
}

// zones are the time zones that an object may name.
type zones struct {
	defined  map[string]*icalComponent
	clocks   map[string]clock // what was looked up
	standard string           // X-WR-TIMEZONE: where times without a zone are
	home     clock            // where they are if that is not said
	lose     func(property, value, why string)
}

// maxZones is how many zones one item may name.
const maxZones = 50

func newZones(cal *icalComponent, o ParseOptions, lose func(property, value, why string)) *zones {
	z := &zones{defined: map[string]*icalComponent{}, clocks: map[string]clock{}, lose: lose}
	if o.Location != nil {
		z.home = named{location{o.Location}, o.Location.String()}
	}
	for _, c := range cal.subs {
		if id := c.first("TZID").text(); c.kind == "VTIMEZONE" && id != "" {
			z.defined[id] = c
		}
	}
	z.standard = strings.TrimSpace(cal.first("X-WR-TIMEZONE").text())
	return z
}

// again is the same for another item.
func (z *zones) again() *zones {
	other := *z
	other.clocks = map[string]clock{}
	return &other
}

// clock returns the time zone of a name: as the object defines it, or else as the tz
// database has the name. Nil is UTC; what nobody knows is taken for it.
func (z *zones) clock(id string) clock {
	if c, known := z.clocks[id]; known {
		return c
	}
	if len(z.clocks) == maxZones {
		z.lose("TZID", id, "more than "+strconv.Itoa(maxZones)+" time zones: taken for UTC")
		return nil
	}
	var found clock
	if def := z.defined[id]; def != nil {
		if shifts := observances(def); len(shifts) > 0 {
			found = named{shifts, id}
		}
	}
	if found == nil {
		if loc, ok := placeNamed(id); ok {
			if loc != time.UTC {
				found = named{location{loc}, id}
			}
		} else {
			z.lose("TZID", id, "no such time zone, taken for UTC")
		}
	}
	z.clocks[id] = found
	return found
}

// named is a clock with the name that an object has for it.
type named struct {
	clock
	id string
}

// floating returns the clock of times that name none.
func (z *zones) floating() clock {
	if z.standard == "" {
		return z.home
	}
	return z.clock(z.standard)
}

// moment reads one value of a property.
func (z *zones) moment(l *icalLine, value string) (moment, bool) {
	value = strings.ToUpper(strings.TrimSpace(value))
	if t, err := time.Parse(utcForm, value); err == nil {
		return checked(moment{wall: t})
	}
	if t, err := time.Parse(dateForm, value); err == nil {
		return checked(moment{wall: t, date: true, clock: z.floating()})
	}
	t, err := time.Parse(localForm, value)
	if err != nil {
		return moment{}, false
	}
	if id := l.param("TZID"); id != "" {
		return checked(moment{wall: t, clock: z.clock(id)})
	}
	if z.standard == "" && z.home == nil {
		z.lose(l.name, value, "a local time that names no zone, taken for UTC")
	}
	return checked(moment{wall: t, clock: z.floating()})
}

// checked refuses years that parseTime would not read again.
func checked(m moment) (moment, bool) { return m, 1 < m.wall.Year() && m.wall.Year() < 9999 }

// duration is a DURATION (RFC 5545 3.3.6): days are days of the calendar, the rest is exact.
type duration struct {
	days  int
	exact time.Duration
}

const maxDuration = 100 * 366 * 24 * time.Hour

// after returns the moment that is a duration later.
func (m moment) after(d duration) moment {
	m.wall = m.wall.AddDate(0, 0, d.days)
	if d.exact != 0 {
		m.wall = wallAt(m.clock, m.utc().Add(d.exact))
	}
	return m
}

// span is the length of a duration whose days have 24 hours.
func (d duration) span() time.Duration { return time.Duration(d.days)*24*time.Hour + d.exact }

func parseDuration(s string) (d duration, ok bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	negative := strings.HasPrefix(s, "-")
	s, ok = strings.CutPrefix(strings.TrimLeft(s, "+-"), "P")
	if !ok || s == "" {
		return duration{}, false
	}
	units := map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}
	n, digits := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9' && digits < 9:
			n, digits = 10*n+int(c-'0'), digits+1
			continue
		case c == 'T' && digits == 0:
			continue
		case digits == 0:
			return duration{}, false
		case c == 'W':
			d.days += 7 * n
		case c == 'D':
			d.days += n
		case units[c] != 0:
			d.exact += time.Duration(n) * units[c]
		default:
			return duration{}, false
		}
		n, digits = 0, 0
		if d.days > int(maxDuration/(24*time.Hour)) || d.span() > maxDuration {
			return duration{}, false
		}
	}
	if negative {
		d.days, d.exact = -d.days, -d.exact
	}
	return d, digits == 0
}
