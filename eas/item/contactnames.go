package item

import (
	"slices"
	"strings"
	"unicode"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// nameParts are the components of N (RFC 6350 6.2.2). Title is what comes before
// the name, although MS-ASCNTC 2.2.2.62 says otherwise: JobTitle is there.
func nameParts() []wbxml.Tag {
	return []wbxml.Tag{
		wbxml.ContactsLastName, wbxml.ContactsFirstName, wbxml.ContactsMiddleName, wbxml.ContactsTitle, wbxml.ContactsSuffix,
	}
}

// names writes N and FN, of which neither may be empty. An N of nothing but FN says
// that it is derived (RFC 9554 4.4), so that nobody takes a company for a family.
func (c card) names(v view) {
	full := fullName(v)
	var n []string
	for _, tag := range nameParts() {
		n = append(n, v.value(tag))
	}
	c.add(vcard.FieldFormattedName, full)
	if strings.Join(n, "") == "" {
		n[0] = full
		c.structured(vcard.FieldName, ";", n, param{"DERIVED", "true"})
	} else {
		c.structured(vcard.FieldName, ";", n)
	}
	c.structured(vcard.FieldNickname, ",", strings.Split(v.value(wbxml.Contacts2NickName), ","))
	// As Apple's and Google's address books write them.
	c.add("X-PHONETIC-FIRST-NAME", v.value(wbxml.ContactsYomiFirstName))
	c.add("X-PHONETIC-LAST-NAME", v.value(wbxml.ContactsYomiLastName))
	c.add("X-PHONETIC-ORG", v.value(wbxml.ContactsYomiCompanyName))
}

// fullName is what a contact is called, by whatever there is of it: as it is filed,
// if that is no more than a name, by its names, or by what else it has.
func fullName(v view) string {
	names := spokenNames(v)
	filed := v.value(wbxml.ContactsFileAs)
	if len(names) > 0 {
		if filed != "" && filed != v.value(wbxml.ContactsCompanyName) && !strings.ContainsAny(filed, ",;(\n") {
			return filed // the others are "Last, First", "Company" and "Last, First (Company)"
		}
		return strings.Join(names, " ")
	}
	address, _ := emailParts(v.value(wbxml.ContactsEmail1Address))
	return firstOf(filed, v.value(wbxml.ContactsCompanyName), v.value(wbxml.Contacts2NickName), address, v.value(wbxml.ContactsMobilePhoneNumber),
		v.value(wbxml.ContactsBusinessPhoneNumber), v.value(wbxml.ContactsHomePhoneNumber), "Unnamed")
}

// spokenNames are the names in the order in which people say them: the surname first
// in East Asia.
func spokenNames(v view) (names []string) {
	last, first := v.value(wbxml.ContactsLastName), v.value(wbxml.ContactsFirstName)
	spoken := []string{v.value(wbxml.ContactsTitle), first, v.value(wbxml.ContactsMiddleName), last, v.value(wbxml.ContactsSuffix)}
	if isEastAsian(last) && isEastAsian(first) {
		spoken[1], spoken[2], spoken[3] = last, first, spoken[2]
	}
	return slices.DeleteFunc(spoken, func(s string) bool { return s == "" })
}

func isEastAsian(s string) bool {
	return s != "" && strings.IndexFunc(s, func(c rune) bool {
		return c != 'ー' && !unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
	}) < 0
}

// names reads N, NICKNAME and how names are pronounced.
func (r *cardReader) names() {
	r.pronunciation()
	for _, f := range r.fields(vcard.FieldName) {
		if isTrue(f.Params.Get("DERIVED")) {
			r.take(f)
			continue
		}
		if r.hasName() {
			r.lose(vcard.FieldName, f, "a contact has one name")
			continue
		}
		parts := r.fieldNames(f)
		for i, tag := range nameParts() {
			r.set(tag, parts[i])
		}
		r.take(f)
	}
	r.one(wbxml.Contacts2NickName, vcard.FieldNickname)
}

// fieldNames are the components of N. Of several names, which 2.1 has not, it makes
// one as people say it: RFC 6350 6.2.2.
func (r *cardReader) fieldNames(f *vcard.Field) []string {
	parts := fieldParts(f, len(nameParts())+2)
	if !r.old {
		for i, part := range strings.SplitN(f.Value, ";", maxParts) {
			parts[i] = cleanLines(strings.Join(fieldList(&vcard.Field{Value: part}), " "))
		}
	}
	// RFC 9554 2.2 has a second surname and a generation, which are in the surname and
	// the suffix for those who know no more than five components.
	parts[0], parts[4] = withWords(parts[0], parts[5]), withWords(parts[4], parts[6])
	return parts
}

// withWords is a text with some more words, if it has not got them.
func withWords(s, more string) string {
	if isMadeOf(more, s) {
		return s
	}
	return joinWords(s, more)
}

func (r *cardReader) hasName() bool {
	for _, tag := range nameParts() {
		if r.value(tag) != "" {
			return true
		}
	}
	return false
}

// pronunciation reads the Japanese phonetic rendering of names: as extensions, as a
// second N or ORG with the parameter PHONETIC (RFC 9554 4.6), and as the SOUND of a
// Japanese mobile phone, which has the components of N.
func (r *cardReader) pronunciation() {
	r.one(wbxml.ContactsYomiFirstName, "X-PHONETIC-FIRST-NAME")
	r.one(wbxml.ContactsYomiLastName, "X-PHONETIC-LAST-NAME")
	r.one(wbxml.ContactsYomiCompanyName, "X-PHONETIC-ORG")
	for _, f := range r.fields(vcard.FieldName, vcard.FieldSound) {
		if f.Params.Get("PHONETIC") != "" || fieldIs(f, "x-irmc-n") {
			parts := r.fieldNames(f)
			r.set(wbxml.ContactsYomiLastName, parts[0])
			r.set(wbxml.ContactsYomiFirstName, parts[1])
			r.take(f)
		}
	}
	for _, f := range r.fields(vcard.FieldOrganization) {
		if f.Params.Get("PHONETIC") != "" {
			r.set(wbxml.ContactsYomiCompanyName, fieldParts(f, 1)[0])
			r.take(f)
		}
	}
}

// filing reads how a contact is filed, and what it is called. A contact has no
// display name of its own: people find it as it is filed, so that is what FN is for.
// The FN of VCard is no more than what else there is.
func (r *cardReader) filing() {
	r.one(wbxml.ContactsFileAs, extraName(wbxml.ContactsFileAs), "X-EVOLUTION-FILE-AS", "X-FILE-AS")
	v := r.view()
	full := fullName(v)
	known := full + " " + strings.Join(spokenNames(v), " ")
	own := r.card.Value(vcard.FieldProductID) == productID
	for _, f := range r.fields(vcard.FieldFormattedName) {
		s := cleanLines(fieldText(f))
		if own && s == full || r.set(wbxml.ContactsFileAs, s) || isMadeOf(s, known) || s == r.value(wbxml.ContactsFileAs) {
			r.take(f)
			continue
		}
		r.lose(vcard.FieldFormattedName, f, "a contact has no display name but its names")
	}
}

// isMadeOf tells whether a name has no words but those of another.
func isMadeOf(name, other string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c) })
	}
	known := words(other)
	for _, w := range words(name) {
		if !slices.Contains(known, w) {
			return false
		}
	}
	return true
}

