package item

// placeCases are about where somebody is to be found.
func placeCases() []contactCase {
	return []contactCase{
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
	}
}
