package item

import (
	"errors"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// What SOGo was given: a weekly meeting on Tuesdays at 10:00 UTC, five times.
func TestEventRecorded(t *testing.T) {
	b, err := Event(recorded(t, "calendar-v14.1")[0], Options{})
	parseCalendar(t, b, err)
	want := crlf(`
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//airlift//EAS archive//EN
BEGIN:VEVENT
UID:uid-14.1-1795365184
DTSTART:20261201T100000Z
DTEND:20261201T110000Z
DTSTAMP:20261201T100000Z
RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=5
SUMMARY:Meeting ☃ 14.1
LOCATION:Room <1>
DESCRIPTION:agenda
CLASS:PUBLIC
STATUS:CONFIRMED
TRANSP:OPAQUE
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-EAS-MEETINGSTATUS:0
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Reminder
TRIGGER:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
`)
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	old := recorded(t, "calendar-v2.5")
	if again, err := Event(old[0], Options{}); err != nil || string(again) != want {
		t.Errorf("by protocol 2.5 the same event is %v\n%s", err, again)
	}
}

// dailyMeeting is 10:00 to 11:00 in Paris on every day from 2026-03-27 on; daylight
// time begins on the 29th.
func dailyMeeting(more ...wbxml.Element) *wbxml.Element {
	return properties(append([]wbxml.Element{
		wbxml.T(wbxml.CalendarTimezone, romance.blob()),
		wbxml.T(wbxml.CalendarStartTime, "20260327T090000Z"),
		wbxml.T(wbxml.CalendarEndTime, "20260327T100000Z"),
		wbxml.T(wbxml.CalendarSubject, "Daily"),
		wbxml.T(wbxml.CalendarLocation, "Room 1"),
		wbxml.T(wbxml.CalendarUID, "040000008200E00074C5B7101A82E008"),
		wbxml.T(wbxml.CalendarReminder, "5"),
		wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "0"), wbxml.T(wbxml.CalendarInterval, "1"),
			wbxml.T(wbxml.CalendarUntil, "20260402T080000Z")),
	}, more...)...)
}

func exceptions(e ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.CalendarExceptions, e...) }

func TestEventExceptions(t *testing.T) {
	b, err := Event(dailyMeeting(exceptions(
		wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarDeleted, "1"), wbxml.T(wbxml.CalendarExceptionStartTime, "20260330T080000Z")),
		wbxml.E(wbxml.CalendarException, // moved by an hour, without place and reminder
			wbxml.T(wbxml.CalendarExceptionStartTime, "20260331T080000Z"), wbxml.T(wbxml.CalendarStartTime, "20260331T090000Z"),
			wbxml.T(wbxml.CalendarEndTime, "20260331T103000Z"), wbxml.T(wbxml.CalendarSubject, "Late"),
			wbxml.Empty(wbxml.CalendarLocation), wbxml.Empty(wbxml.CalendarReminder)),
		wbxml.E(wbxml.CalendarException, // as 16.1 names it; it says nothing but a status
			wbxml.T(wbxml.AirSyncBaseInstanceId, "2026-04-01T08:00:00.000Z"), wbxml.T(wbxml.CalendarBusyStatus, "3")),
		wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarSubject, "of no occurrence")),
	)), Options{})
	cal := parseCalendar(t, b, err)
	const zone = ";TZID=Europe/Paris:"
	for _, line := range []string{
		"DTSTART" + zone + "20260327T100000", "EXDATE" + zone + "20260330T100000", // wall clock: MS-ASDTYPE R42
		"RRULE:FREQ=DAILY;UNTIL=20260402T080000Z", "X-EAS-EXCEPTIONS-LEFT-OUT:1",
		"RECURRENCE-ID" + zone + "20260331T100000", "RECURRENCE-ID" + zone + "20260401T100000",
	} {
		if !strings.Contains(string(b), "\r\n"+line+"\r\n") {
			t.Errorf("no line %q in\n%s", line, b)
		}
	}
	if n := len(cal.Events()); n != 3 {
		t.Fatalf("%d events, want 3", n)
	}
	moved, status := values(t, cal, 1), values(t, cal, 2)
	if diff := cmp.Diff(map[string]string{
		"UID": "040000008200E00074C5B7101A82E008", "RECURRENCE-ID": "20260331T100000", "DTSTAMP": "20260331T080000Z",
		"DTSTART": "20260331T110000", "DTEND": "20260331T123000", "SUMMARY": "Late",
	}, moved); diff != "" {
		t.Errorf("moved (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{
		"UID": "040000008200E00074C5B7101A82E008", "RECURRENCE-ID": "20260401T100000", "DTSTAMP": "20260401T080000Z",
		"DTSTART": "20260401T100000", "DTEND": "20260401T110000", "SUMMARY": "Daily", "LOCATION": "Room 1",
		"STATUS": "CONFIRMED", "TRANSP": "OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS": "OOF",
	}, status); diff != "" {
		t.Errorf("status (-want +got)\n%s", diff)
	}
	if len(cal.Events()[1].Components) != 0 || len(cal.Events()[2].Components) != 1 {
		t.Error("the reminder is not inherited as it should be")
	}
}

