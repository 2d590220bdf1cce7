package item

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestDifferences: what is another value, and what is the same in other words.
func TestDifferences(t *testing.T) {
	props := func(all ...wbxml.Element) *wbxml.Element {
		e := wbxml.E(wbxml.AirSyncApplicationData, all...)
		return &e
	}
	exception := func(start string, more ...wbxml.Element) wbxml.Element {
		return wbxml.E(wbxml.CalendarException, append([]wbxml.Element{wbxml.T(wbxml.CalendarExceptionStartTime, start)}, more...)...)
	}
	long := strings.Repeat("a", 1000)
	for name, c := range map[string]struct {
		sent, got *wbxml.Element
		want      []Difference
	}{
		"the same": {
			props(wbxml.T(wbxml.CalendarSubject, "s\n"), wbxml.T(wbxml.CalendarStartTime, "20260105T090000Z"), wbxml.T(wbxml.CalendarSensitivity, "0"), wbxml.T(wbxml.CalendarLocation, "Room"), wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, "a\nb")), wbxml.T(wbxml.CalendarUID, "u"),
				wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "0"), wbxml.T(wbxml.CalendarInterval, "1"))),
			props(wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "0")), wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, "a\r\nb\r\n")), wbxml.T(wbxml.CalendarDtStamp, "20260101T000000Z"), wbxml.E(wbxml.AirSyncBaseLocation, wbxml.T(wbxml.AirSyncBaseDisplayName, "Room")),
				wbxml.T(wbxml.CalendarSubject, "s"), wbxml.T(wbxml.CalendarStartTime, "2026-01-05T09:00:00.000Z"), wbxml.T(wbxml.CalendarBusyStatus, "2"), wbxml.T(wbxml.CalendarMeetingStatus, "0")),
			nil,
		},
		"another value, none, and one more": {
			props(wbxml.T(wbxml.ContactsFileAs, "a"), wbxml.T(wbxml.ContactsSpouse, "b"), wbxml.E(wbxml.ContactsCategories, wbxml.T(wbxml.ContactsCategory, "x"), wbxml.T(wbxml.ContactsCategory, "y"))),
			props(wbxml.T(wbxml.ContactsFileAs, "c"), wbxml.T(wbxml.ContactsJobTitle, "d"), wbxml.E(wbxml.ContactsCategories, wbxml.T(wbxml.ContactsCategory, "y"))),
			[]Difference{{"Contacts:FileAs", "a", "c"}, {"Contacts:Spouse", "b", ""}, {"Contacts:Categories", "x, y", "y"}, {"Contacts:JobTitle", "", "d"}},
		},
		"categories in another order": {
			props(wbxml.E(wbxml.ContactsCategories, wbxml.T(wbxml.ContactsCategory, "x"), wbxml.T(wbxml.ContactsCategory, "y"))),
			props(wbxml.E(wbxml.ContactsCategories, wbxml.T(wbxml.ContactsCategory, "y"), wbxml.T(wbxml.ContactsCategory, "x"))), nil,
		},
		"a birthday at another time": {props(wbxml.T(wbxml.ContactsBirthday, "1980-03-22T00:00:00.000Z")), props(wbxml.T(wbxml.ContactsBirthday, "1980-03-22T11:59:00.000Z")), nil},
		"a body as text":             {props(bodyElement("2", "<p>Hi <b>you</b></p>")), props(bodyElement("1", "Hi you")), []Difference{{"AirSyncBase:Body/AirSyncBase:Type", "2", "1"}}},
		"another body":               {props(bodyElement("2", "<p>Hi</p>")), props(bodyElement("1", "Ho")), []Difference{{"AirSyncBase:Body", "<p>Hi</p>", "Ho"}}},
		"a body that was cut": {
			props(bodyElement("1", long+"end")), props(bodyElement("1", long)),
			[]Difference{{"AirSyncBase:Body", "…" + strings.Repeat("a", 40) + "end", "…" + strings.Repeat("a", 40)}},
		},
		"a recurrence": {
			props(wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "1"), wbxml.T(wbxml.CalendarInterval, "2"), wbxml.T(wbxml.CalendarDayOfWeek, "4"))),
			props(wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "1"), wbxml.T(wbxml.CalendarDayOfWeek, "4"))),
			[]Difference{{"Calendar:Recurrence/Calendar:Interval", "2", ""}},
		},
		"exceptions": {
			props(wbxml.T(wbxml.CalendarSubject, "s"), wbxml.T(wbxml.CalendarReminder, "5"), wbxml.E(wbxml.CalendarExceptions,
				exception("20260101T090000Z", wbxml.T(wbxml.CalendarDeleted, "1")), exception("20260102T090000Z", wbxml.T(wbxml.CalendarReminder, "9")), exception("20260103T090000Z", wbxml.T(wbxml.CalendarReminder, "7")))),
			// What an exception does not say is as in the series, and may be said.
			props(wbxml.T(wbxml.CalendarSubject, "s"), wbxml.T(wbxml.CalendarReminder, "5"), wbxml.E(wbxml.CalendarExceptions,
				exception("20260104T090000Z", wbxml.T(wbxml.CalendarDeleted, "1")), exception("20260103T090000Z", wbxml.T(wbxml.CalendarSubject, "t"), wbxml.T(wbxml.CalendarReminder, "7")),
				exception("20260102T090000Z", wbxml.T(wbxml.CalendarSubject, "s"), wbxml.T(wbxml.CalendarReminder, "9")))),
			[]Difference{{"Calendar:Exception 20260101T090000Z", "deleted", ""}, {"Calendar:Exception 20260103T090000Z/Calendar:Subject", "s", "t"}, {"Calendar:Exception 20260104T090000Z", "", "deleted"}},
		},
		"a deleted occurrence that is there": {
			props(wbxml.E(wbxml.CalendarExceptions, exception("20260101T090000Z", wbxml.T(wbxml.CalendarDeleted, "1")))),
			props(wbxml.E(wbxml.CalendarExceptions, exception("20260101T090000Z", wbxml.T(wbxml.CalendarDeleted, "0"), wbxml.T(wbxml.CalendarSubject, "x")))),
			[]Difference{{"Calendar:Exception 20260101T090000Z", "deleted", "changed"}},
		},
		"a zone in other bytes": {props(wbxml.T(wbxml.CalendarTimezone, romance.blob())), props(wbxml.T(wbxml.CalendarTimezone, " "+romance.blob()+"\n")), nil},
		"another zone":          {props(wbxml.T(wbxml.CalendarTimezone, romance.blob())), props(wbxml.T(wbxml.CalendarTimezone, (*zone)(nil).blob())), []Difference{difference("Calendar:Timezone", romance.blob(), (*zone)(nil).blob())}},
		"files":                 {props(wbxml.E(wbxml.AirSyncBaseAttachments, wbxml.E(wbxml.AirSyncBaseAdd, wbxml.T(wbxml.AirSyncBaseDisplayName, "f")))), props(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, Differences(c.sent, c.got)); d != "" {
				t.Error(d)
			}
			same := len(c.want) == 0
			if back := Differences(c.got, c.sent); (len(back) == 0) != same {
				t.Errorf("the other way round: %+v", back)
			}
			if equal := ContentHash(c.sent, nil) == ContentHash(c.got, nil); equal != same && name != "exceptions" && name != "files" {
				t.Errorf("hashes are equal: %v", equal)
			}
		})
	}
}

// TestEmptied: MS-ASCMD 2.2.3.24.
func TestEmptied(t *testing.T) {
	for _, c := range []struct {
		version, class string
		tag            wbxml.Tag
		want           string
	}{
		{"14.1", "Contacts", wbxml.AirSyncBaseBody, "Body(Type=1 Data=)"},
		{"2.5", "Contacts", wbxml.ContactsBody, "Body="},
		{"14.1", "Contacts", wbxml.ContactsPicture, "Picture="},
		{"14.1", "Contacts", wbxml.ContactsSpouse, "none"},
		{"14.1", "Calendar", wbxml.CalendarReminder, "none"},
		{"16.0", "Calendar", wbxml.CalendarReminder, "Reminder="},
		{"16.0", "Calendar", wbxml.CalendarLocation, "Location="},
		{"16.0", "Calendar", wbxml.CalendarExceptions, "none"},
		{"16.0", "Calendar", wbxml.CalendarUID, "none"},
	} {
		got := "none"
		if e := Emptied(c.class, c.tag, ParseOptions{Version: c.version}); e != nil {
			whole := wbxml.E(wbxml.AirSyncApplicationData, *e)
			got = listing(&whole)
		}
		if got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.tag, c.version, got, c.want)
		}
	}
}
