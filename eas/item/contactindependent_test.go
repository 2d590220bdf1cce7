package item

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestIndependentCard3 lets vobject read a vCard 3.0.
func TestIndependentCard3(t *testing.T) {
	py := python("vobject")
	if py == "" {
		t.Skip("no Python with vobject here; TestVCardVersions and TestRoundContacts hold without it")
	}
	b, err := VCard(properties(
		wbxml.T(wbxml.ContactsLastName, "Müller; von"), wbxml.T(wbxml.ContactsFirstName, "Jörg"), wbxml.T(wbxml.ContactsTitle, "Dr."),
		wbxml.T(wbxml.ContactsCompanyName, "ACME; Söhne"), wbxml.T(wbxml.ContactsDepartment, "R&D, big;Berlin"),
		wbxml.T(wbxml.ContactsBusinessAddressStreet, "Str. 1\r\n2nd: floor"), wbxml.T(wbxml.ContactsBusinessAddressCity, "Köln"),
		wbxml.T(wbxml.ContactsBirthday, "1980-02-29T23:00:00.000Z"), wbxml.T(wbxml.ContactsPicture, "iVBORw0KGgo="),
		wbxml.E(wbxml.ContactsCategories, wbxml.T(wbxml.ContactsCategory, "a,b"), wbxml.T(wbxml.ContactsCategory, "c")),
		wbxml.T(wbxml.ContactsHomeFaxNumber, "+1;2"), wbxml.T(wbxml.Contacts2ManagerName, "Big; Blue"),
		wbxml.T(wbxml.ContactsBody, strings.Repeat("☃ note; with, all \\n kinds\n", 20))), Options{VCardVersion: VCard3})
	parseCard(t, b, err)
	got := run(t, py, `
import sys, vobject
card = vobject.readOne(open(sys.argv[1], encoding="utf-8", newline="").read())
print(card.version.value, card.n.value.family, card.n.value.given, card.n.value.prefix, card.org.value, card.fn.value)
print(repr(card.adr.value.street), card.adr.value.city, card.adr.type_param, repr(card.label.value))
print(card.bday.value, card.photo.value, card.photo.params, card.categories.value)
print(card.tel.value, sorted(card.tel.params["TYPE"]), card.x_ms_manager.value)
print(card.note.value, end="")
`, b)
	want := `3.0 Müller; von Jörg Dr. ['ACME; Söhne', 'R&D, big', 'Berlin'] Dr. Jörg Müller; von` + "\n" +
		`'Str. 1\n2nd: floor' Köln work 'Str. 1\n2nd: floor\nKöln'` + "\n" +
		`1980-02-29 b'\x89PNG\r\n\x1a\n' {'ENCODING': ['b'], 'TYPE': ['PNG']} ['a,b', 'c']` + "\n" +
		`+1;2 ['fax', 'home'] Big; Blue` + "\n" +
		strings.Repeat("☃ note; with, all \\n kinds\n", 20)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestIndependentSource reads vCards that vobject writes.
func TestIndependentSource(t *testing.T) {
	py := python("vobject")
	if py == "" {
		t.Skip("no Python with vobject here; TestContactCases holds without it")
	}
	b := run(t, py, `
import sys, vobject
from vobject.vcard import Name, Address
sys.stdout.reconfigure(newline="")
card = vobject.vCard()
card.add("n").value = Name(family="Müller; von, der", given="Jörg \\ Ø", additional=["Bernd", "Uwe"], suffix="jr.")
card.add("fn").value = "Jörg Müller"
card.add("org").value = ["ACME; Söhne, GmbH", "Vertrieb"]
adr = card.add("adr")
adr.value = Address(street="Straße 1\nHinterhaus; links", city="Köln, am Rhein", region="NRW", code="50667", country="Deutschland", box="17")
adr.type_param = ["WORK", "POSTAL"]
tel = card.add("tel"); tel.value = "+49 1;2,3"; tel.type_param = ["CELL", "VOICE"]
card.add("note").value = "\u2603 long; " * 40 + "\nsecond\tline, \\n"
card.add("categories").value = ["a,b", "c"]
photo = card.add("photo"); photo.value = b"\x89PNG\r\n\x1a\n"; photo.encoding_param = "B"; photo.type_param = "PNG"
print(card.serialize(), end="")
`, nil)
	props, lost, err := ParseVCard([]byte(b), ParseOptions{})
	if err != nil || len(lost) > 0 {
		t.Fatalf("%v, lost %v", err, lost)
	}
	want := `BusinessAddressCity: Köln, am Rhein
BusinessAddressCountry: Deutschland
BusinessAddressPostalCode: 50667
BusinessAddressState: NRW
BusinessAddressStreet: 17\r\nStraße 1\r\nHinterhaus; links
Categories: a,b|c
CompanyName: ACME; Söhne, GmbH
Department: Vertrieb
FileAs: Jörg Müller
FirstName: Jörg \\ Ø
LastName: Müller; von, der
MiddleName: Bernd Uwe
MobilePhoneNumber: +49 1;2,3
Suffix: jr.
Picture: iVBORw0KGgo=
Body: 1: ` + strings.Repeat("☃ long; ", 40) + `\r\nsecond\tline, \\n
`
	if diff := cmp.Diff(want, describeContact(props)); diff != "" {
		t.Errorf("(-want +got)\n%s\n%s", diff, b)
	}
}
