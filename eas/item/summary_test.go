package item

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

func mimeOf(props *wbxml.Element) []byte {
	return []byte(props.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData))
}

func TestSummarizeRecordedMail(t *testing.T) {
	items := recorded(t, "email-v14.1")
	unread, read := false, true
	for i, want := range []Summary{
		{
			Date: time.Date(2026, 9, 28, 16, 42, 0, 0, time.UTC), From: `"Sender 0" <x0@remote.example>`, Subject: "plain 0", Read: &unread,
			MessageID: "<m0.alice@remote.example>",
		},
		{
			Date: time.Date(2026, 9, 28, 22, 42, 0, 0, time.UTC), From: `"Sender 1" <x1@remote.example>`, Subject: "plain 1", Read: &read,
			MessageID: "<m1.alice@remote.example>",
		},
	} {
		want.To = []string{`"alice@lab.example" <alice@lab.example>`}
		want.Flag, want.Importance, want.Categories = "none", "normal", []string{}
		if diff := cmp.Diff(want, Summarize("Email", items[i], mimeOf(items[i]))); diff != "" {
			t.Errorf("mail %d (-want +got)\n%s", i, diff)
		}
	}
}

func TestSummarizeMail(t *testing.T) {
	yes := true
	props := properties(
		wbxml.T(wbxml.EmailTo, `"Doe, John" <john@example.com>; b@example.com, =?utf-8?q?J=C3=B6rg?= <j@example.com>`),
		wbxml.T(wbxml.EmailRead, "1"),
		wbxml.E(wbxml.EmailFlag, wbxml.T(wbxml.EmailStatus, "2"), wbxml.T(wbxml.EmailFlagType, "Flag for follow up"),
			wbxml.T(wbxml.TasksUtcDueDate, "2026-10-01T10:00:00.000Z"), wbxml.T(wbxml.TasksReminderSet, "0"),
			wbxml.T(wbxml.TasksReminderTime, "2026-09-30T10:00:00.000Z")),
		wbxml.T(wbxml.EmailImportance, "2"), wbxml.T(wbxml.Email2LastVerbExecuted, "3"),
		wbxml.T(wbxml.EmailMessageClass, "IPM.Schedule.Meeting.Resp.Pos"),
		wbxml.E(wbxml.EmailCategories, wbxml.T(wbxml.EmailCategory, "Red"), wbxml.T(wbxml.EmailCategory, "Blue")),
		wbxml.E(wbxml.AirSyncBaseAttachments, wbxml.E(wbxml.AirSyncBaseAttachment), wbxml.E(wbxml.AirSyncBaseAttachment)))
	mime := "Received: from a\r\n by b;\r\n Subject: not this\r\nFROM : =?iso-8859-1?Q?Andr=E9?= <andre@example.com>\r\n" +
		"message-ID:\r\n <1@example.com> (made up)\r\nDate: Mon, 28 Sep 2026 16:42:00 +0200\r\n" +
		"Subject: =?utf-8?B?w6Q=?=\r\n\t=?utf-8?Q?_b?=\r\nSubject: second\r\n\r\nFrom: body\r\nMessage-ID: <body>\r\n"
	want := Summary{
		Date: time.Date(2026, 9, 28, 14, 42, 0, 0, time.UTC), From: "André <andre@example.com>", Subject: "ä b",
		To:        []string{`"Doe, John" <john@example.com>`, "b@example.com", "Jörg <j@example.com>"},
		MessageID: "<1@example.com>", Read: &yes, Flag: "active", Categories: []string{"Red", "Blue"}, Attachments: 2,
		FollowUp:   &FollowUp{Type: "Flag for follow up", Due: time.Date(2026, 10, 1, 10, 0, 0, 0, time.UTC)},
		Importance: "high", Verb: "forward",
		FromHead: HeadFields{Date: true, From: true, Subject: true},
	}
	if diff := cmp.Diff(want, Summarize("Email", props, []byte(mime))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(Summary{}, Summarize("Email", nil, nil)); diff != "" {
		t.Errorf("of nothing (-want +got)\n%s", diff)
	}
}

func TestSummarizeFlag(t *testing.T) {
	status := func(s string) wbxml.Element { return wbxml.E(wbxml.EmailFlag, wbxml.T(wbxml.EmailStatus, s)) }
	for want, e := range map[string]wbxml.Element{
		"none": status("0"), "complete": status("1"), "active": status("2"), "": wbxml.T(wbxml.EmailSubject, "x"),
	} {
		if got := Summarize("Email", properties(e), nil).Flag; got != want {
			t.Errorf("flag %q, want %q", got, want)
		}
	}
	if got := Summarize("Email", properties(wbxml.Empty(wbxml.EmailFlag)), nil).Flag; got != "none" {
		t.Errorf("an empty flag is %q", got)
	}
}

func TestSummarizeOthers(t *testing.T) {
	due := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		class, page string
		want        Summary
	}{
		{"Contacts", "contacts-v14.1", Summary{From: "jm@x.example", Subject: "Müller, Jörg", Categories: []string{"Friends"}}},
		{"Calendar", "calendar-v14.1", Summary{Date: due.Add(10 * time.Hour), Subject: "Meeting ☃ 14.1"}},
		{"Tasks", "tasks-v14.1", Summary{Date: due, Subject: "Task ☃ 14.1"}},
	} {
		if diff := cmp.Diff(c.want, Summarize(c.class, recorded(t, c.page)[0], nil)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.class, diff)
		}
	}
	note := properties(wbxml.T(wbxml.NotesSubject, "n"), wbxml.T(wbxml.NotesLastModifiedDate, "20261201T000000Z"))
	if diff := cmp.Diff(Summary{Date: due, Subject: "n"}, Summarize("Notes", note, nil)); diff != "" {
		t.Errorf("Notes (-want +got)\n%s", diff)
	}
	var crowd []wbxml.Element
	for i := range 50 {
		crowd = append(crowd, wbxml.E(wbxml.CalendarAttendee, wbxml.T(wbxml.CalendarEmail, fmt.Sprintf("a%d@example.com", i))))
	}
	if to := Summarize("Calendar", properties(wbxml.E(wbxml.CalendarAttendees, crowd...)), nil).To; len(to) != 20 || to[19] != "a19@example.com" {
		t.Errorf("attendees %v", to)
	}
}

