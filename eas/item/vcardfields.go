package item

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// cardReader takes a vCard apart, property by property, and fills a contact. What
// nobody took is lost in the end, so that no property is forgotten in silence.
type cardReader struct {
	card  vcard.Card
	taken map[*vcard.Field]bool
	lost  []Loss
	props map[wbxml.Tag]wbxml.Element
	old   bool // the card is of version 2.1
}

// fields returns the properties with these names that are not taken yet, in the
// order of the names; of one name the preferred ones come first.
func (r *cardReader) fields(names ...string) (list []*vcard.Field) {
	for _, name := range names {
		of := slices.DeleteFunc(slices.Clone(r.card[name]), func(f *vcard.Field) bool { return r.taken[f] })
		slices.SortStableFunc(of, func(a, b *vcard.Field) int { return cmp.Compare(fieldPreference(a), fieldPreference(b)) })
		list = append(list, of...)
	}
	return list
}

// fieldPreference orders properties: 1 to 100 as RFC 6350 5.3 has it, TYPE=pref of older
// versions is 1.
func fieldPreference(f *vcard.Field) int {
	if fieldIs(f, "pref") {
		return 1
	}
	if n, err := strconv.Atoi(unshielded(f.Params.Get(vcard.ParamPreferred))); err == nil && 1 <= n && n < 100 {
		return n
	}
	return 100
}

// fieldTypes returns the values of TYPE in lower case: a list may be in quotes
// (RFC 6350 4 has TYPE="work,voice").
func fieldTypes(f *vcard.Field) (list []string) {
	for _, t := range f.Params[vcard.ParamType] {
		for part := range strings.SplitSeq(unshielded(t), ",") {
			list = append(list, strings.ToLower(strings.TrimSpace(part)))
		}
	}
	return list
}

func fieldIs(f *vcard.Field, anyOf ...string) bool {
	return slices.ContainsFunc(fieldTypes(f), func(t string) bool { return slices.Contains(anyOf, t) })
}

// fieldText is the value of a property of one text, trimmed.
func fieldText(f *vcard.Field) string { return strings.TrimSpace(unshielded(f.Value)) }

// fieldList is the value of a property of several texts with commas between them.
func fieldList(f *vcard.Field) (texts []string) {
	for part := range strings.SplitSeq(f.Value, ",") {
		if s := strings.TrimSpace(unshielded(part)); s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

// maxParts bounds the components of a structured value. ADR has most: 18.
const maxParts = 64

// fieldParts is the value of a structured property, of n components at least. A
// comma in them is a comma, since few writers escape those that are.
func fieldParts(f *vcard.Field, n int) (parts []string) {
	for _, part := range strings.SplitN(f.Value, ";", maxParts) {
		parts = append(parts, cleanLines(strings.TrimSpace(unshielded(part))))
	}
	for len(parts) < n {
		parts = append(parts, "")
	}
	return parts
}

// take marks a property as one that the contact has.
func (r *cardReader) take(f *vcard.Field) { r.taken[f] = true }

// lose marks a property as one that the contact has not, or not as it was.
func (r *cardReader) lose(name string, f *vcard.Field, why string) {
	r.taken[f] = true
	if s := fieldText(f); s != "" {
		r.lost = append(r.lost, newLoss(r.fieldName(name, f), s, why))
	}
	r.takeLabel(f)
}

// fieldName names a property with its types: "TEL;TYPE=home,textphone".
func (r *cardReader) fieldName(name string, f *vcard.Field) string {
	if t := append(fieldTypes(f), r.label(f)...); len(t) > 0 {
		return name + ";TYPE=" + strings.Join(t, ",")
	}
	return name
}

// set gives the contact a text, if it has none.
func (r *cardReader) set(tag wbxml.Tag, s string) bool {
	if _, ok := r.props[tag]; ok || s == "" {
		return false
	}
	r.props[tag] = wbxml.T(tag, s)
	return true
}

// value is the text that the contact has.
func (r *cardReader) value(tag wbxml.Tag) string {
	e := r.props[tag]
	return e.Text
}

// one gives the contact the best text of the properties with these names. What
// other texts there are is lost.
func (r *cardReader) one(tag wbxml.Tag, names ...string) {
	for _, name := range names {
		for _, f := range r.fields(name) {
			s := cleanLines(fieldText(f))
			switch {
			case s == "":
				continue
			case r.set(tag, s), r.value(tag) == s:
				r.take(f)
			default:
				r.lose(name, f, "a contact has one "+tag.Name())
			}
		}
	}
}

// cleanLines is a text as EAS has it: without control characters, with CR LF.
func cleanLines(s string) string { return strings.ReplaceAll(cleanText(s), "\n", "\r\n") }

// finish loses what is left, and returns the properties in the order of their
// tags.
func (r *cardReader) finish() []wbxml.Element {
	names := slices.Sorted(maps.Keys(r.card))
	names = append(slices.DeleteFunc(names, func(n string) bool { return n == labelName }), labelName) // after what they label
	for _, name := range names {
		for _, f := range r.card[name] {
			if !r.taken[f] && !isAboutCard(name) {
				r.lose(name, f, "a contact has no such property")
			}
		}
	}
	var all []wbxml.Element
	for _, tag := range slices.Sorted(maps.Keys(r.props)) {
		all = append(all, r.props[tag])
	}
	return all
}

// isAboutCard tells what is about the card and not about the person: a server
// names its contacts itself, and knows when they change.
func isAboutCard(name string) bool {
	switch name {
	case vcard.FieldVersion, vcard.FieldProductID, vcard.FieldUID, vcard.FieldRevision, "PROFILE", "BEGIN", "END":
		return true
	}
	return false
}
