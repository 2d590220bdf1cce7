package item

import (
	"bytes"
	"fmt"
	"io"
	"net/textproto"
	"strings"

	"github.com/emersion/go-message/mail"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// HeaderBuiltFrom marks a message that [Message] made.
const HeaderBuiltFrom = "X-Airlift-Built-From"

// Message returns a message (RFC 5322) made of the properties of a mail that came
// without its MIME: text messages, drafts, and what a server cannot render. It is
// there to be listed and read; it is not the message that was sent or received,
// and the field HeaderBuiltFrom says so. It has no Message-ID: the properties do
// not have it, and none is invented.
func Message(props *wbxml.Element) ([]byte, error) {
	if err := checkProperties(props); err != nil {
		return nil, err
	}
	v := viewOf(props)
	var h mail.Header
	if t := v.date(wbxml.EmailDateReceived); !t.IsZero() {
		h.SetDate(t)
	}
	for _, f := range [...]struct {
		name string
		tag  wbxml.Tag
	}{
		{"From", wbxml.EmailFrom},
		{"Sender", wbxml.Email2Sender},
		{"Reply-To", wbxml.EmailReplyTo},
		{"To", wbxml.EmailTo},
		{"Cc", wbxml.EmailCc},
		{"Bcc", wbxml.Email2Bcc},
	} {
		setAddresses(&h, f.name, v.value(f.tag))
	}
	setText(&h, "Subject", v.value(wbxml.EmailSubject))
	setText(&h, "Thread-Topic", v.value(wbxml.EmailThreadTopic))
	setText(&h, "Importance", importance(v.value(wbxml.EmailImportance)))
	for _, tag := range [...]wbxml.Tag{wbxml.EmailMessageClass, wbxml.EmailDisplayTo, wbxml.Email2IsDraft} {
		if s := v.value(tag); len(s) <= maxExtra {
			setText(&h, "X-EAS-"+tag.Name(), s)
		}
	}
	for e := range v.first(wbxml.AirSyncBaseAttachments).All(wbxml.AirSyncBaseAttachment) {
		addText(&h, "X-EAS-Attachment", e.Value(wbxml.AirSyncBaseDisplayName))
	}
	for e := range v.first(wbxml.EmailAttachments).All(wbxml.EmailAttachment) { // 2.5
		addText(&h, "X-EAS-Attachment", e.Value(wbxml.EmailDisplayName))
	}
	h.Set(HeaderBuiltFrom, "EAS properties; not the original message")
	return writeMessage(h, findBody(v))
}

// maxField bounds the fields of the message, in bytes.
const maxField = 128 << 10

func writeMessage(h mail.Header, b body) ([]byte, error) {
	kind, text := "text/plain", b.data
	switch b.kind {
	case "2":
		kind = "text/html"
	case "3", "4":
		text = ""
	}
	if b.truncated {
		h.Set("X-EAS-Body-Truncated", "1")
	}
	h.SetContentType(kind, map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	var out bytes.Buffer
	w, err := mail.CreateSingleInlineWriter(&out, h)
	if err != nil {
		return nil, fmt.Errorf("message from properties: %w", err)
	}
	if _, err := io.WriteString(w, strings.ToValidUTF8(text, "\uFFFD")); err != nil {
		return nil, fmt.Errorf("message from properties: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("message from properties: %w", err)
	}
	return out.Bytes(), nil
}

// setAddresses sets an address field: as one when it is one, else as text, since
// the sender of a text message is a number and the field of a draft may be half
// an address.
func setAddresses(h *mail.Header, name, value string) {
	if value == "" {
		return
	}
	if len(value) <= maxField {
		if list, err := mail.ParseAddressList(value); err == nil && len(list) > 0 {
			h.SetAddressList(name, list)
			return
		}
	}
	setText(h, name, value)
}

func setText(h *mail.Header, name, value string) {
	if value = clean(value, maxField); value != "" {
		h.SetText(textproto.CanonicalMIMEHeaderKey(name), value)
	}
}

func addText(h *mail.Header, name, value string) {
	if value = clean(value, maxExtra); value != "" {
		var one mail.Header
		one.SetText(name, value)
		h.Add(name, one.Get(name))
	}
}

func importance(s string) string {
	switch s {
	case "0":
		return "low"
	case "1":
		return "normal"
	case "2":
		return "high"
	}
	return ""
}
