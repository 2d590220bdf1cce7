package item

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// parseContact parses a vCard whose lines end with LF, and returns what the contact
// has by the names of its properties, and what it has not.
func parseContact(t *testing.T, text string, o ParseOptions) (*wbxml.Element, []Loss) {
	t.Helper()
	props, lost, err := ParseVCard([]byte(crlf(text)), o)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return props, lost
}

func TestParseVCardIsNone(t *testing.T) {
	for text, want := range map[string]error{
		"":                                     ErrNotItem,
		"hello":                                ErrNotItem,
		"BEGIN:VCALENDAR\nEND:VCALENDAR\n":     ErrNotItem,
		"BEGIN:VCARD\nVERSION:3.0\nFN:Ann\n":   ErrNotItem, // it may be half a card
		"BEGIN:VCARD\nVERSION:3.0\nEND:VCARD":  ErrNoProperties,
		"BEGIN:VCARD\nGENDER:F\nEND:VCARD\n\n": ErrNoProperties,
	} {
		if _, _, err := ParseVCard([]byte(text), ParseOptions{}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func TestParseVCardFirstOfSeveral(t *testing.T) {
	props, lost := parseContact(t, "BEGIN:VCARD\nFN:Ann\nEND:VCARD\nBEGIN:VCARD\nFN:Bob\nEND:VCARD\n", ParseOptions{})
	if got := props.Value(wbxml.ContactsFileAs); got != "Ann" {
		t.Errorf("FileAs is %q", got)
	}
	want := []Loss{{Property: "VCARD", Value: "BEGIN:VCARD\nFN:Bob\nEND:VCARD", Why: "after the first card: SplitVCards divides a file"}}
	if diff := cmp.Diff(want, lost); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
