package item

import (
	"strings"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// people writes the people around a contact: RFC 6350 6.6.6, which 3.0 has not, and
// MS-OXVCARD 2.1.3.9.
func (c card) people(v view) {
	related := func(kind, name3, name string) {
		if c.old {
			c.add(name3, name)
			return
		}
		c.add(vcard.FieldRelated, name, param{"TYPE", kind}, param{"VALUE", "text"})
	}
	related("spouse", "X-MS-SPOUSE", v.value(wbxml.ContactsSpouse))
	for _, child := range v.list(wbxml.ContactsChildren, wbxml.ContactsChild) {
		related("child", "X-MS-CHILD", child)
	}
	related("x-assistant", "X-MS-ASSISTANT", v.value(wbxml.ContactsAssistantName))
	related("x-manager", "X-MS-MANAGER", v.value(wbxml.Contacts2ManagerName))
}

// people reads the people around a contact from RELATED, from the extensions of
// Outlook, Evolution, KDE and Thunderbird, and from those of Apple, whose labels say
// who it is.
func (r *cardReader) people() {
	for _, p := range [...]struct {
		tag   wbxml.Tag
		kinds []string
		names []string
	}{
		{
			wbxml.ContactsSpouse,
			[]string{"spouse", "partner", "domestic_partner"},
			[]string{"X-MS-SPOUSE", "X-SPOUSE", "X-EVOLUTION-SPOUSE", "X-KADDRESSBOOK-X-SPOUSESNAME"},
		},
		{
			wbxml.ContactsAssistantName,
			[]string{"assistant", "x-assistant"},
			[]string{"X-MS-ASSISTANT", "X-ASSISTANT", "X-EVOLUTION-ASSISTANT", "X-KADDRESSBOOK-X-ASSISTANTSNAME"},
		},
		{
			wbxml.Contacts2ManagerName,
			[]string{"manager", "x-manager"},
			[]string{"X-MS-MANAGER", "X-MANAGER", "X-EVOLUTION-MANAGER", "X-KADDRESSBOOK-X-MANAGERSNAME"},
		},
		{wbxml.ContactsChild, []string{"child"}, []string{"X-MS-CHILD", "X-CHILD"}},
	} {
		for _, f := range r.fields(vcard.FieldRelated) {
			if fieldIs(f, p.kinds...) && !isReference(f) {
				r.person(p.tag, vcard.FieldRelated, f)
			}
		}
		for _, name := range p.names {
			for _, f := range r.fields(name) {
				r.person(p.tag, name, f)
			}
		}
		for _, kind := range p.kinds { // a spouse before a partner
			for _, f := range r.fields("X-ABRELATEDNAMES") {
				if r.labeled(f, kind) {
					r.person(p.tag, "X-ABRELATEDNAMES", f)
					r.takeLabel(f)
				}
			}
		}
	}
	for _, f := range r.fields(vcard.FieldRelated) {
		if isReference(f) {
			r.lose(vcard.FieldRelated, f, "a reference and no name")
		}
	}
}

// isReference tells whether a RELATED names another card, or nobody by a text: its
// default is a URI.
func isReference(f *vcard.Field) bool {
	s := fieldText(f)
	scheme, _, ok := strings.Cut(s, ":")
	return ok && !strings.EqualFold(f.Params.Get(vcard.ParamValue), "text") && !strings.Contains(scheme, " ")
}

func (r *cardReader) person(tag wbxml.Tag, name string, f *vcard.Field) {
	s := cleanLines(fieldText(f))
	switch {
	case s == "":
	case tag == wbxml.ContactsChild && r.member(wbxml.ContactsChildren, tag, s):
		r.take(f)
	case tag == wbxml.ContactsChild:
		r.lose(name, f, "a contact has 300 of them")
	case r.set(tag, s), r.value(tag) == s:
		r.take(f)
	default:
		r.lose(name, f, "a contact has one "+tag.Name())
	}
}

// maxMembers is how many categories or children a contact may have: the schema of
// MS-ASCNTC 6.
const maxMembers = 300

// member adds a text to a list of the contact, once. It fails for a list that is
// full.
func (r *cardReader) member(container, tag wbxml.Tag, s string) bool {
	e, ok := r.props[container]
	if !ok {
		e = wbxml.E(container)
	}
	for m := range e.All(tag) {
		if m.Text == s {
			return true
		}
	}
	if len(e.Children) == maxMembers {
		return false
	}
	e.Append(wbxml.T(tag, s))
	r.props[container] = e
	return true
}

func (r *cardReader) categories() {
	for _, f := range r.fields(vcard.FieldCategories) {
		texts := fieldList(f)
		for i, s := range texts {
			if !r.member(wbxml.ContactsCategories, wbxml.ContactsCategory, cleanLines(s)) {
				rest := shield(strings.Join(texts[i:], ","))
				r.lose(vcard.FieldCategories, &vcard.Field{Value: rest}, "a contact has 300 of them")
				break
			}
		}
		r.take(f)
	}
}
