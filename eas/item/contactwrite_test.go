package item

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestVCardVersions: contacts, and the lines that both versions have for them, by
// hand from the specifications that are named.
func TestVCardVersions(t *testing.T) {
	picture := base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n"))
	for _, c := range []struct {
		source       string
		contact      []wbxml.Element
		want4, want3 string
	}{
		{
			"MS-OXVCARD 3.2, exporting a contact", []wbxml.Element{
				wbxml.T(wbxml.ContactsEmail1Address, "dan.fennell@contoso.com"), wbxml.T(wbxml.ContactsEmail2Address, "dfennell@fabrikam.com"),
				wbxml.T(wbxml.ContactsAssistantName, "Jeff Price"), wbxml.T(wbxml.ContactsAssistantPhoneNumber, "+1-206-555-0188"),
				wbxml.T(wbxml.ContactsBusinessPhoneNumber, "+1-206-555-0102"), wbxml.T(wbxml.Contacts2CompanyMainPhone, "+1-206-555-0100"),
				wbxml.T(wbxml.ContactsCompanyName, "Contoso, Ltd."), wbxml.T(wbxml.ContactsFirstName, "Dan"), wbxml.T(wbxml.ContactsLastName, "Fennell"),
				wbxml.T(wbxml.ContactsHomeAddressCountry, "USA"), wbxml.T(wbxml.ContactsHomeAddressCity, "Boulder"),
				wbxml.T(wbxml.ContactsHomeAddressPostalCode, "33041"), wbxml.T(wbxml.ContactsHomeAddressState, "CO"),
				wbxml.T(wbxml.ContactsHomeAddressStreet, "345 Aspen Street"), wbxml.T(wbxml.ContactsMobilePhoneNumber, "+1-425-555-0199"),
			}, `
ADR;LABEL=345 Aspen Street\n33041 Boulder CO\nUSA;TYPE=home:;;345 Aspen Street;Boulder;CO;33041;USA
EMAIL:dan.fennell@contoso.com
EMAIL:dfennell@fabrikam.com
FN:Dan Fennell
N:Fennell;Dan;;;
ORG:Contoso\, Ltd.
RELATED;TYPE=x-assistant;VALUE=text:Jeff Price
TEL;TYPE=cell:+1-425-555-0199
TEL;TYPE=work;TYPE=voice:+1-206-555-0102
TEL;TYPE=x-assistant:+1-206-555-0188
TEL;TYPE=work;TYPE=x-company:+1-206-555-0100
`, `
ADR;TYPE=home:;;345 Aspen Street;Boulder;CO;33041;USA
EMAIL:dan.fennell@contoso.com
EMAIL:dfennell@fabrikam.com
FN:Dan Fennell
LABEL;TYPE=home:345 Aspen Street\n33041 Boulder CO\nUSA
N:Fennell;Dan;;;
ORG:Contoso\, Ltd.
TEL;TYPE=cell:+1-425-555-0199
TEL;TYPE=work;TYPE=voice:+1-206-555-0102
X-MS-ASSISTANT:Jeff Price
X-MS-TEL;TYPE=ASSISTANT:+1-206-555-0188
X-MS-TEL;TYPE=COMPANY:+1-206-555-0100
`,
		},
		{
			"RFC 6350 6.2.5, 6.2.6 and RFC 2426 3.1.5, days; MS-ASCNTC 2.2.2.6, whose time means nothing", []wbxml.Element{
				wbxml.T(wbxml.ContactsFirstName, "Ann"), wbxml.T(wbxml.ContactsBirthday, "1980-02-29T23:00:00.000Z"),
				wbxml.T(wbxml.ContactsAnniversary, "2001-09-09T00:00:00.000+14:00"),
			}, `
ANNIVERSARY:20010909
BDAY:19800229
FN:Ann
N:;Ann;;;
`, `
BDAY:1980-02-29
FN:Ann
N:;Ann;;;
X-MS-ANNIVERSARY:2001-09-09
`,
		},
		{
			"RFC 6350 4.3.1, a day of no year, which RFC 2426 has not", []wbxml.Element{
				wbxml.T(wbxml.ContactsFirstName, "Ann"), wbxml.T(wbxml.ContactsBirthday, "1604-02-29T11:59:00.000Z"),
			}, `
BDAY:--0229
FN:Ann
N:;Ann;;;
`, `
BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29
FN:Ann
N:;Ann;;;
`,
		},
		{
			"RFC 6350 3.4 and RFC 2426 4, escapes of texts and of components", []wbxml.Element{
				wbxml.T(wbxml.ContactsFirstName, `a;b,c\d`), wbxml.T(wbxml.ContactsJobTitle, "e;f,g\\h\r\ni:j"),
				wbxml.T(wbxml.ContactsDepartment, "R&D; big"),
			}, `
FN:a;b\,c\\d
N:;a\;b\,c\\d;;;
ORG:;R&D\; big
TITLE:e;f\,g\\h\ni:j
`, `
FN:a\;b\,c\\d
N:;a\;b\,c\\d;;;
ORG:;R&D\; big
TITLE:e\;f\,g\\h\ni:j
`,
		},
		{
			"RFC 6350 6.2.4 and RFC 2426 3.1.4, pictures", []wbxml.Element{
				wbxml.T(wbxml.ContactsFirstName, "Ann"), wbxml.T(wbxml.ContactsPicture, picture),
			}, `
FN:Ann
N:;Ann;;;
PHOTO:data:image/png;base64,iVBORw0KGgo=
`, `
FN:Ann
N:;Ann;;;
PHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=
`,
		},
		{
			"RFC 6350 6.6.6 and MS-OXVCARD 2.1.3.9, people; RFC 6350 6.2.3, lists", []wbxml.Element{
				wbxml.T(wbxml.Contacts2NickName, "Jim,Jimmie"), wbxml.T(wbxml.ContactsSpouse, "Maria"), wbxml.T(wbxml.Contacts2ManagerName, "Big; Blue"),
				wbxml.E(wbxml.ContactsChildren, wbxml.T(wbxml.ContactsChild, "Tom"), wbxml.T(wbxml.ContactsChild, "Ann")),
				wbxml.E(wbxml.ContactsCategories, wbxml.T(wbxml.ContactsCategory, "a,b"), wbxml.T(wbxml.ContactsCategory, "c")),
			}, `
CATEGORIES:a\,b,c
FN:Jim\,Jimmie
N;DERIVED=true:Jim\,Jimmie;;;;
NICKNAME:Jim,Jimmie
RELATED;TYPE=spouse;VALUE=text:Maria
RELATED;TYPE=child;VALUE=text:Tom
RELATED;TYPE=child;VALUE=text:Ann
RELATED;TYPE=x-manager;VALUE=text:Big; Blue
`, `
CATEGORIES:a\,b,c
FN:Jim\,Jimmie
N;DERIVED=true:Jim\,Jimmie;;;;
NICKNAME:Jim,Jimmie
X-MS-CHILD:Tom
X-MS-CHILD:Ann
X-MS-MANAGER:Big\; Blue
X-MS-SPOUSE:Maria
`,
		},
		{
			"RFC 6350 6.4.2, 6.4.3 and RFC 6868 3.1, addresses with names, and those of chats", []wbxml.Element{
				wbxml.T(wbxml.ContactsFirstName, "Ann"), wbxml.T(wbxml.ContactsEmail1Address, `"Doe, \"Ann\"" <ann@example.com>`),
				wbxml.T(wbxml.ContactsEmail2Address, `"a@example.com" <a@example.com>`), wbxml.T(wbxml.Contacts2IMAddress, "ann b"),
				wbxml.T(wbxml.Contacts2IMAddress2, "sip:ann@example.com"), wbxml.T(wbxml.ContactsCarPhoneNumber, "1"),
			}, `
EMAIL;X-CN="Doe, ^'Ann^'":ann@example.com
EMAIL:a@example.com
FN:Ann
IMPP:im:ann%20b
IMPP:sip:ann@example.com
N:;Ann;;;
TEL;TYPE=x-car:1
`, `
EMAIL;X-CN="Doe, ^'Ann^'":ann@example.com
EMAIL:a@example.com
FN:Ann
IMPP:im:ann%20b
IMPP:sip:ann@example.com
N:;Ann;;;
TEL;TYPE=car:1
`,
		},
	} {
		for version, want := range map[string]string{VCard4: c.want4, VCard3: c.want3} {
			b, err := VCard(properties(c.contact...), Options{VCardVersion: version, UID: "u"})
			parseCard(t, b, err)
			var lines []string
			for line := range strings.SplitSeq(strings.ReplaceAll(string(b), "\r\n ", ""), "\r\n") {
				lines = append(lines, line)
			}
			head := []string{"BEGIN:VCARD", "VERSION:" + version}
			if !slices.Equal(lines[:2], head) || !slices.Contains(lines, "UID:u") || lines[len(lines)-2] != "END:VCARD" {
				t.Errorf("%s: not a vCard %s:\n%s", c.source, version, b)
			}
			lines = slices.DeleteFunc(lines[2:len(lines)-2], func(l string) bool { return strings.HasPrefix(l, "PRODID:") || l == "UID:u" })
			if diff := cmp.Diff(strings.Trim(want, "\n"), strings.Join(lines, "\n")); diff != "" {
				t.Errorf("%s, %s (-want +got)\n%s", c.source, version, diff)
			}
		}
	}
}
