package item

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// zone is a time zone as EAS describes one: MS-ASDTYPE 2.7.4. The nil zone is UTC.
type zone struct {
	id               string // for TZID
	stdName, dstName string
	std, dst         int // seconds east of UTC
	toStd, toDST     change
}

// change is when the clock changes, in the local time before it. Month 0 is never.
type change struct {
	year              int // 0: every year, on the day-th weekday of the month, 5 being the last; else on that date alone
	month             time.Month
	weekday           time.Weekday
	day               int
	hour, minute, sec int
}

const zoneSize = 172

// parseZone reads the base64 of a TimeZone structure. ok tells whether it was one;
// if not, and for a structure that says UTC, the zone is nil.
func parseZone(blob string) (z *zone, ok bool) {
	if len(blob) > 4*zoneSize { // room for line breaks, no more
		return nil, false
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(blob), ""))
	if err != nil || len(b) != zoneSize {
		return nil, false
	}
	bias := seconds(b)
	z = &zone{
		stdName: zoneName(b[4:68]), toStd: parseChange(b[68:84]), std: -bias - seconds(b[84:]),
		dstName: zoneName(b[88:152]), toDST: parseChange(b[152:168]), dst: -bias - seconds(b[168:]),
	}
	switch {
	case z.toStd.month == 0 || z.toDST.month == 0:
		// Without dates the other biases and the names mean nothing.
		// QUIRK(SOGo 5.8): they are whatever was in the memory of the server, another value in each answer.
		z.toStd, z.toDST, z.std, z.dst = change{}, change{}, -bias, -bias
		z.dstName = ""
		if _, known := placeNamed(z.stdName); !known {
			z.stdName = ""
		}
	case z.std == z.dst:
		z.toStd, z.toDST = change{}, change{}
	}
	if !z.valid() {
		return nil, false
	}
	if z.std == 0 && z.dst == 0 {
		return nil, true
	}
	z.id = z.name()
	return z, true
}

// seconds reads a LONG of minutes. The sum of three of them must not overflow.
func seconds(b []byte) int {
	return 60 * int(int32(binary.LittleEndian.Uint32(b)))
}

func parseChange(b []byte) change { // MS-DTYP 2.3.13 SYSTEMTIME
	word := func(i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	return change{
		year: word(0), month: time.Month(word(1)), weekday: time.Weekday(word(2)), day: word(3),
		hour: word(4), minute: word(5), sec: word(6),
	}
}

func (z *zone) valid() bool {
	const day = 24 * 60 * 60
	return -day < z.std && z.std < day && -day < z.dst && z.dst < day && z.toStd.valid() && z.toDST.valid()
}

func (c change) valid() bool {
	if c.month == 0 {
		return true
	}
	days := 5
	if c.year != 0 {
		days = 31
	}
	return c.year <= 9998 && c.month <= time.December && c.weekday <= time.Saturday &&
		1 <= c.day && c.day <= days && c.hour <= 23 && c.minute <= 59 && c.sec <= 59
}

// zoneName reads WCHAR[32].
//
// QUIRK(Android): some clients put the bytes of an IANA name there, not UTF-16.
func zoneName(b []byte) string {
	var name string
	if end := strings.IndexByte(string(b), 0); end > 2 && isASCII(b[:end]) {
		name = string(b[:end])
	} else {
		var units []uint16
		for ; len(b) > 0; b = b[2:] {
			u := binary.LittleEndian.Uint16(b)
			if u == 0 {
				break
			}
			units = append(units, u)
		}
		name = string(utf16.Decode(units))
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return ""
		}
	}
	return strings.TrimSpace(name)
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// name makes a TZID, which must do without quotes: RFC 5545 3.2.19.
func (z *zone) name() string {
	if name := z.stdName; name != "" {
		return strings.NewReplacer(":", ".", ";", " ", ",", " ", `"`, "'").Replace(name)
	}
	id := "UTC" + utcOffset(z.std)
	if z.dst != z.std {
		id += utcOffset(z.dst)
	}
	return id
}

// at returns when the change happens in a year, as local time that is labelled
// UTC, and whether it happens at all in that year.
func (c change) at(year int) (time.Time, bool) {
	if c.month == 0 || c.year != 0 && c.year != year {
		return time.Time{}, false
	}
	day := c.day
	if c.year == 0 {
		first := time.Date(year, c.month, 1, 0, 0, 0, 0, time.UTC)
		day = 1 + int(c.weekday-first.Weekday()+7)%7 + 7*(c.day-1)
		if last := first.AddDate(0, 1, -1).Day(); day > last {
			day -= 7
		}
	}
	return time.Date(year, c.month, day, c.hour, c.minute, c.sec, 0, time.UTC), true
}

// offset returns the seconds east of UTC at an instant.
func (z *zone) offset(t time.Time) int {
	if z == nil {
		return 0
	}
	toDST, starts := z.toDST.at(t.Add(time.Duration(z.std) * time.Second).Year())
	toStd, ends := z.toStd.at(t.Add(time.Duration(z.std) * time.Second).Year())
	begun := starts && !t.Before(toDST.Add(-time.Duration(z.std)*time.Second))
	ended := ends && !t.Before(toStd.Add(-time.Duration(z.dst)*time.Second))
	daylight := begun && !ended
	if ends && (!starts || toStd.Before(toDST)) { // the southern year begins with daylight time
		daylight = begun || !ended
	}
	if daylight {
		return z.dst
	}
	return z.std
}

// local returns the wall clock at an instant, labelled UTC.
func (z *zone) local(t time.Time) time.Time {
	return t.Add(time.Duration(z.offset(t)) * time.Second)
}
