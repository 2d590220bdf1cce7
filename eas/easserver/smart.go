package easserver

import (
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// The verbs of Email2:LastVerbExecuted, MS-ASEMAIL 2.2.2.43.
const (
	verbReplied   = 1
	verbForwarded = 3
)

// smartReply answers SmartReply: the server puts the original under the reply.
// MS-ASCMD 2.2.1.20.
func (x *exchange) smartReply() { x.smart(verbReplied) }

// smartForward answers SmartForward: the server attaches the original. MS-ASCMD
// 2.2.1.19.
func (x *exchange) smartForward() { x.smart(verbForwarded) }

func (x *exchange) smart(verb int) {
	o, ok := x.outgoing()
	if !ok || !x.checkSource(o) {
		return
	}
	f, original := x.original(o)
	if o.forwards() {
		x.forwardMeeting(o, original)
		return
	}
	if !x.sendable(o) {
		return
	}
	if original == nil || original.Message == nil && f.class() != eas.ClassCalendar {
		// 150 is ItemNotFound, MS-ASCMD 2.2.2.
		x.fail(150, 404)
		return
	}
	message := o.mime
	if !o.replace {
		message = withOriginal(o.mime, original, verb)
	}
	x.user.mu.Lock()
	if v := f.item(f.serverID(original.num)); v != nil && v.Message != nil {
		it := v.Item
		it.LastVerb, it.LastVerbAt = verb, x.cfg.Now()
		f.replace(v, it, nil)
		x.user.notify()
	}
	x.user.mu.Unlock()
	x.submit(o, message)
}

// checkSource checks how the original is named. MS-ASCMD 2.2.3.74, 2.2.3.98.4, 2.2.3.92.2.
func (x *exchange) checkSource(o outgoing) bool {
	s := o.source
	if s == nil { // the query, before 14.0
		return true
	}
	folder, item, instance := s.Has(wbxml.ComposeMailFolderId), s.Has(wbxml.ComposeMailItemId), s.Child(wbxml.ComposeMailInstanceId)
	switch {
	case s.Has(wbxml.ComposeMailLongId) && (folder || item || instance != nil):
		return x.refuse(103, "MS-ASCMD 2.2.3.98.4", "a LongId and another id")
	case !s.Has(wbxml.ComposeMailLongId) && !item:
		return x.refuse(103, "MS-ASCMD 2.2.3.74", "a Source without an item")
	case instance != nil:
		if _, err := time.Parse(wbxml.DateTime, instance.Text); err != nil {
			return x.refuse(104, "MS-ASCMD 2.2.1.19", "InstanceId is "+instance.Text)
		}
	}
	return true
}

// original finds the item that is answered: Source says it, or the query before
// 14.0. An item without a folder is in the Inbox. MS-ASCMD 2.2.3.93.
func (x *exchange) original(o outgoing) (*Folder, *version) {
	folder, id, longID := x.query.values.Get("CollectionId"), x.query.values.Get("ItemId"), x.query.values.Get("LongId")
	if o.source != nil {
		folder, id = o.source.Value(wbxml.ComposeMailFolderId), o.source.Value(wbxml.ComposeMailItemId)
		longID = o.source.Value(wbxml.ComposeMailLongId)
	}
	switch {
	case longID != "":
		id = longID
		folder, _, _ = strings.Cut(longID, ":")
	case folder == "":
		folder = x.user.byType(eas.FolderInbox).id
	}
	return x.lookup(folder, id)
}

// withOriginal puts the original into what the client wrote: quoted below the text of
// a reply, as an attachment of a forwarded message.
func withOriginal(written []byte, original *version, verb int) []byte {
	c := &Content{Bytes: written}
	b := c.checked().body()
	w := messageWriter{unique: newKey()}
	for name, value := range headerFields(c.header()) {
		if !strings.HasPrefix(name, "content-") {
			w.buf.WriteString(textHeaderName(name) + ": " + value + "\r\n")
		}
	}
	var files []file
	for _, a := range b.attachments {
		files = append(files, file{a.name, a.contentType, c.attachment(a)})
	}
	text, html := b.plain(), b.html
	switch {
	case original.Message == nil:
		files = append(files, original.meetingFile())
	case verb == verbForwarded:
		files = append(files, file{original.header().subject + ".eml", "message/rfc822", original.Message.text()})
	default:
		text = text + "\r\n\r\n" + quoted(original)
		if html != "" {
			html += "<blockquote>" + strings.ReplaceAll(htmlOfText(quoted(original)), "body>", "div>") + "</blockquote>"
		}
	}
	if !b.hasText && b.hasHTML {
		text = ""
	}
	w.body(text, html, files)
	return w.bytes()
}

func textHeaderName(name string) string {
	if name == "mime-version" {
		return "MIME-Version"
	}
	words := strings.Split(name, "-")
	for i, word := range words {
		if word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "-")
}

func quoted(v *version) string {
	h := v.header()
	lines := strings.Split(strings.TrimRight(v.Message.body().plain(), "\r\n"), "\n")
	for i, line := range lines {
		lines[i] = "> " + strings.TrimRight(line, "\r")
	}
	return h.from + ":\r\n" + strings.Join(lines, "\r\n")
}
