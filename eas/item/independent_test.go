package item

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// python returns a Python that has these modules, "" if there is none here.
func python(modules ...string) string {
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(name)
		if err == nil && exec.Command(path, "-c", "import "+strings.Join(modules, ", ")).Run() == nil {
			return path
		}
	}
	return ""
}

// run gives a script a file and returns what it prints.
func run(t *testing.T, python, script string, input []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(name, input, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", script, name)
	cmd.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, input)
	}
	return string(out)
}

// TestIndependentOccurrences lets vobject find the instants of a series from its
// rule, its time zone and its exceptions. Paris is at UTC+1 until 2026-03-29.
func TestIndependentOccurrences(t *testing.T) {
	py := python("vobject", "dateutil")
	if py == "" {
		t.Skip("no Python with vobject here; TestZoneOffsets and TestEventExceptions hold without it")
	}
	zone := romance
	zone.stdName, zone.dstName = "", "" // so that nobody knows the zone by its name
	props := dailyMeeting(exceptions(wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarDeleted, "1"),
		wbxml.T(wbxml.CalendarExceptionStartTime, "20260330T080000Z"))))
	props.Child(wbxml.CalendarTimezone).Text = zone.blob()
	b, err := Event(props, Options{})
	parseCalendar(t, b, err)
	got := run(t, py, `
import sys, vobject
from dateutil import tz
event = vobject.readOne(open(sys.argv[1], encoding="utf-8", newline="").read()).vevent
for d in event.getrruleset(addRDate=True):
    print(d.astimezone(tz.UTC).strftime("%Y%m%dT%H%M%SZ"))
`, b)
	want := "20260327T090000Z\n20260328T090000Z\n20260329T080000Z\n20260331T080000Z\n20260401T080000Z\n20260402T080000Z\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestIndependentCalendar reads texts and parameters back with python-icalendar.
func TestIndependentCalendar(t *testing.T) {
	py := python("icalendar")
	if py == "" {
		t.Skip("no Python with icalendar here; FuzzText and TestParameters hold without it")
	}
	text := "Ünïcode ☃\U0001F600 " + strings.Repeat("long; with, all\\kinds of \"text\" ", 20)
	b, err := Event(dailyMeeting(
		wbxml.T(wbxml.CalendarBody, text+"\r\nsecond line"), wbxml.T(wbxml.CalendarOrganizerEmail, "chef@example.com"),
		wbxml.T(wbxml.CalendarOrganizerName, "Müller, Jörg: O'Neill"),
		wbxml.E(wbxml.CalendarCategories, wbxml.T(wbxml.CalendarCategory, "a b"), wbxml.T(wbxml.CalendarCategory, "c;d")),
		attached("O'Neill: a, b"),
	), Options{Files: map[string]File{"O'Neill: a, b": {Name: "files/1 ä.pdf", ContentType: "application/pdf"}}})
	parseCalendar(t, b, err)
	got := run(t, py, `
import sys, icalendar
event = icalendar.Calendar.from_ical(open(sys.argv[1], "rb").read()).walk("VEVENT")[0]
print(event["DESCRIPTION"])
print(event["ORGANIZER"].params["CN"], event["ORGANIZER"])
print([str(c) for c in event["CATEGORIES"].cats])
print(event["DTSTART"].dt.utcoffset(), event["RRULE"]["FREQ"], len(event.walk("VALARM")))
print(event["ATTACH"], event["ATTACH"].params["FILENAME"], event["ATTACH"].params["FMTTYPE"])
`, b)
	want := text + "\nsecond line\nMüller, Jörg: O'Neill mailto:chef@example.com\n['a b', 'c;d']\n1:00:00 ['DAILY'] 1\n" +
		"files/1%20%C3%A4.pdf O'Neill: a, b.pdf application/pdf\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestIndependentCard(t *testing.T) {
	py := python("vobject")
	if py == "" {
		t.Skip("no Python with vobject here; TestVCardRecorded and FuzzText hold without it")
	}
	b, err := VCard(properties(
		wbxml.T(wbxml.ContactsLastName, "Müller; von"), wbxml.T(wbxml.ContactsFirstName, "Jörg, Dr."),
		wbxml.T(wbxml.ContactsCompanyName, "ACME; Söhne"), wbxml.T(wbxml.ContactsDepartment, "R&D, big"),
		wbxml.T(wbxml.ContactsBusinessAddressStreet, "Str. 1\r\n2nd: floor"), wbxml.T(wbxml.ContactsBusinessAddressCity, "Köln"),
		wbxml.T(wbxml.ContactsBody, strings.Repeat("☃ note; with, all \\n kinds\n", 20))), Options{})
	parseCard(t, b, err)
	got := run(t, py, `
import sys, vobject
card = vobject.readOne(open(sys.argv[1], encoding="utf-8", newline="").read())
print(repr(card.n.value.family), repr(card.n.value.given), card.org.value)
print(repr(card.adr.value.street), card.adr.value.city, card.fn.value)
print(card.note.value, end="")
`, b)
	want := `'Müller; von' 'Jörg, Dr.' ['ACME; Söhne', 'R&D, big']` + "\n" + `'Str. 1\n2nd: floor' Köln Jörg, Dr. Müller; von` + "\n" +
		strings.Repeat("☃ note; with, all \\n kinds\n", 20)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
