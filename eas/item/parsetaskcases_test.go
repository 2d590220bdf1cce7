package item

import (
	"errors"
	"testing"
)

func TestParseTaskCases(t *testing.T) {
	for _, c := range []parseCase{
		{
			source: "RFC 5545 3.6.2", in: "UID:20070313T123432Z-456553@example.com\nDTSTAMP:20070313T123432Z\nDUE;VALUE=DATE:20070501\nSUMMARY:Submit Quebec Income Tax Return for 2006\nCLASS:CONFIDENTIAL\nCATEGORIES:FAMILY,FINANCE\nSTATUS:NEEDS-ACTION",
			want:   "Subject=Submit Quebec Income Tax Return for 2006 UtcDueDate=2007-05-01T00:00:00.000Z DueDate=2007-05-01T00:00:00.000Z Categories{Category=FAMILY Category=FINANCE} Complete=0 Sensitivity=3 ReminderSet=0",
			losses: "UID DTSTAMP",
		},
		{
			source: "RFC 5545 3.6.2: completed", in: "DUE:20070709T130000Z\nCOMPLETED:20070707T100000Z\nSUMMARY:Submit Revised Internet-Draft\nPRIORITY:1\nSTATUS:COMPLETED",
			want: "Importance=2 UtcDueDate=2007-07-09T13:00:00.000Z DueDate=2007-07-09T13:00:00.000Z Complete=1 DateCompleted=2007-07-07T10:00:00.000Z",
		},
		{source: "MS-ASTASK 2.2.2.26, 2.2.2.32: local and UTC", in: "DTSTART;TZID=Europe/Paris:20260701T090000\nDUE;TZID=Europe/Paris:20260701T100000", want: "UtcStartDate=2026-07-01T07:00:00.000Z StartDate=2026-07-01T09:00:00.000Z UtcDueDate=2026-07-01T08:00:00.000Z DueDate=2026-07-01T10:00:00.000Z"},
		{source: "RFC 5545 3.6.2: DURATION", in: "DTSTART:20260701T090000Z\nDURATION:PT1H", want: "DueDate=2026-07-01T10:00:00.000Z"},
		{source: "MS-ASTASK 2.2.2.20, 2.2.2.25: Start is required", in: "DTSTART;VALUE=DATE:20260501\nDUE;VALUE=DATE:20260502\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;UNTIL=20261231", want: "Recurrence{Type=1 Interval=2 Until=2026-12-31T00:00:00.000Z DayOfWeek=32 FirstDayOfWeek=1 Start=2026-05-01T00:00:00.000Z}"},
		{source: "MS-ASTASK 2.2.2.21", in: "DUE;VALUE=DATE:20260501\nRRULE:FREQ=DAILY;INTERVAL=3\nX-EAS-REGENERATE:1", want: "Recurrence{Type=0 Interval=3 Start=2026-05-01T00:00:00.000Z Regenerate=1}"},
		{source: "MS-ASTASK 2.2.2.18: an unsignedByte; the 300th day is 299 days later", in: "DUE;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;COUNT=300", want: "Recurrence{Type=0 Interval=1 Until=2026-10-27T00:00:00.000Z"},
		{source: "MS-ASTASK: no exceptions", in: "DUE;VALUE=DATE:20260501\nRRULE:FREQ=MONTHLY;COUNT=6;BYMONTHDAY=1,15\nEXDATE;VALUE=DATE:20260515", never: "Recurrence", losses: "EXDATE RRULE"},
		{source: "MS-ASTASK 2.2.2.22, 2.2.2.23", in: "DUE:20260501T100000Z\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT30M\nEND:VALARM", want: "ReminderSet=1 ReminderTime=2026-05-01T09:30:00.000Z"},
		{source: "RFC 5545 3.8.6.3: relative to the end is to DUE", in: "DTSTART:20260501T080000Z\nDUE:20260501T100000Z\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;RELATED=END:-PT30M\nEND:VALARM", want: "ReminderTime=2026-05-01T09:30:00.000Z"},
		{source: "RFC 5545 3.8.6.3: an instant", in: "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;VALUE=DATE-TIME:19980101T050000Z\nEND:VALARM", want: "ReminderSet=1 ReminderTime=1998-01-01T05:00:00.000Z"},
		{source: "RFC 5545 3.8.1.9: 1 to 4 is high", in: "PRIORITY:3", want: "Importance=2", losses: "PRIORITY"},
		{source: "RFC 5545 3.8.1.9: 5 is medium", in: "PRIORITY:5", want: "Importance=1"},
		{source: "RFC 5545 3.8.1.9: 0 is undefined", in: "PRIORITY:0", never: "Importance"},
		{source: "RFC 5545 3.8.1.8, 3.8.1.11: under way", in: "STATUS:IN-PROCESS\nPERCENT-COMPLETE:39", want: "Complete=0", losses: "STATUS PERCENT-COMPLETE"},
		{source: "MS-ASTASK 2.2.2.8: complete without a date", in: "STATUS:COMPLETED\nDTSTAMP:20260501T100000Z", want: "Complete=1 DateCompleted=2026-05-01T10:00:00.000Z", losses: "COMPLETED"},
		{source: "MS-ASTASK: a midnight is a date", in: "DUE:20260501T000000Z", want: "DueDate=2026-05-01T00:00:00.000Z", losses: "DUE"},
		{source: "MS-ASAIRS 2.2.2.41.1: HTML", in: "X-ALT-DESC;FMTTYPE=text/html:<p>x</p>", want: "Body{Type=2 Data=<p>x</p>}"},
		{source: "MS-ASTASK, protocol 2.5", version: "2.5", in: "DESCRIPTION:x", want: "Body=x"},
	} {
		c.check(t, "VTODO")
	}
}

