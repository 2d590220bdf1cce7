package item

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestMeeting: what a server says of a meeting is an event of the same words.
func TestMeeting(t *testing.T) {
	props := properties(
		wbxml.T(wbxml.EmailSubject, "Review"), wbxml.T(wbxml.EmailMessageClass, "IPM.Schedule.Meeting.Request"),
		wbxml.E(wbxml.EmailMeetingRequest,
			wbxml.T(wbxml.EmailAllDayEvent, "0"), wbxml.T(wbxml.EmailStartTime, "2024-03-01T10:00:00.000Z"),
			wbxml.T(wbxml.EmailDtStamp, "2024-02-01T08:00:00.000Z"), wbxml.T(wbxml.EmailEndTime, "2024-03-01T11:00:00.000Z"),
			wbxml.T(wbxml.EmailLocation, "Room 5"), wbxml.T(wbxml.EmailOrganizer, `"Ada L." <ada@example.com>`), wbxml.T(wbxml.EmailReminder, "900"),
			wbxml.E(wbxml.EmailRecurrences, wbxml.E(wbxml.EmailRecurrence, wbxml.T(wbxml.EmailType, "1"), wbxml.T(wbxml.EmailInterval, "2"),
				wbxml.T(wbxml.EmailDayOfWeek, "32"), wbxml.T(wbxml.EmailOccurrences, "4"))),
			wbxml.T(wbxml.EmailBusyStatus, "2"),
			wbxml.T(wbxml.EmailGlobalObjId, "BAAAAIIA4AB0xbcQGoLgCAAAAAAAAAAAAAAAAAAAAAAAAAAAMwAAAHZDYWwtVWlkAQAAAHs4MTQxMkQzQy0yQTI0LTRFOUQtQjIwRS0xMUY3QkJFOTI3OTl9AA=="),
		))
	b, ok, err := Meeting(props)
	if !ok {
		t.Fatal("no meeting", err)
	}
	got := values(t, parseCalendar(t, b, err), 0)
	for name, want := range map[string]string{
		"SUMMARY": "Review", "DTSTART": "20240301T100000Z", "DTEND": "20240301T110000Z", "DTSTAMP": "20240201T080000Z", "LOCATION": "Room 5",
		"ORGANIZER": "mailto:ada@example.com", "RRULE": "FREQ=WEEKLY;BYDAY=FR;INTERVAL=2;COUNT=4", "UID": "{81412D3C-2A24-4E9D-B20E-11F7BBE92799}",
	} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if _, ok, err := Meeting(properties(wbxml.T(wbxml.EmailSubject, "x"))); ok || err != nil {
		t.Errorf("a mail without a meeting has one: %v", err)
	}
}

// TestUIDOf: a UID of another program, and one that Exchange made, where the date of the instance does not count.
func TestUIDOf(t *testing.T) {
	for id, want := range map[string]string{
		"BAAAAIIA4AB0xbcQGoLgCAfUCRDgQMnBJoXEAQAAAAAAAAAAEAAAAAvw7UtuTulOnjnjhns3jvM=": "040000008200E00074C5B7101A82E00800000000E040C9C12685C4010000000000000000100000000BF0ED4B6E4EE94E9E39E3867B378EF3",
		"": "", "no base64": "", "BAAAAA==": "",
	} {
		if got := uidOf(id); got != want {
			t.Errorf("%q is %q, want %q", id, got, want)
		}
	}
}
