package item

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-vcard"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

func TestVCardRecorded(t *testing.T) {
	b, err := VCard(recorded(t, "contacts-v14.1")[0], Options{})
	parseCard(t, b, err)
	want := crlf(`
BEGIN:VCARD
VERSION:4.0
ADR;LABEL=Str 1\n2nd;TYPE=work:;;Str 1\n2nd;;;;
BDAY:19800229
CATEGORIES:Friends
EMAIL:jm@x.example
FN:Jörg Müller 14.1
N:Müller 14.1;Jörg;;;
NOTE:note ☃\nline
ORG:ACME & Söhne <x>
PRODID:-//airlift//EAS archive//EN
TEL;TYPE=cell:+49 1
UID:urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
X-EAS-FILEAS:Müller\, Jörg
END:VCARD
`)
	got := regexp.MustCompile(`[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}`).ReplaceAllString(string(b), "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Every string property of the class must be in the card, by one way or other.
func TestVCardLosesNothing(t *testing.T) {
	var all []wbxml.Element
	want := map[string]string{}
	for page, last := range map[wbxml.Tag]wbxml.Tag{0x0100: 0x3E, 0x0C00: 0x0E} {
		for tag := page | 5; tag <= page|last; tag++ {
			switch tag {
			case wbxml.ContactsAnniversary, wbxml.ContactsBirthday, wbxml.ContactsBodySize, wbxml.ContactsBodyTruncated,
				wbxml.ContactsCategories, wbxml.ContactsCategory, wbxml.ContactsChildren, wbxml.ContactsChild,
				wbxml.ContactsRtf, wbxml.ContactsPicture:
				continue
			}
			value := "v" + strings.ToLower(tag.Name()) + "v"
			want[tag.String()] = value
			all = append(all, wbxml.T(tag, value))
		}
	}
	all = append(all, wbxml.E(wbxml.ContactsChildren, wbxml.T(wbxml.ContactsChild, "vtom"), wbxml.T(wbxml.ContactsChild, "vann")),
		wbxml.E(wbxml.ContactsCategories, wbxml.T(wbxml.ContactsCategory, "va,b"), wbxml.T(wbxml.ContactsCategory, "vc")))
	b, err := VCard(properties(all...), Options{})
	card := parseCard(t, b, err)
	text := strings.ReplaceAll(string(b), "\r\n ", "")
	for tag, value := range want {
		if !strings.Contains(text, value) {
			t.Errorf("%s is not in\n%s", tag, text)
		}
	}
	for _, line := range []string{
		"N:vlastnamev;vfirstnamev;vmiddlenamev;vtitlev;vsuffixv",
		"FN:vfileasv",
		"ORG:vcompanynamev;vdepartmentv",
		"ADR;LABEL=vhomeaddressstreetv\\nvhomeaddresspostalcodev vhomeaddresscityv vhomeaddressstatev\\nvhomeaddresscountryv;TYPE=home:" +
			";;vhomeaddressstreetv;vhomeaddresscityv;vhomeaddressstatev;vhomeaddresspostalcodev;vhomeaddresscountryv",
		"TEL;TYPE=work;TYPE=fax:vbusinessfaxnumberv",
		"IMPP:im:vimaddressv",
		"RELATED;TYPE=child;VALUE=text:vtom", "RELATED;TYPE=x-manager;VALUE=text:vmanagernamev",
		`CATEGORIES:va\,b,vc`,
	} {
		if !strings.Contains(text, "\r\n"+line+"\r\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
	if n := len(card[vcard.FieldTelephone]); n != 12 {
		t.Errorf("%d telephone numbers, want 12", n)
	}
}

func TestVCardNames(t *testing.T) {
	for filed, fn := range map[string]string{
		"": "Dr. Ann Doe", "Doe, Ann": "Dr. Ann Doe", "ACME": "Dr. Ann Doe", "Doe, Ann (ACME)": "Dr. Ann Doe", "ACME (Doe)": "Dr. Ann Doe",
		"Ann Doe": "Ann Doe", "Doe Ann": "Doe Ann", "Annie": "Annie",
	} {
		b, err := VCard(properties(wbxml.T(wbxml.ContactsFirstName, "Ann"), wbxml.T(wbxml.ContactsLastName, "Doe"), wbxml.T(wbxml.ContactsTitle, "Dr."),
			wbxml.T(wbxml.ContactsCompanyName, "ACME"), wbxml.T(wbxml.ContactsFileAs, filed)), Options{})
		if got := parseCard(t, b, err).Value(vcard.FieldFormattedName); got != fn {
			t.Errorf("FN of one who is filed as %q is %q, want %q", filed, got, fn)
		}
	}
	for last, fn := range map[string]string{"山田": "山田 太郎", "ムーア": "ムーア 太郎", "Yamada": "太郎 Yamada"} {
		b, err := VCard(properties(wbxml.T(wbxml.ContactsFirstName, "太郎"), wbxml.T(wbxml.ContactsLastName, last)), Options{})
		if got := parseCard(t, b, err).Value(vcard.FieldFormattedName); got != fn {
			t.Errorf("FN is %q, want %q", got, fn)
		}
	}
	for _, c := range []struct {
		in    wbxml.Element
		fn, n string
	}{
		{wbxml.T(wbxml.ContactsFileAs, "Doe; John"), `Doe; John`, `;DERIVED=true:Doe\; John;;;;`},
		{wbxml.T(wbxml.ContactsCompanyName, "ACME"), "ACME", ";DERIVED=true:ACME;;;;"},
		{wbxml.T(wbxml.ContactsEmail1Address, "a@b.c"), "a@b.c", ";DERIVED=true:a@b.c;;;;"},
		{wbxml.T(wbxml.ContactsEmail1Address, `"A, B" <a@b.c>`), "a@b.c", ";DERIVED=true:a@b.c;;;;"},
		{wbxml.T(wbxml.ContactsFirstName, " Ann "), "Ann", ":;Ann;;;"},
		{wbxml.T(wbxml.ContactsJobTitle, "boss"), "Unnamed", ";DERIVED=true:Unnamed;;;;"},
	} {
		b, err := VCard(properties(c.in), Options{})
		card := parseCard(t, b, err)
		if got := card.Value(vcard.FieldFormattedName); got != c.fn {
			t.Errorf("FN is %q, want %q", got, c.fn)
		}
		if !strings.Contains(string(b), "\r\nN"+c.n+"\r\n") {
			t.Errorf("no N%s in\n%s", c.n, b)
		}
	}
}

func TestVCardValues(t *testing.T) {
	card := func(tag wbxml.Tag, value string) vcard.Card {
		b, err := VCard(properties(wbxml.T(tag, value)), Options{})
		return parseCard(t, b, err)
	}
	for _, c := range []struct {
		tag             wbxml.Tag
		in, field, want string
	}{
		{wbxml.ContactsEmail1Address, `"Doe, John" <john@example.com>`, vcard.FieldEmail, "john@example.com"},
		{wbxml.ContactsEmail1Address, "EX:/o=Org/cn=x", vcard.FieldEmail, "EX:/o=Org/cn=x"},
		{wbxml.ContactsBirthday, "1980-02-29T11:59:00.000Z", vcard.FieldBirthday, "19800229"}, // MS-ASCNTC 2.2.2.6
		{wbxml.ContactsBirthday, "1604-02-29T00:00:00.000Z", vcard.FieldBirthday, "--0229"},
		{wbxml.ContactsAnniversary, "2001-09-09T00:00:00.000Z", vcard.FieldAnniversary, "20010909"},
		{wbxml.ContactsBirthday, "0001-01-01T00:00:00Z", vcard.FieldBirthday, ""},
		{wbxml.Contacts2IMAddress, "sip:a@example.com", vcard.FieldIMPP, "sip:a@example.com"},
		{wbxml.Contacts2IMAddress2, "a b", vcard.FieldIMPP, "im:a%20b"},
		{wbxml.ContactsWebPage, "http://example.com/ä", vcard.FieldURL, "http://example.com/%C3%A4"},
		{wbxml.ContactsWebPage, "http://example.com/a%20b?c=100%&d={e}", vcard.FieldURL, "http://example.com/a%20b?c=100%25&d=%7Be%7D"},
		{wbxml.Contacts2IMAddress3, "xmpp:a%20b@example.com", vcard.FieldIMPP, "xmpp:a%20b@example.com"},
	} {
		if got := card(c.tag, c.in).Value(c.field); got != c.want {
			t.Errorf("%s of %q is %q, want %q", c.field, c.in, got, c.want)
		}
	}
}

func TestVCardPhoto(t *testing.T) {
	jpeg := append([]byte("\xFF\xD8\xFF\xE0\x00\x10JFIF"), make([]byte, 30_000)...)
	encoded := base64.StdEncoding.EncodeToString(jpeg)
	for name, e := range map[string]wbxml.Element{
		"base64":    wbxml.T(wbxml.ContactsPicture, encoded),
		"folded":    wbxml.T(wbxml.ContactsPicture, encoded[:76]+"\r\n"+encoded[76:]),
		"the bytes": wbxml.B(wbxml.ContactsPicture, jpeg),
	} {
		b, err := VCard(properties(e), Options{})
		if got := parseCard(t, b, err).Value(vcard.FieldPhoto); got != "data:image/jpeg;base64,"+encoded {
			t.Errorf("%s: %.80q", name, got)
		}
	}
	b, err := VCard(properties(wbxml.T(wbxml.ContactsPicture, "not a picture")), Options{})
	if got := parseCard(t, b, err).Value(vcard.FieldPhoto); got != "" {
		t.Errorf("no picture gives %q", got)
	}
}

// The name of a contact is the same for the same content, and another for another.
func TestVCardUID(t *testing.T) {
	uid := func(p *wbxml.Element) string {
		b, err := VCard(p, Options{})
		return parseCard(t, b, err).Value(vcard.FieldUID)
	}
	items := recorded(t, "contacts-v2.5")
	if uid(items[0]) != uid(recorded(t, "contacts-v2.5")[0]) {
		t.Error("the UID of an item changes")
	}
	if uid(items[0]) == uid(items[1]) {
		t.Error("two items have one UID")
	}
}
