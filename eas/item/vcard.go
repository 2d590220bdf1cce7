package item

import (
	"strings"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// ParseVCard returns the properties of a contact (MS-ASCNTC) that a vCard of
// version 2.1, 3.0 or 4.0 is made into: an ApplicationData that a Sync may add. It
// is the way back from VCard. data holds one vCard of at most 16 MiB; SplitVCards
// divides a file of several.
//
// Each value that the contact does not have, or has otherwise, is among the losses:
// what EAS has no property for, the fourth e-mail address, a picture over 48 KB,
// the time of a birthday. UID and REV are no losses, since a server has its own,
// nor are parameters, such as a language or that an e-mail address is one at work,
// nor a LABEL beside its ADR, nor the commas between several names of a component.
//
// The error is ErrNotItem if data holds no vCard, ErrNoProperties if nothing of it
// is left, or says which bound it is over.
func ParseVCard(data []byte, o ParseOptions) (*wbxml.Element, []Loss, error) {
	c, lost, err := decodeCard(data)
	if err != nil {
		return nil, nil, err
	}
	r := &cardReader{
		card: c, lost: lost, taken: map[*vcard.Field]bool{}, props: map[wbxml.Tag]wbxml.Element{},
		old: strings.HasPrefix(c.Value(vcard.FieldVersion), "2."),
	}
	r.names()
	r.organization()
	r.extras()
	r.addresses()
	r.telephones()
	r.emails()
	r.chats()
	r.webPage()
	r.dates()
	r.people()
	r.categories()
	r.note(protocolVersion(o) < 12)
	r.photo()
	r.filing()
	r.kind()
	props := wbxml.E(wbxml.AirSyncApplicationData, r.finish()...)
	if len(props.Children) == 0 {
		return nil, r.lost, ErrNoProperties
	}
	return &props, r.lost, nil
}

// extraName names a property that vCards have no word for.
func extraName(tag wbxml.Tag) string { return "X-EAS-" + strings.ToUpper(tag.Name()) }

// extras reads what VCard wrote as an extension. What only servers send cannot be
// sent to one: MS-ASCNTC 2.2.2.2, 2.2.2.64.
func (r *cardReader) extras() {
	for _, tag := range [...]wbxml.Tag{
		wbxml.ContactsOfficeLocation, wbxml.Contacts2CustomerId, wbxml.Contacts2GovernmentId, wbxml.Contacts2AccountName, wbxml.Contacts2MMS,
	} {
		r.one(tag, extraName(tag))
	}
	for _, tag := range [...]wbxml.Tag{wbxml.ContactsAlias, wbxml.ContactsWeightedRank} {
		for _, f := range r.fields(extraName(tag)) {
			r.lose(extraName(tag), f, "only a server says it")
		}
	}
}

func (r *cardReader) webPage() {
	for _, f := range r.fields(vcard.FieldURL) {
		switch s := cleanLines(fieldText(f)); {
		case s == "":
		case r.set(wbxml.ContactsWebPage, s), r.value(wbxml.ContactsWebPage) == s:
			r.takeLabeled(f)
		default:
			r.lose(vcard.FieldURL, f, "a contact has one WebPage")
		}
	}
}

// kind reads KIND: what is no person becomes one.
func (r *cardReader) kind() {
	for _, name := range [...]string{vcard.FieldKind, "X-ADDRESSBOOKSERVER-KIND"} {
		for _, f := range r.fields(name) {
			if strings.EqualFold(fieldText(f), string(vcard.KindIndividual)) {
				r.take(f)
			} else {
				r.lose(name, f, "a contact is a person")
			}
		}
	}
}

// view is the contact as it is so far.
func (r *cardReader) view() view {
	v := view{own: map[wbxml.Tag]*wbxml.Element{}}
	for tag, e := range r.props {
		v.own[tag] = &e
	}
	return v
}

// label returns what Apple's and Google's address books say of a property in one
// beside it, of the same group: "_$!<Spouse>!$_" or a word of the user's.
func (r *cardReader) label(f *vcard.Field) []string {
	if l := r.labelField(f); l != nil {
		s := strings.TrimSuffix(strings.TrimPrefix(fieldText(l), "_$!<"), ">!$_")
		return []string{strings.ToLower(s)}
	}
	return nil
}

const labelName = "X-ABLABEL"

func (r *cardReader) labelField(f *vcard.Field) *vcard.Field {
	for _, l := range r.card[labelName] {
		if l != f && f.Group != "" && strings.EqualFold(l.Group, f.Group) {
			return l
		}
	}
	return nil
}

func (r *cardReader) labeled(f *vcard.Field, label string) bool {
	l := r.label(f)
	return len(l) == 1 && l[0] == label
}

func (r *cardReader) takeLabel(f *vcard.Field) {
	if l := r.labelField(f); l != nil {
		r.take(l)
	}
}

// takeLabeled takes a property, and its label if that is one that the programs
// give: a word of the user's own is lost.
func (r *cardReader) takeLabeled(f *vcard.Field) {
	r.take(f)
	if l := r.labelField(f); l != nil && strings.HasPrefix(fieldText(l), "_$!<") {
		r.take(l)
	}
}
