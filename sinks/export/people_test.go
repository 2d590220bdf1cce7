package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-vcard"
	"github.com/google/go-cmp/cmp"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
	"github.com/airlift-eas/airlift/sinks/export/ical"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// thing is an item that is no mail, with its properties beside and perhaps files.
func thing(n int, ext, text string, more ...sinks.Content) sinktest.Put {
	return sinktest.Put{
		Event:    sinks.Event{Op: sinks.OpAdd, ServerID: fmt.Sprint(n), Subject: fmt.Sprint("thing ", n)},
		Contents: append([]sinks.Content{sinktest.Text(ext, text), sinktest.Text(".eas.xml", fmt.Sprintf("<ApplicationData>%d</ApplicationData>", n))}, more...),
	}
}

func component(kind string, n int) string {
	return fmt.Sprintf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\nTZID:Home\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0%[2]d00\r\nTZOFFSETTO:+0%[2]d00\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"+
		"BEGIN:%[1]s\r\nUID:%[2]d\r\nDTSTAMP:20250101T000000Z\r\nDTSTART;TZID=Home:20250113T090000\r\nSUMMARY:%[2]d\r\nEND:%[1]s\r\nEND:VCALENDAR\r\n", kind, n)
}

// corpus reads the files of a corpus below a directory, if AIRLIFT_CORPUS names one.
func corpus(t *testing.T, below string) (all []string) {
	t.Helper()
	if os.Getenv("AIRLIFT_CORPUS") == "" {
		return nil
	}
	err := filepath.WalkDir(filepath.Join(os.Getenv("AIRLIFT_CORPUS"), below), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		all = append(all, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestICS: the events, tasks and notes of the archive are in a file for each folder, which golang-ical reads.
func TestICS(t *testing.T) {
	l := newLab(t)
	calendar, tasks, notes := l.folder("Personal/Calendar", "Calendar", 8), l.folder("Personal/Calendar", "Tasks", 7), l.folder("Notes", "Notes", 10)
	broken := "BEGIN:VCALENDAR\r\n"
	l.put(calendar, thing(1, ".ics", component("VEVENT", 1)), thing(2, ".ics", component("VEVENT", 2)), thing(3, ".ics", component("VEVENT", 1)), thing(4, ".ics", broken))
	l.put(tasks, thing(5, ".ics", component("VTODO", 5)))
	onlyProperties := sinktest.Put{Event: sinks.Event{Op: sinks.OpAdd, ServerID: "7"}, Contents: []sinks.Content{sinktest.Text(".eas.xml", "<x/>")}}
	l.put(notes, thing(6, ".ics", component("VJOURNAL", 6)), onlyProperties)
	l.put(l.folder("Inbox", "Email", 2), mail(8, "x"))
	var problems []error
	out, sum := l.run("", Options{Format: ICS, Problem: func(p Problem) { problems = append(problems, p.Why) }})
	if sum.Items != 5 || sum.Problems != 2 || sum.Damaged != 0 || sum.Others != 1 || !errors.Is(errors.Join(problems...), ErrNoForm) || !errors.Is(errors.Join(problems...), ical.ErrFormat) {
		t.Errorf("%+v, %v", sum, problems)
	}
	got := map[string][4]int{}
	files, _, _ := manifest(t, out)
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(out, f.Path))
		if err != nil {
			t.Fatal(err)
		}
		cal, err := ics.ParseCalendar(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v\n%s", f.Path, err, b)
		}
		got[f.Folder] = add(got[f.Folder], [4]int{len(cal.Events()), len(cal.Todos()), len(cal.Journals()), len(cal.Timezones())})
	}
	// The event of 2 is in another "Home" than that of 1.
	if want := map[string][4]int{"Personal/Calendar": {3, 1, 0, 3}, "Notes": {0, 0, 1, 1}}; !cmp.Equal(got, want) || len(files) != 3 {
		t.Errorf("%v in %d files, want %v", got, len(files), want)
	}
	if _, sum := l.run(out, Options{Format: ICS}); sum.Kept != 1 { // that of the tasks; the others may be more another time
		t.Errorf("%+v", sum)
	}
}

func add(a, b [4]int) [4]int {
	for i := range a {
		a[i] += b[i]
	}
	return a
}

// TestICSCorpus: the calendars of a corpus come out of the archive as many as they went in.
func TestICSCorpus(t *testing.T) {
	files := corpus(t, "calendars")
	if files == nil {
		t.Skip("AIRLIFT_CORPUS names no corpus; TestICS covers the forms")
	}
	l := newLab(t)
	f := l.folder("Calendar", "Calendar", 8)
	want, n, refused := 0, 0, 0
	for i, data := range files {
		calendars, err := ical.Parse([]byte(data))
		if err != nil {
			n++ // it will be a problem
		} else if _, err := ics.ParseCalendar(strings.NewReader(alone(t, data))); err != nil {
			refused++ // what golang-ical does not read alone it will not read among others
			continue
		}
		for _, c := range calendars {
			for _, part := range c.Components {
				if part.Name == "VEVENT" {
					want++
				}
			}
		}
		l.put(f, thing(i, ".ics", data))
	}
	out, sum := l.run("", Options{Format: ICS})
	b, err := os.ReadFile(filepath.Join(out, sinktest.Mailbox, "Calendar.ics"))
	if err != nil {
		t.Fatal(err)
	}
	cal, err := ics.ParseCalendar(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Items != len(files)-n-refused || sum.Problems != n || len(cal.Events()) != want {
		t.Errorf("%+v; %d events, want %d", sum, len(cal.Events()), want)
	}
	t.Logf("%d files, of which %d are no calendars and golang-ical does not read %d; %d events and %d zones in one file", len(files), n, refused, len(cal.Events()), len(cal.Timezones()))
}

// alone is what becomes of one calendar.
func alone(t *testing.T, data string) string {
	var b strings.Builder
	m := ical.NewMerger(&b, "")
	if err := errors.Join(m.Add([]byte(data)), m.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestVCF: the cards of the archive are in one file, as they are, and go-vcard reads as many.
func TestVCF(t *testing.T) {
	l := newLab(t)
	f := l.folder("Contacts", "Contacts", 9)
	cards := append([]string{
		"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ada\r\nEND:VCARD\r\n", "BEGIN:VCARD\nVERSION:3.0\nFN:Bob\nEND:VCARD", "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Carol\r\nNOTE:a\\nb\r\nEND:VCARD\r\n",
	}, corpus(t, "contacts")...)
	want := 0
	var texts []sinktest.Put
	for i, c := range cards {
		texts = append(texts, thing(i, ".vcf", c))
		want += strings.Count(strings.ToUpper(c), "END:VCARD")
	}
	l.put(f, texts...)
	out, sum := l.run("", Options{Format: VCF})
	b, err := os.ReadFile(filepath.Join(out, sinktest.Mailbox, "Contacts.vcf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cards {
		if !bytes.Contains(b, []byte(c)) {
			t.Errorf("not in it as it was: %.60q", c)
		}
	}
	got := 0
	for d := vcard.NewDecoder(bytes.NewReader(b)); ; got++ {
		if _, err := d.Decode(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if got != want || sum.Items != len(cards) {
		t.Errorf("%d cards, want %d; %+v", got, want, sum)
	}
	t.Logf("%d cards of %d items", got, len(cards))
}

// TestBeside: files that are attached to an item are always exported, and properties if they are wanted; in a Maildir not where
// every file is a message.
func TestBeside(t *testing.T) {
	l := newLab(t)
	l.put(l.folder("Calendar", "Calendar", 8), thing(1, ".ics", component("VEVENT", 1), sinktest.Text(".1.pdf", "%PDF")))
	l.put(l.folder("Inbox", "Email", 2), mail(0, "x"), mail(1, "y"))
	for format, want := range map[Format][2][]string{
		ICS: {{"Calendar.files/undated_thing 1_*.1.pdf"}, {"Calendar.files/undated_thing 1_*.eas.xml"}},
		EML: {nil, {"Inbox/2024-03-01_Message 0_*.eas.xml"}}, Mbox: {nil, {"Inbox.files/2024-03-01_Message 0_*.eas.xml"}},
		Maildir: {nil, {"../alice@example.com.files/Inbox/2024-03-01_Message 0_*.eas.xml"}},
	} {
		for i, wanted := range [][]string{want[0], append(want[0], want[1]...)} {
			out, _ := l.run("", Options{Format: format, Properties: i == 1})
			files, _, _ := manifest(t, out)
			n := 0
			for _, f := range files {
				if f.Beside != "" {
					n++
				}
			}
			if n != len(wanted) {
				t.Errorf("%s: %d files, want %v", format, n, wanted)
			}
			for _, pattern := range wanted {
				if found, _ := filepath.Glob(filepath.Join(out, filepath.FromSlash(path.Join(sinktest.Mailbox, pattern)))); len(found) != 1 {
					t.Errorf("%s: %s: %v", format, pattern, found)
				}
			}
			if _, sum := l.run(out, Options{Format: format, Properties: i == 1}); sum.Kept != sum.Files || sum.Removed > 0 {
				t.Errorf("%s, again: %+v", format, sum)
			}
		}
	}
}

// TestEncrypted: an encrypted archive is exported with an identity, and not without.
func TestEncrypted(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b, err := dir.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	l := newLab(t)
	if l.a, err = archive.CreateWith(t.Context(), b, archive.Options{Recipients: []string{id.Recipient().String()}, Identities: []age.Identity{id}}); err != nil {
		t.Fatal(err)
	}
	l.put(l.folder("Inbox", "Email", 2), mail(1, "one\n"), mail(2, "From two"))
	for _, format := range formats {
		out, sum := l.run("", Options{Format: format})
		if manifest(t, out); sum.Items != 2 {
			t.Errorf("%+v", sum)
		}
	}
	if l.a, err = archive.Open(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := Run(t.Context(), l.a, Options{Format: EML, Dir: out}); !errors.Is(err, archive.ErrSealed) {
		t.Errorf("%v, want ErrSealed", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("there is a directory")
	}
}

// TestMailboxDir: different addresses have different directories, also where case does not count.
func TestMailboxDir(t *testing.T) {
	for address, want := range map[string]string{
		"alice@example.com": "alice@example.com", "Alice@example.com": "Alice@example.com_cf1c03b6", "a/b": "a b_c14cddc0", "nul": "_nul_8cb94cd7", "export.jsonl": "export.jsonl_ef72d5ac",
	} {
		got := mailboxDir(address)
		if i := strings.LastIndex(want, "_"); i > 0 && len(want)-i == 9 {
			want, got = want[:i], got[:max(0, len(got)-9)]
		}
		if got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
