package item

import (
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// listing is an element in one line, for comparing.
func listing(e *wbxml.Element) string {
	if e == nil {
		return "none"
	}
	var parts []string
	for i := range e.Children {
		c := &e.Children[i]
		s := c.Tag.Name()
		if len(c.Children) > 0 {
			s += "(" + listing(c) + ")"
		} else {
			s += "=" + c.Text
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func lossNames(losses []Loss) (all []string) {
	for _, l := range losses {
		all = append(all, l.Property+"="+l.Value)
	}
	return all
}

// wholeEvent is an event as a server of 16.1 sends it, with what only servers write, and what only some versions have.
func wholeEvent() *wbxml.Element {
	e := wbxml.E(wbxml.AirSyncApplicationData,
		wbxml.T(wbxml.CalendarTimezone, romance.blob()), wbxml.T(wbxml.CalendarSubject, "s"), wbxml.T(wbxml.CalendarUID, "u"), wbxml.T(wbxml.CalendarDtStamp, "20260101T000000Z"),
		wbxml.T(wbxml.CalendarOrganizerEmail, "o@example.com"), wbxml.T(wbxml.CalendarStartTime, "20260105T090000Z"), wbxml.T(wbxml.CalendarEndTime, "20260105T100000Z"),
		wbxml.E(wbxml.AirSyncBaseLocation, wbxml.T(wbxml.AirSyncBaseDisplayName, "Room"), wbxml.T(wbxml.AirSyncBaseCity, "Paris")),
		wbxml.T(wbxml.CalendarResponseType, "1"), wbxml.T(wbxml.CalendarMeetingStatus, "1"), wbxml.T(wbxml.CalendarDisallowNewTimeProposal, "1"),
		wbxml.E(wbxml.CalendarAttendees, wbxml.E(wbxml.CalendarAttendee, wbxml.T(wbxml.CalendarEmail, "a@example.com"), wbxml.T(wbxml.CalendarAttendeeStatus, "3"), wbxml.T(wbxml.CalendarAttendeeType, "1"))),
		wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "1"), wbxml.T(wbxml.CalendarInterval, "1"), wbxml.T(wbxml.CalendarFirstDayOfWeek, "1")),
		wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBaseEstimatedDataSize, "9"), wbxml.T(wbxml.AirSyncBaseData, "<p>b</p>")),
		wbxml.T(wbxml.AirSyncBaseNativeBodyType, "2"),
		wbxml.E(wbxml.AirSyncBaseAttachments, wbxml.E(wbxml.AirSyncBaseAttachment, wbxml.T(wbxml.AirSyncBaseDisplayName, "f.pdf"), wbxml.T(wbxml.AirSyncBaseFileReference, "1"))),
		wbxml.E(wbxml.CalendarExceptions,
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.AirSyncBaseInstanceId, "2026-01-12T09:00:00.000Z"), wbxml.T(wbxml.CalendarDeleted, "1")),
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.AirSyncBaseInstanceId, "2026-01-19T09:00:00.000Z"), wbxml.T(wbxml.CalendarSubject, "x"), wbxml.T(wbxml.CalendarDtStamp, "20260101T000000Z"))))
	return &e
}

