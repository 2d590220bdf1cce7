package easserver

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Limits of MS-ASCMD 3.1.5.10, 2.2.3.183 and 2.2.3.100.
const (
	maxRecipients    = 100
	maxRecipientName = 256
	maxListed        = 9999
)

// recipient is a match for a name. A contact and a list have no user.
type recipient struct {
	typ           eas.RecipientType
	name, address string
	user          *User
	list          *group
}

// resolving is what a ResolveRecipients asks for.
type resolving struct {
	retrieval    int // of certificates: 1 none, 2 full, 3 mini
	certificates int // that are left of MaxCertificates
	ambiguous    int // MaxAmbiguousRecipients
	span         *span
	photos       *wbxml.Element // Picture of the options
}

// resolveRecipients answers ResolveRecipients. MS-ASCMD 2.2.1.15.
func (x *exchange) resolveRecipients() {
	err := x.protocol.wellFormed(x.doc)
	var r resolving
	if err == nil {
		err = r.parse(x.doc)
	}
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.152", err.Error())
		x.status(5)
		return
	}
	answer := wbxml.E(wbxml.ResolveRecipientsResolveRecipients, wbxml.T(wbxml.ResolveRecipientsStatus, "1"))
	for to := range x.doc.All(wbxml.ResolveRecipientsTo) {
		answer.Append(x.resolved(&r, to.Text))
	}
	x.reply(answer)
}

func (r *resolving) parse(doc *wbxml.Element) error {
	n := 0
	for to := range doc.All(wbxml.ResolveRecipientsTo) {
		if n++; to.Text == "" || len([]rune(to.Text)) > maxRecipientName {
			return errors.New("a long name, or none")
		}
	}
	if n > maxRecipients {
		return fmt.Errorf("%d names", n)
	}
	*r = resolving{retrieval: 1, certificates: maxListed, ambiguous: maxListed}
	o := doc.Child(wbxml.ResolveRecipientsOptions)
	var err error
	for _, v := range []struct {
		tag       wbxml.Tag
		to        *int
		low, high int
	}{
		{wbxml.ResolveRecipientsCertificateRetrieval, &r.retrieval, 1, 3},
		{wbxml.ResolveRecipientsMaxCertificates, &r.certificates, 0, maxListed},
		{wbxml.ResolveRecipientsMaxAmbiguousRecipients, &r.ambiguous, 0, maxListed},
	} {
		if e := o.Child(v.tag); e != nil && err == nil {
			*v.to, err = number(e, v.low, v.high)
		}
	}
	if a := o.Child(wbxml.ResolveRecipientsAvailability); a != nil && err == nil {
		r.span, err = parseSpan(a)
	}
	if r.photos = o.Child(wbxml.ResolveRecipientsPicture); err == nil {
		_, err = parsePictures(r.photos, wbxml.ResolveRecipientsMaxSize, wbxml.ResolveRecipientsMaxPictures)
	}
	return err
}

// resolved is the Response for one name.
func (x *exchange) resolved(r *resolving, name string) wbxml.Element {
	matches := x.recipients(name)
	listed, status := matches, 1
	switch {
	case len(matches) == 0:
		status = 4
	case len(matches) > r.ambiguous && len(matches) > 1:
		listed, status = matches[:r.ambiguous], 3
	case len(matches) > 1:
		status = 2
	}
	e := wbxml.E(wbxml.ResolveRecipientsResponse, wbxml.T(wbxml.ResolveRecipientsTo, name),
		wbxml.T(wbxml.ResolveRecipientsStatus, strconv.Itoa(status)), wbxml.T(wbxml.ResolveRecipientsRecipientCount, strconv.Itoa(len(matches))))
	photos, _ := parsePictures(r.photos, wbxml.ResolveRecipientsMaxSize, wbxml.ResolveRecipientsMaxPictures) // parse has seen that it is right
	for _, m := range listed {
		e.Append(m.element(r, status == 1, photos))
	}
	return e
}

// element is a Recipient. One of several has neither certificates nor availability.
func (m *recipient) element(r *resolving, alone bool, photos *pictures) wbxml.Element {
	e := wbxml.E(wbxml.ResolveRecipientsRecipient, wbxml.T(wbxml.ResolveRecipientsType, strconv.Itoa(int(m.typ))),
		wbxml.T(wbxml.ResolveRecipientsDisplayName, m.name), wbxml.T(wbxml.ResolveRecipientsEmailAddress, m.address))
	if r.span != nil && alone {
		e.Append(r.span.availability(m.members()))
	}
	if r.retrieval > 1 && alone {
		e.Append(r.certificatesOf(m))
	}
	if photos == nil {
		return e
	}
	var photo *eas.Picture
	if m.user != nil {
		photo = m.user.directoryEntry().Picture
	}
	status, data := photos.take(photo)
	picture := wbxml.E(wbxml.ResolveRecipientsPicture, wbxml.T(wbxml.ResolveRecipientsStatus, strconv.Itoa(status)))
	if data != nil {
		picture.Append(wbxml.T(wbxml.ResolveRecipientsData, base64.StdEncoding.EncodeToString(data)))
	}
	e.Append(picture)
	return e
}

// members are the users that a recipient stands for, none for a contact.
func (m *recipient) members() []*User {
	switch {
	case m.list != nil:
		return m.list.members
	case m.user != nil:
		return []*User{m.user}
	}
	return nil
}

// certificatesOf is a Certificates. A list gets all of its members', or none.
// MS-ASCMD 2.2.3.101.
func (r *resolving) certificatesOf(m *recipient) wbxml.Element {
	var found [][]byte
	for _, u := range m.members() {
		u.mu.Lock()
		found = append(found, u.certificates...)
		u.mu.Unlock()
	}
	status := 1
	switch {
	case len(found) == 0:
		status = 7
	case len(found) > r.certificates:
		status = 8
	}
	e := wbxml.E(wbxml.ResolveRecipientsCertificates, wbxml.T(wbxml.ResolveRecipientsStatus, strconv.Itoa(status)),
		wbxml.T(wbxml.ResolveRecipientsCertificateCount, strconv.Itoa(len(found))), wbxml.T(wbxml.ResolveRecipientsRecipientCount, strconv.Itoa(max(len(m.members()), 1))))
	if status != 1 {
		return e
	}
	r.certificates -= len(found)
	for _, c := range found {
		if r.retrieval == 3 { // there is one mini certificate
			e.Append(wbxml.T(wbxml.ResolveRecipientsMiniCertificate, base64.StdEncoding.EncodeToString(c)))
			break
		}
		e.Append(wbxml.T(wbxml.ResolveRecipientsCertificate, base64.StdEncoding.EncodeToString(c)))
	}
	return e
}

// AddCertificate gives a user an S/MIME certificate, as DER.
func (u *User) AddCertificate(der []byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.certificates = append(u.certificates, der)
}

func (x *exchange) recipients(name string) []recipient {
	var all []recipient
	for _, u := range x.server.store.Users() {
		if u.matches(name) {
			all = append(all, recipient{typ: eas.RecipientGAL, name: u.displayName, address: u.address, user: u})
		}
	}
	for _, g := range x.server.store.lists() {
		if strings.EqualFold(g.name, name) || strings.EqualFold(g.address, name) {
			all = append(all, recipient{typ: eas.RecipientGAL, name: g.name, address: g.address, list: g})
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
			if !v.deleted && address != "" && (containsWord(fileAs, name) || strings.EqualFold(address, name)) {
				all = append(all, recipient{typ: eas.RecipientContact, name: fileAs, address: address})
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
