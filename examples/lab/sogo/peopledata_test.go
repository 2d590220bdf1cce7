//go:build interop

package sogo

import (
	"fmt"
	"strings"
)

// berlin, newYork, kolkata and sydney are as clients send them: RFC 5545 3.6.5.
const (
	berlin = `BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:19961027T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19960331T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
`
	newYork = `BEGIN:VTIMEZONE
TZID:America/New_York
BEGIN:STANDARD
DTSTART:20071104T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
END:DAYLIGHT
END:VTIMEZONE
`
	kolkata = `BEGIN:VTIMEZONE
TZID:Asia/Kolkata
BEGIN:STANDARD
DTSTART:19451015T000000
TZOFFSETFROM:+0530
TZOFFSETTO:+0530
END:STANDARD
END:VTIMEZONE
`
	sydney = `BEGIN:VTIMEZONE
TZID:Australia/Sydney
BEGIN:STANDARD
DTSTART:20080406T030000
TZOFFSETFROM:+1100
TZOFFSETTO:+1000
RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20081005T020000
TZOFFSETFROM:+1000
TZOFFSETTO:+1100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU
END:DAYLIGHT
END:VTIMEZONE
`
)

// someEvents are events of every pattern in several time zones and of whole days, with exceptions and all that an event may have.
func someEvents() map[string]string {
	zones := []struct{ id, definition string }{
		{"", ""}, // UTC
		{"Europe/Berlin", berlin},
		{"America/New_York", newYork},
		{"Asia/Kolkata", kolkata},
		{"Australia/Sydney", sydney},
		{"days", ""},
	}
	rules := []struct{ rule, second string }{ // and the second occurrence, after that of 2026-03-02
		{"", ""},
		{"FREQ=DAILY;COUNT=40", "20260303"},
		{"FREQ=DAILY;INTERVAL=3;COUNT=20", "20260305"},
		{"FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=30", "20260304"},
		{"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=20", "20260316"},
		{"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=25", "20260303"},
		{"FREQ=MONTHLY;BYMONTHDAY=2;COUNT=14", "20260402"},
		{"FREQ=MONTHLY;BYDAY=1MO;COUNT=14", "20260406"},
		{"FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO;COUNT=9", "20260504"},
		{"FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=2;COUNT=6", "20270302"},
		{"FREQ=YEARLY;BYDAY=1MO;BYMONTH=3;COUNT=6", "20270301"},
		{"FREQ=WEEKLY;BYDAY=MO", "20260309"},
	}
	all := map[string]string{}
	for _, z := range zones {
		for _, r := range rules {
			n := len(all)
			at := func(day, clock string) string {
				switch z.id {
				case "":
					return ":" + day + "T" + clock + "Z"
				case "days":
					return ";VALUE=DATE:" + day
				}
				return ";TZID=" + z.id + ":" + day + "T" + clock
			}
			end := at("20260302", "103000")
			if z.id == "days" {
				end = at("20260303", "")
			}
			var b, exception strings.Builder
			fmt.Fprintf(&b, "DTSTART%s\nDTEND%s\nSUMMARY:Termin %d: Größe\\, Ort\\; Zeit\n", at("20260302", "090000"), end, n)
			if r.rule != "" {
				fmt.Fprintf(&b, "RRULE:%s\n", r.rule)
			}
			extras(&b, n)
			switch {
			case r.rule == "":
			case n%4 == 1:
				fmt.Fprintf(&b, "EXDATE%s\n", at(r.second, "090000"))
			case n%4 == 2:
				moved := at(r.second, "140000")
				last := at(r.second, "150000")
				if z.id == "days" {
					moved, last = at(r.second, ""), ";VALUE=DATE:"+dayAfter(r.second)
				}
				fmt.Fprintf(&exception, "BEGIN:VEVENT\nUID:people-event-%d\nDTSTAMP:20260101T000000Z\nRECURRENCE-ID%s\nDTSTART%s\nDTEND%s\nSUMMARY:verschoben %d\nLOCATION:anderswo\nEND:VEVENT\n",
					n, at(r.second, "090000"), moved, last, n)
			}
			all[fmt.Sprintf("people-event-%d", n)] = fmt.Sprintf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//lab.example//people//EN\n%sBEGIN:VEVENT\nUID:people-event-%d\nDTSTAMP:20260101T000000Z\n%sEND:VEVENT\n%sEND:VCALENDAR\n",
				z.definition, n, b.String(), exception.String())
		}
	}
	return all
}

// dayAfter is for days that do not end a month.
func dayAfter(day string) string {
	return day[:6] + fmt.Sprintf("%02d", int(day[6]-'0')*10+int(day[7]-'0')+1)
}

