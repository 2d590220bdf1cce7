package easserver

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// mail writes the properties of a message. MS-ASEMAIL 2.2.2.
func (r *renderer) mail(v *version) {
	h := v.header()
	r.optional(wbxml.EmailTo, limited(h.to))
	r.optional(wbxml.EmailCc, h.cc)
	r.optional(wbxml.EmailFrom, limited(h.from))
	r.optional(wbxml.EmailReplyTo, h.replyTo)
	if r.spoil&spoilHeaders == 0 {
		r.optional(wbxml.EmailSubject, r.name(h.subject))
		r.enc.Text(wbxml.EmailDateReceived, v.Received.UTC().Format(wbxml.DateTime))
	}
	r.optional(wbxml.EmailDisplayTo, h.displayTo)
	r.optional(wbxml.EmailThreadTopic, h.topic)
	r.enc.Text(wbxml.EmailImportance, h.importance)
	r.bool(wbxml.EmailRead, v.Read)
	switch {
	case r.spoil&spoilBody != 0:
	case r.protocol >= 120:
		r.mailBody(v)
		r.bodyPart(v)
	default:
		r.mailBody25(v)
	}
	r.enc.Text(wbxml.EmailMessageClass, h.messageClass())
	contentClass := "urn:content-classes:message"
	if h.meeting != nil {
		contentClass = "urn:content-classes:calendarmessage"
		if e, ok := h.meeting.request(r.protocol); ok {
			r.enc.Element(&e)
		}
	}
	r.enc.Text(wbxml.EmailInternetCPID, "65001")
	if r.protocol < 120 {
		return
	}
	r.flag(v)
	r.enc.Text(wbxml.EmailContentClass, contentClass)
	if r.protocol >= 140 {
		r.conversation(v)
	}
}

// flags writes what can change of a message that was delivered.
func (r *renderer) flags(v *version) {
	r.bool(wbxml.EmailRead, v.Read)
	if r.protocol < 120 {
		return
	}
	r.flag(v)
	if r.protocol >= 140 {
		r.categories(v)
		r.lastVerb(v)
	}
}

func (r *renderer) flag(v *version) {
	if v.Flag == nil {
		r.enc.Empty(wbxml.EmailFlag)
		return
	}
	r.enc.Element(v.Flag)
}

func (r *renderer) categories(v *version) {
	r.enc.Start(wbxml.EmailCategories)
	for _, c := range v.Categories {
		r.enc.Text(wbxml.EmailCategory, c)
	}
	r.enc.End()
}

func (r *renderer) lastVerb(v *version) {
	if v.LastVerb != 0 {
		r.number(wbxml.Email2LastVerbExecuted, int64(v.LastVerb))
		r.enc.Text(wbxml.Email2LastVerbExecutionTime, v.LastVerbAt.UTC().Format(wbxml.DateTime))
	}
}

// conversation writes the properties that came with 14.0.
func (r *renderer) conversation(v *version) {
	h := v.header()
	r.categories(v)
	r.enc.Start(wbxml.Email2ConversationId)
	r.enc.Opaque(h.conversationID())
	r.enc.End()
	r.enc.Start(wbxml.Email2ConversationIndex)
	r.enc.Opaque(conversationIndex(v.Received))
	r.enc.End()
	r.lastVerb(v)
	r.optional(wbxml.Email2Sender, h.sender)
	if r.protocol >= 160 && (v.Draft || r.folder.typ == eas.FolderDrafts) {
		r.bool(wbxml.Email2IsDraft, true)
	}
}

// conversationID returns the same 16 bytes for all messages of a thread.
func (h *mailHeader) conversationID() []byte {
	sum := sha256.Sum256([]byte(h.thread))
	return sum[:16]
}

// conversationIndex returns the five bytes of MS-ASCON 2.2.2.4: the top of a
// FILETIME without its first byte.
func conversationIndex(t time.Time) []byte {
	const epoch = 116444736000000000 // 1970 in 100 ns since 1601
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(t.UnixNano()/100+epoch))
	return b[1:6]
}

// limited cuts an address list to what the schema allows.
func limited(s string) string { return cutRunes(s, 32768) }

