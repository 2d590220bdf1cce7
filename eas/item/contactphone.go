package item

import (
	"slices"
	"strings"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// telephones are the numbers that a contact may have, and how vCards mark them:
// RFC 6350 6.4.1; RFC 2426 3.3.1, and what Outlook adds to it in MS-OXVCARD
// 2.1.3.9.5.
func telephones() []telephone {
	return []telephone{
		{tag: wbxml.ContactsMobilePhoneNumber, kinds: "cell"},
		{tag: wbxml.ContactsBusinessPhoneNumber, kinds: "work voice"},
		{tag: wbxml.ContactsBusiness2PhoneNumber, kinds: "work voice"},
		{tag: wbxml.ContactsHomePhoneNumber, kinds: "home voice"},
		{tag: wbxml.ContactsHome2PhoneNumber, kinds: "home voice"},
		{tag: wbxml.ContactsBusinessFaxNumber, kinds: "work fax"},
		{tag: wbxml.ContactsHomeFaxNumber, kinds: "home fax"},
		{tag: wbxml.ContactsPagerNumber, kinds: "pager"},
		{tag: wbxml.ContactsCarPhoneNumber, kinds: "x-car", kinds3: "car"},
		{tag: wbxml.ContactsRadioPhoneNumber, kinds: "x-radio", outlook: "RADIO"},
		{tag: wbxml.ContactsAssistantPhoneNumber, kinds: "x-assistant", outlook: "ASSISTANT"},
		{tag: wbxml.Contacts2CompanyMainPhone, kinds: "work x-company", outlook: "COMPANY"},
	}
}

type telephone struct {
	tag     wbxml.Tag
	kinds   string // the values of TYPE
	kinds3  string // those in 3.0, if they are others
	outlook string // the value of TYPE of X-MS-TEL in 3.0
}

func businessPhones() []wbxml.Tag {
	return []wbxml.Tag{wbxml.ContactsBusinessPhoneNumber, wbxml.ContactsBusiness2PhoneNumber}
}

func homePhones() []wbxml.Tag {
	return []wbxml.Tag{wbxml.ContactsHomePhoneNumber, wbxml.ContactsHome2PhoneNumber}
}

func (c card) telephones(v view) {
	for _, t := range telephones() {
		name, kinds := vcard.FieldTelephone, t.kinds
		if c.old && t.outlook != "" {
			name, kinds = "X-MS-TEL", t.outlook
		} else if c.old && t.kinds3 != "" {
			kinds = t.kinds3
		}
		params := []param{placed(v, businessPhones(), t.tag), placed(v, homePhones(), t.tag)}
		for kind := range strings.SplitSeq(kinds, " ") {
			params = append(params, param{"TYPE", kind})
		}
		c.add(name, v.value(t.tag), params...)
	}
}

// telephones gives each number the place that its types ask for. One whose place
// is taken, or that has no type, gets a place that is left in the end, which is
// named: better a number with a wrong label than none.
func (r *cardReader) telephones() {
	for _, overflow := range [...]bool{false, true} {
		for _, name := range [...]string{vcard.FieldTelephone, "X-MS-TEL"} {
			for _, f := range r.fields(name) {
				r.telephone(name, f, overflow)
			}
		}
	}
}

func (r *cardReader) telephone(name string, f *vcard.Field, overflow bool) {
	number := cleanLines(phoneNumber(f))
	if number == "" {
		return
	}
	tags, others := phonePlaces(append(fieldTypes(f), r.label(f)...))
	tags = fieldPlaces(f, tags)
	if overflow {
		tags = others
	}
	i := slices.IndexFunc(tags, func(tag wbxml.Tag) bool { return r.value(tag) == number || r.set(tag, number) })
	switch {
	case i >= 0 && overflow:
		r.lose(name, f, "kept as "+tags[i].Name())
	case i >= 0:
		r.takeLabeled(f)
	case overflow:
		r.lose(name, f, "a contact has no place for one more of this kind")
	}
}

// phoneNumber is the number of a TEL, which may be a URI (RFC 3966).
func phoneNumber(f *vcard.Field) string {
	s := fieldText(f)
	for {
		scheme, number, ok := strings.Cut(s, ":")
		if !ok || !strings.EqualFold(scheme, "tel") {
			return s
		}
		s = strings.TrimSpace(number)
	}
}

// phonePlaces returns where a number of these types belongs, and where it may be
// if that is taken.
func phonePlaces(types []string) (tags, others []wbxml.Tag) {
	is := func(anyOf ...string) bool {
		return slices.ContainsFunc(types, func(t string) bool { return slices.Contains(anyOf, t) })
	}
	work, home := businessPhones(), homePhones()
	others = slices.Concat(home, work)
	if is("work") {
		others = append(businessPhones(), wbxml.Contacts2CompanyMainPhone)
	}
	switch {
	case is("fax"):
		faxes := []wbxml.Tag{wbxml.ContactsBusinessFaxNumber, wbxml.ContactsHomeFaxNumber}
		if is("home") {
			slices.Reverse(faxes)
		}
		return faxes[:1], faxes[1:]
	case is("pager"):
		return []wbxml.Tag{wbxml.ContactsPagerNumber}, nil
	case is("assistant", "x-assistant", "x-evolution-assistant", "assistantphone"):
		return []wbxml.Tag{wbxml.ContactsAssistantPhoneNumber}, others
	case is("radio", "x-radio", "x-evolution-radio"):
		return []wbxml.Tag{wbxml.ContactsRadioPhoneNumber}, others
	case is("company", "x-company", "x-evolution-company", "main"):
		return []wbxml.Tag{wbxml.Contacts2CompanyMainPhone}, work
	case is("car", "x-car"):
		return []wbxml.Tag{wbxml.ContactsCarPhoneNumber}, others
	case is("cell", "iphone", "mobile"):
		return []wbxml.Tag{wbxml.ContactsMobilePhoneNumber}, others
	case is("work"):
		return work, others
	case is("home"):
		return home, others
	case is("isdn", "modem", "bbs", "textphone", "ttytdd", "telex", "x-evolution-telex", "x-evolution-ttytdd"):
		return nil, nil // nobody could speak there
	}
	return nil, others
}
