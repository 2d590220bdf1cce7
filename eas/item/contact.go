package item

import (
	"encoding/base64"
	"net/mail"
	"strings"

	"github.com/emersion/go-vcard"

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
	c := card{vcard.Card{}}
	c.add(vcard.FieldVersion, "4.0")
	c.add(vcard.FieldProductID, productID)
	c.add(vcard.FieldUID, "urn:uuid:"+contentUUID(props))
	c.names(v)
	c.structured(vcard.FieldOrganization, ";", trimLast(v.value(wbxml.ContactsCompanyName), v.value(wbxml.ContactsDepartment)))
	c.add(vcard.FieldTitle, v.value(wbxml.ContactsJobTitle))
	c.addresses(v)
	c.telephones(v)
	for _, tag := range [...]wbxml.Tag{wbxml.ContactsEmail1Address, wbxml.ContactsEmail2Address, wbxml.ContactsEmail3Address} {
		c.add(vcard.FieldEmail, bareAddress(v.value(tag)))
	}
	for _, tag := range [...]wbxml.Tag{wbxml.Contacts2IMAddress, wbxml.Contacts2IMAddress2, wbxml.Contacts2IMAddress3} {
		c.uri(vcard.FieldIMPP, imURI(v.value(tag)))
	}
	c.uri(vcard.FieldURL, escapeURI(v.value(wbxml.ContactsWebPage)))
	c.add(vcard.FieldBirthday, vcardDate(v.value(wbxml.ContactsBirthday)))
	c.add(vcard.FieldAnniversary, vcardDate(v.value(wbxml.ContactsAnniversary)))
	c.relations(v)
	c.structured(vcard.FieldCategories, ",", v.list(wbxml.ContactsCategories, wbxml.ContactsCategory))
	note := findBody(v)
	c.add(vcard.FieldNote, note.plain())
	note.marks(c.add)
	c.uri(vcard.FieldPhoto, photo(v.first(wbxml.ContactsPicture)))
	v.extra(c.add, wbxml.ContactsFileAs, wbxml.ContactsOfficeLocation, wbxml.ContactsAlias, wbxml.ContactsWeightedRank,
		wbxml.Contacts2CustomerId, wbxml.Contacts2GovernmentId, wbxml.Contacts2AccountName, wbxml.Contacts2MMS)
	return c.serialize()
}

// names writes N and FN, of which neither may be empty. Title is what comes
// before the name, although MS-ASCNTC 2.2.2.62 says otherwise: JobTitle is there.
func (c card) names(v view) {
	last, first := v.value(wbxml.ContactsLastName), v.value(wbxml.ContactsFirstName)
	middle, prefix, suffix := v.value(wbxml.ContactsMiddleName), v.value(wbxml.ContactsTitle), v.value(wbxml.ContactsSuffix)
	full := fullName(v)
	n := []string{last, first, middle, prefix, suffix}
	if strings.Join(n, "") == "" {
		n[0] = full
	}
	c.add("FN", full)
	c.structured("N", ";", n)
	c.add("NICKNAME", v.value(wbxml.Contacts2NickName))
	// As Apple's and Google's address books write them.
	c.add("X-PHONETIC-FIRST-NAME", v.value(wbxml.ContactsYomiFirstName))
	c.add("X-PHONETIC-LAST-NAME", v.value(wbxml.ContactsYomiLastName))
	c.add("X-PHONETIC-ORG", v.value(wbxml.ContactsYomiCompanyName))
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
func (c card) relations(v view) {
	related := func(kind, name string) {
		c.add("RELATED", name, param{"TYPE", kind}, param{"VALUE", "text"})
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
