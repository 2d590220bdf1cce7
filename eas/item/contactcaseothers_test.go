package item

// otherCases are about work, people and texts.
func otherCases() []contactCase {
	return []contactCase{
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
			"vCard 2.1 2.1, a note of several lines, and a backslash that is one", "2.1", `
NOTE;ENCODING=QUOTED-PRINTABLE:first=0D=0A=
second =3D C:\new=0D=0A=
	third
`, `
Body: 1: first\r\nsecond = C:\\new\r\n\tthird
`, ``,
		},
		{
			"RFC 6350 6.2.7 and others, what EAS has no word for", "4.0", `
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
