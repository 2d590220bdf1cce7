package item

import (
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// addresses writes the three postal addresses of a contact: RFC 6350 6.3.1.
func (c card) addresses(v view) {
	for _, a := range [...]struct {
		kind                                     string
		street, city, state, postalCode, country wbxml.Tag
	}{
		{
			"work", wbxml.ContactsBusinessAddressStreet, wbxml.ContactsBusinessAddressCity, wbxml.ContactsBusinessAddressState,
			wbxml.ContactsBusinessAddressPostalCode, wbxml.ContactsBusinessAddressCountry,
		},
		{
			"home", wbxml.ContactsHomeAddressStreet, wbxml.ContactsHomeAddressCity, wbxml.ContactsHomeAddressState,
			wbxml.ContactsHomeAddressPostalCode, wbxml.ContactsHomeAddressCountry,
		},
		{
			"x-other", wbxml.ContactsOtherAddressStreet, wbxml.ContactsOtherAddressCity, wbxml.ContactsOtherAddressState,
			wbxml.ContactsOtherAddressPostalCode, wbxml.ContactsOtherAddressCountry,
		},
	} {
		street, city, state := v.value(a.street), v.value(a.city), v.value(a.state)
		postalCode, country := v.value(a.postalCode), v.value(a.country)
		c.structured("ADR", ";", []string{"", "", street, city, state, postalCode, country},
			param{"TYPE", a.kind},
			param{"LABEL", label(street, joinWords(postalCode, city, state), country)})
	}
}

// label is an address as it is written on a letter, its lines divided by the two
// characters \n as RFC 6350 6.3.1 has it.
func label(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return strings.ReplaceAll(cleanText(strings.Join(parts, "\n")), "\n", `\n`)
}

func joinWords(words ...string) string {
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// telephones writes the numbers of a contact: RFC 6350 6.4.1.
func (c card) telephones(v view) {
	for _, t := range [...]struct {
		kinds string
		tag   wbxml.Tag
	}{
		{"cell", wbxml.ContactsMobilePhoneNumber},
		{"work voice", wbxml.ContactsBusinessPhoneNumber},
		{"work voice", wbxml.ContactsBusiness2PhoneNumber},
		{"home voice", wbxml.ContactsHomePhoneNumber},
		{"home voice", wbxml.ContactsHome2PhoneNumber},
		{"work fax", wbxml.ContactsBusinessFaxNumber},
		{"home fax", wbxml.ContactsHomeFaxNumber},
		{"pager", wbxml.ContactsPagerNumber},
		{"x-car", wbxml.ContactsCarPhoneNumber},
		{"x-radio", wbxml.ContactsRadioPhoneNumber},
		{"x-assistant", wbxml.ContactsAssistantPhoneNumber},
		{"work x-company", wbxml.Contacts2CompanyMainPhone},
	} {
		var types []param
		for kind := range strings.SplitSeq(t.kinds, " ") {
			types = append(types, param{"TYPE", kind})
		}
		c.add("TEL", v.value(t.tag), types...)
	}
}
