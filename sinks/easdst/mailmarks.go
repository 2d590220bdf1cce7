package easdst

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// letter is what is kept of a message that the server has.
type letter struct {
	read       bool
	flag       string // what it says, "" = none
	categories string
	draft      bool   // it was not sent. MS-ASEMAIL 2.2.2.42
	edited     string // hash of what else the owner of a draft may change; "" of other messages
	subject    uint64
	received   int64      // seconds since 1970, 0 = not said
	bytes      *mailBytes // nil = not known
	put        *mailBytes // what was sent of it, if it was put while the folder is open
}

// headers are properties of which a listing has one at least, and what tells that the marks of a message changed has none.
var headers = []wbxml.Tag{
	wbxml.EmailFrom, wbxml.EmailTo, wbxml.EmailSubject, wbxml.EmailDateReceived, wbxml.EmailMessageClass, wbxml.AirSyncBaseBody, wbxml.EmailMIMEData, wbxml.EmailBody,
}

// letterOf is a message by its properties. before is what was known of it; what a part of them does not say is as it was.
func (c *collection) letterOf(props *wbxml.Element, before *letter) *letter {
	l := &letter{subject: hashSubject(props.Value(wbxml.EmailSubject))}
	if t, err := wbxml.ParseTime(props.Value(wbxml.EmailDateReceived)); err == nil {
		l.received = t.Unix()
	}
	whole := slices.ContainsFunc(headers, props.Has)
	if before != nil {
		l.bytes, l.put = before.bytes, before.put
		if !whole {
			*l = *before
		}
	}
	if e := props.Child(wbxml.EmailRead); e != nil {
		l.read = e.Text == "1"
	}
	if e := props.Child(wbxml.EmailFlag); e != nil {
		l.flag = flagText(e)
	}
	if e := props.Child(wbxml.EmailCategories); e != nil {
		l.categories = categoriesText(categoriesOf(props))
	}
	if e := props.Child(wbxml.Email2IsDraft); e != nil {
		l.draft = e.Text == "1"
	}
	if whole && c.forDrafts() {
		l.edited = item.ContentHash(props, func(tag wbxml.Tag) bool { return slices.Contains(draftContent, tag) })
		if before != nil && before.edited != l.edited {
			l.bytes, l.put = nil, nil
		}
	}
	return l
}

// draftContent are the properties of a draft that its owner writes.
var draftContent = []wbxml.Tag{
	wbxml.EmailTo, wbxml.EmailCc, wbxml.Email2Bcc, wbxml.EmailReplyTo, wbxml.EmailSubject, wbxml.EmailImportance, wbxml.AirSyncBaseBody, wbxml.AirSyncBaseAttachments,
}

// flagText is what a flag says; "" if it is none. MS-ASEMAIL 2.2.2.34.
func flagText(e *wbxml.Element) string {
	if s := e.Value(wbxml.EmailStatus); s == "" || s == "0" {
		return ""
	}
	return item.ContentHash(e, nil)
}

func categoriesOf(props *wbxml.Element) (all []string) {
	for e := range props.Child(wbxml.EmailCategories).All(wbxml.EmailCategory) {
		all = append(all, e.Text)
	}
	return all
}

func categoriesText(all []string) string {
	all = slices.Clone(all)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "\n")
}

// state is a hash of what can be changed of a message.
func (l *letter) state() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%v %q %q %v %q", l.read, l.flag, l.categories, l.draft, l.edited))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// noteMail is note for a message.
func (c *collection) noteMail(id eas.ServerID, props *wbxml.Element) (state string) {
	l := c.letterOf(props, c.held[id].mail)
	one := content{state: l.state(), mail: l}
	c.held[id] = one
	if _, wanted := c.wanted[id]; wanted {
		c.wanted[id] = props.Clone()
	}
	return one.state
}
