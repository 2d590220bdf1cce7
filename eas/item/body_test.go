package item

import (
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestBodies: the body of every class, in each form that a server may have it in.
func TestBodies(t *testing.T) {
	const page = `<html><head><title>no</title></head><body><p class="a;b">Tom &amp; <i>Jerry</i></p>` + "\r\n" +
		`<a href="https://meet.example.com/1,2">Join</a></body></html>`
	const text = `Tom & Jerry\nJoin <https://meet.example.com/1\,2>`
	const alternative = `X-ALT-DESC;FMTTYPE=text/html:<html><head><title>no</title></head><body><p class="a\;b">Tom &amp\; <i>Jerry</i></p>\n` +
		`<a href="https://meet.example.com/1\,2">Join</a></body></html>`
	body := func(kind, data string) wbxml.Element {
		return wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, kind), wbxml.T(wbxml.AirSyncBaseData, data))
	}
	for class, c := range map[string]struct {
		convert func(*wbxml.Element) ([]byte, error)
		name    string
		rtf     wbxml.Tag // of protocol 2.5
	}{
		"contact": {func(e *wbxml.Element) ([]byte, error) { return VCard(e, Options{}) }, "NOTE", wbxml.ContactsRtf},
		"event":   {func(e *wbxml.Element) ([]byte, error) { return Event(e, Options{}) }, "DESCRIPTION", wbxml.CalendarRtf},
		"task":    {Task, "DESCRIPTION", wbxml.TasksRtf},
		"note":    {Note, "DESCRIPTION", 0},
	} {
		check := func(what string, e wbxml.Element, want ...string) {
			t.Helper()
			b, err := c.convert(properties(e))
			if err != nil {
				t.Fatalf("%s: %v", class, err)
			}
			checkLines(t, b)
			var got []string
			for line := range strings.SplitSeq(strings.ReplaceAll(string(b), "\r\n ", ""), "\r\n") {
				if strings.HasPrefix(line, c.name) || strings.HasPrefix(line, "X-ALT") || strings.HasPrefix(line, "X-EAS-BODY") {
					got = append(got, line)
				}
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s, %s:\n%q, want\n%q", class, what, got, want)
			}
		}
		html := []string{c.name + ":" + text, alternative}
		if class == "contact" {
			html[1] = strings.NewReplacer("X-ALT-DESC", "X-EAS-BODY", `\;`, ";").Replace(alternative)
		}
		check("HTML", body("2", page), html...)
		check("plain", body("1", "<b>\r\nx"), c.name+`:<b>\nx`)
		check("RTF", body("3", "e1xydGY="), "X-EAS-BODY-TYPE:3")
		if c.rtf != 0 {
			check("RTF of 2.5", wbxml.T(c.rtf, "e1xydGY="), "X-EAS-BODY-TYPE:3")
		}
		truncated := body("1", "cut")
		truncated.Append(wbxml.Empty(wbxml.AirSyncBaseTruncated)) // an empty boolean is true: MS-ASDTYPE R6
		check("truncated", truncated, c.name+":cut", "X-EAS-BODY-TRUNCATED:1")
	}
}

// An occurrence has its own body, or that of its series, or none.
func TestBodyOfOccurrence(t *testing.T) {
	body := func(data string) wbxml.Element {
		return wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBaseData, data))
	}
	at := func(day string) wbxml.Element { return wbxml.T(wbxml.CalendarExceptionStartTime, day+"T080000Z") }
	b, err := Event(dailyMeeting(body("<p>all</p>"), exceptions(
		wbxml.E(wbxml.CalendarException, at("20260330"), body("<p>own</p>")),
		wbxml.E(wbxml.CalendarException, at("20260331")),
		wbxml.E(wbxml.CalendarException, at("20260401"), wbxml.Empty(wbxml.AirSyncBaseBody)))), Options{})
	cal := parseCalendar(t, b, err)
	for i, want := range []string{"all", "own", "all", ""} {
		got := values(t, cal, i)
		alternative := ""
		if want != "" {
			alternative = "<p>" + want + "</p>"
		}
		if got["DESCRIPTION"] != want || got["X-ALT-DESC"] != alternative {
			t.Errorf("event %d: %q, %q, want %q", i, got["DESCRIPTION"], got["X-ALT-DESC"], want)
		}
	}
}
