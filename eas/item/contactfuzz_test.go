package item

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FuzzVCard reads anything as vCards. Whatever contact comes of it must come back
// as it is from a vCard of either version, in lines that another parser reads.
func FuzzVCard(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("testdata", "contacts", "*.vcf"))
	if err != nil || len(names) == 0 {
		f.Fatal("no samples: ", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, c := range contactCases() {
		f.Add([]byte("BEGIN:VCARD\nVERSION:" + c.version + c.card + "END:VCARD\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		for card, err := range SplitVCards(bytes.NewReader(data)) {
			if err != nil || n == 4 {
				break
			}
			n++
			roundVCard(t, card)
		}
		if n == 0 {
			roundVCard(t, data)
		}
	})
}

func roundVCard(t *testing.T, data []byte) {
	props, lost, err := ParseVCard(data, ParseOptions{})
	if err != nil {
		return
	}
	checkAddable(t, props)
	for _, l := range lost {
		if l.Why == "" || len(l.Value) > MaxLossValue || !utf8.ValidString(l.Value) {
			t.Errorf("a loss without a reason, with all its value, or that is no text: %+v", l)
		}
	}
	for _, version := range []string{VCard3, VCard4} {
		b, err := VCard(props, Options{VCardVersion: version})
		parseCard(t, b, err)
		again, lost, err := ParseVCard(b, ParseOptions{})
		if err != nil || len(lost) > 0 {
			t.Fatalf("%v, lost %+v\n%s", err, lost, b)
		}
		about := func(e wbxml.Element) string { return e.Tag.Name() }
		_, changed, gone := pairContacts(props.Children, again.Children, about, sameContactValue)
		_, _, added := pairContacts(again.Children, props.Children, about, sameContactValue)
		for _, e := range append(append(changed, gone...), added...) {
			t.Errorf("by %s: %s is %s now\n%s", version, e.AppendXML(nil), again.AppendXML(nil), b)
		}
	}
}
