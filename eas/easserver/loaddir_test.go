package easserver

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// write makes a file below a directory.
func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "\n", "\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The event is of RFC 5545 3.6.1 and 3.8.5.3, the zone that of Berlin: the rule of the
// European Union, last Sundays of March and October.
const (
	eventICS = `BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:19970901T130000Z-123403@example.com
DTSTAMP:20260101T130000Z
DTSTART;TZID=Europe/Berlin:20260702T090000
DTEND;TZID=Europe/Berlin:20260702T100000
RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20261231T000000Z;WKST=SU;BYDAY=TU,TH
EXDATE;TZID=Europe/Berlin:20260714T090000
SUMMARY:Besprechung\, groß
 e Runde
LOCATION:Raum 3
CLASS:CONFIDENTIAL
CATEGORIES:ARBEIT,TEAM
DESCRIPTION:Zeile 1\nZeile 2
ORGANIZER;CN="Ann, B.":mailto:ann@example.com
ATTENDEE;CN=Bob;PARTSTAT=ACCEPTED;ROLE=OPT-PARTICIPANT:mailto:bob@example.com
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT1H30M
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:19970901T130000Z-123403@example.com
RECURRENCE-ID;TZID=Europe/Berlin:20260716T090000
DTSTART;TZID=Europe/Berlin:20260716T110000
DTEND;TZID=Europe/Berlin:20260716T120000
SUMMARY:Later
END:VEVENT
BEGIN:VTODO
UID:t@x
SUMMARY:Paint
DUE;TZID=Europe/Berlin:20260302T170000
PRIORITY:1
STATUS:COMPLETED
COMPLETED:20260301T120000Z
END:VTODO
END:VCALENDAR
`
	cardVCF = `BEGIN:VCARD
VERSION:3.0
N:Müller;Jörg;Q.;Dr.;jr.
FN:Dr. Jörg Müller
ORG:Müller & Söhne\, GmbH;Verkauf
item1.EMAIL;TYPE=INTERNET:jm@example.com
TEL;TYPE=CELL,VOICE:+49 1
TEL;TYPE=WORK,FAX:+49 2
TEL;TYPE=HOME:+49 3
ADR;TYPE=HOME:;;Hauptstraße 1\nHinterhaus;Köln;NRW;50667;Deutschland
BDAY:1980-02-29
NOTE:a\;b
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:Second
END:VCARD
`
)

