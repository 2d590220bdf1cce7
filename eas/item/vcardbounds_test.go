package item

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// MS-ASCNTC 2.2.2.58: 36 KB that take 48 KB in base64, and not a byte more.
func TestPictureLimit(t *testing.T) {
	const most = 36 << 10
	for size, fits := range map[int]bool{1: true, most: true, most + 1: false, 100_000: false} {
		picture := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xFF}, size))
		props, lost := parseContact(t, "BEGIN:VCARD\nVERSION:4.0\nFN:Ann\nPHOTO:data:image/jpeg;base64,"+picture+"\nEND:VCARD\n", ParseOptions{})
		if got := props.Value(wbxml.ContactsPicture); (got == picture) != fits || (got == "") == fits {
			t.Errorf("a picture of %d bytes became one of %d", size, len(got))
		}
		if named := len(lost) == 1 && lost[0].Why == "over 48 KB" && len(lost[0].Value) == MaxLossValue; named == fits || len(lost) > 1 {
			t.Errorf("a picture of %d bytes: lost %v", size, lost)
		}
	}
	// The second fits where the first does not.
	large, small := strings.Repeat("AAAA", 20_000), "iVBORw0KGgo="
	props, lost := parseContact(t, "BEGIN:VCARD\nVERSION:3.0\nPHOTO;ENCODING=b:"+large+"\nPHOTO;ENCODING=b;TYPE=PNG:"+small+
		"\nPHOTO;VALUE=uri:http://example.com/a.jpg\nPHOTO;ENCODING=b:!\nEND:VCARD\n", ParseOptions{})
	if got := props.Value(wbxml.ContactsPicture); got != small || len(lost) != 3 {
		t.Errorf("the picture is %.40q, lost %v", got, describeLosses(lost))
	}
}

// The schema of MS-ASCNTC 6: at most 300 categories and children.
func TestMembersLimit(t *testing.T) {
	var categories []string
	var b strings.Builder
	b.WriteString("BEGIN:VCARD\nVERSION:4.0\n")
	for i := range 303 {
		categories = append(categories, fmt.Sprint("c", i))
		fmt.Fprintf(&b, "RELATED;TYPE=child;VALUE=text:k%d\n", i)
	}
	b.WriteString("CATEGORIES:" + strings.Join(categories, ",") + "\nEND:VCARD\n")
	props, lost := parseContact(t, b.String(), ParseOptions{})
	for container, last := range map[wbxml.Tag]string{wbxml.ContactsCategories: "c299", wbxml.ContactsChildren: "k299"} {
		members := props.Child(container).Children
		if len(members) != 300 || members[299].Text != last {
			t.Errorf("%d %s", len(members), container)
		}
	}
	want := sortedLines(`CATEGORIES: c300,c301,c302: a contact has 300 of them
RELATED;TYPE=child: k300: a contact has 300 of them
RELATED;TYPE=child: k301: a contact has 300 of them
RELATED;TYPE=child: k302: a contact has 300 of them
`)
	if diff := cmp.Diff(want, describeLosses(lost)); diff != "" {
		t.Errorf("lost (-want +got)\n%s", diff)
	}
}

// The body of protocol 2.5 is a text of the class's own; HTML came with 12.0.
func TestNoteVersions(t *testing.T) {
	b, err := VCard(properties(wbxml.T(wbxml.ContactsFirstName, "Ann"), wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "2"),
		wbxml.T(wbxml.AirSyncBaseData, "<p>one</p><p>two</p>"))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	body := wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBaseData, "<p>one</p><p>two</p>"))
	html := Loss{Property: "X-EAS-BODY", Value: "<p>one</p><p>two</p>", Why: "HTML is for protocol 12.0 and later"}
	for version, want := range map[string]wbxml.Element{
		"": body, "16.1": body, "14.0": body, "12.0": body, "2.5": wbxml.T(wbxml.ContactsBody, "one\r\ntwo"),
	} {
		props, lost, err := ParseVCard(b, ParseOptions{Version: version})
		if err != nil {
			t.Fatal(err)
		}
		if got := props.Child(want.Tag); got == nil || !cmp.Equal(*got, want) {
			t.Errorf("%s: %s", version, props.AppendXML(nil))
		}
		if old := version == "2.5"; old != (len(lost) == 1 && lost[0] == html) {
			t.Errorf("%s: lost %v", version, lost)
		}
	}
	// Whoever changed NOTE knew nothing of the HTML.
	edited := bytes.Replace(b, []byte("NOTE:one"), []byte("NOTE:uno"), 1)
	props, lost, err := ParseVCard(edited, ParseOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := props.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData); got != "uno\r\ntwo" || len(lost) != 1 || lost[0].Why != "NOTE says something else" {
		t.Errorf("%q, lost %v", got, lost)
	}
}

