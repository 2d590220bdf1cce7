package mbox

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// write makes an mbox file of messages.
func write(t testing.TB, messages ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	for i, m := range messages {
		e := Envelope{Sender: "ada@example.com", Date: time.Unix(int64(i)*86400, 0), Partial: m != "" && !strings.HasSuffix(m, "\n")}
		if err := w.Message(e, strings.NewReader(m)); err != nil {
			t.Fatalf("%.60q: %v", m, err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read returns the messages of an mbox file.
func read(t testing.TB, file []byte) (found []Message, messages []string) {
	t.Helper()
	for m, err := range Messages(bytes.NewReader(file)) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(Open(bytes.NewReader(file), m))
		if err != nil {
			t.Fatal(err)
		}
		found, messages = append(found, m), append(messages, string(data))
	}
	return found, messages
}

// TestForm holds the written bytes against the words of mbox(5).
func TestForm(t *testing.T) {
	got := string(write(t, "Subject: 1\n\nFrom me\n>From you\n> From\nfrom\n", "Subject: 2\r\n\r\nFrom", ""))
	want := "From ada@example.com Thu Jan  1 00:00:00 1970\nSubject: 1\n\n>From me\n>>From you\n> From\nfrom\n\n" +
		"From ada@example.com Fri Jan  2 00:00:00 1970\t\nSubject: 2\r\n\r\nFrom\n\n" +
		"From ada@example.com Sat Jan  3 00:00:00 1970\n\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRoundTrip(t *testing.T) {
	long := strings.Repeat("x", 3*bufferSize)
	arrows := strings.Repeat(">", 2*bufferSize+1)
	for _, messages := range [][]string{
		nil,
		{""},
		{"\n"},
		{"\n\n\n", "a"},
		{"a", "b", "c\n"},
		{"From x@example.com Thu Jan  1 00:00:00 1970\n", "From x@example.com Thu Jan  1 00:00:00 1970"},
		{"\r\n", "a\r\n\r\n", "a\r"},
		{">", ">>", ">From", ">From ", ">>From \n>", "> From \n"},
		{arrows, arrows + "From ", arrows + "From \n", "From " + arrows, arrows + "\n" + arrows + "From x\n"},
		{long + "\nFrom " + long + "\n\nFrom \n", long + "\r\nFrom x\r\n", strings.Repeat("\n", 2*bufferSize)},
		{"\x00From \xff\nFrom \x00", "a\rFrom b\n"},
	} {
		_, got := read(t, write(t, messages...))
		if diff := cmp.Diff(messages, got); diff != "" {
			t.Errorf("%.60q: %.500s", messages, diff)
		}
	}
}

// TestWrongEnd: who says of a message's end what is not so gets an error, and not another message.
func TestWrongEnd(t *testing.T) {
	for _, e := range []Envelope{{Partial: true}, {}} {
		text := "a\n"
		if !e.Partial {
			text = "a"
		}
		if err := NewWriter(io.Discard).Message(e, strings.NewReader(text)); err == nil {
			t.Errorf("%+v: no error", e)
		}
	}
}

// TestForeign reads what other programs write.
func TestForeign(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"no empty line between":     {"From a Thu Jan  1 00:00:00 1970\nA: 1\n\nx\nFrom b Thu Jan  1 00:00:00 1970\nB: 2\n\ny\n", []string{"A: 1\n\nx\n", "B: 2\n\ny\n"}},
		"not quoted":                {"From a Thu Jan  1 00:00:00 1970\nA: 1\n\nx\n\nFrom here on\nit is text\n\nFrom b Fri Jan  2 10:00 1970\nB: 2\n\ny\n\n", []string{"A: 1\n\nx\n\nFrom here on\nit is text\n", "B: 2\n\ny\n"}},
		"no dates":                  {"From nobody\nA: 1\n\nx\n\nFrom nobody\nB: 2\n\ny\n", []string{"A: 1\n\nx\n", "B: 2\n\ny\n"}},
		"CR LF":                     {"From - Thu Jan  1 00:00:00 1970\r\nA: 1\r\n\r\nFrom me\r\n\r\nFrom - Thu Jan  1 00:00:00 1970\r\nB: 2\r\n\r\n\r\n", []string{"A: 1\r\n\r\nFrom me\r\n", "B: 2\r\n\r\n"}},
		"empty lines before":        {"\n\r\nFrom a Thu Jan  1 00:00:00 1970\nA: 1\n", []string{"A: 1\n"}},
		"cut off in the From_ line": {"From a Thu Jan  1 00:00:00 1970\nA: 1\n\nFrom b Thu Jan  1 00:00:00 1970", []string{"A: 1\n", ""}},
		"nothing but a From_ line":  {"From a", []string{""}},
		"nothing":                   {"", nil},
	} {
		if _, got := read(t, []byte(c.file)); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	for _, file := range []string{"Subject: no mbox\n", "\n\nX", ">From a\n"} {
		for m, err := range Messages(strings.NewReader(file)) {
			if err == nil || !strings.Contains(err.Error(), ErrFormat.Error()) {
				t.Errorf("%q: %+v, %v, want ErrFormat", file, m, err)
			}
		}
	}
}

func TestFromLine(t *testing.T) {
	for line, want := range map[string]string{
		"From a@b.example Mon Jan  6 08:01:02 2025":                   "a@b.example 2025-01-06T08:01:02Z",
		"From a@b.example Mon Jan 06 08:01 2025":                      "a@b.example 2025-01-06T08:01:00Z",
		"From - Mon Jan 06 08:01:02 2025":                             "- 2025-01-06T08:01:02Z",
		"From a Mon Jan  6 08:01:02 PST 2025":                         "a 2025-01-06T08:01:02Z",
		"From a Mon Jan  6 08:01:02 2025 +0100":                       "a 2025-01-06T07:01:02Z",
		"From 123@xxx Mon Jan 06 08:01:02 +0000 2025":                 "123@xxx 2025-01-06T08:01:02Z",
		"From a Mon Jan 66 08:01:02 2025":                             "a 0001-01-01T00:00:00Z",
		"From nobody":                                                 "nobody 0001-01-01T00:00:00Z",
		"From a@b.example Mon Jan  6 08:01:02 2025 remote from world": "a@b.example 2025-01-06T08:01:02Z",
	} {
		sender, date := parseFrom(line)
		if got := sender + " " + date.Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	for sender, want := range map[string]string{
		"": "MAILER-DAEMON", `"A B" <a@b.example>`: "a@b.example", "a b\n@c": "ab@c", "é": "MAILER-DAEMON", strings.Repeat("a", 321): "MAILER-DAEMON",
	} {
		if got := address(sender); got != want {
			t.Errorf("%q: %q, want %q", sender, got, want)
		}
	}
	if got := (Envelope{Date: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}).line(); got != "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n" {
		t.Errorf("%q", got)
	}
}

// FuzzMessage: whatever two messages are, they come back, and the reader finds two.
func FuzzMessage(f *testing.F) {
	f.Add("Subject: x\n\nFrom y\n", "\n>From")
	f.Add("", "\r\n\r")
	f.Fuzz(func(t *testing.T, a, b string) {
		_, got := read(t, write(t, a, b))
		if want := []string{a, b}; !cmp.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// FuzzMessages: any file is read to its end, and its messages lie in it one behind the other.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("From a Thu Jan  1 00:00:00 1970\nA: 1\n\nx\nFrom b Thu Jan  1 00:00:00 1970\t\nB: 2\n\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		at := int64(0)
		for m, err := range Messages(bytes.NewReader(file)) {
			if err != nil {
				return
			}
			if m.Offset < at || m.Size < 0 || m.Offset+m.Size > int64(len(file)) {
				t.Fatalf("%+v after %d, of %d", m, at, len(file))
			}
			at = m.Offset + m.Size
		}
	})
}