func TestClean(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"plain", 100, "plain"},
		{" a\r\n\tb\x00c  d ", 100, "a b c d"},
		{"Ern\xe9 \x80", 100, "Erné €"}, // Windows-1252
		{"Ren\xe9", 100, "René"},
		{"caf\xc3\xa9", 100, "café"}, // UTF-8
		{"=?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=", 100, "こんにちは"},
		{"=?x-unknown?B?AAAA?= x", 100, "=?x-unknown?B?AAAA?= x"},
		{"=?utf-8?q?a=0Ab?=", 100, "a b"},
		{"äöü", 3, "ä"},
		{"☃" + strings.Repeat("x", 9000), 100, "☃" + strings.Repeat("x", 97)},
		{strings.Repeat("☃", 9000), 100, strings.Repeat("☃", 33)},
	} {
		if got := clean(c.in, c.limit); got != c.want {
			t.Errorf("clean(%.40q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func TestSplitAddresses(t *testing.T) {
	for in, want := range map[string][]string{
		"":                      nil,
		" , ;":                  nil,
		`a@b.c`:                 {"a@b.c"},
		`"a;\" b" <x@y>,c`:      {`"a;\" b" <x@y>`, "c"},
		`x (one, two) <x@y>; z`: {"x (one, two) <x@y>", "z"},
		`<a,b@c>, d`:            {"<a,b@c>", "d"},
		`"open, <x@y>, z`:       {`"open, <x@y>, z`},
	} {
		if diff := cmp.Diff(want, splitAddresses(in, 20)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", in, diff)
		}
	}
}

// The same mail, listed with its body and without: SOGo sends the same properties.
func TestFingerprint(t *testing.T) {
	seen := map[string]int{}
	for i, props := range recorded(t, "email-v14.1") {
		whole := Fingerprint("Email", Summarize("Email", props, mimeOf(props)), 0)
		listed := Fingerprint("Email", Summarize("Email", props, nil), 0)
		if whole != listed {
			t.Errorf("mail %d: %s with a body, %s without", i, whole, listed)
		}
		if other, ok := seen[whole]; ok {
			t.Errorf("mails %d and %d have one fingerprint", i, other)
		}
		seen[whole] = i
	}
	// 2.5 and 14.1 are one mailbox: a mail keeps its name from version to version.
	for _, props := range recorded(t, "email-v2.5") {
		if _, ok := seen[Fingerprint("Email", Summarize("Email", props, nil), 0)]; !ok {
			t.Errorf("%q is another mail by protocol 2.5", props.Value(wbxml.EmailSubject))
		}
	}
}

func TestFingerprintFields(t *testing.T) {
	base := Summary{Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), From: "Ann <a@example.com>", Subject: "Hello World"}
	name := Fingerprint("Email", base, 0)
	if len(name) != 24 {
		t.Errorf("%q has %d characters", name, len(name))
	}
	same := base
	same.Date, same.From, same.Subject = base.Date.Add(time.Millisecond), `"A. Nn" <A@Example.COM>`, "hello  world"
	same.MessageID, same.To = "<1@x>", []string{"b"}
	if got := Fingerprint("Email", same, 0); got != name {
		t.Errorf("%s and %s", got, name)
	}
	if key, size := SplitFingerprint(Fingerprint("Email", base, 123)); key != name || size != 123 {
		t.Errorf("with a size: %s, %d", key, size)
	}
	if key, size := SplitFingerprint(name); key != name || size != 0 {
		t.Errorf("without a size: %s, %d", key, size)
	}
	for what, change := range map[string]func(*Summary){
		"date":    func(s *Summary) { s.Date = s.Date.Add(time.Second) },
		"sender":  func(s *Summary) { s.From = "b@example.com" },
		"subject": func(s *Summary) { s.Subject = "Hello" },
	} {
		other := base
		change(&other)
		if Fingerprint("Email", other, 0) == name {
			t.Errorf("another %s has the same fingerprint", what)
		}
	}
	if Fingerprint("Notes", base, 0) == name {
		t.Error("another class has the same fingerprint")
	}
}

// What the head of the MIME stands in for, a listing without bodies does not have.
func TestFingerprintWithoutProperties(t *testing.T) {
	props := properties(wbxml.T(wbxml.EmailRead, "1"))
	mime := []byte("Date: Mon, 28 Sep 2026 16:42:00 +0200\r\nFrom: a@example.com\r\nSubject: x\r\n\r\n")
	if whole, listed := Summarize("Email", props, mime), Summarize("Email", props, nil); whole.Subject != "x" ||
		Fingerprint("Email", whole, 0) != Fingerprint("Email", listed, 0) {
		t.Errorf("%+v", whole)
	}
}

// TestSummarizeCorpus reads the head of every real message there is.
func TestSummarizeCorpus(t *testing.T) {
	dir := corpus(t)
	var messages, ids int
	err := filepath.WalkDir(filepath.Join(dir, "mail"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b = b[:min(len(b), 64<<10)]
		messages++
		s := Summarize("Email", properties(wbxml.Empty(wbxml.EmailFlag)), b)
		for _, text := range append(s.To, s.From, s.Subject, s.MessageID) {
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x00") || len(text) > maxSubject {
				t.Errorf("%s: %q", path, text)
			}
		}
		if s.MessageID != "" {
			ids++
			if !bytes.Contains(bytes.Join(bytes.Fields(b), []byte(" ")), []byte(s.MessageID)) {
				t.Errorf("%s: its Message-ID is not %q", path, s.MessageID)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if messages == 0 || ids < messages*8/10 {
		t.Errorf("%d of %d messages have a Message-ID", ids, messages)
	}
}

func FuzzSummarize(f *testing.F) {
	f.Add("a@b.c", "=?utf-8?q?x?=", []byte("Message-ID: <1@x>\r\nTo: a,\r\n b\r\n\r\n"))
	f.Add("\xff<", `"(`, []byte("Subject: \xe4\nFrom:\n\nx"))
	f.Fuzz(func(t *testing.T, to, subject string, mime []byte) {
		s := Summarize("Email", properties(wbxml.T(wbxml.EmailTo, to), wbxml.T(wbxml.EmailSubject, subject)), mime)
		for _, text := range append(s.To, s.From, s.Subject, s.MessageID) {
			if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x00") || len(text) > maxSubject {
				t.Errorf("%q", text)
			}
		}
		if len(s.To) > maxRecipients {
			t.Errorf("%d recipients", len(s.To))
		}
	})
}

func BenchmarkSummarize(b *testing.B) {
	props := recorded(b, "email-v14.1")[0]
	mime := mimeOf(props)
	long := []byte("Received: from mx.remote.example by lab.example; Mon, 28 Sep 2026 16:42:00 -0000\r\n")
	bare := properties(wbxml.T(wbxml.EmailRead, "1"))
	for _, c := range []struct {
		name  string
		props *wbxml.Element
		mime  []byte
	}{
		{"recorded", props, mime},
		{"head-64KiB", props, bytes.Repeat(long, 64<<10/len(long))},
		{"without-properties", bare, mime},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Summarize("Email", c.props, c.mime)
			}
		})
	}
}
