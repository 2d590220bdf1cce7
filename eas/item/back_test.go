package item

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// sayingOf writes properties in the order of their names, without what only answers
// have, and without values that are the default. A zone is when its clock says what.
func sayingOf(e *wbxml.Element) string {
	var parts []string
	if p := eventPattern(viewOf(e)); p.dayOfWeek == 127 && p.weekOfMonth == 5 { // the last day, as the 31st is
		return fmt.Sprint("last ", p.kind-1, p.interval, p.monthOfYear, p.occurrences, p.until, p.firstDay)
	} else if p.dayOfMonth == 31 {
		return fmt.Sprint("last ", p.kind, p.interval, p.monthOfYear, p.occurrences, p.until, p.firstDay)
	}
	for i := range e.Children {
		c := &e.Children[i]
		text := strings.ReplaceAll(strings.TrimSpace(c.Text), "\r\n", "\n")
		switch {
		case isNoise(c.Tag), c.Tag == wbxml.AirSyncBaseNativeBodyType, c.Tag == wbxml.CalendarResponseType, c.Tag == wbxml.CalendarAppointmentReplyTime,
			c.Tag == wbxml.CalendarDtStamp, c.Tag == wbxml.NotesLastModifiedDate, // which are made up where there is none
			c.Tag == wbxml.AirSyncBaseAttachments: // which are links in iCalendar
			continue
		case c.Tag == wbxml.CalendarTimezone:
			z, _ := parseZone(c.Text)
			if z == nil {
				continue
			}
			text = fmt.Sprint(z.std, z.dst, z.toStd, z.toDST)
		case len(c.Children) > 0:
			text = "{" + sayingOf(c) + "}"
		case defaults[c.Tag] == text:
			continue
		}
		if at, ok := parseTime(text); ok {
			text = at.Format(utcForm)
		}
		parts = append(parts, c.Tag.Name()+"="+text)
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

// defaults are what a property is that is not there.
var defaults = map[wbxml.Tag]string{
	wbxml.CalendarAllDayEvent: "0", wbxml.CalendarSensitivity: "0", wbxml.CalendarBusyStatus: "2", wbxml.CalendarMeetingStatus: "0",
	wbxml.CalendarResponseRequested: "0", wbxml.CalendarDisallowNewTimeProposal: "0", wbxml.CalendarInterval: "1", wbxml.CalendarCalendarType: "0",
	wbxml.CalendarIsLeapMonth: "0", wbxml.CalendarAttendeeStatus: "0", wbxml.CalendarReminder: "", wbxml.CalendarLocation: "", wbxml.CalendarSubject: "",
	wbxml.TasksSensitivity: "0", wbxml.TasksImportance: "1", wbxml.TasksReminderSet: "0", wbxml.TasksComplete: "0", wbxml.TasksInterval: "1",
	wbxml.TasksRegenerate: "0", wbxml.TasksDeadOccur: "0", wbxml.TasksCalendarType: "0", wbxml.TasksIsLeapMonth: "0",
	wbxml.CalendarFirstDayOfWeek: "1", wbxml.TasksFirstDayOfWeek: "1", wbxml.NotesMessageClass: "IPM.StickyNote",
}

// comesBack takes an event to iCalendar and back.
func comesBack(t *testing.T, what string, props *wbxml.Element, version string) {
	t.Helper()
	b, err := Event(props, Options{})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	p, err := ParseEvent(b, ParseOptions{Version: version})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	got := p.Properties
	if len(p.Instances) > 0 {
		got = whole(p)
	}
	if diff := cmp.Diff(sayingOf(props), sayingOf(got)); diff != "" {
		t.Errorf("%s, protocol %s (-sent +back)\n%s\n%s\n%v", what, version, diff, b, p.Losses)
	}
}

// TestEventBack: what a server sent is what a server gets, through iCalendar.
func TestEventBack(t *testing.T) {
	for _, name := range []string{"calendar-v14.1", "calendar-v2.5"} {
		for i, props := range recorded(t, name) {
			comesBack(t, fmt.Sprint(name, " ", i), withoutLegacy(props), "14.1")
		}
	}
	recurrence := func(children ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.CalendarRecurrence, children...) }
	number := func(tag wbxml.Tag, n int) wbxml.Element { return wbxml.T(tag, fmt.Sprint(n)) }
	kind, interval, days := wbxml.CalendarType, wbxml.CalendarInterval, wbxml.CalendarDayOfWeek
	day, week, month := wbxml.CalendarDayOfMonth, wbxml.CalendarWeekOfMonth, wbxml.CalendarMonthOfYear
	// All the patterns of MS-ASCAL 2.2.2.37.1, each from a day that is its first occurrence.
	for _, c := range []struct {
		start string
		e     wbxml.Element
	}{
		{"20260601", recurrence(number(kind, 0), number(interval, 3))},
		{"20260601", recurrence(number(kind, 1), number(interval, 2), number(days, 42), number(wbxml.CalendarFirstDayOfWeek, 0))},
		{"20260601", recurrence(number(kind, 1), number(interval, 1), number(days, 127), number(wbxml.CalendarOccurrences, 999))},
		{"20260615", recurrence(number(kind, 2), number(interval, 1), number(day, 15), number(wbxml.CalendarOccurrences, 9))},
		{"20260630", recurrence(number(kind, 2), number(interval, 1), number(day, 30))},
		{"20260629", recurrence(number(kind, 2), number(interval, 1), number(day, 29))},
		{"20260616", recurrence(number(kind, 3), number(interval, 6), number(days, 4), number(week, 3))},
		{"20260626", recurrence(number(kind, 3), number(interval, 1), number(days, 32), number(week, 5))},
		{"20260630", recurrence(number(kind, 3), number(interval, 1), number(days, 62), number(week, 5), wbxml.T(wbxml.CalendarUntil, "20270630T080000Z"))},
		{"20260606", recurrence(number(kind, 3), number(interval, 1), number(days, 65), number(week, 1))},
		{"20260630", recurrence(number(kind, 3), number(interval, 1), number(days, 127), number(week, 5))},
		{"20260704", recurrence(number(kind, 5), number(interval, 1), number(day, 4), number(month, 7))},
		{"20280229", recurrence(number(kind, 5), number(interval, 1), number(day, 29), number(month, 2))},
		{"20260925", recurrence(number(kind, 5), number(interval, 1), number(day, 15), number(month, 8), number(wbxml.CalendarCalendarType, 15), number(wbxml.CalendarOccurrences, 9))},
		{"20260617", recurrence(number(kind, 2), number(interval, 1), number(day, 30), number(wbxml.CalendarCalendarType, 23))},
		{"20261126", recurrence(number(kind, 6), number(interval, 1), number(days, 16), number(week, 4), number(month, 11))},
		{"20260531", recurrence(number(kind, 6), number(interval, 2), number(days, 1), number(week, 5), number(month, 5))},
	} {
		for _, version := range []string{"14.1", "16.1"} {
			e := properties(
				wbxml.T(wbxml.CalendarTimezone, romance.blob()), wbxml.T(wbxml.CalendarStartTime, c.start+"T080000Z"),
				wbxml.T(wbxml.CalendarEndTime, c.start+"T090000Z"), wbxml.T(wbxml.CalendarSubject, "x"), c.e)
			uid := wbxml.T(wbxml.CalendarUID, "u")
			if version == "16.1" {
				uid.Tag = wbxml.CalendarClientUid
			} else {
				e.Append(wbxml.T(wbxml.CalendarDtStamp, "20260101T000000Z"))
			}
			e.Append(uid)
			comesBack(t, show(&c.e), e, version)
		}
	}
	everything := func(version string, more ...wbxml.Element) *wbxml.Element {
		return dailyMeeting(append([]wbxml.Element{
			wbxml.T(wbxml.CalendarSensitivity, "3"), wbxml.T(wbxml.CalendarBusyStatus, "3"), wbxml.T(wbxml.CalendarResponseRequested, "1"),
			wbxml.T(wbxml.CalendarDisallowNewTimeProposal, "1"), wbxml.T(wbxml.CalendarMeetingStatus, "3"),
			wbxml.E(wbxml.CalendarCategories, wbxml.T(wbxml.CalendarCategory, "a, b"), wbxml.T(wbxml.CalendarCategory, "c;d")),
			wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBaseData, "<p>Tom &amp; <b>Jerry</b>;\\</p>")),
		}, more...)...)
	}
	comesBack(t, "everything", everything("14.1",
		wbxml.T(wbxml.CalendarDtStamp, "20260101T000000Z"), wbxml.T(wbxml.CalendarOrganizerName, `Müller, "J"`), wbxml.T(wbxml.CalendarOrganizerEmail, "j+m%1@example.com"),
		wbxml.E(wbxml.CalendarAttendees, wbxml.E(wbxml.CalendarAttendee, wbxml.T(wbxml.CalendarEmail, "a@example.com"), wbxml.T(wbxml.CalendarName, "A^B"),
			wbxml.T(wbxml.CalendarAttendeeStatus, "4"), wbxml.T(wbxml.CalendarAttendeeType, "3"))),
		exceptions(
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarDeleted, "1"), wbxml.T(wbxml.CalendarExceptionStartTime, "20260330T080000Z")),
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20260331T080000Z"), wbxml.T(wbxml.CalendarStartTime, "20260331T090000Z"),
				wbxml.T(wbxml.CalendarEndTime, "20260331T100000Z"), wbxml.T(wbxml.CalendarDtStamp, "20260101T000000Z"), wbxml.T(wbxml.CalendarSubject, "Late"),
				wbxml.T(wbxml.CalendarReminder, "30"), wbxml.T(wbxml.CalendarBusyStatus, "1")))), "14.1")
}