// extras gives an event some of what it may have, in turn.
func extras(b *strings.Builder, n int) {
	if n%2 == 0 {
		fmt.Fprintf(b, "LOCATION:Zürich\\, Raum %d\nDESCRIPTION:erste Zeile %d\\nzweite: a\\, b\\; c\\\\d\n", n, n)
	}
	if n%3 == 0 {
		b.WriteString("CATEGORIES:Arbeit,Reisen\nCLASS:PRIVATE\n")
	}
	if n%5 == 0 {
		b.WriteString("TRANSP:TRANSPARENT\n")
	}
	if n%7 == 0 {
		b.WriteString("PRIORITY:1\n")
	}
	if n%6 == 1 {
		b.WriteString("BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:bald\nTRIGGER:-PT15M\nEND:VALARM\n")
	}
	if n%8 == 3 {
		b.WriteString("ORGANIZER;CN=Carol:mailto:carol@lab.example\nATTENDEE;CN=Bob;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:bob@lab.example\n" +
			"ATTENDEE;CN=Guest;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION:mailto:guest@remote.example\n")
	}
}

// someTasks are tasks.
func someTasks(count int) map[string]string {
	all := map[string]string{}
	for n := range count {
		var b strings.Builder
		fmt.Fprintf(&b, "SUMMARY:Aufgabe %d: Ünïcode\n", n)
		if n%4 != 3 {
			fmt.Fprintf(&b, "DUE:202604%02dT170000Z\n", 1+n%28)
		}
		if n%3 == 0 {
			fmt.Fprintf(&b, "DTSTART:202603%02dT080000Z\n", 1+n%28)
		}
		if n%2 == 0 {
			fmt.Fprintf(&b, "DESCRIPTION:zu tun:\\n- %d\\, und mehr\nPRIORITY:%d\n", n, 1+n%9)
		}
		switch n % 5 {
		case 1:
			b.WriteString("STATUS:COMPLETED\nCOMPLETED:20260310T120000Z\nPERCENT-COMPLETE:100\n")
		case 2:
			b.WriteString("STATUS:IN-PROCESS\nPERCENT-COMPLETE:50\n")
		case 3:
			b.WriteString("CATEGORIES:Haus,Garten\nCLASS:PRIVATE\n")
		}
		all[fmt.Sprintf("people-task-%d", n)] = fmt.Sprintf("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//lab.example//people//EN\nBEGIN:VTODO\nUID:people-task-%d\nDTSTAMP:20260101T000000Z\n%sEND:VTODO\nEND:VCALENDAR\n", n, b.String())
	}
	return all
}

// someContacts are contacts; each has an address of its own, by which it is found again.
func someContacts(count int) map[string]string {
	all := map[string]string{}
	for n := range count {
		var b strings.Builder
		fmt.Fprintf(&b, "N:Nachname%d;Vorname;Zweit;Dr.;jun.\nFN:Dr. Vorname Zweit Nachname%d jun.\nEMAIL;TYPE=work:person%d@remote.example\n", n, n, n)
		if n%2 == 0 {
			fmt.Fprintf(&b, "ORG:Straße & Söhne\\, %d;Entwicklung\nTITLE:Leiter\\; Ost\nURL:https://example.com/%d\n", n, n)
		}
		if n%3 == 0 {
			fmt.Fprintf(&b, "TEL;TYPE=work,voice:+49 30 %d\nTEL;TYPE=home,voice:+49 40 %d\nTEL;TYPE=cell:+49 170 %d\nTEL;TYPE=work,fax:+49 30 9%d\nTEL;TYPE=pager:+49 1 %d\n", n, n, n, n, n)
		}
		if n%4 == 0 {
			fmt.Fprintf(&b, "ADR;TYPE=work:;;Hauptstraße %d;Köln;NRW;50667;Deutschland\nADR;TYPE=home:;;Am Ring %d;Wien;;1010;Österreich\n", n, n)
		}
		if n%5 == 0 {
			b.WriteString("BDAY:1980-02-29\nNICKNAME:Ännchen\n")
		}
		if n%6 == 0 {
			b.WriteString("CATEGORIES:Freunde,Familie\n")
		}
		if n%7 == 0 {
			fmt.Fprintf(&b, "EMAIL;TYPE=home:heim%d@remote.example\n", n)
		}
		if n%2 == 1 {
			fmt.Fprintf(&b, "NOTE:erste Zeile\\nzweite\\, mit Komma %d\n", n)
		}
		all[fmt.Sprintf("people-contact-%d", n)] = fmt.Sprintf("BEGIN:VCARD\nVERSION:3.0\nUID:people-contact-%d\n%sEND:VCARD\n", n, b.String())
	}
	return all
}