// mailBody writes the body as 12.0 and later have it. What is sent as MIME has its
// attachments in it; they are not listed beside it.
func (r *renderer) mailBody(v *version) {
	if p, ok := r.opts.preference(typeMIME); ok && r.wantsMIME(v.header()) {
		if r.spoil&spoilApart != 0 {
			r.attachments(v, v.Message.body())
		}
		r.writeMIME(v, p)
		return
	}
	b := v.Message.body()
	r.attachments(v, b)
	r.writeBody(r.prefer(b.nativeType(), b.convert))
	r.number(wbxml.AirSyncBaseNativeBodyType, int64(b.nativeType()))
}

// writeMIME writes the message itself. Its native format is not looked for: that would
// read all of it.
func (r *renderer) writeMIME(v *version, p bodyPreference) {
	s := r.mime(v.Message)
	r.writeBody(p, body{typ: typeMIME, data: s, cut: s.cut, plain: func() string { return v.Message.body().plain() }}, true)
	r.number(wbxml.AirSyncBaseNativeBodyType, typePlain)
}

// wantsMIME applies MIMESupport. MS-ASCMD 2.2.3.110.3.
func (r *renderer) wantsMIME(h *mailHeader) bool {
	return r.opts.mimeSupport == 2 || r.opts.mimeSupport == 1 && h.secured() != ""
}

// convert returns the text of the message in a format.
func (b *mailBody) convert(typ int) (body, bool) {
	var s string
	switch typ {
	case typePlain:
		s = b.plain()
	case typeHTML:
		if s = b.html; !b.hasHTML {
			s = htmlOfText(b.text)
		}
	default:
		return body{}, false
	}
	return bodyOfText(typ, s, b.plain), true
}

func (b *mailBody) plain() string {
	if b.hasText || !b.hasHTML {
		return b.text
	}
	return textOfHTML(b.html)
}

// attachments writes AirSyncBase:Attachments. MS-ASAIRS 2.2.2.8.
func (r *renderer) attachments(v *version, b *mailBody) {
	if len(b.attachments) == 0 {
		return
	}
	r.enc.Start(wbxml.AirSyncBaseAttachments)
	for _, a := range b.attachments {
		r.enc.Start(wbxml.AirSyncBaseAttachment)
		r.enc.Text(wbxml.AirSyncBaseDisplayName, a.name)
		r.enc.Text(wbxml.AirSyncBaseFileReference, r.fileReference(v, a))
		r.enc.Text(wbxml.AirSyncBaseMethod, a.method())
		r.number(wbxml.AirSyncBaseEstimatedDataSize, a.size)
		r.optional(wbxml.AirSyncBaseContentId, a.contentID)
		r.optional(wbxml.AirSyncBaseContentLocation, a.location)
		if a.inline {
			r.bool(wbxml.AirSyncBaseIsInline, true)
		}
		r.enc.End()
	}
	r.enc.End()
}

// method is 1 for a file and 5 for a message. MS-ASAIRS 2.2.2.31.
func (a attachment) method() string {
	if a.message {
		return "5"
	}
	return "1"
}

func (r *renderer) fileReference(v *version, a attachment) string {
	return fmt.Sprintf("%s:%d", r.device.shownItem(r.folder.serverID(v.num)), a.index)
}

// secured returns the kind of S/MIME message: "signed", "enveloped" or "".
func (h *mailHeader) secured() string {
	ct := strings.ToLower(h.contentType)
	switch {
	case strings.HasPrefix(ct, "multipart/signed"):
		return "signed"
	case strings.HasPrefix(ct, "application/pkcs7-mime"), strings.HasPrefix(ct, "application/x-pkcs7-mime"):
		return "enveloped"
	}
	return ""
}

// messageClass returns the message class of MS-ASEMAIL 2.2.2.49.
func (h *mailHeader) messageClass() string {
	switch h.secured() {
	case "signed":
		return "IPM.Note.SMIME.MultipartSigned"
	case "enveloped":
		return "IPM.Note.SMIME"
	}
	if h.meeting != nil {
		return h.meeting.messageClass()
	}
	return "IPM.Note"
}