// TestParseVCardBounds: what nobody writes ends in an error or a loss, and soon.
func TestParseVCardBounds(t *testing.T) {
	const mega = 1 << 20
	card := func(lines string) string { return "BEGIN:VCARD\nVERSION:4.0\nFN:Ann\n" + lines + "\nEND:VCARD\n" }
	for name, c := range map[string]struct {
		text string
		fail bool
	}{
		"size":       {card("NOTE:" + strings.Repeat("x", 16*mega)), true},
		"properties": {card(strings.Repeat("A:\n", 10_001)), true},
		"folds":      {card("NOTE:" + strings.Repeat("x\n ", mega)), false},
		"commas":     {card("CATEGORIES:" + strings.Repeat("x,y,", mega)), false},
		"components": {card("N:" + strings.Repeat("x;", mega) + "\nADR:" + strings.Repeat(";", mega)), false},
		"parameters": {card("TEL;" + strings.Repeat("A;", mega) + ":1"), false},
		"types":      {card("TEL;TYPE=" + strings.Repeat("a,", mega) + ":1"), false},
		"quotes":     {card(`TEL;X="` + strings.Repeat(`"";"`, mega) + ":1"), false},
		"soft ends":  {card("NOTE;ENCODING=QUOTED-PRINTABLE:" + strings.Repeat("=\n", mega)), false},
		"labels":     {card(strings.Repeat("a.TEL:1\na.X-ABLabel:b\n", 4_000)), false},
		"cards":      {strings.Repeat("BEGIN:VCARD\n", 9_000), true},
	} {
		props, lost, err := ParseVCard([]byte(c.text), ParseOptions{})
		if (err != nil) != c.fail {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && props.Value(wbxml.ContactsFileAs) != "Ann" {
			t.Errorf("%s: no name", name)
		}
		for _, l := range lost {
			if len(l.Value) > MaxLossValue {
				t.Errorf("%s: a loss of %d bytes", name, len(l.Value))
			}
		}
	}
}

func TestSplitVCards(t *testing.T) {
	const one, two = "BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\r\n", "begin:vcard\nFN:B\nAGENT:\nBEGIN:VCARD\nFN:C\nEND:VCARD\nend:vcard"
	long := "BEGIN:VCARD\nNOTE:" + strings.Repeat("END:VCARD", 20_000) + "\nEND:VCARD\n" // longer than any buffer
	huge := "BEGIN:VCARD\nNOTE:" + strings.Repeat("x", maxCard) + "\nEND:VCARD\n"
	utf16 := func(s string) string {
		out := "\xFF\xFE"
		for _, c := range s {
			out += string([]byte{byte(c), 0})
		}
		return out
	}
	for name, c := range map[string]struct {
		file string
		want []string // "!" is an error
	}{
		"none":         {"", nil},
		"no card":      {"hello\n\nworld", nil},
		"one":          {one, []string{"BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\n"}},
		"two":          {"\n\n" + one + "junk\n" + two, []string{"BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\n", strings.Replace(two, "end:vcard", "end:vcard\n", 1)}},
		"a mark":       {"\uFEFF" + one, []string{"BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\n"}},
		"UTF-16":       {utf16(one), []string{"BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\n"}},
		"long lines":   {long + one, []string{long, "BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\n"}},
		"too large":    {huge + one, []string{"!", "BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\n"}},
		"old":          {"\rBEGIN:VCARD\rFN:A\rEND:VCARD\rBEGIN:VCARD\rFN:B\rEND:VCARD", []string{"BEGIN:VCARD\rFN:A\rEND:VCARD\r", "BEGIN:VCARD\rFN:B\rEND:VCARD\r"}},
		"broken off":   {one + "BEGIN:VCARD\nFN:B\n", []string{"BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\n", "!"}},
		"ends of none": {"END:VCARD\nEND:VCARD\n" + one, []string{"BEGIN:VCARD\r\nFN:A\r\nEND:VCARD\n"}},
	} {
		var got []string
		for card, err := range SplitVCards(strings.NewReader(c.file)) {
			if err != nil {
				card = []byte("!")
			}
			got = append(got, string(card))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%.2000s", name, diff)
		}
	}
	if props, _, err := ParseVCard([]byte("BEGIN:VCARD\rFN:A\rEND:VCARD\r"), ParseOptions{}); err != nil || props.Value(wbxml.ContactsFileAs) != "A" {
		t.Errorf("lines that end with CR: %v", err)
	}
	for card, err := range SplitVCards(strings.NewReader("BEGIN:VCARD\nFN:B\n")) {
		if !errors.Is(err, io.ErrUnexpectedEOF) || card != nil {
			t.Errorf("a card without an end: %q, %v", card, err)
		}
	}
	broken := errors.New("broken")
	n := 0
	for _, err := range SplitVCards(io.MultiReader(strings.NewReader(one), iotest.ErrReader(broken))) {
		if n++; (n == 2) != errors.Is(err, broken) || n > 2 {
			t.Errorf("%d: %v", n, err)
		}
	}
	if n != 2 {
		t.Errorf("%d answers of a reader that breaks", n)
	}
}
