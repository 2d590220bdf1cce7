package item

import (
	"strings"
	"testing"
)

const meeting = "DTSTART:20261201T100000Z\nDTEND:20261201T110000Z\n"

// TestParseEventCases: what an event says beside its recurrence.
func TestParseEventCases(t *testing.T) {
	const span = "StartTime=20261201T100000Z EndTime=20261201T110000Z"
	for _, c := range []parseCase{
		// When it is.
		{source: "RFC 5545 3.6.1: no DTEND and a date is one day; MS-ASCAL 2.2.2.1", version: "16.1", in: "DTSTART;VALUE=DATE:20261224", want: "AllDayEvent=1 StartTime=20261224T000000Z EndTime=20261225T000000Z", never: "Timezone"},
		{source: "RFC 5545 3.6.1: no DTEND and a time takes none", in: "DTSTART:20261224T120000Z", want: "AllDayEvent=0 StartTime=20261224T120000Z EndTime=20261224T120000Z"},
		{source: "MS-ASCAL 2.2.2.1: midnights up to 14.1", in: "DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227", want: "AllDayEvent=1 StartTime=20261224T000000Z EndTime=20261227T000000Z"},
		{source: "MS-OXCICAL, X-MICROSOFT-CDO-ALLDAYEVENT", version: "16.1", in: "DTSTART;TZID=Europe/Paris:20261224T000000\nDTEND;TZID=Europe/Paris:20261225T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE", want: "AllDayEvent=1 StartTime=20261224T000000Z EndTime=20261225T000000Z"},
		{source: "the same, and midnight in Paris up to 14.1", in: "DTSTART;TZID=Europe/Paris:20261224T000000\nDTEND;TZID=Europe/Paris:20261225T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE", want: "AllDayEvent=1 StartTime=20261223T230000Z EndTime=20261224T230000Z"},
		// Clocks go forward in Paris on 29 March 2026, at 2:00.
		{source: "RFC 5545 3.3.6: a day is a day of the calendar", in: "DTSTART;TZID=Europe/Paris:20260328T120000\nDURATION:P1D", want: "StartTime=20260328T110000Z EndTime=20260329T100000Z"},
		{source: "RFC 5545 3.3.6: hours are exact", in: "DTSTART;TZID=Europe/Paris:20260328T120000\nDURATION:PT24H", want: "StartTime=20260328T110000Z EndTime=20260329T110000Z"},
		{source: "RFC 5545 3.3.6: 15 days, 5 hours, and 20 seconds", in: "DTSTART:20260101T000000Z\nDURATION:P15DT5H0M20S", want: "EndTime=20260116T050020Z"},
		{source: "RFC 5545 3.3.6: 7 weeks", in: "DTSTART:20260101T000000Z\nDURATION:P7W", want: "EndTime=20260219T000000Z"},
		{source: "RFC 5545 3.3.5: a local time that does not occur", in: "DTSTART;TZID=America/New_York:20070311T023000", want: "StartTime=20070311T073000Z"},
		{source: "RFC 5545 3.3.5: a local time that occurs twice is the first", in: "DTSTART;TZID=America/New_York:20071104T013000", want: "StartTime=20071104T053000Z"},
		{source: "RFC 5545 3.3.5: floating", in: "DTSTART:19980118T230000", want: "StartTime=19980118T230000Z", losses: "DTSTART"},
		{source: "a time zone of Windows without a VTIMEZONE", in: "DTSTART;TZID=Romance Standard Time:20260701T100000", want: "StartTime=20260701T080000Z"},
		{source: "a name at the end of a path", in: "DTSTART;TZID=/mozilla.org/20050126_1/Europe/Paris:20260701T100000", want: "StartTime=20260701T080000Z"},
		{source: "a zone that nobody knows", in: "DTSTART;TZID=Nowhere:20260701T100000", want: "StartTime=20260701T100000Z", losses: "TZID"},
		{source: "RFC 5545 3.8.2.2: an end before the begin", in: "DTSTART:20261201T100000Z\nDTEND:20261201T090000Z", want: "StartTime=20261201T100000Z EndTime=20261201T100000Z", losses: "DTEND"},

		// Who.
		{source: "MS-ASCAL 2.2.2.46, 18, 35, 36: up to 14.1", in: meeting + "UID:u1\nDTSTAMP:20260101T000000Z\nORGANIZER;CN=Chef:mailto:chef@example.com", want: span + " UID=u1 DtStamp=20260101T000000Z OrganizerName=Chef OrganizerEmail=chef@example.com", never: "ClientUid"},
		{source: "MS-ASCAL 2.2.2.13, 18, 35, 36, 46: from 16.0 on", version: "16.0", in: meeting + "UID:u1\nDTSTAMP:20260101T000000Z\nORGANIZER;CN=Chef:mailto:chef@example.com", want: "ClientUid=u1", never: " UID= DtStamp Organizer", losses: "ORGANIZER"},
		{source: "MS-ASCAL 2.2.2.46: 300 characters", in: meeting + "UID:" + strings.Repeat("ü", 301), want: "UID=" + strings.Repeat("ü", 300) + " ", losses: "UID"},
		{
			source: "MS-ASCAL 2.2.2.5, 2.2.2.6",
			in: meeting + "ATTENDEE;CN=A;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:a@example.com\nATTENDEE;PARTSTAT=TENTATIVE;ROLE=OPT-PARTICIPANT:MAILTO:b@example.com\n" +
				"ATTENDEE;CUTYPE=RESOURCE;PARTSTAT=DECLINED;CN=\"Room, big\":mailto:r@example.com",
			want: "Attendees{Attendee{Email=a@example.com Name=A AttendeeStatus=3 AttendeeType=1} Attendee{Email=b@example.com Name=b@example.com AttendeeStatus=2 AttendeeType=2} " +
				"Attendee{Email=r@example.com Name=Room, big AttendeeStatus=4 AttendeeType=3}} MeetingStatus=1",
		},
		{source: "MS-ASCAL 2.2.2.5: no status in a request of 16.x", version: "16.1", in: meeting + "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@example.com", want: "Attendee{Email=a@example.com Name=a@example.com AttendeeType=1}", losses: "ATTENDEE;PARTSTAT"},
		{source: "RFC 6868 3.1", in: meeting + "ATTENDEE;CN=George Herman ^'Babe^' Ruth:mailto:babe@example.com", want: `Name=George Herman "Babe" Ruth`},
		{source: "RFC 6068: an address is percent-encoded", in: meeting + "ATTENDEE:mailto:gorby%25kremvax@example.com", want: "Email=gorby%kremvax@example.com"},
		{source: "RFC 7986 6.2: EMAIL", in: meeting + "ATTENDEE;CN=A;EMAIL=a@example.com:urn:uuid:1", want: "Email=a@example.com"},
		{source: "RFC 5545 3.2.16: CHAIR, and no address", in: meeting + "ATTENDEE;ROLE=CHAIR:mailto:a@example.com\nATTENDEE:urn:uuid:1", want: "AttendeeType=1", losses: "ATTENDEE;ROLE ATTENDEE ATTENDEE"},
		{source: "MS-ASCAL 2.2.2.28: cancelled", in: meeting + "STATUS:CANCELLED\nATTENDEE:mailto:a@example.com", want: "MeetingStatus=5"},
		{source: "MS-ASCAL 2.2.2.28: kept", in: meeting + "X-EAS-MEETINGSTATUS:3\nATTENDEE:mailto:a@example.com", want: "MeetingStatus=3"},
		{source: "MS-OXCICAL, RSVP; MS-ASCAL 2.2.2.39", in: meeting + "ATTENDEE;RSVP=TRUE:mailto:a@example.com", want: "ResponseRequested=1"},
		{source: "MS-ASCAL 2.2.2.39: not before 14.0", version: "12.1", in: meeting + "ATTENDEE;RSVP=TRUE:mailto:a@example.com", never: "ResponseRequested"},

		// What it is.
		{source: "RFC 5545 3.3.11", in: meeting + `SUMMARY:a\, b\; c\\n` + "\nDESCRIPTION:line 1\\nline 2\\Nline 3", want: "Subject=a, b; c\\n Body{Type=1 Data=line 1\r\nline 2\r\nline 3}"},
		{source: "MS-ASAIRS 2.2.2.41.1: HTML", in: meeting + "DESCRIPTION:Tom & Jerry\nX-ALT-DESC;FMTTYPE=text/html:<p>Tom &amp\\; <b>Jerry</b></p>", want: "Body{Type=2 Data=<p>Tom &amp; <b>Jerry</b></p>}"},
		{source: "MS-ASCAL 2.2.2.7: protocol 2.5", version: "2.5", in: meeting + "DESCRIPTION:agenda", want: "Body=agenda"},
		{source: "RFC 5545 3.8.1.2: lists, one or more", in: meeting + "CATEGORIES:APPOINTMENT,EDUCATION\nCATEGORIES:MEETING\\, big", want: "Categories{Category=APPOINTMENT Category=EDUCATION Category=MEETING, big}"},
		{source: "MS-OXCICAL, CLASS", in: meeting + "CLASS:X-PERSONAL", want: "Sensitivity=1"},
		{source: "RFC 5545 3.8.1.3: a CLASS that is not known is private", in: meeting + "CLASS:X-COMPANY", want: "Sensitivity=2", losses: "CLASS"},
		{source: "RFC 5545 3.8.2.7: TRANSP", in: meeting + "TRANSP:TRANSPARENT", want: "BusyStatus=0"},
		{source: "MS-OXCICAL, STATUS", in: meeting + "STATUS:TENTATIVE", want: "BusyStatus=1"},
		{source: "MS-OXCICAL, X-MICROSOFT-CDO-BUSYSTATUS", in: meeting + "TRANSP:OPAQUE\nSTATUS:CONFIRMED\nX-MICROSOFT-CDO-BUSYSTATUS:OOF", want: "BusyStatus=3"},
		{source: "MS-ASCAL 2.2.2.9: 4 is in no request", in: meeting + "TRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", want: "BusyStatus=0", losses: "X-MICROSOFT-CDO-BUSYSTATUS"},
		{source: "RFC 5545 3.8.1.6; MS-ASAIRS 2.2.2.28", version: "16.1", in: meeting + "LOCATION:Conference Room\nGEO:37.386013;-122.082932", want: "Location{DisplayName=Conference Room Latitude=37.386013 Longitude=-122.082932}"},
		{source: "MS-ASCAL 2.2.2.27: a string up to 14.1", in: meeting + "LOCATION:Conference Room\nGEO:37.386013;-122.082932", want: "Location=Conference Room", losses: "GEO"},
		{source: "MS-ASCAL 2.2.2.33, 34: not in a request", in: meeting + "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK:https://example.com", never: "OnlineMeeting", losses: "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK"},
		{source: "MS-ASCAL 2.2.2.2: not in a request", in: meeting + "X-MICROSOFT-CDO-REPLYTIME:20260101T000000Z", never: "Reply", losses: "X-MICROSOFT-CDO-REPLYTIME"},
		{source: "MS-ASCAL 2.2.2.17", in: meeting + "X-MICROSOFT-DISALLOW-COUNTER:TRUE", want: "DisallowNewTimeProposal=1"},
		{source: "MS-ASAIRS 2.2.2.2, RFC 8607 4.3", version: "16.1", in: meeting + "ATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=text/plain;FILENAME=a.txt:aGVsbG8=", want: "Attachments{Add{ClientId=1 Method=1 ContentType=text/plain Content=hello DisplayName=a.txt}}"},
		{source: "RFC 5545 3.8.1.1: a link", version: "16.1", in: meeting + "ATTACH:CID:jsmith.part3.960817T083000.xyzMail@example.com", never: "Attachments", losses: "ATTACH"},
		{source: "RFC 5545 3.8.8.2: what EAS has not", in: meeting + "URL:http://example.com\nX-ABC-MMSUBJ:http://example.org\nSEQUENCE:2", losses: "URL X-ABC-MMSUBJ SEQUENCE"},

		// Reminders.
		{source: "RFC 5545 3.8.6.3: 15 minutes prior", in: meeting + "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM", want: "Reminder=15"},
		{source: "RFC 5545 3.8.6.3: 5 minutes after the end", in: meeting + "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;RELATED=END:PT5M\nEND:VALARM", never: "Reminder", losses: "VALARM"},
		{source: "RFC 5545 3.8.6.3: relative to the end", in: meeting + "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;RELATED=END:-PT90M\nEND:VALARM", want: "Reminder=30"},
		{source: "RFC 5545 3.8.6.3: an instant", in: meeting + "BEGIN:VALARM\nACTION:AUDIO\nTRIGGER;VALUE=DATE-TIME:20261130T100000Z\nEND:VALARM", want: "Reminder=1440", losses: "VALARM;ACTION"},
		{source: "RFC 5545 3.6.6: two, and a mail", in: meeting + "BEGIN:VALARM\nACTION:EMAIL\nTRIGGER:-P2D\nEND:VALARM\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT1H\nEND:VALARM\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM", want: "Reminder=60", losses: "VALARM VALARM"},
	} {
		c.check(t, "VEVENT")
	}
}

