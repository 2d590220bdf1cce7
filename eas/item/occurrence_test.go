package item

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/teambition/rrule-go"
)

// byLibraries returns the first occurrences of the first event of an object as
// golang-ical and rrule-go read it, by what the clock of the series shows, with the
// occurrences that were moved. None of this package's own reading is in it. ok is
// false where the libraries cannot: for what they do not parse, and for a time that
// is UTC in a zone that the tz database does not have.
func byLibraries(data []byte) (walls []string, complete, ok bool) {
	cal, err := ics.ParseCalendar(bytes.NewReader(data))
	if err != nil || len(cal.Events()) == 0 {
		return nil, false, false
	}
	events := cal.Events()
	series := slices.IndexFunc(events, func(e *ics.VEvent) bool { return !e.HasProperty(ics.ComponentPropertyRecurrenceId) })
	if series < 0 || !events[series].HasProperty(ics.ComponentPropertyDtStart) {
		return nil, false, false
	}
	start := events[series].GetProperty(ics.ComponentPropertyDtStart)
	home := zoneOfProperty(start)
	fine := true
	wall := func(p *ics.IANAProperty, value string) time.Time {
		if len(start.Value) == len(dateForm) && len(value) == len(localForm) { // a time of a series of days
			value = value[:len(dateForm)]
		}
		t, ok := libraryWall(p, value, home)
		fine = fine && ok
		return t
	}
	set := &rrule.Set{}
	first := wall(start, start.Value)
	set.DTStart(first)
	for _, p := range events[series].Properties {
		switch p.IANAToken {
		case "RRULE":
			if set.GetRRule() != nil {
				return nil, false, false
			}
			o, err := rrule.StrToROption(strings.TrimRight(p.Value, ";, "))
			if err != nil {
				return nil, false, false
			}
			o.Dtstart = first
			if _, until, found := strings.Cut(p.Value, "UNTIL="); found {
				until, _, _ = strings.Cut(until, ";")
				o.Until = wall(start, until)
				if len(until) == len(dateForm) && len(start.Value) > len(dateForm) {
					o.Until = o.Until.Add(24*time.Hour - time.Second) // the day with all its times
				}
			}
			r, err := rrule.NewRRule(*o)
			if err != nil {
				return nil, false, false
			}
			set.RRule(r)
		case "RDATE", "EXDATE":
			for v := range strings.SplitSeq(p.Value, ",") {
				v, _, _ = strings.Cut(v, "/")
				t := wall(&p, v)
				if len(v) == len(dateForm) && len(start.Value) > len(dateForm) {
					t = t.Add(first.Sub(first.Truncate(24 * time.Hour)))
				}
				if p.IANAToken == "RDATE" {
					set.RDate(t)
				} else {
					set.ExDate(t)
				}
			}
		case "EXRULE":
			return nil, false, false // rrule-go has none
		}
	}
	if set.GetRRule() == nil && len(set.GetRDate()) == 0 {
		return nil, false, false
	}
	if set.GetRRule() == nil {
		set.RDate(first)
	}
	next := set.Iterator()
	for len(walls) < sameFor {
		t, more := next()
		if !more {
			complete = true
			break
		}
		walls = append(walls, t.Format(localForm))
	}
	last := "9"
	if !complete && len(walls) > 0 {
		last = walls[len(walls)-1]
	}
	for _, e := range events {
		id, at := e.GetProperty(ics.ComponentPropertyRecurrenceId), e.GetProperty(ics.ComponentPropertyDtStart)
		if id == nil || at == nil {
			continue
		}
		original := wall(id, id.Value).Format(localForm)
		if i := slices.IndexFunc(walls, func(w string) bool { return w == original || strings.HasPrefix(w, original[:8]) }); i >= 0 {
			walls[i] = wall(at, at.Value).Format(localForm)
		} else if original < last { // some writers exclude what they replace
			walls = append(walls, wall(at, at.Value).Format(localForm))
		}
	}
	slices.Sort(walls)
	return walls[:min(len(walls), sameFor)], complete, fine
}

