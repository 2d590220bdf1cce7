package item

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// A file as other programs write it: a byte order mark, names in lower case, bare
// line feeds, a line that is none, a component that does not end, two objects.
const mixed = "\uFEFF" + `begin:vcalendar
version:2.0
X-WR-TIMEZONE:Europe/Paris
BEGIN:VTIMEZONE
TZID:used
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0100
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:unused
END:VTIMEZONE
BEGIN:VEVENT
UID:1
RECURRENCE-ID:20260101T230000Z
SUMMARY:override
END:VEVENT
BEGIN:VEVENT
UID:1
dtstart;tzid=used:20260101T000000
RRULE:FREQ=DAILY
SUMMARY:ser
 ies
this is no property
END:VEVENT
BEGIN:VTODO
UID:1
END:VTODO
BEGIN:VEVENT
UID:1
SUMMARY:another series
END:VEVENT
BEGIN:VEVENT
SUMMARY:no UID
END:VEVENT
BEGIN:VEVENT
UID:2
RECURRENCE-ID:20260102T000000Z
END:VEVENT
BEGIN:VFREEBUSY
UID:3
END:VFREEBUSY
END:VCALENDAR
BEGIN:VCALENDAR
BEGIN:VJOURNAL
UID:4
BEGIN:VALARM
TRIGGER:PT0S
END:VCALENDAR
`

func TestSplitCalendar(t *testing.T) {
	var got []string
	var series []byte
	for one, err := range SplitCalendar([]byte(mixed)) {
		if err != nil {
			t.Fatal(err)
		}
		cals, err := readCalendars(one.Data)
		if err != nil || len(cals) != 1 {
			t.Fatalf("%v in\n%s", err, one.Data)
		}
		var kinds []string
		for _, c := range cals[0].subs {
			kinds = append(kinds, c.kind)
		}
		got = append(got, fmt.Sprintf("%s %q: %s", one.Component, one.UID, strings.Join(kinds, " ")))
		if series == nil {
			series = one.Data
		}
	}
	want := []string{
		`VEVENT "1": VTIMEZONE VEVENT VEVENT`, `VTODO "1": VTODO`, `VEVENT "1": VEVENT`, `VEVENT "": VEVENT`,
		`VFREEBUSY "3": VFREEBUSY`, `VEVENT "2": VEVENT`, `VJOURNAL "4": VJOURNAL`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	p, err := ParseEvent(series, ParseOptions{Version: "16.1"})
	if got, want := show(p.Properties), "AllDayEvent=0 StartTime=20251231T230000Z EndTime=20251231T230000Z ClientUid=1 Subject=series"; err != nil || !strings.HasPrefix(got, want) {
		t.Errorf("%v, got %s, want %s", err, got, want)
	}
	if len(p.Instances) != 1 || show(p.Instances[0].Properties) != "Subject=override" || p.Instances[0].ID.Format(utcForm) != "20260101T230000Z" {
		t.Errorf("instances %+v, losses %+v", p.Instances, p.Losses)
	}
	wide := []byte{0xFF, 0xFE} // UTF-16, as Windows writes it
	for _, unit := range utf16.Encode([]rune("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Übung ☃\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	if p, err := ParseEvent(wide, ParseOptions{}); err != nil || !strings.Contains(show(p.Properties), "Subject=Übung ☃") {
		t.Errorf("UTF-16: %v, %s", err, show(p.Properties))
	}
	for range SplitCalendar([]byte(mixed)) {
		break // a caller may stop
	}
}

// TestReadBounds: no file makes the reader take much more than itself.
func TestReadBounds(t *testing.T) {
	deep := strings.Repeat("BEGIN:X\r\n", 1<<16)
	head := "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nX" + strings.Repeat(";A=b", 1<<20) + ":y\r\nSUMMARY:z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	for name, c := range map[string]struct {
		in   string
		want error
	}{
		"nothing":  {"", ErrNotItem},
		"noise":    {strings.Repeat("\x00:;\"\\", 1000), ErrNotItem},
		"too deep": {deep, ErrTooLarge},
		"too long": {strings.Repeat("x", maxCalendar+1), ErrTooLarge},
		"a head":   {head, nil},
		"an end":   {"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\nEND:VEVENT\r\n", nil},
		"CR alone": {"BEGIN:VCALENDAR\rBEGIN:VEVENT\rSUMMARY:z\rEND:VEVENT\rEND:VCALENDAR\r", nil},
	} {
		if _, err := readCalendars([]byte(c.in)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	p, err := ParseEvent([]byte(head), ParseOptions{})
	if err != nil || !strings.Contains(show(p.Properties), "Subject=z") || len(p.Losses) == 0 || p.Losses[0].Why != "not a property" {
		t.Errorf("%v, %+v", err, p.Losses)
	}
	for one, err := range SplitCalendar([]byte("no calendar")) {
		if !errors.Is(err, ErrNotItem) || one.Data != nil {
			t.Errorf("%v, %+v", err, one)
		}
	}
}

// TestReadLine: RFC 5545 3.1 and 3.2, and what programs write that know neither.
func TestReadLine(t *testing.T) {
	for in, want := range map[string]string{
		`ATTENDEE;RSVP=TRUE;ROLE=REQ-PARTICIPANT:mailto:jsmith@example.com`: `ATTENDEE map[ROLE:[REQ-PARTICIPANT] RSVP:[TRUE]] mailto:jsmith@example.com`,
		`DESCRIPTION;ALTREP="cid:part1.0001@example.org":The Fall'98 Wild`:  `DESCRIPTION map[ALTREP:[cid:part1.0001@example.org]] The Fall'98 Wild`,
		`a;member="mailto:a@x","mailto:b@x";X=1,2:v:w`:                      `A map[MEMBER:[mailto:a@x mailto:b@x] X:[1 2]] v:w`,
		`A;CN=DOMAIN\user:v`: `A map[CN:[DOMAIN\user]] v`,
		`A;CN=Doe\, John:v`:  `A map[CN:[Doe, John]] v`,
		`A;CN="a\b":v`:       `A map[CN:[a\b]] v`,
		`A;CN=a^nb^^c^':v`:   "A map[CN:[a\nb^c\"]] v",
		`SUMMARY:`:           `SUMMARY map[] `,
	} {
		l, ok := parseLine(in)
		if got := fmt.Sprintf("%s %v %s", l.name, l.params, l.value); !ok || got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{"", "no colon", ":value", `A;CN="x`, ";:", "A;B:c", "A;=:c"} {
		if l, ok := parseLine(in); ok && l.name == "" {
			t.Errorf("%q: %+v", in, l)
		}
	}
}