func TestEventAllDay(t *testing.T) {
	for _, c := range []struct{ what, zone, start, end, wantStart, wantEnd string }{
		{"16.1: dates without a zone (MS-ASCAL 2.2.2.1)", "", "20261224T000000Z", "20261227T000000Z", "20261224", "20261227"},
		{"14.1: midnights in Paris", romance.blob(), "20261223T230000Z", "20261226T230000Z", "20261224", "20261227"},
		{"14.1: midnights in Seattle", pacific.blob(), "20261224T080000Z", "20261225T080000Z", "20261224", "20261225"},
		{"across the change to daylight time", romance.blob(), "20260328T230000Z", "20260329T220000Z", "20260329", "20260330"},
		{"midnights in Paris, zone lost", "AAAA", "20261223T230000Z", "20261224T230000Z", "20261224", "20261225"},
		{"midnights in Seattle, zone lost", "", "20261224T080000Z", "20261225T080000Z", "20261224", "20261225"},
		{"no end", "", "20261224", "", "20261224", ""},
		{"ends as it begins", "", "20261224", "20261224", "20261224", ""},
	} {
		b, err := Event(properties(
			wbxml.T(wbxml.CalendarTimezone, c.zone), wbxml.T(wbxml.CalendarAllDayEvent, "1"),
			wbxml.T(wbxml.CalendarStartTime, c.start), wbxml.T(wbxml.CalendarEndTime, c.end)), Options{})
		e := parseCalendar(t, b, err).Events()[0]
		if p := e.GetProperty(ics.ComponentPropertyDtStart); p.Value != c.wantStart || p.ICalParameters["VALUE"][0] != "DATE" {
			t.Errorf("%s: starts %+v, want %s", c.what, p, c.wantStart)
		}
		if p := e.GetProperty(ics.ComponentPropertyDtEnd); c.wantEnd == "" && p != nil || c.wantEnd != "" && p.Value != c.wantEnd {
			t.Errorf("%s: ends %+v, want %s", c.what, p, c.wantEnd)
		}
		if strings.Contains(string(b), "VTIMEZONE") {
			t.Errorf("%s: a date needs no time zone", c.what)
		}
	}
}

// An occurrence of an all-day series that is not all-day: MS-ASCAL forbids it from
// 16.0 on, not before.
func TestEventAllDayException(t *testing.T) {
	b, err := Event(properties(
		wbxml.T(wbxml.CalendarTimezone, romance.blob()), wbxml.T(wbxml.CalendarAllDayEvent, "1"),
		wbxml.T(wbxml.CalendarStartTime, "20261223T230000Z"), wbxml.T(wbxml.CalendarEndTime, "20261224T230000Z"),
		wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "0"), wbxml.T(wbxml.CalendarUntil, "20261227T230000Z")),
		exceptions(
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarDeleted, "1"), wbxml.T(wbxml.CalendarExceptionStartTime, "20261224T230000Z")),
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarAllDayEvent, "0"), wbxml.T(wbxml.CalendarExceptionStartTime, "20261225T230000Z"),
				wbxml.T(wbxml.CalendarStartTime, "20261226T100000Z"), wbxml.T(wbxml.CalendarEndTime, "20261226T110000Z")))), Options{})
	cal := parseCalendar(t, b, err)
	for i, want := range []map[string]string{
		{"DTSTART": "20261224", "DTEND": "20261225", "RRULE": "FREQ=DAILY;UNTIL=20261228", "EXDATE": "20261225"},
		{"DTSTART": "20261226T100000Z", "DTEND": "20261226T110000Z", "RECURRENCE-ID": "20261226"},
	} {
		got := values(t, cal, i)
		for name, value := range want {
			if got[name] != value {
				t.Errorf("event %d: %s is %q, want %q", i, name, got[name], value)
			}
		}
	}
	if strings.Contains(string(b), "TZID") {
		t.Errorf("a zone is named and not defined:\n%s", b)
	}
}

