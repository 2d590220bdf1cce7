package item

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// recorded returns the items of a recorded Sync response of SOGo 5.8.
func recorded(tb testing.TB, name string) (items []*wbxml.Element) {
	tb.Helper()
	doc, err := os.ReadFile(filepath.Join("testdata", "sogo", "sync-page-"+name+".response.wbxml"))
	if err != nil {
		tb.Fatal(err)
	}
	sync, err := wbxml.Unmarshal(doc, wbxml.Limits{})
	if err != nil {
		tb.Fatal(err)
	}
	commands := sync.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection).Child(wbxml.AirSyncCommands)
	for add := range commands.All(wbxml.AirSyncAdd) {
		items = append(items, add.Child(wbxml.AirSyncApplicationData))
	}
	if len(items) == 0 {
		tb.Fatalf("%s has no items", name)
	}
	return items
}

// properties is ApplicationData with these properties.
func properties(children ...wbxml.Element) *wbxml.Element {
	e := wbxml.E(wbxml.AirSyncApplicationData, children...)
	return &e
}

// crlf turns a raw string literal into the lines it stands for.
func crlf(s string) string {
	return strings.ReplaceAll(strings.TrimPrefix(s, "\n"), "\n", "\r\n")
}

// parseCalendar reads an object back and checks what every object must hold:
// lines of at most 75 octets, and that another parser takes it.
func parseCalendar(tb testing.TB, b []byte, err error) *ics.Calendar {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	checkLines(tb, b)
	cal, err := ics.ParseCalendar(bytes.NewReader(b))
	if err != nil {
		tb.Fatalf("golang-ical: %v\n%s", err, b)
	}
	return cal
}

func parseCard(tb testing.TB, b []byte, err error) vcard.Card {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	checkLines(tb, b)
	card, err := vcard.NewDecoder(bytes.NewReader(b)).Decode()
	if err != nil {
		tb.Fatalf("go-vcard: %v\n%s", err, b)
	}
	return card
}

func checkLines(tb testing.TB, b []byte) {
	tb.Helper()
	rest, ok := bytes.CutSuffix(b, []byte("\r\n"))
	if !ok {
		tb.Fatal("the last line does not end")
	}
	for line := range bytes.SplitSeq(rest, []byte("\r\n")) {
		if len(line) > 75 || len(line) == 0 {
			tb.Errorf("a line has %d octets: %q", len(line), line)
		}
		if bytes.ContainsAny(line, "\r\n\x00") {
			tb.Errorf("a line holds a bare line break or NUL: %q", line)
		}
	}
}

// values returns the n-th VEVENT as its properties by name, the first of each.
func values(tb testing.TB, cal *ics.Calendar, n int) map[string]string {
	tb.Helper()
	events := cal.Events()
	if n >= len(events) {
		tb.Fatalf("%d events, want more than %d", len(events), n)
	}
	return firstValues(events[n].Properties)
}

func firstValues(props []ics.IANAProperty) map[string]string {
	m := map[string]string{}
	for _, p := range props {
		if _, ok := m[p.IANAToken]; !ok {
			m[p.IANAToken] = p.Value
		}
	}
	return m
}