func zoneOfProperty(p *ics.IANAProperty) *time.Location {
	if id := p.ICalParameters["TZID"]; len(id) == 1 {
		if loc, err := time.LoadLocation(id[0]); err == nil && id[0] != "" {
			return loc
		}
		return nil
	}
	return time.UTC
}

// libraryWall reads a time as what the clock at home shows.
func libraryWall(p *ics.IANAProperty, value string, home *time.Location) (time.Time, bool) {
	if t, err := time.Parse(utcForm, value); err == nil {
		if home == nil {
			return t, false
		}
		return relabel(t.In(home)), true
	}
	if t, err := time.Parse(dateForm, value); err == nil {
		return t, true
	}
	t, err := time.Parse(localForm, value)
	if own := zoneOfProperty(p); err == nil && own != nil && home != nil && own != time.UTC && own.String() != home.String() {
		at := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, own)
		return relabel(at.In(home)), true
	}
	return t, err == nil
}

func relabel(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// secondsOfDays is how many occurrences were told to be lost since each was a second one on its day.
func secondsOfDays(lost []Loss) (n int) {
	for _, l := range lost {
		if l.Property == "RDATE" && strings.HasPrefix(l.Why, "a second one") {
			n++
		}
	}
	return n
}

// compareOccurrences takes an event to EAS and back, and compares. What was told to
// end sooner may do so, and what was told to be a second one on its day may lack.
func compareOccurrences(t *testing.T, what string, data []byte, version string) (same, shorter bool) {
	t.Helper()
	want, wantAll, ok := byLibraries(data)
	if !ok || len(want) == 0 {
		return false, false
	}
	p, err := ParseEvent(data, ParseOptions{Version: version})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Event(whole(p), Options{})
	if err != nil {
		t.Fatal(err)
	}
	toldSo := slices.ContainsFunc(p.Losses, func(l Loss) bool { return l.Property == "RRULE" || l.Property == "RECURRENCE-ID" })
	got, gotAll, ok := byLibraries(b)
	switch {
	case ok && slices.Equal(got, want) && gotAll == wantAll:
		return true, false
	case ok && toldSo && len(got) < len(want) && slices.Equal(got, want[:len(got)]), !ok && toldSo:
		return false, true
	case ok && gotAll && wantAll && len(got) < len(want) && len(want)-len(got) == secondsOfDays(p.Losses) &&
		!slices.ContainsFunc(got, func(w string) bool { return !slices.Contains(want, w) }):
		return false, true
	}
	t.Errorf("%s, protocol %s: %d occurrences, all %v, told %v; want %d, all %v\ngot  %.300s\nwant %.300s\n%v\n%s\n%s", what, version,
		len(got), gotAll, ok, len(want), wantAll, strings.Join(got, " "), strings.Join(want, " "), p.Losses, data, b)
	return false, false
}

// TestOccurrencesCorpus: the recurring events of other programs are at the same times
// when they come back from a server.
func TestOccurrencesCorpus(t *testing.T) {
	dir := filepath.Join(corpus(t), "calendars")
	for _, version := range []string{"14.1", "16.1"} {
		var same, shorter, others int
		count := func(what string, data []byte) {
			switch equal, less := compareOccurrences(t, what, data, version); {
			case equal:
				same++
			case less:
				shorter++
			default:
				others++
			}
		}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if strings.HasPrefix(string(data), "FREQ=") { // a rule alone
				data = lines("VEVENT", "DTSTART;TZID=Europe/Berlin:20200229T090000\nRRULE:"+strings.TrimSpace(string(data)))
			}
			for one, err := range SplitCalendar(data) {
				if err == nil && one.Component == "VEVENT" && bytes.Contains(one.Data, []byte("\nR")) {
					count(filepath.Base(path), one.Data)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("protocol %s: %d the same, %d have fewer and it was said, %d do not recur or are not read by the libraries", version, same, shorter, others)
		if same < 829 {
			t.Errorf("protocol %s: only %d series are the same", version, same)
		}
	}
}

// TestOccurrencesCovered: recurrences that EAS has no pattern for are the same all the same, by a pattern that is near.
func TestOccurrencesCovered(t *testing.T) {
	for _, in := range []string{
		"DTSTART:20000121T090000Z\nRRULE:FREQ=MONTHLY;BYDAY=-2FR;COUNT=150",
		"DTSTART:20010423T090000Z\nRRULE:FREQ=MONTHLY;INTERVAL=3;BYDAY=-2MO;COUNT=70",
		"DTSTART;VALUE=DATE:20001107\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=90", // elections
		"DTSTART:20201214T090000Z\nRRULE:FREQ=YEARLY;BYDAY=-3MO;COUNT=60",
		"DTSTART;TZID=Europe/Berlin:20210109T090000\nRRULE:FREQ=DAILY;INTERVAL=42;BYMONTH=1;COUNT=20",
		"DTSTART:20140829T080000Z\nRDATE:20240913T080000Z",
		"DTSTART:20140829T080000Z\nRDATE:20141129T080000Z,20240829T110000Z",
	} {
		for _, version := range []string{"14.1", "16.1"} {
			if same, _ := compareOccurrences(t, in, lines("VEVENT", "UID:1\n"+in), version); !same {
				t.Errorf("%s, protocol %s: it is not the same", in, version)
			}
		}
	}
}

// TestOccurrences: rules of all kinds, from days that every month has and that not
// every month has, in either style.
func TestOccurrences(t *testing.T) {
	for _, start := range []string{";TZID=Europe/Berlin:20240229T090000", ":20240131T233000Z", ";VALUE=DATE:20240101", ";TZID=America/New_York:20241031T013000"} {
		for _, rule := range []string{
			"FREQ=DAILY", "FREQ=DAILY;INTERVAL=3;COUNT=20", "FREQ=DAILY;BYDAY=MO,WE;COUNT=9", "FREQ=DAILY;INTERVAL=2;BYDAY=MO;COUNT=9", "FREQ=DAILY;BYMONTH=3,4;COUNT=40",
			"FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU;COUNT=11", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;COUNT=11", "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=300",
			"FREQ=MONTHLY;COUNT=14", "FREQ=MONTHLY", "FREQ=MONTHLY;BYMONTHDAY=30;COUNT=14", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYMONTHDAY=-2;COUNT=5",
			"FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=6", "FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=30", "FREQ=MONTHLY;BYDAY=5MO;COUNT=6", "FREQ=MONTHLY;BYDAY=FR",
			"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=-1;COUNT=8", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=5",
			"FREQ=MONTHLY;INTERVAL=5;COUNT=9", "FREQ=MONTHLY;BYMONTH=2,5;COUNT=6", "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1;COUNT=20",
			"FREQ=YEARLY", "FREQ=YEARLY;COUNT=9", "FREQ=YEARLY;INTERVAL=4;COUNT=9", "FREQ=YEARLY;BYMONTH=6,7;COUNT=7", "FREQ=YEARLY;BYMONTH=5;BYDAY=2SU",
			"FREQ=YEARLY;BYMONTH=11;BYDAY=-1TH;COUNT=12", "FREQ=YEARLY;BYYEARDAY=100;COUNT=4", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3", "FREQ=YEARLY;BYDAY=20MO;COUNT=4",
			"FREQ=YEARLY;BYMONTHDAY=7;COUNT=15", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=4", "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=12",
		} {
			for _, version := range []string{"2.5", "14.1", "16.1"} {
				in := fmt.Sprintf("UID:1\nDTSTART%s\nRRULE:%s", start, rule)
				compareOccurrences(t, in, lines("VEVENT", in), version)
			}
		}
	}
}