func TestLoadDir(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "alice/inbox/b.eml", "From: a@b.c\nSubject: second\nDate: Mon, 02 Mar 2026 10:00:00 +0100\n\ntext\n")
	write(t, dir, "alice/inbox/a.EML", "Subject: first\n\ntext\n")
	write(t, dir, "alice/Archiv/2025/Größe/c.eml", "Subject: deep\n\n"+strings.Repeat("large\n", 300_000))
	write(t, dir, "alice/Work/e.ics", eventICS)
	write(t, dir, "alice/Friends/c.vcf", cardVCF)
	write(t, dir, "alice/.hidden/x.eml", "Subject: no\n\n")
	write(t, dir, "alice/inbox/readme.txt", "no mail")
	write(t, dir, "bob@example.net/Inbox/a.eml", "Subject: x\n\n")
	if err := os.MkdirAll(filepath.Join(dir, "alice", "Empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := LoadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	alice := store.User("alice")
	for _, f := range alice.Folders() {
		if f.Len() > 0 || f.Type() >= eas.FolderUserMail {
			got[f.Path()+" "+f.Type().String()] = f.Len()
		}
	}
	want := map[string]int{
		"Inbox inbox": 2, "Archiv mail folder": 0, "Archiv/2025 mail folder": 0, "Archiv/2025/Größe mail folder": 1, "Work calendar folder": 1,
		"Tasks tasks": 1, "Friends contacts folder": 2, "Empty mail folder": 0,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if u := store.User("bob@example.net"); u == nil || u.Address() != "bob@example.net" || u.Folder("Inbox").Len() != 1 {
		t.Error("bob has no mail")
	}
	for _, it := range alice.Folder("Archiv/2025/Größe").Items() {
		r, err := it.Message.open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if n, err := io.Copy(io.Discard, r); err != nil || n != it.Message.Size || it.Message.Bytes != nil {
			t.Errorf("the large message has %d bytes of %d, %v", n, it.Message.Size, err)
		}
	}
	checkEvent(t, alice.Folder("Work"))
	checkCard(t, alice.Folder("Friends"))

	write(t, dir, "alice/Work/broken.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n")
	if _, err := LoadDir(dir); err == nil || !strings.Contains(err.Error(), "broken.ics") {
		t.Errorf("a broken file: %v", err)
	}
	if _, err := LoadDir(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a directory that is not there")
	}
}

// xml returns properties as they are served, for one line a property.
func xml(it Item) string {
	var b []byte
	for i := range it.Properties {
		if it.Properties[i].Tag != wbxml.CalendarTimezone {
			b = append(it.Properties[i].AppendXML(b), '\n')
		}
	}
	return string(b)
}

func checkEvent(t *testing.T, f *Folder) {
	t.Helper()
	for _, it := range f.Items() {
		got := xml(it)
		for _, want := range []string{
			">20260702T070000Z</StartTime>", ">20260702T080000Z</EndTime>", ">Besprechung, große Runde</Subject>", ">Raum 3</Location>", ">3</Sensitivity>",
			">90</Reminder>", "<Category>ARBEIT</Category><Category>TEAM</Category>", ">Zeile 1&#13;\nZeile 2</Data>", ">ann@example.com</OrganizerEmail>",
			">Ann, B.</OrganizerName>", "<Email>bob@example.com</Email><Name>Bob</Name><AttendeeStatus>3</AttendeeStatus><AttendeeType>2</AttendeeType>",
			"<Type>1</Type><DayOfWeek>20</DayOfWeek><Interval>2</Interval><Until>20261231T000000Z</Until><FirstDayOfWeek>0</FirstDayOfWeek>",
			"<Deleted>1</Deleted><ExceptionStartTime>20260714T070000Z</ExceptionStartTime>",
			"<ExceptionStartTime>20260716T070000Z</ExceptionStartTime><AllDayEvent>0</AllDayEvent><StartTime>20260716T090000Z</StartTime>", "<Subject>Later</Subject>",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the event has no %s:\n%s", want, got)
			}
		}
		// Bias -60, standard time from the last Sunday of October at 3, daylight time
		// from the last Sunday of March at 2, 60 minutes.
		zone, err := base64.StdEncoding.DecodeString(itemValue(it.Properties, wbxml.CalendarTimezone))
		if err != nil || len(zone) != 172 {
			t.Fatalf("the zone has %d bytes, %v", len(zone), err)
		}
		want := "c4ffffff" + "43004500540000" // -60, "CET"
		if got := hex.EncodeToString(zone); !strings.HasPrefix(got, want) ||
			got[2*68:2*84] != "00000a00000005000300000000000000" || got[2*152:2*168] != "00000300000005000200000000000000" || got[2*168:] != "c4ffffff" {
			t.Errorf("the zone is %s", got)
		}
	}
}

func checkCard(t *testing.T, f *Folder) {
	t.Helper()
	for _, it := range f.Items() {
		got := xml(it)
		if strings.Contains(got, "Second") {
			continue
		}
		for _, want := range []string{
			">Müller</LastName>", ">Jörg</FirstName>", ">Q.</MiddleName>", ">Dr.</Title>", ">jr.</Suffix>", ">Dr. Jörg Müller</FileAs>",
			">Müller &amp; Söhne, GmbH</CompanyName>", ">Verkauf</Department>", ">jm@example.com</Email1Address>", ">+49 1</MobilePhoneNumber>",
			">+49 2</BusinessFaxNumber>", ">+49 3</HomePhoneNumber>", ">Hauptstraße 1&#13;\nHinterhaus</HomeAddressStreet>", ">50667</HomeAddressPostalCode>",
			">1980-02-29T11:59:00.000Z</Birthday>", ">a;b</Data>",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the contact has no %s:\n%s", want, got)
			}
		}
	}
}
