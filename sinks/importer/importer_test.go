package importer

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/export"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestRoundTrip: what is exported comes back: each message, byte for byte, as often as it was there, in its folder, with its marks
// and its time; and another import of the same files stores nothing.
func TestRoundTrip(t *testing.T) {
	from, n := mailbox(t)
	for _, format := range []export.Format{export.EML, export.Maildir, export.Mbox} {
		out := filepath.Join(t.TempDir(), "out")
		if _, err := export.Run(t.Context(), from, export.Options{Format: format, Dir: out}); err != nil {
			t.Fatal(err)
		}
		in := filepath.Join(out, sinktest.Mailbox)
		to, _ := newArchive(t, archive.Options{})
		got, _ := imports(t, to, Options{In: in})
		if got.Items != n || got.Stored != n || got.Problems+got.Others > 0 && format != export.Maildir {
			t.Errorf("%s: %+v, want %d", format, got, n)
		}
		show := func(item archive.Item) string {
			return item.SHA256 + " " + subjects(archive.Item{Event: sinks.Event{Read: item.Read, Flag: item.Flag}}) + " " + item.Received.Format(time.RFC3339)
		}
		if diff := cmp.Diff(living(t, from, sinktest.Mailbox, show), living(t, to, bob, show)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
		again, _ := imports(t, to, Options{In: in})
		if again.Items != n || again.Stored+again.Changed+again.Deleted+again.Segments != 0 {
			t.Errorf("%s, again: %+v", format, again)
		}

		// Without the manifest the bytes are the same, and of a Maildir the marks too.
		if err := os.Remove(filepath.Join(out, export.ManifestName)); err != nil {
			t.Fatal(err)
		}
		if format != export.Maildir {
			show = func(item archive.Item) string { return item.SHA256 }
		}
		to, _ = newArchive(t, archive.Options{})
		imports(t, to, Options{In: in})
		if diff := cmp.Diff(living(t, from, sinktest.Mailbox, show), living(t, to, bob, show)); diff != "" {
			t.Errorf("%s, without its manifest: %s", format, diff)
		}
		t.Logf("%s: %d messages", format, n)
	}
}

func subjectsOf(t *testing.T, a *archive.Archive) map[string][]string {
	return living(t, a, bob, subjects)
}

// TestPrograms reads what other programs keep mail in.
func TestPrograms(t *testing.T) {
	mboxOf := func(head string, subjects ...string) string {
		s := ""
		for _, subject := range subjects {
			s += "From - Mon Jan  6 08:00:00 2025\n" + head + "Subject: " + subject + "\n\nx\n\n"
		}
		return s
	}
	in := write(t, map[string]string{
		// Thunderbird
		"tb/Inbox": mboxOf("X-Mozilla-Status: 0001\n", "a") + mboxOf("X-Mozilla-Status: 0006\n", "b") + mboxOf("X-Mozilla-Status: 0009\n", "gone"), "tb/Inbox.msf": "index", "tb/Inbox.sbd/Sub": mboxOf("X-Mozilla-Status: 1000\n", "c"), "tb/empty": "",
		// Apple Mail
		"apple/Sent.mbox/mbox": mboxOf("", "d"), "apple/Sent.mbox/table_of_contents": "x",
		// mutt
		"mutt/received.mbox": mboxOf("Status: RO\nX-Status: AF\n", "e") + mboxOf("Status: O\nX-Status: \n", "f"),
		// Dovecot
		"maildir/cur/1736150400.M1P1.host,S=12,W=13:2,RS": "Subject: g\n", "maildir/new/1736150401.M2P1.host": "Subject: h\n", "maildir/tmp/1736150402.M3P1.host": "Subject: half",
		"maildir/dovecot-uidlist": "x", "maildir/.A&ANw-.B&AC4-/cur/2:2,FP": "Subject: i\n", "maildir/.A&ANw-.B&AC4-/tmp": "/", "maildir/.A&ANw-.B&AC4-/maildirfolder": "", "maildir/.x/y": "z",
		// Maildirs in directories, with another character before the flags
		"fs/Box/cur/3!2,S": "Subject: j\n", "fs/Box/new": "/", "fs/Box/Deep/cur": "/", "fs/Box/Deep/new/4": "Subject: k\n",
		// Folders that are called as those of a Maildir
		"eml/cur/1.eml": "Subject: l\n", "eml/new/2.EML": "Subject: m\n", "eml/.hidden/3.eml": "Subject: hidden\n", "eml/x.files/3.eml": "Subject: beside\n",
	})
	a, _ := newArchive(t, archive.Options{})
	got, problems := imports(t, a, Options{In: in})
	if len(problems) > 0 || got.Items != 13 || got.Expunged != 1 || got.Others != 5 {
		t.Errorf("%+v, %v", got, problems)
	}
	want := map[string][]string{
		"Email tb/Inbox": {"a read=true none", "b read=false active reply"}, "Email tb/Inbox/Sub": {"c read=false none forward"}, "Email apple/Sent": {"d"},
		"Email mutt/received": {"e read=true active reply", "f read=false none"}, "Email maildir": {"g read=true none reply", "h read=false none"},
		"Email maildir/AÜ/B.": {"i read=false active forward"}, "Email fs/Box": {"j read=true none"}, "Email fs/Box/Deep": {"k read=false none"},
		"Email eml/cur": {"l"}, "Email eml/new": {"m"},
	}
	if diff := cmp.Diff(want, subjectsOf(t, a)); diff != "" {
		t.Error(diff)
	}
	if got, _ := imports(t, a, Options{In: in}); got.Stored+got.Changed != 0 {
		t.Errorf("again: %+v", got)
	}
}

// TestPeople: cards and calendars are taken apart into items, and a file that is one item is stored as it is.
func TestPeople(t *testing.T) {
	zone := "BEGIN:VTIMEZONE\nTZID:Home\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
	event := "BEGIN:VEVENT\nUID:1\nDTSTAMP:20250101T000000Z\nDTSTART:20250113T090000Z\nRRULE:FREQ=DAILY\nSUMMARY:Stand\\, up\nORGANIZER:mailto:ada@example.com\nEND:VEVENT\n"
	single := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nX-OWN:kept\n" + event + "END:VCALENDAR\n"
	agent := "BEGIN:VCARD\nVERSION:2.1\nFN:With agent\nAGENT:\nBEGIN:VCARD\nVERSION:2.1\nFN:Agent\nEND:VCARD\nEND:VCARD\n"
	in := write(t, map[string]string{
		"single.ics": single,
		"several.ics": "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n" + zone + event + "BEGIN:VTODO\nUID:1\nSUMMARY:Milk\nEND:VTODO\n" +
			"BEGIN:VEVENT\nUID:1\nRECURRENCE-ID;TZID=Home:20250114T100000\nDTSTAMP:20250101T000000Z\nDTSTART:20250114T090000Z\nEND:VEVENT\nBEGIN:VJOURNAL\nUID:2\nSUMMARY:Note\nEND:VJOURNAL\n" +
			"BEGIN:VEVENT\nUID:1\nDTSTAMP:20250101T000000Z\nDTSTART:20250113T090000Z\nSUMMARY:Of the same UID\nEND:VEVENT\nEND:VCALENDAR\n",
		"people.vcf": "\ufeffBEGIN:VCARD\nVERSION:4.0\nN:Baker;Bob;;;\nEMAIL:bob@example.org\nEND:VCARD\n\n" + agent + "begin:vcard\r\nVERSION:3.0\r\nFN:Last\r\nX-OWN:1\r\nend:vcard",
	})
	a, _ := newArchive(t, archive.Options{})
	if got, problems := imports(t, a, Options{In: in}); got.Items != 8 || len(problems) > 0 {
		t.Errorf("%+v, %v", got, problems)
	}
	want := map[string][]string{
		"Calendar single": {"Stand, up"}, "Calendar several": {"Of the same UID", "Stand, up"}, "Tasks several": {"Milk"}, "Notes several": {"Note"},
		"Contacts people": {"Bob Baker", "Last", "With agent"},
	}
	if diff := cmp.Diff(want, subjectsOf(t, a)); diff != "" {
		t.Error(diff)
	}
	bytes := living(t, a, bob, func(item archive.Item) string { return bytesOf(t, a, item) })
	if got := bytes["Calendar single"][0]; got != single {
		t.Errorf("a file of one item is %q", got)
	}
	if got := bytes["Contacts people"]; got[0] != "BEGIN:VCARD\nVERSION:2.1\nFN:With agent\nAGENT:\nBEGIN:VCARD\nVERSION:2.1\nFN:Agent\nEND:VCARD\nEND:VCARD\n" {
		t.Errorf("%q", got)
	}
	beside := living(t, a, bob, func(item archive.Item) string {
		s := item.Subject + " " + item.Reason
		for _, e := range item.Also {
			item.Event = sinks.Event{Name: e.Name, Size: e.Size, SHA256: e.SHA256, Offset: e.Offset}
			s += " " + bytesOf(t, a, item)
		}
		return s
	})
	for i, want := range []string{`^Bob Baker  <ApplicationData.*<Email1Address[^>]*>bob@example.org</Email1Address>`, `^Last its properties lack X-OWN <ApplicationData`, `^With agent its properties lack AGENT <ApplicationData`} {
		if got := beside["Contacts people"][i]; !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for key, want := range map[string]string{
		"Calendar single": `^Stand, up  <ApplicationData.*<Recurrence`, "Tasks several": `^Milk its properties lack UID <ApplicationData.*>Milk<`, "Notes several": `^Note its properties lack UID <ApplicationData.*>Note<`,
	} {
		if got := beside[key][0]; !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, s := range bytes["Calendar several"] {
		if parts := strings.Count(s, "BEGIN:VEVENT"); (parts == 2) != strings.Contains(s, "TZID:Home") || parts > 2 {
			t.Errorf("%d components in %s", parts, s)
		}
	}
	if got := living(t, a, bob, func(item archive.Item) string { return item.From }); got["Calendar single"][0] != "ada@example.com" || got["Contacts people"][2] != "bob@example.org" {
		t.Errorf("%v", got)
	}
}

// TestDeletedMark: a message that says of itself that a mail program has deleted it is none that it has taken out of its file, if an
// export put it there.
func TestDeletedMark(t *testing.T) {
	from, _ := newArchive(t, archive.Options{})
	imports(t, from, Options{In: write(t, map[string]string{"Inbox/1.eml": "X-Mozilla-Status: 0009\nSubject: 1\n\nx\n", "Inbox/2.eml": "Subject: 2\n\nx\n"})})
	out := filepath.Join(t.TempDir(), "out")
	if _, err := export.Run(t.Context(), from, export.Options{Format: export.Mbox, Dir: out}); err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(out, bob)
	to, _ := newArchive(t, archive.Options{})
	if got, _ := imports(t, to, Options{In: in}); got.Stored != 2 || got.Expunged != 0 {
		t.Errorf("an export: %+v", got)
	}
	if err := os.Remove(filepath.Join(out, export.ManifestName)); err != nil {
		t.Fatal(err)
	}
	to, _ = newArchive(t, archive.Options{})
	if got, _ := imports(t, to, Options{In: in}); got.Stored != 1 || got.Expunged != 1 {
		t.Errorf("a file of a mail program: %+v", got)
	}
}

// TestCalendarGrows: an event is the same whether it is alone in its file or with others.
func TestCalendarGrows(t *testing.T) {
	event := func(uid string) string {
		return "BEGIN:VEVENT\r\nUID:" + uid + "\r\nDTSTAMP:20250101T000000Z\r\nDTSTART:20250113T090000Z\r\nSUMMARY:" + uid + "\r\nEND:VEVENT\r\n"
	}
	file := func(events ...string) string {
		return write(t, map[string]string{"Work.ics": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nX-WR-CALNAME:Work\r\n" + strings.Join(events, "") + "END:VCALENDAR\r\n"})
	}
	a, _ := newArchive(t, archive.Options{})
	for i, c := range []struct {
		in     string
		stored int
		want   []string
	}{
		{file(event("1")), 1, []string{"1"}},
		{file(event("1")), 0, []string{"1"}},
		{file(event("1"), event("2")), 1, []string{"1", "2"}},
		{file(event("2")), 0, []string{"1", "2"}},
		{file(event("3")), 1, []string{"1", "2", "3"}},
	} {
		if got, _ := imports(t, a, Options{In: c.in}); got.Stored != c.stored {
			t.Errorf("import %d: %+v, want %d stored", i+1, got, c.stored)
		}
		if diff := cmp.Diff(c.want, subjectsOf(t, a)["Calendar Work"]); diff != "" {
			t.Errorf("import %d: %s", i+1, diff)
		}
	}
}

// TestCorpus imports all that a corpus has, if AIRLIFT_CORPUS names one: each file is stored, or named, and again it is the same.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("AIRLIFT_CORPUS")
	if dir == "" {
		t.Skip("AIRLIFT_CORPUS names no corpus; TestPrograms, TestPeople and FuzzFiles cover the forms")
	}
	a, _ := newArchive(t, archive.Options{})
	got, problems := imports(t, a, Options{In: dir})
	converted, lacking, refused := 0, 0, 0
	for item, err := range a.Items(t.Context(), bob, time.Time{}) {
		switch {
		case err != nil:
			t.Fatal(err)
		case item.Folder.Class == "Email":
		case len(item.Also) == 0:
			refused++
		case item.Reason != "":
			lacking++
		default:
			converted++
		}
	}
	if got.Stored != got.Items {
		t.Errorf("%+v", got)
	}
	again, _ := imports(t, a, Options{In: dir})
	if again.Items != got.Items || again.Stored+again.Changed != 0 || again.Problems != got.Problems {
		t.Errorf("again: %+v, first: %+v", again, got)
	}
	t.Logf("%+v; %d with all their properties, %d with some, %d with none", got, converted, lacking, refused)
	for _, p := range problems {
		if !errors.Is(p.Why, ErrFormat) {
			t.Errorf("%s: %v", p.File, p.Why)
		}
	}
}

// TestCutOff: an import that is cut off anywhere is completed by the next one, and nothing is stored twice.
func TestCutOff(t *testing.T) {
	files := map[string]string{}
	for _, folder := range []string{"A", "B"} {
		for _, name := range []string{"1", "2", "3"} {
			files[folder+"/"+name+".eml"] = "Subject: " + folder + name + "\n"
		}
	}
	in := write(t, files)
	want := map[string][]string{"Email A": {"A1", "A2", "A3"}, "Email B": {"B1", "B2", "B3"}}
	for n := 1; n <= len(files); n++ {
		a, _ := newArchive(t, archive.Options{})
		ctx, done := cancelAfter(t, n)
		if _, err := Run(ctx, a, Options{Mailbox: bob, In: in, Done: done}); !errors.Is(err, context.Canceled) {
			t.Fatalf("cut off after %d: %v", n, err)
		}
		sound(t, a)
		first := 0
		for _, list := range subjectsOf(t, a) {
			first += len(list)
		}
		got, _ := imports(t, a, Options{In: in})
		if got.Items != 6 || got.Stored != 6-first {
			t.Errorf("cut off after %d, with %d stored: %+v", n, first, got)
		}
		if diff := cmp.Diff(want, subjectsOf(t, a)); diff != "" {
			t.Errorf("cut off after %d: %s", n, diff)
		}
	}
}

// TestKilled: pages that no run record names, because the import that wrote them died, are named by the next one.
func TestKilled(t *testing.T) {
	a, b := newArchive(t, archive.Options{})
	in := write(t, map[string]string{"A/1.eml": "Subject: 1\n"})
	imports(t, a, Options{In: in})
	runs, err := filepath.Glob(filepath.Join(b.Path(), "mailboxes", bob, "runs", "*"))
	if err != nil || len(runs) != 1 {
		t.Fatal(runs, err)
	}
	if err := os.Remove(runs[0]); err != nil {
		t.Fatal(err)
	}
	if got, _ := imports(t, a, Options{In: in}); got.Stored != 0 {
		t.Errorf("%+v", got)
	}
}

// TestMarksChange: another flag is a change, and a file that says nothing of flags changes none.
func TestMarksChange(t *testing.T) {
	a, _ := newArchive(t, archive.Options{})
	maildir := func(flags string) string {
		return write(t, map[string]string{"Box/cur/1:2," + flags: "Subject: x\n", "Box/new": "/"})
	}
	imports(t, a, Options{In: maildir("")})
	for _, c := range []struct {
		in      string
		changed int
		want    string
	}{
		{maildir(""), 0, "x read=false none"},
		{maildir("S"), 1, "x read=true none"},
		{maildir("SFR"), 1, "x read=true active reply"},
		{write(t, map[string]string{"Box/1.eml": "Subject: x\n"}), 0, "x read=true active reply"},
		{maildir("F"), 1, "x read=false active reply"},
	} {
		got, _ := imports(t, a, Options{In: c.in})
		if s := subjectsOf(t, a)["Email Box"]; got.Changed != c.changed || got.Stored != 0 || len(s) != 1 || s[0] != c.want {
			t.Errorf("%+v, %q, want %q", got, s, c.want)
		}
	}
}

// TestMirror: what is gone from a folder is deleted if that is asked for and everything else could be read, and comes again.
func TestMirror(t *testing.T) {
	a, _ := newArchive(t, archive.Options{})
	both := map[string]string{"A/1.eml": "Subject: 1\n", "A/2.eml": "Subject: 2\n", "A/copy.eml": "Subject: 2\n", "B/3.eml": "Subject: 3\n"}
	imports(t, a, Options{In: write(t, both)})
	one := map[string]string{"A/2.eml": "Subject: 2\n"}
	if got, _ := imports(t, a, Options{In: write(t, one)}); got.Deleted != 0 {
		t.Errorf("not asked for: %+v", got)
	}
	one["A/broken.ics"] = "x"
	if got, _ := imports(t, a, Options{In: write(t, one), Mirror: true}); got.Deleted != 0 || got.Problems != 1 {
		t.Errorf("not all was read: %+v", got)
	}
	delete(one, "A/broken.ics")
	if got, _ := imports(t, a, Options{In: write(t, one), Mirror: true}); got.Deleted != 2 {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff(map[string][]string{"Email A": {"2"}, "Email B": {"3"}}, subjectsOf(t, a)); diff != "" {
		t.Error(diff)
	}
	if got, _ := imports(t, a, Options{In: write(t, both), Mirror: true}); got.Stored != 2 || got.Deleted != 0 {
		t.Errorf("again: %+v", got)
	}
}

// TestBounds: what is too large to be taken apart, or is none, is named, and the rest is stored.
func TestBounds(t *testing.T) {
	deep := strings.Repeat("d/", maxFolderDepth+2) + "x.eml"
	in := write(t, map[string]string{
		"card.vcf": "BEGIN:VCARD\nFN:First\nEND:VCARD\nBEGIN:VCARD\nNOTE:" + strings.Repeat("x", 17<<20) + "\nEND:VCARD\n",
		"none.vcf": "BEGIN:VCARD\n", "none.ics": "x", "none.mbox": "x", "good.eml": "Subject: good\n", "large.ics": "", "folder.eml/x": "", deep: "Subject: deep\n",
	})
	if err := os.Truncate(filepath.Join(in, "large.ics"), maxCalendar+1); err != nil {
		t.Fatal(err)
	}
	a, _ := newArchive(t, archive.Options{})
	got, problems := imports(t, a, Options{In: in})
	reasons := map[string]error{"large.ics": ErrTooLarge, "none.vcf": io.ErrUnexpectedEOF, "none.ics": ErrFormat}
	for _, p := range problems {
		if want := reasons[filepath.Base(p.File)]; want != nil && !errors.Is(p.Why, want) {
			t.Errorf("%+v, want %v", p, want)
		}
	}
	if len(problems) != 6 || got.Items != 2 || got.Others != 1 {
		t.Errorf("%+v, %v", got, problems)
	}
	if _, err := Run(t.Context(), a, Options{Mailbox: bob, In: filepath.Join(in, "nothing")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestPages: a folder of many items is many pages, and one of large items too.
func TestPages(t *testing.T) {
	var b strings.Builder
	for range 2*pageEvents + 1 {
		b.WriteString("From - Mon Jan  6 08:00:00 2025\nSubject: x\n\n\n")
	}
	a, _ := newArchive(t, archive.Options{})
	in := write(t, map[string]string{"many.mbox": b.String()})
	if got, _ := imports(t, a, Options{In: filepath.Join(in, "many.mbox"), Into: "Old/Mail"}); got.Segments != 3 || got.Stored != 2*pageEvents+1 {
		t.Errorf("%+v", got)
	}
	if got := subjectsOf(t, a)["Email Old/Mail/many"]; len(got) != 2*pageEvents+1 {
		t.Errorf("%d items", len(got))
	}
	if got, _ := imports(t, a, Options{In: in, Into: "Old/Mail"}); got.Stored != 0 {
		t.Errorf("%+v", got)
	}
}

// TestBeingWritten: a file that changes while it is read is not stored as something that it never was.
func TestBeingWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.eml")
	if err := os.WriteFile(file, []byte("Subject: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _ := newArchive(t, archive.Options{})
	w := newWriter(a, Options{Mailbox: bob, Now: time.Now})
	if err := w.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	opened := 0
	f := &found{names: []string{"A"}, class: "Email", ext: ".eml", path: file, file: file, size: 11}
	f.open = func() (io.ReadCloser, error) {
		if opened++; opened == 3 { // once for its hash, once for its header
			if err := os.WriteFile(file, []byte("Subject: 2\n"), 0o600); err != nil {
				return nil, err
			}
		}
		return os.Open(file)
	}
	if err := w.take(t.Context(), f); err == nil || !strings.Contains(err.Error(), "changed while it was read") {
		t.Errorf("%v", err)
	}
	w.abort()
	f.size = 5
	if err := w.take(t.Context(), f); err == nil || errors.As(err, new(*storeError)) {
		t.Errorf("another size: %v", err)
	}
}

// TestFenced: of two that write to one folder, one is told so.
func TestFenced(t *testing.T) {
	a, _ := newArchive(t, archive.Options{})
	in := write(t, map[string]string{"A/1.eml": "Subject: 1\n"})
	_, err := Run(t.Context(), a, Options{Mailbox: bob, In: in, Done: func(Summary) { imports(t, a, Options{In: in}) }})
	if !errors.Is(err, sinks.ErrFenced) {
		t.Errorf("%v, want ErrFenced", err)
	}
	sound(t, a)
}

// TestEncrypted: without a key an import goes on where one before ended, and tells no folder's name in clear.
func TestEncrypted(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	_, b := newArchive(t, archive.Options{Recipients: []string{id.Recipient().String()}})
	in := write(t, map[string]string{"Secret plans/1.eml": "Subject: 1\n", "people.vcf": "BEGIN:VCARD\nFN:Ada\nEND:VCARD\n"})
	for _, want := range []int{2, 0} {
		a, err := archive.Open(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Run(t.Context(), a, Options{Mailbox: bob, In: in})
		if err != nil || got.Stored != want {
			t.Errorf("%+v, %v, want %d", got, err, want)
		}
		folders, err := a.Folders(t.Context(), bob)
		if err != nil || len(folders) != 2 {
			t.Errorf("%v, %v", folders, err)
		}
		for _, f := range folders {
			if !f.Imported() || strings.Contains(strings.ToLower(f.ServerID+f.Path+f.Dir), "plans") {
				t.Errorf("%+v", f)
			}
		}
	}
	a, err := archive.OpenWith(t.Context(), b, archive.Options{Identities: []age.Identity{id}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"Email Secret plans": {"1"}, "Contacts people": {"Ada"}}, subjectsOf(t, a)); diff != "" {
		t.Error(diff)
	}
	sound(t, a)
}