// organization writes ORG and TITLE. A department with semicolons is one of several
// levels.
func (c card) organization(v view) {
	units := strings.Split(v.value(wbxml.ContactsDepartment), ";")
	for _, u := range units {
		if strings.TrimSpace(u) != u || u == "" {
			units = []string{v.value(wbxml.ContactsDepartment)}
			break
		}
	}
	c.structured(vcard.FieldOrganization, ";", trimLast(append([]string{v.value(wbxml.ContactsCompanyName)}, units...)...))
	c.add(vcard.FieldTitle, v.value(wbxml.ContactsJobTitle))
}

func (r *cardReader) organization() {
	for _, f := range r.fields(vcard.FieldOrganization) {
		parts := fieldParts(f, 2)
		company, department := parts[0], strings.Join(trimLast(parts[1:]...), ";")
		if _, ok := r.props[wbxml.ContactsDepartment]; ok || r.value(wbxml.ContactsCompanyName) != "" {
			if company != r.value(wbxml.ContactsCompanyName) || department != r.value(wbxml.ContactsDepartment) {
				r.lose(vcard.FieldOrganization, f, "a contact has one company")
				continue
			}
		}
		r.set(wbxml.ContactsCompanyName, company)
		r.set(wbxml.ContactsDepartment, department)
		r.take(f)
	}
	r.one(wbxml.ContactsJobTitle, vcard.FieldTitle)
}

// trimLast drops empty components at the end of a structured value.
func trimLast(s ...string) []string {
	for len(s) > 0 && s[len(s)-1] == "" {
		s = s[:len(s)-1]
	}
	return s
}
