package easserver

import (
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxRecipients is the limit of MS-ASCMD 3.1.5.10.
const maxRecipients = 100

// recipient is a match for a name: Type 1 from the directory, 2 from the contacts.
type recipient struct {
	typ, name, address string
}

// resolveRecipients answers ResolveRecipients. MS-ASCMD 2.2.1.15.
func (x *exchange) resolveRecipients() {
	var names []string
	for to := range x.doc.All(wbxml.ResolveRecipientsTo) {
		names = append(names, to.Text)
	}
	if len(names) == 0 || len(names) > maxRecipients {
		x.violation("MS-ASCMD 3.1.5.10", strconv.Itoa(len(names))+" names")
		x.status(5)
		return
	}
	answer := wbxml.E(wbxml.ResolveRecipientsResolveRecipients, wbxml.T(wbxml.ResolveRecipientsStatus, "1"))
	certificates := false
	if o := x.doc.Child(wbxml.ResolveRecipientsOptions); o != nil {
		n := o.Value(wbxml.ResolveRecipientsCertificateRetrieval)
		certificates = n == "2" || n == "3"
	}
	for _, name := range names {
		matches := x.recipients(name)
		status := 1
		switch {
		case len(matches) == 0:
			status = 4
		case len(matches) > 1:
			status = 2
		}
		r := wbxml.E(wbxml.ResolveRecipientsResponse, wbxml.T(wbxml.ResolveRecipientsTo, name),
			wbxml.T(wbxml.ResolveRecipientsStatus, strconv.Itoa(status)), wbxml.T(wbxml.ResolveRecipientsRecipientCount, strconv.Itoa(len(matches))))
		for _, m := range matches {
			r.Append(m.element(certificates && status == 1))
		}
		answer.Append(r)
	}
	x.reply(answer)
}

func (m recipient) element(certificates bool) wbxml.Element {
	e := wbxml.E(wbxml.ResolveRecipientsRecipient, wbxml.T(wbxml.ResolveRecipientsType, m.typ),
		wbxml.T(wbxml.ResolveRecipientsDisplayName, m.name), wbxml.T(wbxml.ResolveRecipientsEmailAddress, m.address))
	if certificates { // nobody here has one
		e.Append(wbxml.E(wbxml.ResolveRecipientsCertificates, wbxml.T(wbxml.ResolveRecipientsStatus, "7")))
	}
	return e
}

func (x *exchange) recipients(name string) []recipient {
	var all []recipient
	for _, u := range x.server.store.Users() {
		if u.matches(name) {
			all = append(all, recipient{"1", u.displayName, u.address})
		}
	}
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	for _, f := range x.user.folders {
		if f.class() != eas.ClassContacts {
			continue
		}
		for _, v := range f.items {
			address, fileAs := itemValue(v.Properties, wbxml.ContactsEmail1Address), itemValue(v.Properties, wbxml.ContactsFileAs)
			if address != "" && (containsWord(fileAs, name) || strings.EqualFold(address, name)) {
				all = append(all, recipient{"2", fileAs, address})
			}
		}
	}
	return all
}

// containsWord tells whether a word of s begins with prefix, in any case.
func containsWord(s, prefix string) bool {
	for _, word := range strings.Fields(strings.ToLower(s)) {
		if strings.HasPrefix(word, strings.ToLower(prefix)) {
			return true
		}
	}
	return false
}
