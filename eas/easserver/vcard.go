package easserver

import (
	"cmp"
	"encoding/base64"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// contactProperties makes a contact of a vCard, 2.1 to 4.0. MS-ASCNTC 2.2.2.
func contactProperties(c *component) []wbxml.Element {
	var p properties
	name, _ := c.get("N")
	n := name.fields(';')
	for i, tag := range []wbxml.Tag{
		wbxml.ContactsLastName, wbxml.ContactsFirstName, wbxml.ContactsMiddleName, wbxml.ContactsTitle, wbxml.ContactsSuffix,
	} {
		if i < len(n) {
			p.text(tag, n[i])
		}
	}
	p.text(wbxml.ContactsFileAs, cmp.Or(c.text("FN"), strings.TrimSpace(strings.Join(n, " "))))
	org, _ := c.get("ORG")
	for i, tag := range []wbxml.Tag{wbxml.ContactsCompanyName, wbxml.ContactsDepartment} {
		if parts := org.fields(';'); i < len(parts) {
			p.text(tag, parts[i])
		}
	}
	p.text(wbxml.ContactsJobTitle, c.text("TITLE"))
	p.text(wbxml.Contacts2NickName, c.text("NICKNAME"))
	p.text(wbxml.ContactsWebPage, c.text("URL"))
	p.emails(c)
	p.phones(c)
	p.addresses(c)
	p.birthday(c, "BDAY", wbxml.ContactsBirthday)
	p.birthday(c, "ANNIVERSARY", wbxml.ContactsAnniversary)
	p.list(wbxml.ContactsCategories, wbxml.ContactsCategory, categories(c))
	p.text(wbxml.ContactsPicture, photo(c))
	if note := c.text("NOTE"); note != "" {
		p = append(p, textBody(note))
	}
	return p
}

func (p *properties) emails(c *component) {
	tags := []wbxml.Tag{wbxml.ContactsEmail1Address, wbxml.ContactsEmail2Address, wbxml.ContactsEmail3Address}
	for i, l := range c.all("EMAIL") {
		if i < len(tags) {
			p.text(tags[i], unescape(l.value))
		}
	}
	im := []wbxml.Tag{wbxml.Contacts2IMAddress, wbxml.Contacts2IMAddress2, wbxml.Contacts2IMAddress3}
	for i, l := range c.all("IMPP") {
		if i < len(im) {
			p.text(im[i], unescape(l.value))
		}
	}
}

// phones puts each telephone number where its type says; the second of a kind where
// EAS has a place for it.
func (p *properties) phones(c *component) {
	places := []struct {
		types []string
		tags  []wbxml.Tag
	}{
		{[]string{"cell"}, []wbxml.Tag{wbxml.ContactsMobilePhoneNumber}},
		{[]string{"pager"}, []wbxml.Tag{wbxml.ContactsPagerNumber}},
		{[]string{"car"}, []wbxml.Tag{wbxml.ContactsCarPhoneNumber}},
		{[]string{"fax", "home"}, []wbxml.Tag{wbxml.ContactsHomeFaxNumber}},
		{[]string{"fax"}, []wbxml.Tag{wbxml.ContactsBusinessFaxNumber}},
		{[]string{"home"}, []wbxml.Tag{wbxml.ContactsHomePhoneNumber, wbxml.ContactsHome2PhoneNumber}},
		{nil, []wbxml.Tag{wbxml.ContactsBusinessPhoneNumber, wbxml.ContactsBusiness2PhoneNumber, wbxml.ContactsRadioPhoneNumber}},
	}
	taken := map[wbxml.Tag]bool{}
lines:
	for _, l := range c.all("TEL") {
		for _, place := range places {
			if !allTypes(l, place.types) {
				continue
			}
			for _, tag := range place.tags {
				if !taken[tag] {
					taken[tag] = true
					p.text(tag, strings.TrimPrefix(unescape(l.value), "tel:"))
					continue lines
				}
			}
		}
	}
}

func allTypes(l contentLine, types []string) bool {
	for _, t := range types {
		if !l.hasType(t) {
			return false
		}
	}
	return true
}

// addresses puts a home, a work and another address in their places.
func (p *properties) addresses(c *component) {
	home := []wbxml.Tag{
		wbxml.ContactsHomeAddressStreet, wbxml.ContactsHomeAddressCity, wbxml.ContactsHomeAddressState,
		wbxml.ContactsHomeAddressPostalCode, wbxml.ContactsHomeAddressCountry,
	}
	work := []wbxml.Tag{
		wbxml.ContactsBusinessAddressStreet, wbxml.ContactsBusinessAddressCity, wbxml.ContactsBusinessAddressState,
		wbxml.ContactsBusinessAddressPostalCode, wbxml.ContactsBusinessAddressCountry,
	}
	other := []wbxml.Tag{
		wbxml.ContactsOtherAddressStreet, wbxml.ContactsOtherAddressCity, wbxml.ContactsOtherAddressState,
		wbxml.ContactsOtherAddressPostalCode, wbxml.ContactsOtherAddressCountry,
	}
	for _, l := range c.all("ADR") {
		tags := &other
		if l.hasType("home") {
			tags = &home
		} else if l.hasType("work") {
			tags = &work
		}
		parts := l.fields(';') // post office box, extended, street, city, region, code, country
		for i, tag := range *tags {
			if i+2 < len(parts) {
				p.text(tag, parts[i+2])
			}
		}
		*tags = nil
	}
}

// birthday writes a day as the instant of midnight in UTC, MS-ASCNTC 2.2.2.5. Dates
// without a year have no place.
func (p *properties) birthday(c *component, name string, tag wbxml.Tag) {
	s := strings.ReplaceAll(c.text(name), "-", "")
	if len(s) >= 8 {
		if t, _, ok := parseMoment(s[:8], ""); ok {
			p.time(tag, t, wbxml.DateTime)
		}
	}
}

// photo returns an embedded photo in base64, at most the 48 KB that Picture may have.
func photo(c *component) string {
	s := c.text("PHOTO")
	if _, data, ok := strings.Cut(s, ";base64,"); ok {
		s = data
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil || len(b) == 0 || len(b) > 48<<10 {
		return ""
	}
	return base64.StdEncoding.EncodeToString(b)
}
