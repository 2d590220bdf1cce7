package ical

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"
)

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// calendar is an object with a zone of an offset, and components that stand behind it.
func calendar(tzid, offset, components string) []byte {
	return []byte(crlf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nMETHOD:REQUEST\nBEGIN:VTIMEZONE\nTZID:" + tzid + "\nBEGIN:STANDARD\nDTSTART:19700101T000000\n" +
		"TZOFFSETFROM:" + offset + "\nTZOFFSETTO:" + offset + "\nEND:STANDARD\nEND:VTIMEZONE\n" + components + "END:VCALENDAR\n"))
}

func event(uid, line string) string {
	return "BEGIN:VEVENT\nUID:" + uid + "\nDTSTAMP:20250101T000000Z\n" + line + "\nEND:VEVENT\n"
}

func merge(t *testing.T, objects ...[]byte) string {
	t.Helper()
	var b bytes.Buffer
	m := NewMerger(&b, "Work, home")
	for _, o := range objects {
		if err := m.Add(o); err != nil {
			t.Fatalf("%s\n%v", o, err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMerge: a zone that is defined twice in one way stands there once, and one that is defined in another way is another one.
func TestMerge(t *testing.T) {
	long := "SUMMARY:" + strings.Repeat("é", 60)
	got := merge(t,
		calendar("Zone", "+0100", event("1", "DTSTART;TZID=Zone:20250113T090000")),
		calendar("Zone", "+0100", event("2", "DTSTART;VALUE=DATE-TIME;TZID=\"Zone\":20250113T100000")),
		calendar("Zone", "+0200", event("3", "DTSTART;tzid=Zone;X-A=\"a;TZID=Zone:b\":20250113T110000\nX-B:;TZID=Zone:\n"+long[:40]+"\n "+long[40:])),
		calendar("Zone", "+0200", event("4", "EXDATE;TZID=\"Zone\":20250113T120000")),
		[]byte("\ufeffBEGIN:VCALENDAR\n\nbegin:vtodo\nUID:5\n\nend:VTODO\nEND:vcalendar"),
	)
	want := crlf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//airlift//EAS archive//EN\nX-WR-CALNAME:Work\\, home\n" +
		"BEGIN:VTIMEZONE\nTZID:Zone\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n" +
		event("1", "DTSTART;TZID=Zone:20250113T090000") + event("2", "DTSTART;VALUE=DATE-TIME;TZID=\"Zone\":20250113T100000") +
		"BEGIN:VTIMEZONE\nTZID:Zone-2\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0200\nEND:STANDARD\nEND:VTIMEZONE\n" +
		event("3", "DTSTART;tzid=Zone-2;X-A=\"a;TZID=Zone:b\":20250113T110000\nX-B:;TZID=Zone:\n"+long[:40]+"\n "+long[40:]) +
		event("4", "EXDATE;TZID=Zone-2:20250113T120000") + "BEGIN:VTODO\nUID:5\nEND:VTODO\nEND:VCALENDAR\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	cal, err := ics.ParseCalendar(strings.NewReader(got))
	if err != nil || len(cal.Timezones()) != 2 || len(cal.Events()) != 4 || len(cal.Todos()) != 1 {
		t.Errorf("golang-ical: %v", err)
	}
}

// TestMergeNames: a TZID that another one would be renamed to is not taken twice, and an odd one is quoted.
func TestMergeNames(t *testing.T) {
	got := merge(t,
		calendar("A:B", "+0100", event("1", `DTSTART;TZID="A:B":20250113T090000`)),
		calendar("A:B-2", "+0200", event("2", `DTSTART;TZID="A:B-2":20250113T090000`)),
		calendar("A:B", "+0300", event("3", `DTSTART;TZID="A:B":20250113T090000`)),
		calendar("", "+0300", event("4", `DTSTART:20250113T090000`)),
	)
	for line, n := range map[string]int{
		"TZID:A:B\r\n": 1, "TZID:A:B-2\r\n": 1, "TZID:A:B-3\r\n": 1, "DTSTART;TZID=\"A:B-3\":20250113T090000\r\n": 1, "BEGIN:VTIMEZONE\r\n": 3,
	} {
		if strings.Count(got, line) != n {
			t.Errorf("%d times %q, want %d in\n%s", strings.Count(got, line), line, n, got)
		}
	}
}

// TestMergeHome: local times of an object that says where they are say it themselves when they stand beside those of others; dates,
// times in UTC and those that name a zone stay.
func TestMergeHome(t *testing.T) {
	home := "BEGIN:VCALENDAR\nX-WR-TIMEZONE;VALUE=TEXT:America/New_York\n" +
		"BEGIN:VEVENT\nUID:1\nDTSTAMP:20250101T000000Z\nDTSTART:20250113T090000\nDTEND;VALUE=DATE-TIME:20250113T100000\n" +
		"RDATE;VALUE=PERIOD:20250114T090000/PT1H,20250115T090000/PT1H\nEXDATE;VALUE=DATE:20250116\nDUE;TZID=Zone:20250113T090000\nSUMMARY:20250113T090000\nEND:VEVENT\nEND:VCALENDAR\n"
	got := merge(t, []byte(home), calendar("", "", event("2", "DTSTART:20250113T090000")))
	for _, line := range []string{
		"DTSTART;TZID=America/New_York:20250113T090000", "DTEND;VALUE=DATE-TIME;TZID=America/New_York:20250113T100000",
		"EXDATE;VALUE=DATE:20250116", "DUE;TZID=Zone:20250113T090000", "SUMMARY:20250113T090000", "DTSTART:20250113T090000",
	} {
		if strings.Count(got, "\r\n"+line+"\r\n") != 1 {
			t.Errorf("no line %q in\n%s", line, got)
		}
	}
	if plain := strings.ReplaceAll(got, "\r\n ", ""); !strings.Contains(plain, "\r\nRDATE;VALUE=PERIOD;TZID=America/New_York:20250114T090000/PT1H,") {
		t.Error(got)
	}
	cal, err := ics.ParseCalendar(strings.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if at, err := cal.Events()[0].GetStartAt(); err != nil || at.UTC().Hour() != 14 {
		t.Errorf("it begins at %v, %v", at, err)
	}
}

func TestFormat(t *testing.T) {
	for _, bad := range []string{
		"", "\n", "BEGIN:VCARD\nEND:VCARD\n", "BEGIN:VCALENDAR\n", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "BEGIN:VEVENT\nEND:VEVENT\nx", "BEGIN:VEVENT\nEND:VCALENDAR\n", "BEGIN:STANDARD\nEND:STANDARD\n",
		"BEGIN:VCALENDAR\nEND:VCALENDAR\nSUMMARY:x\n", "END:VCALENDAR\n", "BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:X\n", 100),
	} {
		var b bytes.Buffer
		m := NewMerger(&b, "")
		n := b.Len()
		if err := m.Add([]byte(bad)); !errors.Is(err, ErrFormat) || b.Len() != n {
			t.Errorf("%q: %v, %d bytes written", bad, err, b.Len()-n)
		}
	}
}

// TestBare: components without a calendar around them are in one when they are written.
func TestBare(t *testing.T) {
	bare := []byte("BEGIN:VEVENT\nUID:1\nBEGIN:VALARM\nEND:VALARM\nEND:VEVENT\nBEGIN:VTODO\nUID:2\nEND:VTODO\n")
	merged := []byte(merge(t, bare, calendar("A", "+0100", ""), bare))
	if diff := cmp.Diff(componentsOf(t, bare, bare), componentsOf(t, merged)); diff != "" {
		t.Error(diff)
	}
	if cal, err := ics.ParseCalendar(bytes.NewReader(merged)); err != nil || len(cal.Events()) != 2 || len(cal.Todos()) != 2 {
		t.Errorf("golang-ical: %v", err)
	}
}

// componentsOf lists the components of objects, but for zones, as unfolded text.
func componentsOf(t *testing.T, objects ...[]byte) (all []string) {
	t.Helper()
	for _, data := range objects {
		calendars, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range calendars {
			for _, part := range c.Components {
				if part.Name == "VTIMEZONE" {
					continue
				}
				var b strings.Builder
				for _, l := range part.lines {
					b.WriteString(l.text + "\n")
				}
				all = append(all, b.String())
			}
		}
	}
	slices.Sort(all)
	return all
}

// TestCorpus merges the calendars of a corpus, if AIRLIFT_CORPUS names one, one file with another.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		t.Skip("AIRLIFT_CORPUS names no corpus; TestMerge and FuzzParse cover the forms")
	}
	named := regexp.MustCompile(`(?i);TZID="?[^:;"]*"?`)
	files, components, broken, zones, homes := 0, 0, 0, 0, 0
	err := filepath.WalkDir(filepath.Join(dir, "calendars"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		if _, err := Parse(data); err != nil {
			broken++
			t.Logf("%s: %v", path, err)
			return nil
		}
		before := componentsOf(t, data)
		if bytes.Contains(data, []byte("\nX-WR-TIMEZONE")) {
			homes++ // whose local times name a zone when they are merged
			for i, s := range before {
				before[i] = named.ReplaceAllString(s, "")
			}
		}
		components += len(before)
		merged := merge(t, data, calendar("Europe/Berlin", "+0333", ""))
		zones += strings.Count(merged, "BEGIN:VTIMEZONE") - 1
		for i, s := range before { // of a file that defines a TZID twice, the second is renamed
			before[i] = strings.ReplaceAll(s, "-2", "")
		}
		after := componentsOf(t, []byte(merged))
		for i, s := range after {
			after[i] = strings.ReplaceAll(s, "-2", "")
			if bytes.Contains(data, []byte("\nX-WR-TIMEZONE")) {
				after[i] = named.ReplaceAllString(after[i], "")
			}
		}
		slices.Sort(before)
		slices.Sort(after)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d components, %d zones, %d with one of the calendar; %d files are no calendars", files, components, zones, homes, broken)
}

// FuzzParse: whatever parses is written so that it parses to as many components, and to the same when they are merged again.
func FuzzParse(f *testing.F) {
	f.Add(calendar("Zone", "+0100", event("1", "DTSTART;TZID=Zone:20250113T090000")), calendar("Zone", "+0200", event("1", "DTSTART;TZID=\"Zone\":20250113T090000")))
	f.Add([]byte("BEGIN:VCALENDAR\nX;A=\"\nEND:VCALENDAR"), []byte("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:\nEND:VTIMEZONE\nEND:VCALENDAR"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, data := range [][]byte{a, b} {
			if _, err := Parse(data); err != nil {
				return
			}
		}
		merged := merge(t, a, b)
		if got, want := len(componentsOf(t, []byte(merged))), len(componentsOf(t, a, b)); got != want {
			t.Errorf("%d components, want %d\n%s", got, want, merged)
		}
		if diff := cmp.Diff(componentsOf(t, []byte(merged)), componentsOf(t, []byte(merge(t, []byte(merged))))); diff != "" {
			t.Errorf("merged again: %s", diff)
		}
	})
}
