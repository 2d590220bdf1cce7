package item

// nameCases are about names and dates.
func nameCases() []contactCase {
	return []contactCase{
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
			"vCard 2.1 2.2.2, a comma divides nothing", "2.1", `
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
			"vCard 2.1 2.1, quoted-printable and a charset; IrMC 1.1, a name and its sound", "2.1", `
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
		{
			"RFC 6350 3.1, text that is not the UTF-8 that it should be", "3.0", `
N:M\xFCller;J\xF6rg
ORG:Größe und Maß\xC3
`, `
CompanyName: Größe und Maß\uFFFD
FirstName: Jörg
LastName: Müller
`, ``,
		},
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
	}
}
