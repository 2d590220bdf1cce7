package easdst

import (
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// TestReadBytes: which messages are the same but for their line ends, however they are read.
func TestReadBytes(t *testing.T) {
	const message = "Subject: =?utf-8?q?Re:_Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <a@b>\r\n\r\none\r\n\r\ntwo\r\n"
	want, err := readBytes(strings.NewReader(message))
	if err != nil || want.size != int64(len(message)) || want.subject != hashSubject("RE  gr\u00fc\u00dfe!") || !strings.Contains(want.id, "a@b") {
		t.Fatalf("%+v, %v", want, err)
	}
	for s, same := range map[string]bool{
		message: true,
		strings.ReplaceAll(message, "\r\n", "\n"):             true,
		message + "\r\n\r\n":                                  true,
		strings.TrimSpace(message):                            true,
		strings.Replace(message, "one\r\n\r\n", "one\r\n", 1): false,
		strings.Replace(message, "two", "two ", 1):            false,
		"\r\n" + message:                                      false,
	} {
		for name, r := range map[string]bool{"whole": false, "byte by byte": true} {
			from := iotest.DataErrReader(strings.NewReader(s))
			if r {
				from = iotest.OneByteReader(strings.NewReader(s))
			}
			got, err := readBytes(from)
			if err != nil || got.same(want) != same || (got.sum == want.sum) != (s == message) {
				t.Errorf("%q read %s: same: %v, %v", s, name, got.same(want), err)
			}
		}
	}
	if hashSubject(" -- ") != 0 || hashSubject("a") == hashSubject("b") {
		t.Error("which subjects there are")
	}
}

// TestFlagOf: of begin and end there are both or none, in both forms, and in their order. MS-ASEMAIL 2.2.2.31, 2.2.2.72.
func TestFlagOf(t *testing.T) {
	early, late := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2024, 1, 9, 0, 0, 0, 0, time.UTC)
	dates := []wbxml.Tag{wbxml.TasksStartDate, wbxml.TasksUtcStartDate, wbxml.TasksDueDate, wbxml.TasksUtcDueDate}
	for _, tc := range []struct {
		f    *sinks.FollowUp
		want []string // days of January
	}{
		{nil, []string{"", "", "", ""}},
		{&sinks.FollowUp{Start: &early, Due: &late}, []string{"02", "02", "09", "09"}},
		{&sinks.FollowUp{Due: &late}, []string{"09", "09", "09", "09"}},
		{&sinks.FollowUp{Start: &early}, []string{"02", "02", "02", "02"}},
		{&sinks.FollowUp{Start: &late, Due: &early}, []string{"02", "02", "02", "02"}},
	} {
		flag := flagOf(&outgoing{}, &sinks.Event{Flag: "active", FollowUp: tc.f})
		if flag.Value(wbxml.EmailStatus) != "2" || flag.Value(wbxml.EmailFlagType) == "" {
			t.Errorf("%s", flag.AppendXML(nil))
		}
		for i, tag := range dates {
			if _, day, _ := strings.Cut(flag.Value(tag), "2024-01-"); day[:min(2, len(day))] != tc.want[i] {
				t.Errorf("%s is %q, want %s", tag, flag.Value(tag), tc.want[i])
			}
		}
	}
	o := &outgoing{}
	done := flagOf(o, &sinks.Event{Flag: "complete", Received: &early})
	if done.Value(wbxml.EmailStatus) != "1" || !strings.HasPrefix(done.Value(wbxml.EmailCompleteTime), "2024-01-02") || !done.Has(wbxml.TasksDateCompleted) || len(o.altered) != 1 {
		t.Errorf("%s, %v", done.AppendXML(nil), o.altered)
	}
	if none := flagOf(o, &sinks.Event{Flag: "none"}); len(none.Children) != 0 {
		t.Errorf("%s", none.AppendXML(nil))
	}
}
