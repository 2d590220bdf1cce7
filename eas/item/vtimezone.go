package item

import (
	"fmt"
	"strings"
	"time"
)

// vtimezone writes the zone so that it holds from a year on: RFC 5545 3.6.5.
func (l *lines) vtimezone(z *zone, from int) {
	if z == nil {
		return
	}
	l.begin("VTIMEZONE")
	l.text("TZID", z.id)
	if z.toStd.month == 0 || z.toStd.year != 0 || z.toDST.year != 0 {
		l.observance("STANDARD", z.stdName, time.Date(from, time.January, 1, 0, 0, 0, 0, time.UTC), z.std, z.std, "")
	}
	l.changes("STANDARD", z.stdName, z.toStd, from, z.dst, z.std)
	l.changes("DAYLIGHT", z.dstName, z.toDST, from, z.std, z.dst)
	l.end("VTIMEZONE")
}

// changes writes one of the two changes of a zone, yearly or only once.
func (l *lines) changes(kind, name string, c change, from, offsetFrom, offsetTo int) {
	rule := c.rrule()
	if rule == "" {
		from = c.year
	}
	if at, ok := c.at(from); ok {
		l.observance(kind, name, at, offsetFrom, offsetTo, rule)
	}
}

func (l *lines) observance(kind, name string, start time.Time, offsetFrom, offsetTo int, rule string) {
	l.begin(kind)
	l.raw("DTSTART", start.Format(localForm))
	l.raw("TZOFFSETFROM", utcOffset(offsetFrom))
	l.raw("TZOFFSETTO", utcOffset(offsetTo))
	l.raw("RRULE", rule)
	l.text("TZNAME", name)
	l.end(kind)
}

// rrule returns the yearly rule, "" for a change on one date.
func (c change) rrule() string {
	if c.month == 0 || c.year != 0 {
		return ""
	}
	nth := c.day
	if nth == 5 {
		nth = -1
	}
	return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", c.month, nth, weekdayCode(c.weekday))
}

func weekdayCode(d time.Weekday) string { return strings.ToUpper(d.String()[:2]) }

// utcOffset writes an offset in seconds: RFC 5545 3.3.14.
func utcOffset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
}
