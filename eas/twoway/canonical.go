package twoway

import (
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

var (
	mailFlags     = []wbxml.Tag{wbxml.EmailRead, wbxml.EmailFlag, wbxml.EmailCategories}
	draftContents = []wbxml.Tag{
		wbxml.EmailTo, wbxml.EmailCc, wbxml.Email2Bcc, wbxml.EmailReplyTo, wbxml.EmailSubject, wbxml.EmailImportance, wbxml.AirSyncBaseBody,
	}
)

// counts tells whether a property is kept in step.
func (r *run) counts(tag wbxml.Tag) bool {
	switch {
	case r.class == eas.ClassEmail:
		return slices.Contains(mailFlags, tag) || r.drafts && slices.Contains(draftContents, tag)
	case item.ByServer(tag):
		return false
	case r.f.Supported == nil || r.class != eas.ClassContacts && r.class != eas.ClassCalendar:
		return true
	}
	return slices.Contains(r.f.Supported, tag) || slices.Contains(r.f.Supported, item.OldName(tag))
}

// hash is a short name of what an item says.
func (r *run) hash(props *wbxml.Element) string { return item.ContentHash(props, r.counts) }

// mark is a short name of those properties by which an item is found again whose other properties a server may have changed; "" if
// there is nothing to find it by.
func (r *run) mark(props *wbxml.Element) string {
	if r.drafts { // of which the server writes these
		return item.IdentityHash(string(r.class), props, wbxml.EmailFrom, wbxml.EmailDateReceived)
	}
	return item.IdentityHash(string(r.class), props)
}

// identity is that by which two items are taken for one.
func (r *run) identity(hash, mark string) string {
	if r.class == eas.ClassEmail && !r.drafts {
		return mark
	}
	return hash
}

func (e *Entry) there() string {
	if e.There == "" {
		return e.Here
	}
	return e.There
}