// TestParseExceptions: the occurrences of a series that differ from it. It is daily at
// 10:00 in Paris, and daylight time begins on 29 March 2026.
func TestParseExceptions(t *testing.T) {
	const series = "UID:s\nDTSTART;TZID=Europe/Paris:20260327T100000\nDTEND;TZID=Europe/Paris:20260327T110000\nRRULE:FREQ=DAILY;COUNT=7\nSUMMARY:Daily\nLOCATION:Room 1\n"
	const moved = "---\nUID:s\nRECURRENCE-ID;TZID=Europe/Paris:20260331T100000\nDTSTART;TZID=Europe/Paris:20260331T110000\nDTEND;TZID=Europe/Paris:20260331T123000\nSUMMARY:Late\n"
	const allDay = "UID:s\nDTSTART;VALUE=DATE:20261224\nRRULE:FREQ=DAILY;COUNT=3\n"
	for _, c := range []parseCase{
		{
			source: "MS-ASCAL 2.2.2.16, 2.2.2.23", in: series + "EXDATE;TZID=Europe/Paris:20260328T100000,20260330T100000",
			want: "StartTime=20260327T090000Z\nExceptions{Exception{Deleted=1 ExceptionStartTime=20260328T090000Z} Exception{Deleted=1 ExceptionStartTime=20260330T080000Z}}",
		},
		{
			source: "MS-ASAIRS 2.2.2.25: from 16.0 on", version: "16.0", in: series + "EXDATE:20260328T090000Z,20260330T080000Z",
			want: "Instance 20260328T090000Z deleted Instance 20260330T080000Z deleted", never: "Exception",
		},
		{
			source: "MS-ASCAL 2.2.2.21, 3.1.5.3.1: an empty element takes away", in: series + moved,
			want: "Exception{ExceptionStartTime=20260331T080000Z StartTime=20260331T090000Z EndTime=20260331T103000Z Subject=Late Location=}",
		},
		{
			source: "MS-ASCAL 2.2.2.22: from 16.0 on", version: "16.1", in: series + moved,
			want: "Instance 20260331T080000Z{StartTime=20260331T090000Z EndTime=20260331T103000Z Subject=Late Location=}", never: "Exceptions",
		},
		{
			source: "RFC 5545 3.8.4.4: what is the same is not said", version: "16.1", in: series + "---\nUID:s\nRECURRENCE-ID;TZID=Europe/Paris:20260331T100000\n" +
				"DTSTART;TZID=Europe/Paris:20260331T100000\nDTEND;TZID=Europe/Paris:20260331T110000\nSUMMARY:Daily\nLOCATION:Room 2",
			want: "Instance 20260331T080000Z{Location{DisplayName=Room 2}}",
		},
		{source: "RFC 5545 3.2.13", in: series + strings.Replace(moved, "RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;", 1), want: "Subject=Late", losses: "RECURRENCE-ID;RANGE"},
		{source: "RFC 5545 3.8.5.1: not an occurrence", in: series + "EXDATE:20260328T100000Z", never: "Exceptions", losses: "EXDATE"},
		{source: "RFC 5545 3.8.4.4: not the time of an occurrence", in: series + strings.ReplaceAll(moved, "20260331T100000", "20260331T103000"), want: "Subject=Late", losses: "RECURRENCE-ID"},
		{source: "RFC 5545 3.8.4.4: not an occurrence", in: series + strings.ReplaceAll(moved, "20260331T100000", "20260501T100000"), never: "Exceptions", losses: "VEVENT"},
		{source: "an EXDATE that is a date", in: series + "EXDATE;VALUE=DATE:20260328", want: "Exception{Deleted=1 ExceptionStartTime=20260328T090000Z}", losses: "EXDATE"},
		{source: "MS-ASCAL 2.2.2.1: whole days up to 14.1", in: allDay + "EXDATE;VALUE=DATE:20261225", want: "Exception{Deleted=1 ExceptionStartTime=20261225T000000Z}"},
		{source: "MS-ASCAL 2.2.2.1: whole days from 16.0 on", version: "16.1", in: allDay + "EXDATE;VALUE=DATE:20261225", want: "Instance 20261225T000000Z deleted"},
		{
			source: "MS-ASCAL 2.2.2.1: an occurrence of a series of whole days", in: allDay + "---\nUID:s\nRECURRENCE-ID;VALUE=DATE:20261225\nDTSTART:20261225T100000Z\nDTEND:20261225T110000Z",
			want: "Exception{ExceptionStartTime=20261225T000000Z AllDayEvent=0 StartTime=20261225T100000Z EndTime=20261225T110000Z}",
		},
		{
			source: "MS-ASCAL 2.2.2.1: which must be whole days from 16.0 on", version: "16.1", in: allDay + "---\nUID:s\nRECURRENCE-ID;VALUE=DATE:20261225\nDTSTART:20261226T100000Z\nDTEND:20261226T110000Z",
			want: "Instance 20261225T000000Z{StartTime=20261226T000000Z EndTime=20261227T000000Z}", losses: "DTSTART",
		},
		// A Monday, a Wednesday and, at another time, a Tuesday: the 15th and the 21st between them are not meant.
		{
			source: "RFC 5545 3.8.5.2", in: "DTSTART:19970714T123000Z\nDTEND:19970714T133000Z\nRDATE:19970716T123000Z,19970722T140000Z",
			want: "Recurrence{Type=1 Interval=1 Until=19970722T123000Z DayOfWeek=14 FirstDayOfWeek=1} Exceptions{Exception{Deleted=1 ExceptionStartTime=19970715T123000Z} " +
				"Exception{Deleted=1 ExceptionStartTime=19970721T123000Z} Exception{ExceptionStartTime=19970722T123000Z StartTime=19970722T140000Z EndTime=19970722T150000Z}",
		},
		{
			source: "MS-ASCAL 2.2.2.37: one on a day", in: series + "RDATE;TZID=Europe/Paris:20260328T150000,20260404T100000\n" +
				"---\nUID:s\nRECURRENCE-ID;TZID=Europe/Paris:20260328T150000\nDTSTART;TZID=Europe/Paris:20260328T160000\nSUMMARY:The second one",
			want:  "Recurrence{Type=0 Interval=1 Until=20260404T080000Z} Exceptions{Exception{Deleted=1 ExceptionStartTime=20260403T080000Z}}",
			never: "second", losses: "RDATE RECURRENCE-ID",
		},
		{
			source: "RFC 5545 3.8.5.2: instead of one on that day", in: series + "EXDATE;TZID=Europe/Paris:20260328T100000\nRDATE;TZID=Europe/Paris:20260328T150000",
			want: "Exceptions{Exception{ExceptionStartTime=20260328T090000Z StartTime=20260328T140000Z EndTime=20260328T150000Z}}",
		},
		{source: "an occurrence whose series is not here", in: "UID:s\nRECURRENCE-ID:20261201T100000Z\n" + meeting, want: "StartTime=20261201T100000Z", losses: "RECURRENCE-ID"},
	} {
		c.check(t, "VEVENT")
	}
}
