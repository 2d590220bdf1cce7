package item

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// tzidOf is the TZID that an event gets, planned in a zone on a day.
func tzidOf(t *testing.T, blob, day string) string {
	t.Helper()
	b, err := Event(properties(wbxml.T(wbxml.CalendarTimezone, blob), wbxml.T(wbxml.CalendarStartTime, day+"T120000Z")), Options{})
	cal := parseCalendar(t, b, err)
	if len(cal.Timezones()) == 0 {
		return ""
	}
	return cal.Timezones()[0].GetProperty("TZID").Value
}

// TestZonePlace: a zone has the name of a place whose clocks showed the same in the
// year of the event. The rules of the places are those of the tz database.
func TestZonePlace(t *testing.T) {
	nameless := func(i tzInfo) tzInfo { i.stdName, i.dstName = "", ""; return i }
	beforeIt := tzInfo{ // the United States before 2007
		bias: 300, stdName: "Eastern Standard Time", std: [8]uint16{0, 10, 0, 5, 2}, dst: [8]uint16{0, 4, 0, 1, 2}, dstBias: -60,
	}
	for _, c := range []struct {
		what string
		zone tzInfo
		day  string
		want string
	}{
		{"named by Windows", pacific, "20260601", "America/Los_Angeles"},
		{"named by Windows", romance, "20260601", "Europe/Paris"},
		{"the rules of today in 2000: Paris had them", romance, "20000601", "Europe/Paris"},
		{"the rules of today in 2000: Los Angeles had others", pacific, "20000601", "Pacific Standard Time"},
		{"the rules of 2000 in 2000", beforeIt, "20000601", "America/New_York"},
		{"the rules of 2000 today", beforeIt, "20260601", "Eastern Standard Time"},
		{"without a name", nameless(romance), "20260601", "Europe/Berlin"},
		{"without a name", nameless(pacific), "20260601", "America/Los_Angeles"},
		{"southern", sydney, "20260601", "Australia/Sydney"},
		{"no daylight time", india, "20260601", "Asia/Calcutta"},
		{"a place of its own", renamed(romance, "Europe/Madrid"), "20260601", "Europe/Madrid"},
		{"a place with other rules", renamed(romance, "America/Bogota"), "20260601", "UTC+0100+0200"},
		{"a name of Windows with other rules is not looked for elsewhere", renamed(pacific, "Romance Standard Time"), "20260601", "Romance Standard Time"},
		{"a name that nobody knows", renamed(romance, "Our Office"), "20260601", "Europe/Berlin"},
		{"rules that no place has", tzInfo{bias: -60, std: [8]uint16{0, 11, 3, 2, 4}, dst: [8]uint16{0, 2, 3, 2, 4}, dstBias: -30}, "20260601", "UTC+0100+0130"},
		{"UTC", tzInfo{}, "20260601", ""},
	} {
		if got := tzidOf(t, c.zone.blob(), c.day); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	// A series in which the rules of the place change has not the name of the place.
	weekly := func(until string) string {
		r := wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "1"), wbxml.T(wbxml.CalendarDayOfWeek, "2"), wbxml.T(wbxml.CalendarInterval, "1"))
		if until != "" {
			r.Append(wbxml.T(wbxml.CalendarUntil, until))
		}
		b, err := Event(properties(wbxml.T(wbxml.CalendarTimezone, beforeIt.blob()), wbxml.T(wbxml.CalendarStartTime, "20060102T150000Z"), r), Options{})
		return parseCalendar(t, b, err).Timezones()[0].GetProperty("TZID").Value
	}
	for until, want := range map[string]string{"20061231T000000Z": "America/New_York", "20071231T000000Z": "Eastern Standard Time", "": "Eastern Standard Time"} {
		if got := weekly(until); got != want {
			t.Errorf("weekly from 2006 until %q: %q, want %q", until, got, want)
		}
	}
}