// TestRequest: what a version may have in a request, MS-ASCAL 2.2.2 and the sections that request.go cites.
func TestRequest(t *testing.T) {
	zone := "Timezone=" + romance.blob() + " "
	const span, attendee = "StartTime=20260105T090000Z EndTime=20260105T100000Z ", "Attendees(Attendee(Email=a@example.com "
	for version, want := range map[string]struct {
		main, instances string
		losses          []string
	}{
		"16.1": {
			zone + "Subject=s " + span + "Location(DisplayName=Room City=Paris) DisallowNewTimeProposal=1 " + attendee + "AttendeeType=1)) Recurrence(Type=1 Interval=1 FirstDayOfWeek=1) Body(Type=2 Data=<p>b</p>)",
			"20260112T090000Z none; 20260119T090000Z Subject=x",
			[]string{"Calendar:UID=u", "AirSyncBase:Attachment=f.pdf"},
		},
		"14.1": {
			zone + "Subject=s UID=u DtStamp=20260101T000000Z OrganizerEmail=o@example.com " + span + "Location=Room MeetingStatus=1 DisallowNewTimeProposal=1 " + attendee + "AttendeeStatus=3 AttendeeType=1)) Recurrence(Type=1 Interval=1 FirstDayOfWeek=1) Body(Type=2 Data=<p>b</p>) " +
				"Exceptions(Exception(ExceptionStartTime=20260112T090000Z Deleted=1) Exception(ExceptionStartTime=20260119T090000Z Subject=x DtStamp=20260101T000000Z))",
			"",
			[]string{"AirSyncBase:City=Paris", "AirSyncBase:Attachment=f.pdf"},
		},
		"12.1": {
			zone + "Subject=s UID=u DtStamp=20260101T000000Z OrganizerEmail=o@example.com " + span + "Location=Room MeetingStatus=1 " + attendee + "AttendeeStatus=3 AttendeeType=1)) Recurrence(Type=1 Interval=1) Body(Type=2 Data=<p>b</p>) " +
				"Exceptions(Exception(ExceptionStartTime=20260112T090000Z Deleted=1) Exception(ExceptionStartTime=20260119T090000Z Subject=x DtStamp=20260101T000000Z))",
			"",
			[]string{"AirSyncBase:City=Paris", "Calendar:DisallowNewTimeProposal=1", "Calendar:FirstDayOfWeek=1", "AirSyncBase:Attachment=f.pdf"},
		},
		"2.5": {
			zone + "Subject=s UID=u DtStamp=20260101T000000Z OrganizerEmail=o@example.com " + span + "Location=Room MeetingStatus=1 " + attendee + ")) Recurrence(Type=1 Interval=1) Body=b " +
				"Exceptions(Exception(ExceptionStartTime=20260112T090000Z Deleted=1) Exception(ExceptionStartTime=20260119T090000Z Subject=x DtStamp=20260101T000000Z))",
			"",
			[]string{"AirSyncBase:City=Paris", "Calendar:DisallowNewTimeProposal=1", "Calendar:AttendeeType=1", "Calendar:FirstDayOfWeek=1", "AirSyncBase:Body=<p>b</p>", "AirSyncBase:Attachment=f.pdf"},
		},
	} {
		t.Run(version, func(t *testing.T) {
			props := wholeEvent()
			p, err := Request(props, ParseOptions{Version: version})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.ReplaceAll(want.main, " )", ")"), listing(p.Properties)); d != "" {
				t.Error(d)
			}
			var all []string
			for _, i := range p.Instances {
				all = append(all, i.ID.Format(wbxml.CompactDateTime)+" "+listing(i.Properties))
			}
			if d := cmp.Diff(want.instances, strings.Join(all, "; ")); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(want.losses, lossNames(p.Losses)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(listing(wholeEvent()), listing(props)); d != "" {
				t.Errorf("it changed what it was given: %s", d)
			}
			// All that was not lost is the same event.
			for _, d := range Differences(props, p.Whole()) {
				if !strings.HasSuffix(d.Property, ":Body") && d.Property != "Calendar:Location" && d.Property != "Calendar:DisallowNewTimeProposal" && !strings.HasPrefix(d.Property, "Calendar:Recurrence/") && d.Property != "Calendar:Attendees" {
					t.Errorf("%+v", d)
				}
			}
		})
	}
}

// TestRequestBodies: a body in the form of every version.
func TestRequestBodies(t *testing.T) {
	for _, c := range []struct {
		version string
		in      []wbxml.Element
		want    string
		losses  []string
	}{
		{"16.1", []wbxml.Element{wbxml.T(wbxml.ContactsFileAs, "a"), wbxml.T(wbxml.ContactsBody, "t"), wbxml.T(wbxml.ContactsBodySize, "1"), wbxml.T(wbxml.ContactsBodyTruncated, "0")}, "FileAs=a Body(Type=1 Data=t)", nil},
		{"2.5", []wbxml.Element{bodyElement("1", "t"), wbxml.T(wbxml.ContactsFileAs, "a")}, "Body=t FileAs=a", nil},
		{"2.5", []wbxml.Element{wbxml.T(wbxml.TasksBody, "t"), wbxml.T(wbxml.TasksSubject, "a")}, "Body=t Subject=a", nil},
		{"2.5", []wbxml.Element{wbxml.T(wbxml.NotesSubject, "a"), bodyElement("1", "t")}, "Subject=a", []string{"AirSyncBase:Body=t"}},
		{"14.1", []wbxml.Element{wbxml.T(wbxml.TasksSubject, "a"), wbxml.T(wbxml.TasksRtf, "LZFu")}, "Subject=a", []string{"Tasks:Rtf=LZFu"}},
		{"14.1", []wbxml.Element{wbxml.T(wbxml.ContactsFileAs, "a"), wbxml.T(wbxml.ContactsAlias, "b"), wbxml.T(wbxml.ContactsWeightedRank, "3")}, "FileAs=a", []string{"Contacts:Alias=b", "Contacts:WeightedRank=3"}},
	} {
		e := wbxml.E(wbxml.AirSyncApplicationData, c.in...)
		p, err := Request(&e, ParseOptions{Version: c.version})
		if d := cmp.Diff(c.want, listing(p.Properties)); d != "" || err != nil {
			t.Errorf("%s: %s %v", c.version, d, err)
		}
		if d := cmp.Diff(c.losses, lossNames(p.Losses)); d != "" {
			t.Errorf("%s: %s", c.version, d)
		}
	}
}

