package easserver

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// moment reads a date or a time of a component.
func moment(c *component, name string) (time.Time, bool) {
	l, ok := c.get(name)
	if !ok {
		return time.Time{}, false
	}
	t, _, ok := parseMoment(l.value, l.param("TZID"))
	return t, ok
}

// parseMoment reads a DATE or DATE-TIME. A zone that is not known is taken as UTC.
func parseMoment(value, tzid string) (t time.Time, isDate, ok bool) {
	loc, err := time.LoadLocation(tzid) // "" is UTC
	if err != nil {
		loc = time.UTC
	}
	value = strings.TrimSpace(value)
	for _, layout := range []string{"20060102T150405Z", "20060102T150405", "20060102"} {
		if t, err := time.ParseInLocation(layout, value, loc); err == nil {
			return t, layout == "20060102", true
		}
	}
	return time.Time{}, false, false
}

// wallClock returns the time with the digits of t in UTC: a local time of a task.
func wallClock(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// duration reads a DURATION, RFC 5545 3.3.6.
func duration(s string) (d time.Duration, ok bool) {
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimLeft(s, "+-")
	if !strings.HasPrefix(s, "P") {
		return 0, false
	}
	units := map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour, 'H': time.Hour, 'M': time.Minute, 'S': time.Second}
	n := 0
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9' && n < 1_000_000:
			n = n*10 + int(c-'0')
		case c == 'T':
		case units[c] != 0:
			d += time.Duration(n) * units[c]
			n, ok = 0, true
		default:
			return 0, false
		}
	}
	if negative {
		d = -d
	}
	return d, ok
}

// timeZone returns the zone in the form of MS-ASDTYPE 2.7.6: a TIME_ZONE_INFORMATION
// with the rules of a year.
func timeZone(loc *time.Location, year int) string {
	var b [172]byte
	standard, daylight, toStandard, toDaylight := yearRules(loc, year)
	binary.LittleEndian.PutUint32(b[0:], uint32(int32(-standard.seconds/60)))
	putZoneName(b[4:68], standard.name)
	putZoneName(b[88:152], daylight.name)
	if !toDaylight.IsZero() && !toStandard.IsZero() {
		putRule(b[68:84], toStandard.In(time.FixedZone("", daylight.seconds)))
		putRule(b[152:168], toDaylight.In(time.FixedZone("", standard.seconds)))
		binary.LittleEndian.PutUint32(b[168:], uint32(int32(-(daylight.seconds-standard.seconds)/60)))
	}
	return base64.StdEncoding.EncodeToString(b[:])
}

type zoneTime struct {
	name    string
	seconds int // east of UTC
}

// yearRules finds the two times of a year at which a zone changes its offset.
func yearRules(loc *time.Location, year int) (standard, daylight zoneTime, toStandard, toDaylight time.Time) {
	t := time.Date(year, 1, 1, 0, 0, 0, 0, loc)
	standard = zoneOf(t)
	daylight = standard
	if summer := zoneOf(t.AddDate(0, 6, 0)); summer.seconds < standard.seconds {
		standard = summer
	} else {
		daylight = summer
	}
	for range 3 { // a year has the rest of one period, another, and the beginning of the third
		_, next := t.ZoneBounds()
		if next.IsZero() || next.In(loc).Year() != year {
			break
		}
		if z := zoneOf(next.In(loc)); z.seconds == daylight.seconds && z.seconds != standard.seconds {
			toDaylight = next
		} else {
			toStandard = next
		}
		t = next.In(loc)
	}
	return standard, daylight, toStandard, toDaylight
}

func zoneOf(t time.Time) zoneTime {
	name, seconds := t.Zone()
	return zoneTime{name, seconds}
}

func putZoneName(b []byte, name string) {
	for i, u := range utf16.Encode([]rune(name)) {
		if 2*i+4 > len(b) {
			return
		}
		binary.LittleEndian.PutUint16(b[2*i:], u)
	}
}

// putRule writes a SYSTEMTIME that says "the n-th weekday of a month"; the fifth is
// the last.
func putRule(b []byte, t time.Time) {
	week := (t.Day()-1)/7 + 1
	if t.AddDate(0, 0, 7).Month() != t.Month() {
		week = 5
	}
	for i, n := range []int{0, int(t.Month()), int(t.Weekday()), week, t.Hour(), t.Minute()} {
		binary.LittleEndian.PutUint16(b[2*i:], uint16(n))
	}
}

// weekdays are the bits of DayOfWeek, MS-ASCAL 2.2.2.14.1.
var weekdays = map[string]int{"SU": 1, "MO": 2, "TU": 4, "WE": 8, "TH": 16, "FR": 32, "SA": 64}

// byDay reads BYDAY: the bits of the days, and which of the month it is, 0 if not
// said.
func byDay(s string) (days, week int) {
	for _, d := range strings.Split(s, ",") {
		if len(d) < 2 {
			continue
		}
		days |= weekdays[d[len(d)-2:]]
		if n, err := strconv.Atoi(d[:len(d)-2]); err == nil {
			week = n
		}
	}
	return days, week
}
