package item

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// withoutUID drops the line of the UID that is made of the content.
func withoutUID(b []byte) string {
	head, rest, _ := strings.Cut(string(b), "\r\nUID:")
	_, rest, _ = strings.Cut(rest, "\r\n")
	return head + "\r\n" + rest
}

func TestTaskRecorded(t *testing.T) {
	b, err := Task(recorded(t, "tasks-v14.1")[0])
	parseCalendar(t, b, err)
	want := crlf(`
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//airlift//EAS archive//EN
BEGIN:VTODO
DTSTAMP:20261201T000000Z
DUE;VALUE=DATE:20261201
SUMMARY:Task ☃ 14.1
DESCRIPTION:task body
CLASS:PUBLIC
PRIORITY:1
STATUS:NEEDS-ACTION
END:VTODO
END:VCALENDAR
`)
	if diff := cmp.Diff(want, withoutUID(b)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTaskFull(t *testing.T) {
	b, err := Task(properties(
		wbxml.T(wbxml.TasksSubject, "Taxes"),
		wbxml.T(wbxml.TasksStartDate, "2026-05-01T00:00:00.000Z"), wbxml.T(wbxml.TasksUtcStartDate, "2026-04-30T22:00:00.000Z"),
		wbxml.T(wbxml.TasksDueDate, "2026-05-31T00:00:00.000Z"), wbxml.T(wbxml.TasksUtcDueDate, "2026-05-30T22:00:00.000Z"),
		wbxml.T(wbxml.TasksComplete, "1"), wbxml.T(wbxml.TasksDateCompleted, "2026-05-20T14:00:00.000Z"),
		wbxml.T(wbxml.TasksReminderSet, "1"), wbxml.T(wbxml.TasksReminderTime, "2026-05-28T07:00:00.000Z"),
		wbxml.T(wbxml.TasksSensitivity, "2"), wbxml.T(wbxml.TasksImportance, "0"),
		wbxml.E(wbxml.TasksCategories, wbxml.T(wbxml.TasksCategory, "Money, mine"), wbxml.T(wbxml.TasksCategory, "Home")),
		wbxml.E(wbxml.TasksRecurrence, wbxml.T(wbxml.TasksType, "5"), wbxml.T(wbxml.TasksStart, "2026-05-01T00:00:00.000Z"),
			wbxml.T(wbxml.TasksMonthOfYear, "5"), wbxml.T(wbxml.TasksDayOfMonth, "31"),
			wbxml.T(wbxml.TasksUntil, "2030-05-31T00:00:00.000Z"), wbxml.T(wbxml.TasksRegenerate, "0"))))
	parseCalendar(t, b, err)
	want := crlf(`
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//airlift//EAS archive//EN
BEGIN:VTODO
DTSTAMP:20260520T140000Z
DTSTART;VALUE=DATE:20260501
DUE;VALUE=DATE:20260531
X-EAS-UTCSTARTDATE:20260430T220000Z
X-EAS-UTCDUEDATE:20260530T220000Z
SUMMARY:Taxes
CATEGORIES:Money\, mine,Home
CLASS:PRIVATE
PRIORITY:9
STATUS:COMPLETED
PERCENT-COMPLETE:100
COMPLETED:20260520T140000Z
RRULE:FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=-1;UNTIL=20300531
X-EAS-REGENERATE:0
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Reminder
TRIGGER;VALUE=DATE-TIME:20260528T070000Z
END:VALARM
END:VTODO
END:VCALENDAR
`)
	if diff := cmp.Diff(want, withoutUID(b)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTaskDates(t *testing.T) {
	for _, c := range []struct {
		what       string
		start, due string
		in         []wbxml.Element
	}{
		{"with a time of day, the instants count", "DTSTART;TZID=UTC+0200:20260501T090000", "DUE;TZID=UTC+0200:20260501T100000", []wbxml.Element{
			wbxml.T(wbxml.TasksStartDate, "2026-05-01T09:00:00.000Z"), wbxml.T(wbxml.TasksUtcStartDate, "2026-05-01T07:00:00.000Z"),
			wbxml.T(wbxml.TasksDueDate, "2026-05-01T10:00:00.000Z"), wbxml.T(wbxml.TasksUtcDueDate, "2026-05-01T08:00:00.000Z"),
		}},
		{"what is not a whole day apart is no zone", "DTSTART:20260501T070000Z", "DUE:20260501T080000Z", []wbxml.Element{
			wbxml.T(wbxml.TasksStartDate, "2026-05-03T09:00:00.000Z"), wbxml.T(wbxml.TasksUtcStartDate, "2026-05-01T07:00:00.000Z"),
			wbxml.T(wbxml.TasksDueDate, "2026-05-01T08:00:00.000Z"), wbxml.T(wbxml.TasksUtcDueDate, "2026-05-01T08:00:00.000Z"),
		}},
		{"both of one type", "DTSTART:20260501T000000Z", "DUE:20260501T080000Z", []wbxml.Element{
			wbxml.T(wbxml.TasksUtcStartDate, "2026-05-01T00:00:00.000Z"), wbxml.T(wbxml.TasksUtcDueDate, "2026-05-01T08:00:00.000Z"),
		}},
		{"a recurrence lends its start", "DTSTART;VALUE=DATE:20260501", "", []wbxml.Element{
			wbxml.E(wbxml.TasksRecurrence, wbxml.T(wbxml.TasksType, "0"), wbxml.T(wbxml.TasksStart, "2026-05-01T00:00:00.000Z")),
		}},
		{"none", "", "", []wbxml.Element{wbxml.T(wbxml.TasksComplete, "0"), wbxml.T(wbxml.TasksDueDate, "x")}},
	} {
		b, err := Task(properties(c.in...))
		parseCalendar(t, b, err)
		for name, want := range map[string]string{"DTSTART": c.start, "DUE": c.due} {
			if has := strings.Contains(string(b), "\r\n"+name); has != (want != "") || !strings.Contains(string(b), want) {
				t.Errorf("%s: want %q in\n%s", c.what, want, b)
			}
		}
	}
}

func TestNote(t *testing.T) {
	b, err := Note(properties(
		wbxml.T(wbxml.NotesSubject, "Shopping"), wbxml.T(wbxml.NotesMessageClass, "IPM.StickyNote"),
		wbxml.T(wbxml.NotesLastModifiedDate, "20260501T101112Z"), wbxml.E(wbxml.NotesCategories, wbxml.T(wbxml.NotesCategory, "Blue")),
		wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, "milk;\r\nbread"))))
	parseCalendar(t, b, err)
	want := crlf(`
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//airlift//EAS archive//EN
BEGIN:VJOURNAL
DTSTAMP:20260501T101112Z
LAST-MODIFIED:20260501T101112Z
SUMMARY:Shopping
DESCRIPTION:milk\;\nbread
CATEGORIES:Blue
X-EAS-MESSAGECLASS:IPM.StickyNote
END:VJOURNAL
END:VCALENDAR
`)
	if diff := cmp.Diff(want, withoutUID(b)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
