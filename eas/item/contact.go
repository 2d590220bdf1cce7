package item

import (
	"encoding/base64"
	"net/mail"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// VCard returns the vCard 4.0 (RFC 6350) of a contact (MS-ASCNTC). Contacts of
// EAS carry no identifier: UID is made of the content. The error is
// ErrNoProperties.
func VCard(props *wbxml.Element) ([]byte, error) {
	if err := checkProperties(props); err != nil {
		return nil, err
	}
	v := viewOf(props)
	l := lines{vcard: true}
	l.begin("VCARD")
	l.raw("VERSION", "4.0")
	l.raw("PRODID", productID)
	l.raw("UID", "urn:uuid:"+contentUUID(props))
	l.names(v)
	l.fields("ORG", ';', trimLast(v.value(wbxml.ContactsCompanyName), v.value(wbxml.ContactsDepartment)))
	l.text("TITLE", v.value(wbxml.ContactsJobTitle))
	l.addresses(v)
	l.telephones(v)
	for _, tag := range [...]wbxml.Tag{wbxml.ContactsEmail1Address, wbxml.ContactsEmail2Address, wbxml.ContactsEmail3Address} {
		l.text("EMAIL", bareAddress(v.value(tag)))
	}
	for _, tag := range [...]wbxml.Tag{wbxml.Contacts2IMAddress, wbxml.Contacts2IMAddress2, wbxml.Contacts2IMAddress3} {
		l.raw("IMPP", imURI(v.value(tag)))
	}
	l.raw("URL", escapeURI(v.value(wbxml.ContactsWebPage)))
	l.raw("BDAY", vcardDate(v.value(wbxml.ContactsBirthday)))
	l.raw("ANNIVERSARY", vcardDate(v.value(wbxml.ContactsAnniversary)))
	l.relations(v)
	l.fields("CATEGORIES", ',', v.list(wbxml.ContactsCategories, wbxml.ContactsCategory))
	note := findBody(v)
	l.text("NOTE", note.plain())
	if note.truncated {
		l.text("X-EAS-BODY-TRUNCATED", "1")
	}
	l.raw("PHOTO", photo(v.first(wbxml.ContactsPicture)))
	l.extra(v, wbxml.ContactsFileAs, wbxml.ContactsOfficeLocation, wbxml.ContactsAlias, wbxml.ContactsWeightedRank,
		wbxml.Contacts2CustomerId, wbxml.Contacts2GovernmentId, wbxml.Contacts2AccountName, wbxml.Contacts2MMS)
	l.end("VCARD")
	return l.b, nil
}

// names writes N and FN, of which neither may be empty. Title is what comes
// before the name, although MS-ASCNTC 2.2.2.62 says otherwise: JobTitle is there.
func (l *lines) names(v view) {
	last, first := v.value(wbxml.ContactsLastName), v.value(wbxml.ContactsFirstName)
	middle, prefix, suffix := v.value(wbxml.ContactsMiddleName), v.value(wbxml.ContactsTitle), v.value(wbxml.ContactsSuffix)
	full := fullName(v)
	n := []string{last, first, middle, prefix, suffix}
	if strings.Join(n, "") == "" {
		n[0] = full
	}
	l.text("FN", full)
	l.fields("N", ';', n)
	l.text("NICKNAME", v.value(wbxml.Contacts2NickName))
	// As Apple's and Google's address books write them.
	l.text("X-PHONETIC-FIRST-NAME", v.value(wbxml.ContactsYomiFirstName))
	l.text("X-PHONETIC-LAST-NAME", v.value(wbxml.ContactsYomiLastName))
	l.text("X-PHONETIC-ORG", v.value(wbxml.ContactsYomiCompanyName))
}

// fullName is what a contact is called, by whatever there is of it.
func fullName(v view) string {
	var parts []string
	for _, tag := range [...]wbxml.Tag{
		wbxml.ContactsTitle, wbxml.ContactsFirstName, wbxml.ContactsMiddleName, wbxml.ContactsLastName, wbxml.ContactsSuffix,
	} {
		if s := v.value(tag); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) > 0 {
		return strings.Join(parts, " ")
	}
	for _, tag := range [...]wbxml.Tag{
		wbxml.ContactsFileAs, wbxml.ContactsCompanyName, wbxml.Contacts2NickName, wbxml.ContactsEmail1Address,
		wbxml.ContactsMobilePhoneNumber, wbxml.ContactsBusinessPhoneNumber, wbxml.ContactsHomePhoneNumber,
	} {
		if s := v.value(tag); s != "" {
			return s
		}
	}
	return "Unnamed"
}

// trimLast drops empty components at the end of a structured value.
func trimLast(s ...string) []string {
	for len(s) > 0 && s[len(s)-1] == "" {
		s = s[:len(s)-1]
	}
	return s
}

// bareAddress returns the address alone where it came with a display name, as
// Exchange sends it.
func bareAddress(s string) string {
	if a, err := mail.ParseAddress(s); err == nil {
		return a.Address
	}
	return s
}

// imURI returns an instant messaging address as a URI, which IMPP must be.
func imURI(s string) string {
	scheme, _, found := strings.Cut(s, ":")
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if s == "" || found && scheme != "" && strings.Trim(scheme, letters) == "" {
		return escapeURI(s)
	}
	return "im:" + escapeURI(s) // RFC 3860
}

// vcardDate returns the date of a birthday or anniversary, whose time has no
// meaning: MS-ASCNTC 2.2.2.3, 2.2.2.6.
//
// QUIRK(iOS): the year 1604 stands for none.
func vcardDate(s string) string {
	t, ok := parseTime(s)
	switch {
	case !ok:
		return ""
	case t.Year() == 1604:
		return t.Format("--0102")
	}
	return t.Format(dateForm)
}

// relations writes the people around a contact: RFC 6350 6.6.6.
func (l *lines) relations(v view) {
	related := func(kind, name string) {
		l.text("RELATED", name, param{"TYPE", kind}, param{"VALUE", "text"})
	}
	related("spouse", v.value(wbxml.ContactsSpouse))
	for _, child := range v.list(wbxml.ContactsChildren, wbxml.ContactsChild) {
		related("child", child)
	}
	related("x-assistant", v.value(wbxml.ContactsAssistantName))
	related("x-manager", v.value(wbxml.Contacts2ManagerName))
}

// photo returns the picture as data URI, "" if it is none. It comes as base64;
// bytes are taken too.
func photo(e *wbxml.Element) string {
	if e == nil {
		return ""
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(e.Text), ""))
	if err != nil && e.Opaque {
		b = []byte(e.Text)
	}
	kind := imageType(b)
	if kind == "" {
		return ""
	}
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b)
}

func imageType(b []byte) string {
	for _, image := range [...]struct{ magic, kind string }{
		{"\xFF\xD8\xFF", "image/jpeg"},
		{"\x89PNG\r\n", "image/png"},
		{"GIF8", "image/gif"},
		{"BM", "image/bmp"},
	} {
		if strings.HasPrefix(string(b[:min(len(b), 8)]), image.magic) {
			return image.kind
		}
	}
	return ""
}