// withoutLegacy is the form of later versions of an event that came by protocol 2.5.
func withoutLegacy(props *wbxml.Element) *wbxml.Element {
	e := props.Clone()
	for i := range e.Children {
		if c := &e.Children[i]; c.Tag == wbxml.CalendarBody {
			*c = wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, c.Text))
		}
	}
	return e
}

func TestTaskBack(t *testing.T) {
	back := func(what string, props *wbxml.Element, task bool) {
		t.Helper()
		var b []byte
		var got *wbxml.Element
		var err error
		if task {
			if b, err = Task(props); err == nil {
				got, _, err = ParseTask(b, ParseOptions{Version: "14.1"})
			}
		} else if b, err = Note(props); err == nil {
			got, _, err = ParseNote(b, ParseOptions{Version: "14.1"})
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if diff := cmp.Diff(sayingOf(props), sayingOf(got)); diff != "" {
			t.Errorf("%s (-sent +back)\n%s\n%s", what, diff, b)
		}
	}
	for _, props := range recorded(t, "tasks-v14.1") {
		back("recorded", props, true)
	}
	full := func(more ...wbxml.Element) *wbxml.Element {
		return properties(append([]wbxml.Element{
			wbxml.T(wbxml.TasksSubject, "Taxes"), wbxml.T(wbxml.TasksImportance, "2"), wbxml.T(wbxml.TasksSensitivity, "2"),
			wbxml.E(wbxml.TasksCategories, wbxml.T(wbxml.TasksCategory, "Money, mine")), wbxml.T(wbxml.TasksReminderSet, "1"), wbxml.T(wbxml.TasksReminderTime, "2026-05-28T07:00:00.000Z"),
			wbxml.T(wbxml.TasksComplete, "1"), wbxml.T(wbxml.TasksDateCompleted, "2026-05-20T14:00:00.000Z"),
			wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, "a\r\nb")),
		}, more...)...)
	}
	for what, at := range map[string]string{"by the day": "T00:00:00.000Z", "by the hour": "T09:00:00.000Z"} {
		back(what, full(
			wbxml.T(wbxml.TasksStartDate, "2026-05-01"+at), wbxml.T(wbxml.TasksUtcStartDate, "2026-05-01"+at), wbxml.T(wbxml.TasksDueDate, "2026-05-31"+at), wbxml.T(wbxml.TasksUtcDueDate, "2026-05-31"+at),
			wbxml.E(wbxml.TasksRecurrence, wbxml.T(wbxml.TasksType, "2"), wbxml.T(wbxml.TasksInterval, "3"), wbxml.T(wbxml.TasksDayOfMonth, "1"), wbxml.T(wbxml.TasksStart, "2026-05-01"+at),
				wbxml.T(wbxml.TasksUntil, "2027-05-01"+at), wbxml.T(wbxml.TasksRegenerate, "1"), wbxml.T(wbxml.TasksDeadOccur, "1"))), true)
	}
	back("days of Paris", full(
		wbxml.T(wbxml.TasksStartDate, "2026-05-01T00:00:00.000Z"), wbxml.T(wbxml.TasksUtcStartDate, "2026-04-30T22:00:00.000Z"),
		wbxml.T(wbxml.TasksDueDate, "2026-05-31T00:00:00.000Z"), wbxml.T(wbxml.TasksUtcDueDate, "2026-05-30T22:00:00.000Z")), true)
	back("hours of Paris", full(
		wbxml.T(wbxml.TasksStartDate, "2026-05-01T09:30:00.000Z"), wbxml.T(wbxml.TasksUtcStartDate, "2026-05-01T07:30:00.000Z"),
		wbxml.T(wbxml.TasksDueDate, "2026-05-31T00:00:00.000Z"), wbxml.T(wbxml.TasksUtcDueDate, "2026-05-30T22:00:00.000Z")), true)
	back("a note", properties(
		wbxml.T(wbxml.NotesSubject, "Shopping"), wbxml.T(wbxml.NotesMessageClass, "IPM.StickyNote.Mine"), wbxml.T(wbxml.NotesLastModifiedDate, "2026-05-01T10:11:12.000Z"),
		wbxml.E(wbxml.NotesCategories, wbxml.T(wbxml.NotesCategory, "Blue")),
		wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBaseData, "<ul><li>milk</li></ul>"))), false)
}

// TestEventBackCorpus: appointments that other projects recorded.
func TestEventBackCorpus(t *testing.T) {
	dir := corpus(t)
	for _, name := range []string{"appointment", "recurrence", "simpleexception", "dst", "allday_appointment"} {
		doc, err := os.ReadFile(filepath.Join(dir, "eas", "horde-activesync", name+".wbxml"))
		if err != nil {
			t.Fatal(err)
		}
		if doc[0] != 0x5D {
			doc = append(append([]byte{0x5D}, doc...), 0x01)
		}
		props, err := wbxml.Unmarshal(append([]byte{0x03, 0x01, 0x6A, 0x00}, doc...), wbxml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		props = withoutLegacy(props)
		if props.Value(wbxml.CalendarUID) == "" {
			props.Append(wbxml.T(wbxml.CalendarUID, name)) // it would be given one
		}
		comesBack(t, name, props, "14.1")
	}
}
