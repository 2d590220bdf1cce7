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
	return []contactCase{
		// Names.
		{
			"RFC 6350 6.2.2, a name of all components", "4.0", `
N:Public;John;Quinlan;Mr.;Esq.
FN:Mr. John Q. Public\, Esq.
`, `
FileAs: Mr. John Q. Public, Esq.
FirstName: John
LastName: Public
MiddleName: Quinlan
Suffix: Esq.
Title: Mr.
`, ``,
		},
		{
			"RFC 6350 6.2.2, components of several names", "4.0", `
N:Stevenson;John;Philip,Paul;Dr.;Jr.,M.D.,A.C.P.
`, `
FirstName: John
LastName: Stevenson
MiddleName: Philip Paul
Suffix: Jr. M.D. A.C.P.
Title: Dr.
`, ``,
		},
		{
			"RFC 6350 3.4, escapes in components", "4.0", `
N:a\;b;c\,d;e\\f;g\nh;
`, `
FirstName: c,d
LastName: a;b
MiddleName: e\\f
Title: g\r\nh
`, ``,
		},
		{
			"RFC 6350 6.2.2, a name without N, which 4.0 allows", "4.0", `
FN:ABC Company
`, `
FileAs: ABC Company
`, ``,
		},
		{
			"RFC 9554 4.4, a name that others make", "4.0", `
FN:ABC Company
N;DERIVED=true:ABC Company;;;;
ORG:ABC Company
`, `
CompanyName: ABC Company
FileAs: ABC Company
`, ``,
		},
		{
			"RFC 6350 6.2.3, nicknames", "4.0", `
FN:Jim
NICKNAME:Jim,Jimmie
`, `
FileAs: Jim
NickName: Jim,Jimmie
`, ``,
		},
		{
			"RFC 2426 3.1.2 and 3.6.5, a name and how it is sorted", "3.0", `
N:van der Harten;Rene;J.;Sir;R.D.O.N.
FN:Rene van der Harten
SORT-STRING:Harten
`, `
FileAs: Rene van der Harten
FirstName: Rene
LastName: van der Harten
MiddleName: J.
Suffix: R.D.O.N.
Title: Sir
`, `
SORT-STRING: Harten: a contact has no such property
`,
		},
		{
			"vCard 2.1 2.4.2, a comma divides nothing", "2.1", `
N:Doe;John;Richter,James;Mr.;Sr.
`, `
FirstName: John
LastName: Doe
MiddleName: Richter,James
Suffix: Sr.
Title: Mr.
`, ``,
		},
		{
			"RFC 9554 4.6, names and how they sound", "4.0", `
N;ALTID=1;LANGUAGE=ja:山田;太郎;;;
N;ALTID=1;PHONETIC=script;SCRIPT=Hira:やまだ;たろう;;;
FN:山田 太郎
`, `
FileAs: 山田 太郎
FirstName: 太郎
LastName: 山田
YomiFirstName: たろう
YomiLastName: やまだ
`, ``,
		},
		{
			"MS-ASCNTC 2.2.2.65 to 2.2.2.67, in the extensions that Apple and Google write", "3.0", `
N:山田;太郎;;;
X-PHONETIC-FIRST-NAME:タロウ
X-PHONETIC-LAST-NAME:ヤマダ
ORG:日本電信電話
X-PHONETIC-ORG:ニッポンデンシンデンワ
`, `
CompanyName: 日本電信電話
FirstName: 太郎
LastName: 山田
YomiCompanyName: ニッポンデンシンデンワ
YomiFirstName: タロウ
YomiLastName: ヤマダ
`, ``,
		},
		{
			"vCard 2.1 2.1.3, quoted-printable and a charset; IrMC 1.1, a name and its sound", "2.1", `
N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=8E=52=93=63;=91=BE=98=59
SOUND;X-IRMC-N;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=D4=CF=C0=DE;=C0=DB=
=B3
`, `
FirstName: 太郎
LastName: 山田
YomiFirstName: ﾀﾛｳ
YomiLastName: ﾔﾏﾀﾞ
`, ``,
		},

		// Dates.
		{
			"RFC 6350 6.2.5 and 6.2.6, days", "4.0", `
BDAY:19960415
ANNIVERSARY:2009-08-08
`, `
Anniversary: 2009-08-08T11:59:00.000Z
Birthday: 1996-04-15T11:59:00.000Z
`, ``,
		},
		{
			"RFC 6350 4.3.1, a day of no year", "4.0", `
BDAY:--0229
`, `
Birthday: 1604-02-29T11:59:00.000Z
`, ``,
		},
		{
			"RFC 6350 6.2.5, a birthday at a time", "4.0", `
BDAY:19531015T231000Z
`, `
Birthday: 1953-10-15T11:59:00.000Z
`, `
BDAY: 19531015T231000Z: kept without its time
`,
		},
		{
			"RFC 2426 3.1.5, a birthday in another zone is the day that is written", "3.0", `
BDAY:1987-09-27T23:30:00-06:00
`, `
Birthday: 1987-09-27T11:59:00.000Z
`, `
BDAY: 1987-09-27T23:30:00-06:00: kept without its time
`,
		},
		{
			"RFC 6350 6.2.5, no day at all", "4.0", `
FN:Ann
BDAY;VALUE=text:circa 1800
ANNIVERSARY:1985-04
`, `
FileAs: Ann
`, `
ANNIVERSARY: 1985-04: not a day of a month
BDAY: circa 1800: not a day of a month
`,
		},

		// Addresses.
		{
			"RFC 6350 6.3.1, an address without a type, and a label with all that needs quotes", "4.0", `
ADR;GEO="geo:12.3457,78.910";LABEL="Mr. John Q. Public, Esq.\nMail Drop: TNE QB\n123 Main Street\nAny Town, CA  91921-1234\nU.S.A.":;;123 Main Street;Any Town;CA;91921-1234;U.S.A.
`, `
OtherAddressCity: Any Town
OtherAddressCountry: U.S.A.
OtherAddressPostalCode: 91921-1234
OtherAddressState: CA
OtherAddressStreet: 123 Main Street
`, ``,
		},
		{
			"RFC 2426 3.2.1, an address at home without a country", "3.0", `
ADR;TYPE=dom,home,postal,parcel:;;123 Main
  Street;Any Town;CA;91921-1234
`, `
HomeAddressCity: Any Town
HomeAddressPostalCode: 91921-1234
HomeAddressState: CA
HomeAddressStreet: 123 Main Street
`, ``,
		},
		{
			"RFC 2426 3.2.2, a label without its address", "3.0", `
LABEL;TYPE=dom,home,postal,parcel:Mr.John Q. Public\, Esq.\n
 Mail Drop: TNE QB\n123 Main Street\nAny Town\, CA  91921-1234
 \nU.S.A.
`, `
HomeAddressStreet: Mr.John Q. Public, Esq.\r\nMail Drop: TNE QB\r\n123 Main Street\r\nAny Town, CA  91921-1234\r\nU.S.A.
`, ``,
		},
		{
			"RFC 6350 6.3.1, a box and an extended address, and one address too many at work", "4.0", `
ADR;TYPE=work:PO Box 1;Suite 2;Main 3;Town;ST;123;Land
ADR;TYPE="work,pref":;;First 1;City;;;
`, `
BusinessAddressCity: City
BusinessAddressStreet: First 1
OtherAddressCity: Town
OtherAddressCountry: Land
OtherAddressPostalCode: 123
OtherAddressState: ST
OtherAddressStreet: PO Box 1\r\nSuite 2\r\nMain 3
`, `
ADR;TYPE=work: PO Box 1;Suite 2;Main 3;Town;ST;123;Land: kept as the other address
`,
		},

		// Telephones and what else is dialed.
		{
			"RFC 6350 6.4.1, URIs and types in quotes", "4.0", `
TEL;VALUE=uri;PREF=1;TYPE="voice,home":tel:+1-555-555-5555;ext=5555
TEL;VALUE=uri;TYPE=home:tel:+33-01-23-45-67
`, `
Home2PhoneNumber: +33-01-23-45-67
HomePhoneNumber: +1-555-555-5555;ext=5555
`, ``,
		},
		{
			"RFC 2426 3.3.1, types; MS-OXVCARD 2.1.3, the second of a kind and a car", "3.0", `
TEL;TYPE=work,voice:2
TEL;TYPE=work,voice,pref,msg:+1-213-555-1234
TEL;TYPE=home;TYPE=fax:3
TEL;TYPE=fax:4
TEL;TYPE=car:5
TEL;TYPE=pager,msg:6
`, `
Business2PhoneNumber: 2
BusinessFaxNumber: 4
BusinessPhoneNumber: +1-213-555-1234
CarPhoneNumber: 5
HomeFaxNumber: 3
PagerNumber: 6
`, ``,
		},
		{
			"MS-OXVCARD 2.1.3.9.5, the numbers of Outlook", "3.0", `
X-MS-TEL;TYPE=ASSISTANT:1
X-MS-TEL;TYPE=COMPANY:2
X-MS-TEL;RADIO:3
X-MS-TEL;TYPE=TTYTDD:4
`, `
AssistantPhoneNumber: 1
RadioPhoneNumber: 3
CompanyMainPhone: 2
`, `
X-MS-TEL;TYPE=ttytdd: 4: a contact has no place for one more of this kind
`,
		},
		{
			"RFC 6350 6.4.1, more of a kind than there are places, and a kind that nobody has a place for", "4.0", `
TEL;TYPE=cell:1
TEL;TYPE=cell:2
TEL;TYPE=home:3
TEL;TYPE=textphone:4
TEL:5
`, `
BusinessPhoneNumber: 5
Home2PhoneNumber: 2
HomePhoneNumber: 3
MobilePhoneNumber: 1
`, `
TEL;TYPE=cell: 2: kept as Home2PhoneNumber
TEL: 5: kept as BusinessPhoneNumber
TEL;TYPE=textphone: 4: a contact has no place for one more of this kind
`,
		},
		{
			"RFC 6350 6.4.2 and 5.3, the preferred address is the first", "4.0", `
EMAIL;TYPE=work:jqpublic@xyz.example.com
EMAIL;PREF=1:jane_doe@example.com
EMAIL;PREF=50:fifty@example.com
EMAIL:fourth@example.com
`, `
Email1Address: jane_doe@example.com
Email2Address: fifty@example.com
Email3Address: jqpublic@xyz.example.com
`, `
EMAIL: fourth@example.com: a contact has three of them
`,
		},
		{
			"RFC 6868 3.1, quotes in a parameter", "4.0", `
EMAIL;X-CN=George Herman ^'Babe^' Ruth:babe@example.com
`, `
Email1Address: "George Herman \\"Babe\\" Ruth" <babe@example.com>
`, ``,
		},
		{
			"RFC 6350 6.4.3, RFC 3860 3, and what was there before", "4.0", `
IMPP;PREF=1:xmpp:alice@example.com
IMPP:im:fred%20m@example.com
X-AIM;TYPE=home:johnny5@aol.com
X-ICQ:1
`, `
IMAddress: xmpp:alice@example.com
IMAddress2: fred m@example.com
IMAddress3: aim:johnny5@aol.com
`, `
X-ICQ: 1: a contact has three of them
`,
		},
		{
			"RFC 6350 6.7.8, and a colon that has no need of its escape", "3.0", `
URL:http\://example.org/a\,b
URL:http://example.org/restaurant.french/~chezchic.html
`, `
WebPage: http://example.org/a,b
`, `
URL: http://example.org/restaurant.french/~chezchic.html: a contact has one WebPage
`,
		},

		// Work and people.
		{
			"RFC 6350 6.6.4 and 6.6.1, units and a title", "4.0", `
ORG:ABC\, Inc.;North American Division;Marketing
TITLE:Research Scientist
ROLE:Project Leader
`, `
CompanyName: ABC, Inc.
Department: North American Division;Marketing
JobTitle: Research Scientist
`, `
ROLE: Project Leader: a contact has no such property
`,
		},
		{
			"RFC 6350 6.6.6, people by name and by reference", "4.0", `
RELATED;TYPE=spouse;VALUE=text:Maria
RELATED;TYPE=child;VALUE=text:Tom
RELATED;TYPE=child;VALUE=text:Ann
RELATED;TYPE=friend:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6
RELATED;TYPE=co-worker;VALUE=text:Please contact my assistant Jane Doe for any inquiries.
`, `
Children: Tom|Ann
Spouse: Maria
`, `
RELATED;TYPE=friend: urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6: a reference and no name
RELATED;TYPE=co-worker: Please contact my assistant Jane Doe for any inquiries.: a contact has no such property
`,
		},
		{
			"MS-OXVCARD 2.1.3.9.8 and 2.1.3.9.9, the people of Outlook", "3.0", `
X-MS-MANAGER;N:Big Blue
X-MS-ASSISTANT;TYPE=N: Jeff Price
X-MS-CHILD:Tom
X-MS-SPOUSE:Maria
X-MS-ANNIVERSARY:20110113
`, `
Anniversary: 2011-01-13T11:59:00.000Z
AssistantName: Jeff Price
Children: Tom
Spouse: Maria
ManagerName: Big Blue
`, ``,
		},
		{
			"Apple's address book: labels beside properties", "3.0", `
N:Test;VCard;;;
item1.X-ABDATE:1975-03-01
item1.X-ABLabel:_$!<Anniversary>!$_
item2.X-ABRELATEDNAMES:Jenny
item2.X-ABLabel:_$!<Spouse>!$_
item3.X-ABRELATEDNAMES:Joan
item3.X-ABLabel:_$!<Mother>!$_
item4.TEL:905-222-1234
item4.X-ABLabel:_$!<AssistantPhone>!$_
item5.EMAIL;type=INTERNET:a@example.com
item5.X-ABLabel:Boat
BDAY;X-APPLE-OMIT-YEAR=1604:1604-02-29
`, `
Anniversary: 1975-03-01T11:59:00.000Z
AssistantPhoneNumber: 905-222-1234
Birthday: 1604-02-29T11:59:00.000Z
Email1Address: a@example.com
FirstName: VCard
LastName: Test
Spouse: Jenny
`, `
X-ABRELATEDNAMES;TYPE=mother: Joan: a contact has no such property
X-ABLABEL: Boat: a contact has no such property
`,
		},
		{
			"RFC 6350 6.1.4 and 6.6.5, a group", "4.0", `
KIND:group
FN:The Doe family
MEMBER:urn:uuid:03a0e51f-d1aa-4385-8a53-e29025acd8af
`, `
FileAs: The Doe family
`, `
KIND: group: a contact is a person
MEMBER: urn:uuid:03a0e51f-d1aa-4385-8a53-e29025acd8af: a contact has no such property
`,
		},
		{
			"vCard 2.1 2.6.4, a card inside the card", "2.1", `
N:Boss
AGENT:
BEGIN:VCARD
VERSION:2.1
N:Friday;Fred
TEL;WORK;VOICE:+1-213-555-1234
END:VCARD
TITLE:Chief
`, `
JobTitle: Chief
LastName: Boss
`, `
AGENT: : a card inside a card
`,
		},

		// Texts.
		{
			"RFC 6350 6.7.1, categories", "4.0", `
CATEGORIES:INTERNET,IETF,INDUSTRY,INFORMATION TECHNOLOGY
CATEGORIES:a\,b,IETF
`, `
Categories: INTERNET|IETF|INDUSTRY|INFORMATION TECHNOLOGY|a,b
`, ``,
		},
		{
			"RFC 6350 6.7.2, a note, folded as 3.2 has it; MS-ASAIRS 2.2.2.9, a body", "4.0", `
NOTE:This fax number is operational 0800 to 1715
  EST\, Mon-Fri.\nAnd the old one
 : not at all\N
`, `
Body: 1: This fax number is operational 0800 to 1715 EST, Mon-Fri.\r\nAnd the old one: not at all\r\n
`, ``,
		},
		{
			"vCard 2.1 2.1.3, a note of several lines, and a backslash that is one", "2.1", `
NOTE;ENCODING=QUOTED-PRINTABLE:first=0D=0A=
second =3D C:\new=0D=0A=
	third
`, `
Body: 1: first\r\nsecond = C:\\new\r\n\tthird
`, ``,
		},
		{
			"RFC 6350 6.7.5 and others, what EAS has no word for", "4.0", `
FN:Ann
GENDER:F
LANG;PREF=1:fr
TZ:-0500
GEO:geo:46.772673,-71.282945
KEY:http://www.example.com/keys/jdoe.cer
UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1
REV:19951031T222710Z
`, `
FileAs: Ann
`, `
GENDER: F: a contact has no such property
GEO: geo:46.772673,-71.282945: a contact has no such property
KEY: http://www.example.com/keys/jdoe.cer: a contact has no such property
LANG: fr: a contact has no such property
TZ: -0500: a contact has no such property
`,
		},
		{
			"MS-ASCNTC 2.2.2.2 and 2.2.2.64, what only a server says", "4.0", `
PRODID:-//airlift//EAS archive//EN
FN:Ann; Ltd.
X-EAS-FILEAS:Ann\; Ltd.
X-EAS-ALIAS:ann
X-EAS-WEIGHTEDRANK:7
X-EAS-GOVERNMENTID:G
X-EAS-CUSTOMERID:C
X-EAS-ACCOUNTNAME:A
X-EAS-MMS:M
X-EAS-OFFICELOCATION:O
`, `
FileAs: Ann; Ltd.
OfficeLocation: O
CustomerId: C
GovernmentId: G
AccountName: A
MMS: M
`, `
X-EAS-ALIAS: ann: only a server says it
X-EAS-WEIGHTEDRANK: 7: only a server says it
`,
		},
	}
}

func TestContactCases(t *testing.T) {
	for _, c := range contactCases() {
		t.Run(c.source, func(t *testing.T) {
			props, lost := parseContact(t, "BEGIN:VCARD\nVERSION:"+c.version+c.card+"END:VCARD\n", ParseOptions{})
			if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), describe(props)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(sortedLines(strings.TrimPrefix(c.lost, "\n")), describeLosses(lost)); diff != "" {
				t.Errorf("lost (-want +got)\n%s", diff)
			}
			checkAddable(t, props)
		})
	}
}

// describe lists the properties of a contact.
func describe(props *wbxml.Element) string {
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
