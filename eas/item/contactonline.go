package item

import (
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

func emailTags() []wbxml.Tag {
	return []wbxml.Tag{wbxml.ContactsEmail1Address, wbxml.ContactsEmail2Address, wbxml.ContactsEmail3Address}
}

func chatTags() []wbxml.Tag {
	return []wbxml.Tag{wbxml.Contacts2IMAddress, wbxml.Contacts2IMAddress2, wbxml.Contacts2IMAddress3}
}

// emails writes EMAIL: the address alone. Exchange sends it with a display name,
// which goes to a parameter if it is another than the address.
func (c card) emails(v view) {
	for _, tag := range emailTags() {
		address, name := emailParts(v.value(tag))
		c.add(vcard.FieldEmail, address, param{"X-CN", name}, placed(v, emailTags(), tag))
	}
}

// emailParts returns an address, and the name that it came with if that is another
// than the address.
func emailParts(s string) (address, name string) {
	a, err := mail.ParseAddress(s)
	switch {
	case err != nil || !strings.ContainsAny(s, "<("): // no more than an address, if that
		return s, ""
	case a.Name == a.Address:
		return a.Address, ""
	}
	return a.Address, a.Name
}

// placeParam names the property that a value is of, where the order of the values
// says something else.
const placeParam = "X-EAS-NAME"

// placed is that parameter for a contact that has nothing, or the same, at a place
// before.
func placed(v view, places []wbxml.Tag, tag wbxml.Tag) param {
	for _, before := range places[:max(0, slices.Index(places, tag))] {
		if s := v.value(before); s == "" || s == v.value(tag) {
			return param{placeParam, tag.Name()}
		}
	}
	return param{}
}

// fieldPlaces are those where a value may be: the one that it was at, if it says so.
func fieldPlaces(f *vcard.Field, tags []wbxml.Tag) []wbxml.Tag {
	name := f.Params.Get(placeParam)
	if i := slices.IndexFunc(tags, func(tag wbxml.Tag) bool { return tag.Name() == name }); i >= 0 {
		return tags[i : i+1]
	}
	return tags
}

// chats writes IMPP, which must be a URI: RFC 6350 6.4.3, RFC 4770.
func (c card) chats(v view) {
	for _, tag := range chatTags() {
		c.uri(vcard.FieldIMPP, imURI(v.value(tag)), placed(v, chatTags(), tag))
	}
}

// imURI returns an instant messaging address as a URI.
func imURI(s string) string {
	if s == "" || isURI(s) {
		return keepURI(s)
	}
	return "im:" + escapeURI(s) // RFC 3860
}

// keepURI is a URI as it is, but for what no URI may have: the form of a URI of
// what may be none (RFC 3987 3.1).
func keepURI(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteByte('%')
			continue
		}
		b.WriteString(escapeURI(s[i : i+1]))
	}
	return b.String()
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

// isURI tells whether s begins with a scheme.
func isURI(s string) bool {
	scheme, _, found := strings.Cut(s, ":")
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return found && scheme != "" && strings.Trim(scheme, letters) == "" && !strings.Contains(s, " ")
}

func (r *cardReader) emails() {
	tags := emailTags()
	for _, f := range r.fields(vcard.FieldEmail) {
		s := cleanLines(fieldText(f))
		if name := unshielded(f.Params.Get("X-CN")); name != "" && s != "" {
			s = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" <` + s + `>`
		}
		r.oneMore(tags, vcard.FieldEmail, f, s)
	}
}

// oneMore puts a text at the first of several places that is free.
func (r *cardReader) oneMore(tags []wbxml.Tag, name string, f *vcard.Field, s string) {
	for _, tag := range fieldPlaces(f, tags) {
		if s == "" {
			return
		}
		if r.set(tag, s) || r.value(tag) == s {
			r.takeLabeled(f)
			return
		}
	}
	r.lose(name, f, "a contact has three of them")
}

// chats reads IMPP, and the extensions that were there before it, as URIs of their
// services.
func (r *cardReader) chats() {
	for _, f := range r.fields(vcard.FieldIMPP) {
		s := fieldText(f)
		if scheme, address, ok := strings.Cut(s, ":"); ok && strings.EqualFold(scheme, "im") {
			s = address
			if decoded, err := url.PathUnescape(address); err == nil && utf8.ValidString(decoded) {
				s = strings.TrimSpace(decoded)
			}
		}
		r.oneMore(chatTags(), vcard.FieldIMPP, f, cleanLines(s))
	}
	for _, service := range [...]struct{ name, scheme string }{
		{"X-MS-IMADDRESS", ""},
		{"X-AIM", "aim"},
		{"X-GADUGADU", "gg"},
		{"X-GOOGLE-TALK", "xmpp"},
		{"X-GTALK", "xmpp"},
		{"X-ICQ", "icq"},
		{"X-JABBER", "xmpp"},
		{"X-MSN", "msnim"},
		{"X-QQ", "qq"},
		{"X-SIP", "sip"},
		{"X-SKYPE", "skype"},
		{"X-SKYPE-USERNAME", "skype"},
		{"X-YAHOO", "ymsgr"},
	} {
		for _, f := range r.fields(service.name) {
			s := cleanLines(fieldText(f))
			if s != "" && service.scheme != "" && !isURI(s) {
				s = service.scheme + ":" + s
			}
			r.oneMore(chatTags(), service.name, f, s)
		}
	}
}
