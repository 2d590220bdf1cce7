package item

import (
	"slices"
	"strings"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// postalAddresses are the three addresses of a contact, and how vCards mark them.
func postalAddresses() []postalAddress {
	return []postalAddress{
		{"work", [...]wbxml.Tag{
			wbxml.ContactsBusinessAddressStreet, wbxml.ContactsBusinessAddressCity, wbxml.ContactsBusinessAddressState,
			wbxml.ContactsBusinessAddressPostalCode, wbxml.ContactsBusinessAddressCountry,
		}},
		{"home", [...]wbxml.Tag{
			wbxml.ContactsHomeAddressStreet, wbxml.ContactsHomeAddressCity, wbxml.ContactsHomeAddressState,
			wbxml.ContactsHomeAddressPostalCode, wbxml.ContactsHomeAddressCountry,
		}},
		{"x-other", [...]wbxml.Tag{
			wbxml.ContactsOtherAddressStreet, wbxml.ContactsOtherAddressCity, wbxml.ContactsOtherAddressState,
			wbxml.ContactsOtherAddressPostalCode, wbxml.ContactsOtherAddressCountry,
		}},
	}
}

type postalAddress struct {
	kind string
	tags [5]wbxml.Tag // street, city, state, postal code, country: the last components of ADR
}

// addresses writes ADR: RFC 6350 6.3.1, and LABEL as 3.0 has it: RFC 2426 3.2.2.
func (c card) addresses(v view) {
	for _, a := range postalAddresses() {
		value := []string{"", ""}
		for _, tag := range a.tags {
			value = append(value, v.value(tag))
		}
		kind := param{"TYPE", a.kind}
		written := label(value[2], joinWords(value[5], value[3], value[4]), value[6])
		if c.old {
			c.structured(vcard.FieldAddress, ";", value, kind)
			c.add("LABEL", written, kind)
			continue
		}
		// The two characters \n divide lines, as RFC 6350 6.3.1 has it.
		c.structured(vcard.FieldAddress, ";", value, kind, param{"LABEL", strings.ReplaceAll(written, "\n", `\n`)})
	}
}

// label is an address as it is written on a letter.
func label(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return cleanText(strings.Join(parts, "\n"))
}

func joinWords(words ...string) string {
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// addresses reads ADR. An address whose place is taken becomes the other address,
// which is named. Of a LABEL, whose words those of its ADR are, nothing is taken
// unless there is no ADR of its kind.
func (r *cardReader) addresses() {
	places := postalAddresses()
	other := &places[2]
	for _, overflow := range [...]bool{false, true} {
		for _, f := range r.fields(vcard.FieldAddress) {
			a := other
			for i := range places {
				if fieldIs(f, places[i].kind) {
					a = &places[i]
				}
			}
			value := r.postal(f, a.kind)
			if strings.Join(value, "") == "" {
				continue
			}
			switch {
			case r.setAddress(a, value):
				r.takeLabeled(f)
			case !overflow:
			case r.setAddress(other, value):
				r.lose(vcard.FieldAddress, f, "kept as the other address")
			default:
				r.lose(vcard.FieldAddress, f, "a contact has no place for one more address")
			}
		}
	}
	for _, f := range r.fields("LABEL") {
		a := other
		for i := range places {
			if fieldIs(f, places[i].kind) {
				a = &places[i]
			}
		}
		r.setAddress(a, []string{cleanLines(fieldText(f)), "", "", "", ""})
		r.take(f)
	}
}

// postal returns the five components of an ADR that EAS has. A post office box and
// an extended address are lines of the street. In 2.1 the extended address at work
// is the office, as Outlook writes it.
func (r *cardReader) postal(f *vcard.Field, kind string) []string {
	parts := fieldParts(f, 7)
	if r.old && kind == "work" && parts[2] != "" && r.set(wbxml.ContactsOfficeLocation, parts[1]) {
		parts[1] = ""
	}
	street := slices.DeleteFunc(slices.Clone(parts[:3]), func(s string) bool { return s == "" })
	for _, more := range parts[7:] { // RFC 9554 2.1 has more components, which are in the street, too
		if !isMadeOf(more, strings.Join(parts[:7], " ")) {
			street = append(street, more)
		}
	}
	return append([]string{strings.Join(street, "\r\n")}, parts[3:7]...)
}

// setAddress gives the contact an address, if it has none of its kind or this one.
func (r *cardReader) setAddress(a *postalAddress, value []string) bool {
	same := true
	for i, tag := range a.tags {
		same = same && r.value(tag) == value[i]
	}
	for _, tag := range a.tags {
		if !same && r.value(tag) != "" {
			return false
		}
	}
	for i, tag := range a.tags {
		r.set(tag, value[i])
	}
	return true
}
