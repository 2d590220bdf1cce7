package item

import (
	"strings"

	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// note writes NOTE. One that came as HTML is there as it came, too.
func (c card) note(b body) {
	c.add(vcard.FieldNote, b.plain())
	if b.kind == "2" {
		c.add(noteHTML, b.data, param{"FMTTYPE", "text/html"})
	}
	b.marks(c.add)
}

const noteHTML = "X-EAS-BODY"

// note reads NOTE, of which a contact has one, as the Body of the protocol version.
// HTML that says what the NOTE says is as good as it.
//
// QUIRK(SOGo 5.8): in 2.5 it takes the text for the container of later versions, and
// answers the whole request with HTTP 501; it is to be written to in 14.1.
func (r *cardReader) note(legacy bool) {
	var notes []string
	for _, f := range r.fields(vcard.FieldNote) {
		if s := cleanText(unshielded(f.Value)); strings.TrimSpace(s) != "" {
			notes = append(notes, s)
			r.take(f)
		}
	}
	note, kind := strings.Join(notes, "\n\n"), "1"
	for _, f := range r.fields(noteHTML) {
		html := cleanText(unshielded(f.Value))
		switch {
		case legacy:
			r.lose(noteHTML, f, "HTML is for protocol 12.0 and later")
		case kind == "1" && cleanText(htmlText(html)) == note:
			note, kind = html, "2"
			r.take(f)
		default:
			r.lose(noteHTML, f, "NOTE says something else")
		}
	}
	for _, f := range r.fields("X-EAS-BODY-TRUNCATED") {
		r.lose("X-EAS-BODY-TRUNCATED", f, "the rest of NOTE was never there")
	}
	for _, f := range r.fields("X-EAS-BODY-TYPE") {
		r.lose("X-EAS-BODY-TYPE", f, "a note that is no text")
	}
	if note == "" {
		return
	}
	note = strings.ReplaceAll(note, "\n", "\r\n")
	if legacy {
		r.set(wbxml.ContactsBody, note)
		return
	}
	r.props[wbxml.AirSyncBaseBody] = wbxml.E(wbxml.AirSyncBaseBody,
		wbxml.T(wbxml.AirSyncBaseType, kind), wbxml.T(wbxml.AirSyncBaseData, note))
}