func TestEventAttendees(t *testing.T) {
	attendee := func(email, name, status, kind string) wbxml.Element {
		return wbxml.E(wbxml.CalendarAttendee, wbxml.T(wbxml.CalendarEmail, email), wbxml.T(wbxml.CalendarName, name),
			wbxml.T(wbxml.CalendarAttendeeStatus, status), wbxml.T(wbxml.CalendarAttendeeType, kind))
	}
	b, err := Event(dailyMeeting(
		wbxml.T(wbxml.CalendarOrganizerEmail, "chef@example.com"), wbxml.T(wbxml.CalendarOrganizerName, "Müller; Jörg"),
		wbxml.E(wbxml.CalendarAttendees,
			attendee("a@example.com", `Anna "Ann" O'Neill`, "3", "1"), attendee("b@example.com", "", "2", "2"),
			attendee("room@example.com", "Room, big", "4", "3"), attendee("", "Nobody", "0", "9"),
			attendee("not an address\r\nX:y", "c", "5", "1")),
		wbxml.E(wbxml.AirSyncBaseAttachments, wbxml.E(wbxml.AirSyncBaseAttachment, wbxml.T(wbxml.AirSyncBaseDisplayName, "agenda.docx"))),
		wbxml.T(wbxml.CalendarDisallowNewTimeProposal, "1"), wbxml.T(wbxml.CalendarAppointmentReplyTime, "20260301T080000Z"),
		wbxml.T(wbxml.CalendarOnlineMeetingExternalLink, "https://meet.example.com/1;2"),
		wbxml.T(wbxml.CalendarMeetingStatus, "7"), wbxml.T(wbxml.CalendarBusyStatus, "2"), wbxml.T(wbxml.CalendarSensitivity, "1"),
	), Options{})
	parseCalendar(t, b, err)
	unfolded := strings.ReplaceAll(string(b), "\r\n ", "")
	for _, line := range []string{
		`ORGANIZER;CN="Müller; Jörg":mailto:chef@example.com`,
		`ATTENDEE;CN=Anna ^'Ann^' O'Neill;CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:a@example.com`,
		`ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=TENTATIVE;ROLE=OPT-PARTICIPANT:mailto:b@example.com`,
		`ATTENDEE;CN="Room, big";CUTYPE=RESOURCE;PARTSTAT=DECLINED;ROLE=NON-PARTICIPANT:mailto:room@example.com`,
		`ATTENDEE;CN=Nobody;PARTSTAT=NEEDS-ACTION:invalid:nomail`,
		`ATTENDEE;CN=c;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT:mailto:not%20an%20address%0D%0AX:y`,
		"X-EAS-ATTACHMENT:agenda.docx", "X-MICROSOFT-DISALLOW-COUNTER:TRUE", "X-MICROSOFT-CDO-REPLYTIME:20260301T080000Z",
		`X-MICROSOFT-ONLINEMEETINGEXTERNALLINK:https://meet.example.com/1\;2`,
		"STATUS:CANCELLED", "CLASS:X-PERSONAL", "X-EAS-MEETINGSTATUS:7",
	} {
		if !strings.Contains(unfolded, "\r\n"+line+"\r\n") {
			t.Errorf("no line %q in\n%s", line, unfolded)
		}
	}
}

func TestEventBusyStatus(t *testing.T) {
	for status, want := range map[string][3]string{
		"0": {"CONFIRMED", "TRANSPARENT", "FREE"}, "1": {"TENTATIVE", "OPAQUE", "TENTATIVE"}, "2": {"CONFIRMED", "OPAQUE", "BUSY"},
		"3": {"CONFIRMED", "OPAQUE", "OOF"}, "4": {"CONFIRMED", "TRANSPARENT", "WORKINGELSEWHERE"}, "-1": {}, "x": {},
	} {
		b, err := Event(properties(wbxml.T(wbxml.CalendarBusyStatus, status)), Options{})
		e := values(t, parseCalendar(t, b, err), 0)
		if got := [3]string{e["STATUS"], e["TRANSP"], e["X-MICROSOFT-CDO-BUSYSTATUS"]}; got != want {
			t.Errorf("%s: %v, want %v", status, got, want)
		}
	}
}

