package item

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// contactCase is a vCard, and what a contact has and has not of it. Both were
// written by hand from the specification that is named, of which most cards are an
// example.
type contactCase struct {
	source  string
	version string // of the card
	card    string // what stands between VERSION and END
	want    string // the properties in the order of their tags
	lost    string // PROPERTY: value: why
}

func contactCases() []contactCase {
	return slices.Concat(nameCases(), placeCases(), otherCases())
}

func TestContactCases(t *testing.T) {
	for _, c := range contactCases() {
		t.Run(c.source, func(t *testing.T) {
			props, lost := parseContact(t, "BEGIN:VCARD\nVERSION:"+c.version+cardOctets(c.card)+"END:VCARD\n", ParseOptions{})
			if diff := cmp.Diff(strings.ReplaceAll(strings.TrimPrefix(c.want, "\n"), `\uFFFD`, "\uFFFD"), describeContact(props)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(sortedLines(strings.TrimPrefix(c.lost, "\n")), describeLosses(lost)); diff != "" {
				t.Errorf("lost (-want +got)\n%s", diff)
			}
			checkAddable(t, props)
		})
	}
}

// cardOctets puts bytes that are not UTF-8 where \x stands for one.
func cardOctets(s string) string {
	return strings.NewReplacer(`\xFC`, "\xFC", `\xF6`, "\xF6", `\xC3`, "\xC3").Replace(s)
}

// describeContact lists the properties of a contact.
func describeContact(props *wbxml.Element) string {
	var b strings.Builder
	line := func(name, value string) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.NewReplacer("\\", `\\`, "\r", `\r`, "\n", `\n`, "\t", `\t`).Replace(value))
	}
	for _, e := range props.Children {
		switch e.Tag {
		case wbxml.AirSyncBaseBody:
			line(e.Tag.Name(), e.Value(wbxml.AirSyncBaseType)+": "+e.Value(wbxml.AirSyncBaseData))
		case wbxml.ContactsCategories, wbxml.ContactsChildren:
			var members []string
			for _, m := range e.Children {
				members = append(members, m.Text)
			}
			line(e.Tag.Name(), strings.Join(members, "|"))
		default:
			line(e.Tag.Name(), e.Text)
		}
	}
	return b.String()
}

func describeLosses(lost []Loss) string {
	var b strings.Builder
	for _, l := range lost {
		fmt.Fprintf(&b, "%s: %s: %s\n", l.Property, l.Value, l.Why)
	}
	return sortedLines(b.String())
}

func sortedLines(s string) string {
	return strings.Join(slices.Sorted(strings.Lines(s)), "")
}

// checkAddable checks what holds for all properties that a client adds: each once,
// in the order of their tags, with a value, and as WBXML can say them.
func checkAddable(t *testing.T, props *wbxml.Element) {
	t.Helper()
	if props.Tag != wbxml.AirSyncApplicationData {
		t.Errorf("the properties are a %s", props.Tag)
	}
	var last wbxml.Tag
	for _, e := range props.Children {
		if e.Tag <= last {
			t.Errorf("%s after %s", e.Tag, last)
		}
		last = e.Tag
		if e.Text == "" && len(e.Children) == 0 || e.Opaque {
			t.Errorf("%s has no text", e.Tag)
		}
	}
	doc, err := wbxml.Marshal(props)
	if err != nil {
		t.Fatal(err)
	}
	again, err := wbxml.Unmarshal(doc, wbxml.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(props, again); diff != "" {
		t.Errorf("WBXML says something else (-want +got)\n%s", diff)
	}
}