// TestRequestBadExceptions: an exception that says nothing of its occurrence is left out, and told.
func TestRequestBadExceptions(t *testing.T) {
	e := wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.CalendarSubject, "s"), wbxml.E(wbxml.CalendarExceptions,
		wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarSubject, "x")), wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "once")),
		wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20260112T090000Z"))))
	p, err := Request(&e, ParseOptions{})
	if err == nil || len(p.Instances) != 1 || listing(p.Properties) != "Subject=s" {
		t.Errorf("%v, %+v", err, p)
	}
}

// TestDates: an event of whole days in a zone, with an occurrence of certain hours, as the dates that it is on, and back in every version.
func TestDates(t *testing.T) {
	event := wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.CalendarTimezone, romance.blob()), wbxml.T(wbxml.CalendarAllDayEvent, "1"), wbxml.T(wbxml.CalendarSubject, "s"),
		wbxml.T(wbxml.CalendarStartTime, "20260104T230000Z"), wbxml.T(wbxml.CalendarEndTime, "20260105T230000Z"),
		wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "1"), wbxml.T(wbxml.CalendarInterval, "1"), wbxml.T(wbxml.CalendarUntil, "20260712T220000Z")),
		wbxml.E(wbxml.CalendarExceptions,
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20260705T220000Z"), wbxml.T(wbxml.CalendarStartTime, "20260706T220000Z"), wbxml.T(wbxml.CalendarEndTime, "20260707T220000Z")),
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20260628T220000Z"), wbxml.T(wbxml.CalendarAllDayEvent, "0"), wbxml.T(wbxml.CalendarStartTime, "20260629T080000Z"))))
	const want = "AllDayEvent=1 Subject=s StartTime=20260105T000000Z EndTime=20260106T000000Z Recurrence(Type=1 Interval=1 Until=20260713T000000Z) " +
		"Exceptions(Exception(ExceptionStartTime=20260706T000000Z StartTime=20260707T000000Z EndTime=20260708T000000Z) Exception(ExceptionStartTime=20260629T000000Z AllDayEvent=0 StartTime=20260629T080000Z))"
	before := listing(&event)
	if d := cmp.Diff(want, listing(Dates(&event))); d != "" || listing(&event) != before {
		t.Error(d)
	}
	p, err := Request(&event, ParseOptions{Version: "16.0"})
	if err != nil || len(p.Instances) != 2 || !p.Instances[0].ID.Equal(time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC)) || p.Properties.Has(wbxml.CalendarTimezone) || p.Properties.Value(wbxml.CalendarStartTime) != "20260105T000000Z" {
		t.Errorf("%v: %s %+v", err, listing(p.Properties), p.Instances)
	}
	// In older versions the dates are midnights in UTC, where there is no other zone.
	old, err := Request(p.Whole(), ParseOptions{Version: "14.1"})
	if err != nil || old.Properties.Value(wbxml.CalendarTimezone) != (*zone)(nil).blob() || old.Properties.Value(wbxml.CalendarStartTime) != "20260105T000000Z" {
		t.Errorf("%v: %s", err, listing(old.Properties))
	}
	for _, other := range []*wbxml.Element{p.Whole(), old.Properties} {
		if d := Differences(&event, other); len(d) != 0 {
			t.Errorf("%+v", d)
		}
		if IdentityHash("Calendar", other) != IdentityHash("Calendar", &event) {
			t.Error("they are not taken for one")
		}
	}
	auckland, ok := placeNamed("Pacific/Auckland")
	if !ok {
		t.Fatal("no tz database")
	}
	for _, c := range []struct{ what, zone, start, want string }{
		{"no zone", "", "20261223T230000Z", "20261224T000000Z"},
		{"a zone that is none", "AAAA", "20261223T230000Z", "20261224T000000Z"},
		{"midnight in Paris, and UTC for a zone", (*zone)(nil).blob(), "20261223T230000Z", "20261224T000000Z"},
		{"midnight in Paris, and Seattle for a zone", pacific.blob(), "20261223T230000Z", "20261224T000000Z"},
		{"a date, and Seattle for a zone", pacific.blob(), "20261224T000000Z", "20261224T000000Z"},
		{"a date, and Auckland for a zone", makeZone(location{auckland}, time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)).blob(), "20261224T000000Z", "20261224T000000Z"},
	} {
		e := properties(wbxml.T(wbxml.CalendarTimezone, c.zone), wbxml.T(wbxml.CalendarAllDayEvent, "1"), wbxml.T(wbxml.CalendarStartTime, c.start))
		if got := Dates(e).Value(wbxml.CalendarStartTime); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
		b, err := Event(e, Options{})
		if got := parseCalendar(t, b, err).Events()[0].GetProperty(ics.ComponentPropertyDtStart).Value; got != c.want[:8] {
			t.Errorf("%s: its VEVENT is on %s, want %s", c.what, got, c.want[:8])
		}
	}
	hours := wholeEvent()
	if Dates(hours) != hours {
		t.Error("an event of certain hours")
	}
}
