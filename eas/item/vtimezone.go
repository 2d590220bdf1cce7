package item

import (
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// addZone adds the zone so that it holds from a year on: RFC 5545 3.6.5.
func addZone(cal *ics.Calendar, z *zone, from int) {
	if z == nil {
		return
	}
	c := component{&cal.AddTimezone(z.id).ComponentBase}
	if z.toStd.month == 0 || z.toStd.year != 0 || z.toDST.year != 0 {
		c.observance("STANDARD", z.stdName, time.Date(from, time.January, 1, 0, 0, 0, 0, time.UTC), z.std, z.std, "")
	}
	c.changes("STANDARD", z.stdName, z.toStd, from, z.dst, z.std)
	c.changes("DAYLIGHT", z.dstName, z.toDST, from, z.std, z.dst)
}

// changes adds one of the two changes of a zone, yearly or only once.
func (c component) changes(kind, name string, when change, from, offsetFrom, offsetTo int) {
	rule := when.rrule()
	if rule == "" {
		from = when.year
	}
	if at, ok := when.at(from); ok {
		c.observance(kind, name, at, offsetFrom, offsetTo, rule)
	}
}

func (c component) observance(kind, name string, start time.Time, offsetFrom, offsetTo int, rule string) {
	o := c.sub(kind)
	o.add("DTSTART", start.Format(localForm))
	o.add("TZOFFSETFROM", utcOffset(offsetFrom))
	o.add("TZOFFSETTO", utcOffset(offsetTo))
	o.add("RRULE", rule)
	o.add("TZNAME", name)
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