// TestMakeZone: a zone that is made of a place or a VTIMEZONE is what Windows has for
// it: the structure that the other tests read.
func TestMakeZone(t *testing.T) {
	for place, want := range map[string]tzInfo{"America/Los_Angeles": pacific, "Europe/Paris": romance, "Australia/Sydney": renamed(sydney, "AUS Eastern Standard Time"), "Asia/Calcutta": india} {
		loc, err := time.LoadLocation(place)
		if err != nil {
			t.Fatal(err)
		}
		want.dstName = "" // which nobody knows
		m := moment{wall: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), clock: clockNamed(location{loc}, place)}
		if got := zoneOf(m).blob(); got != want.blob() {
			z, _ := parseZone(got)
			w, _ := parseZone(want.blob())
			t.Errorf("%s: %+v, want %+v", place, z, w)
		}
		// And the VTIMEZONE of the zone gives it back.
		z, _ := parseZone(want.blob())
		cals, err := readCalendars([]byte("BEGIN:VCALENDAR\r\n" + zoneLines(t, z, 1970) + "END:VCALENDAR\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		m.clock = clockNamed(observances(cals[0].subs[0]), place)
		if got := zoneOf(m).blob(); got != want.blob() {
			t.Errorf("%s: its VTIMEZONE gives another zone", place)
		}
	}
	// RFC 5545 3.6.5 has New York with all its rules from 1967 to 2007; the changes are on these days.
	for year, want := range map[int][2]string{
		1967: {"19670430T070000Z", "19671029T060000Z"}, 1974: {"19740106T070000Z", "19741027T060000Z"}, 1975: {"19750223T070000Z", "19751026T060000Z"},
		1986: {"19860427T070000Z", "19861026T060000Z"}, 2006: {"20060402T070000Z", "20061029T060000Z"}, 2026: {"20260308T070000Z", "20261101T060000Z"},
	} {
		cals, err := readCalendars([]byte("BEGIN:VCALENDAR\r\n" + newYork + "END:VCALENDAR\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		var got [2]string
		for i, s := range changesIn(observances(cals[0].subs[0]), year) {
			got[min(i, 1)] = s.at.Format(utcForm)
		}
		if got != want {
			t.Errorf("%d: %v, want %v", year, got, want)
		}
	}
}

func clockNamed(c clock, id string) clock { return named{c, id} }

func renamed(i tzInfo, name string) tzInfo {
	i.stdName = name
	return i
}

// newYork is the first example of RFC 5545 3.6.5.
const newYork = `BEGIN:VTIMEZONE
TZID:America/New_York
LAST-MODIFIED:20050809T050000Z
BEGIN:DAYLIGHT
DTSTART:19670430T020000
RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19730429T070000Z
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19671029T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
TZNAME:EST
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19740106T020000
RDATE:19750223T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:DAYLIGHT
DTSTART:19760425T020000
RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19860427T070000Z
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:DAYLIGHT
DTSTART:19870405T020000
RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
TZNAME:EST
END:STANDARD
END:VTIMEZONE
`

// TestZonePlaceCorpus: the zones of real clients, all of which are of 2010.
func TestZonePlaceCorpus(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(corpus(t), "timezones", "eas_timezones.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"ASIA_CALCUTTA": "Asia/Calcutta", "AMERICA_DAWSON": "America/Los_Angeles", "AUSTRALIA_ACT": "Australia/Sydney",
		"GMT_UNKNOWN_DAYLIGHT": "(GMT+00.00) Time Zone", "ARIZONA": "America/Phoenix", "HAWAII": "Pacific/Honolulu",
		// They change at midnight, and on a Monday: nobody does.
		"LENIENT_EASTERN": "UTC-0500-0400", "EUROPE_LONDON_TIME_BY_NAME": "UTC+0000+0100",
	}
	for _, row := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
		f := strings.Split(row, "\t")
		context := f[len(f)-1]
		for name, id := range want {
			if strings.Contains(context, name) {
				delete(want, name)
				if got := tzidOf(t, f[0], "20100601"); got != id {
					t.Errorf("%s: %q, want %q", name, got, id)
				}
				z, _ := parseZone(f[0])
				if again, ok := parseZone(z.blob()); !ok || again.std != z.std || again.dst != z.dst || again.toStd != z.toStd || again.toDST != z.toDST {
					t.Errorf("%s: written as %+v, read as %+v", name, z, again)
				}
			}
		}
	}
	for name := range want {
		t.Errorf("%s is not in the corpus", name)
	}
}