func TestParseNoteCases(t *testing.T) {
	for _, c := range []parseCase{
		{
			source: "RFC 5545 3.6.3, MS-ASNOTE 2.2.2", in: "UID:19970901T130000Z-123405@example.com\nDTSTAMP:19970901T130000Z\nDTSTART;VALUE=DATE:19970317\nSUMMARY:Staff meeting minutes\nDESCRIPTION:1. Staff meeting\nCATEGORIES:Blue",
			want:   "Subject=Staff meeting minutes MessageClass=IPM.StickyNote LastModifiedDate=1997-09-01T13:00:00.000Z Categories{Category=Blue} Body{Type=1 Data=1. Staff meeting}",
			losses: "UID DTSTART",
		},
		{source: "MS-ASNOTE 2.2.2.5", in: "X-EAS-MESSAGECLASS:IPM.StickyNote.Mine\nLAST-MODIFIED:20260501T101112Z", want: "MessageClass=IPM.StickyNote.Mine LastModifiedDate=2026-05-01T10:11:12.000Z"},
		{source: "MS-ASNOTE 2.2.2.5: no other class", in: "X-EAS-MESSAGECLASS:IPM.Note", want: "MessageClass=IPM.StickyNote"},
		{source: "MS-ASAIRS 2.2.2.41.1: HTML", in: "DESCRIPTION:x\nX-ALT-DESC;FMTTYPE=text/html:<p>x</p>", want: "Body{Type=2 Data=<p>x</p>}"},
		{source: "RFC 5545 3.6.3: more than one description", in: "DESCRIPTION:one\nDESCRIPTION:two", want: "Data=one\r\n\r\ntwo"},
	} {
		c.check(t, "VJOURNAL")
	}
	if _, _, err := ParseNote(lines("VJOURNAL", "SUMMARY:x"), ParseOptions{Version: "12.1"}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a note before protocol 14.0: %v", err)
	}
	for name, parse := range map[string]func([]byte) error{
		"event": func(b []byte) error { _, err := ParseEvent(b, ParseOptions{}); return err },
		"task":  func(b []byte) error { _, _, err := ParseTask(b, ParseOptions{}); return err },
		"note":  func(b []byte) error { _, _, err := ParseNote(b, ParseOptions{}); return err },
	} {
		for _, in := range []string{"", "BEGIN:VCARD\r\nEND:VCARD\r\n", "BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"} {
			if err := parse([]byte(in)); !errors.Is(err, ErrNotItem) {
				t.Errorf("%s of %q: %v", name, in, err)
			}
		}
	}
}
