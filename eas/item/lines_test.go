package item

import (
	"bytes"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-vcard"
)

func TestTextEscapes(t *testing.T) {
	for in, want := range map[string]string{
		// RFC 5545 3.3.11
		"Project XYZ Final Review\nConference Room - 3B\nCome Prepared.": `X:Project XYZ Final Review\nConference Room - 3B\nCome Prepared.`,
		`a\b;c,d:e"f`:       `X:a\\b\;c\,d:e"f`,
		"a\r\nb\rc\nd":      `X:a\nb\nc\nd`,
		"a\x00\x1b\x7fb\tc": "X:ab\tc",
		"a\xff\xc3b":        "X:a\uFFFD\uFFFDb",
	} {
		var l lines
		l.text("X", in)
		if got := string(l.b); got != want+"\r\n" {
			t.Errorf("text(%q) = %q, want %q", in, got, want)
		}
	}
}

// The examples of RFC 6868 3.1 and RFC 5545 3.2.
func TestParameters(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`George Herman "Babe" Ruth`, `X;CN=George Herman ^'Babe^' Ruth:v`},
		{"Pittsburgh Pirates\n115 Federal St\nPittsburgh, PA 15212", `X;CN="Pittsburgh Pirates^n115 Federal St^nPittsburgh, PA 15212":v`},
		{"a^b", `X;CN=a^^b:v`},
		{"mailto:jsmith@example.com", `X;CN="mailto:jsmith@example.com":v`},
		{"O'Brien", `X;CN=O'Brien:v`},
		{"a\x00\rb", `X;CN=ab:v`},
		{"", `X:v`},
	} {
		var l lines
		l.text("X", "v", param{"CN", c.in})
		if got := strings.ReplaceAll(string(l.b), "\r\n ", ""); got != c.want+"\r\n" {
			t.Errorf("param(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestRawHasNoControls(t *testing.T) {
	var l lines
	l.raw("URL", "http://a/\r\nATTACH:x\x00y")
	if got, want := string(l.b), "URL:http://a/ATTACH:xy\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzText holds folding and escapes against the parsers of two other projects.
func FuzzText(f *testing.F) {
	f.Add(strings.Repeat("x", 74))
	f.Add(strings.Repeat("☃", 60))
	f.Add(strings.Repeat("a\U0001F600", 40))
	f.Add("a\\n;b,c\r\n \t" + strings.Repeat("<b> ", 50))
	f.Add(" \xff\xfe\x00")
	f.Fuzz(func(t *testing.T, s string) {
		var l lines
		l.begin("VCALENDAR")
		l.begin("VEVENT")
		l.text("SUMMARY", "x"+s)
		l.end("VEVENT")
		l.end("VCALENDAR")
		checkLines(t, l.b)
		want := "x" + plainText(s)
		cal, err := ics.ParseCalendar(bytes.NewReader(l.b))
		if err != nil {
			t.Fatalf("golang-ical: %v", err)
		}
		if got := cal.Events()[0].GetProperty(ics.ComponentPropertySummary).Value; got != want {
			t.Errorf("golang-ical reads %q, want %q", got, want)
		}

		l = lines{vcard: true}
		l.begin("VCARD")
		l.raw("VERSION", "4.0")
		l.text("NOTE", "x"+s+"x")
		l.end("VCARD")
		card, err := vcard.NewDecoder(bytes.NewReader(l.b)).Decode()
		if err != nil {
			t.Fatalf("go-vcard: %v", err)
		}
		if got := card.Value(vcard.FieldNote); got != want+"x" {
			t.Errorf("go-vcard reads %q, want %q", got, want+"x")
		}
	})
}

// plainText is what a TEXT value can hold of s.
func plainText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	var b strings.Builder
	for _, r := range s {
		if r == '\n' || !isControl(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
