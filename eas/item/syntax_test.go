package item

import (
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// eventLine is the line of a text property X.
func eventLine(t *testing.T, value string, params ...param) string {
	t.Helper()
	cal := newCalendar()
	component{&cal.AddEvent("uid").ComponentBase}.add("X", value, params...)
	b, err := serialize(cal)
	if err != nil {
		t.Fatal(err)
	}
	checkLines(t, b)
	_, line, _ := strings.Cut(strings.ReplaceAll(string(b), "\r\n ", ""), "\r\nUID:uid\r\n")
	line, _, _ = strings.Cut(line, "\r\n")
	return line
}

func TestTextEscapes(t *testing.T) {
	for in, want := range map[string]string{
		// RFC 5545 3.3.11
		"Project XYZ Final Review\nConference Room - 3B\nCome Prepared.": `X:Project XYZ Final Review\nConference Room - 3B\nCome Prepared.`,
		`a\b;c,d:e"f`:       `X:a\\b\;c\,d:e"f`,
		"a\r\nb\rc\nd":      `X:a\nb\nc\nd`,
		"a\x00\x1b\x7fb\tc": "X:ab\tc",
		"a\xff\xc3b":        "X:a\uFFFD\uFFFDb",
	} {
		if got := eventLine(t, in); got != want {
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
		if got := eventLine(t, "v", param{"CN", c.in}); got != c.want {
			t.Errorf("param(%q) = %q, want %q", c.in, got, c.want)
		}
		card := card{Card: vcard.Card{}}
		card.add(vcard.FieldVersion, "4.0")
		card.add("X", "v", param{"CN", c.in})
		b, err := card.serialize()
		if got := strings.ReplaceAll(string(b), "\r\n ", ""); err != nil || !strings.Contains(got, "\r\n"+c.want+"\r\n") {
			t.Errorf("param(%q) in a card: %v, want %q in %q", c.in, err, c.want, got)
		}
	}
}

func TestURIHasNoControls(t *testing.T) {
	b, err := VCard(properties(wbxml.T(wbxml.ContactsWebPage, "http://a/\r\nATTACH:x\x00y\x02,;z")), Options{})
	card := parseCard(t, b, err)
	if got, want := card.Value(vcard.FieldURL), "http://a/%0D%0AATTACH:x%00y%02,;z"; got != want || card["ATTACH"] != nil {
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
		want := "x" + plainText(s)
		b, err := Event(properties(wbxml.T(wbxml.CalendarSubject, "x"+s+"x")), Options{})
		cal := parseCalendar(t, b, err)
		if got := cal.Events()[0].GetProperty(ics.ComponentPropertySummary).Value; got != want+"x" {
			t.Errorf("golang-ical reads %q, want %q", got, want+"x")
		}

		b, err = VCard(properties(wbxml.T(wbxml.ContactsBody, "x"+s+"x")), Options{})
		card := parseCard(t, b, err)
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