func TestEventLocation(t *testing.T) {
	place := func(children ...wbxml.Element) map[string]string {
		b, err := Event(properties(wbxml.E(wbxml.AirSyncBaseLocation, children...)), Options{})
		return values(t, parseCalendar(t, b, err), 0)
	}
	street, city := wbxml.T(wbxml.AirSyncBaseStreet, "1 Microsoft Way"), wbxml.T(wbxml.AirSyncBaseCity, "Redmond")
	got := place(wbxml.T(wbxml.AirSyncBaseDisplayName, "Cafe"), street, city,
		wbxml.T(wbxml.AirSyncBaseLatitude, "47.64"), wbxml.T(wbxml.AirSyncBaseLongitude, "-122.13"))
	if got["LOCATION"] != "Cafe" || got["X-EAS-STREET"] != "1 Microsoft Way" || got["X-EAS-CITY"] != "Redmond" || got["GEO"] != "47.64;-122.13" {
		t.Errorf("got %v", got)
	}
	got = place(street, city, wbxml.T(wbxml.AirSyncBaseLatitude, "NaN"), wbxml.T(wbxml.AirSyncBaseLongitude, "1"))
	if got["LOCATION"] != "1 Microsoft Way, Redmond" || got["GEO"] != "" {
		t.Errorf("without a name: %v", got)
	}
}

func TestEventBody(t *testing.T) {
	body := func(kind, data string) map[string]string {
		b, err := Event(properties(wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, kind),
			wbxml.T(wbxml.AirSyncBaseTruncated, "1"), wbxml.T(wbxml.AirSyncBaseData, data))), Options{})
		return values(t, parseCalendar(t, b, err), 0)
	}
	html := "<html><head><style>p{}</style></head><body><p>Tom &amp; <b>Jerry</b></p><div>x<br>y</div></body></html>"
	if got := body("2", html); got["DESCRIPTION"] != "Tom & Jerry\nx\ny" || got["X-ALT-DESC"] != html || got["X-EAS-BODY-TRUNCATED"] != "1" {
		t.Errorf("HTML: %q", got)
	}
	if got := body("1", "a\r\nb"); got["DESCRIPTION"] != "a\nb" {
		t.Errorf("plain: %q", got)
	}
	if got := body("3", "e1xydGY="); got["DESCRIPTION"] != "" || got["X-EAS-BODY-TYPE"] != "3" {
		t.Errorf("RTF: %q", got)
	}
}

// An item is never lost for a value: what cannot be said is left out or kept.
func TestEventBadValues(t *testing.T) {
	b, err := Event(properties(
		wbxml.T(wbxml.CalendarTimezone, "not a zone"), wbxml.T(wbxml.CalendarStartTime, "tomorrow"),
		wbxml.T(wbxml.CalendarReminder, "-3"), wbxml.T(wbxml.CalendarSubject, "x"),
		wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "4"), wbxml.T(wbxml.CalendarCalendarType, "15"),
			wbxml.T(wbxml.CalendarIsLeapMonth, "1"))), Options{UID: "item-7"})
	got := values(t, parseCalendar(t, b, err), 0)
	if diff := cmp.Diff(map[string]string{
		"UID": "item-7", "DTSTAMP": "19700101T000000Z", "SUMMARY": "x", "X-EAS-TIMEZONE": "not a zone", "X-EAS-TYPE": "4",
		"X-EAS-CALENDARTYPE": "15", "X-EAS-ISLEAPMONTH": "1",
	}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, none := range []*wbxml.Element{nil, properties()} {
		if _, err := Event(none, Options{}); !errors.Is(err, ErrNoProperties) {
			t.Errorf("no properties: %v", err)
		}
	}
}

func TestEventExceptionsBounded(t *testing.T) {
	var list []wbxml.Element
	for i := range 1200 {
		start := time.Date(2026, time.March, 27+i, 9, 0, 0, 0, time.UTC).Format(utcForm)
		list = append(list, wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, start)))
	}
	b, err := Event(dailyMeeting(exceptions(list...)), Options{})
	cal := parseCalendar(t, b, err)
	if n, left := len(cal.Events()), values(t, cal, 0)["X-EAS-EXCEPTIONS-LEFT-OUT"]; n != 1001 || left != "200" {
		t.Errorf("%d events, %s left out", n, left)
	}
	huge := wbxml.T(wbxml.CalendarBody, strings.Repeat("x", maxSeries/100))
	b, err = Event(dailyMeeting(huge, exceptions(list...)), Options{})
	if err != nil || len(b) > maxSeries+maxSeries/10 || !strings.Contains(string(b), "X-EAS-EXCEPTIONS-LEFT-OUT:") {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}
