package easserver

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// changedMail applies a Change to a message: the flags of any, and from 16.0 on the
// rest of a draft. MS-ASEMAIL 3.1.5.4.
func (x *exchange) changedMail(f *Folder, v *version, data *wbxml.Element) (Item, error) {
	it := v.Item
	draft := f.typ == eas.FolderDrafts && x.protocol >= 160
	rewritten := false
	for i := range data.Children {
		e := &data.Children[i]
		switch {
		case draft && e.Tag != wbxml.EmailRead && e.Tag != wbxml.EmailFlag:
			rewritten = true
		case e.Tag == wbxml.EmailRead && (e.Text == "0" || e.Text == "1"):
			it.Read = e.Text == "1"
		case e.Tag == wbxml.EmailFlag && x.protocol >= 120:
			if it.Flag = nil; len(e.Children) > 0 {
				it.Flag = e
			}
		case e.Tag == wbxml.EmailCategories && x.protocol >= 140:
			it.Categories = nil
			for c := range e.All(wbxml.EmailCategory) {
				it.Categories = append(it.Categories, c.Text)
			}
		default:
			return it, fmt.Errorf("%s in a Change of a message", e.Tag)
		}
	}
	if rewritten {
		if err := checkDraft(data); err != nil {
			return it, err
		}
		it.Message = x.draft(data, v)
	}
	return it, nil
}

// draftProperties are the properties that a client gives a draft, and mimeDraftProperties
// those of one that comes as MIME. MS-ASEMAIL 3.1.5.4.
var (
	mimeDraftProperties = []wbxml.Tag{wbxml.EmailImportance, wbxml.AirSyncBaseAttachments, wbxml.AirSyncBaseBody, wbxml.EmailRead, wbxml.EmailFlag}
	draftProperties     = append([]wbxml.Tag{wbxml.EmailTo, wbxml.EmailCc, wbxml.Email2Bcc, wbxml.EmailSubject, wbxml.EmailReplyTo}, mimeDraftProperties...)
)

func checkDraft(data *wbxml.Element) error {
	may := draftProperties
	if mimeDraft(data) {
		may = mimeDraftProperties
	}
	for i := range data.Children {
		if tag := data.Children[i].Tag; !slices.Contains(may, tag) {
			return fmt.Errorf("%s in a draft", tag)
		}
	}
	return nil
}

func mimeDraft(data *wbxml.Element) bool {
	return data.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseType) == "4"
}

// addDraft makes a draft of the properties that a client adds to the Drafts folder,
// from 16.0 on. No other message can be added: that is what status 6 says.
func (x *exchange) addDraft(st *syncState, cmd *wbxml.Element, res *result) {
	f, data := st.folder, cmd.Child(wbxml.AirSyncApplicationData)
	if (x.protocol < 160 || f.typ != eas.FolderDrafts) && x.addMailBadly(st, cmd, res) {
		return
	}
	err := errors.New("Add of a message")
	if x.protocol >= 160 && f.typ == eas.FolderDrafts {
		err = checkDraft(data)
	}
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.7.2", err.Error())
		res.status = 6
		return
	}
	v := f.add(Item{Message: x.draft(data, nil), Read: true, Received: x.cfg.Now()}, x.device)
	st.have.add(v.num)
	res.serverID, res.v = f.serverID(v.num), v
	if cmd.Has(wbxml.Email2Send) {
		x.sendDraft(st, v)
	}
}

// sendDraft sends a draft: it moves to Sent Items. MS-ASEMAIL 2.2.2.69.
func (x *exchange) sendDraft(st *syncState, v *version) {
	x.user.byType(eas.FolderSentItems).add(v.Item, nil)
	st.folder.remove(v, x.device)
	st.have.remove(v.num)
	x.unsent = append(x.unsent, v.Message.Bytes)
}

// draft writes a message from its properties. What a Change leaves out is as it was.
func (x *exchange) draft(data *wbxml.Element, old *version) *Content {
	if mimeDraft(data) {
		return &Content{Bytes: []byte(data.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData))}
	}
	header := map[wbxml.Tag]string{}
	text, html := "", ""
	if old != nil {
		h, b := old.header(), old.Message.body()
		header[wbxml.EmailTo], header[wbxml.EmailCc], header[wbxml.EmailSubject] = h.to, h.cc, h.subject
		text, html = b.text, b.html
	}
	for i := range data.Children {
		switch e := &data.Children[i]; e.Tag {
		case wbxml.AirSyncBaseBody:
			text, html = e.Value(wbxml.AirSyncBaseData), ""
			if e.Value(wbxml.AirSyncBaseType) == "2" {
				text, html = "", text
			}
		default:
			header[e.Tag] = e.Text
		}
	}
	m := messageWriter{unique: newKey()}
	m.header("From", fmt.Sprintf("%q <%s>", x.user.displayName, x.user.address))
	m.header("To", header[wbxml.EmailTo])
	m.header("Cc", header[wbxml.EmailCc])
	m.header("Bcc", header[wbxml.Email2Bcc])
	m.header("Subject", header[wbxml.EmailSubject])
	m.header("Date", x.cfg.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	m.header("Message-ID", "<"+m.unique+"@airlift.invalid>")
	m.header("MIME-Version", "1.0")
	m.body(text, html, draftFiles(data.Child(wbxml.AirSyncBaseAttachments)))
	return &Content{Bytes: m.bytes()}
}

type file struct{ name, contentType, content string }

// draftFiles reads the attachments that are added. MS-ASAIRS 2.2.2.2.
func draftFiles(e *wbxml.Element) []file {
	if e == nil {
		return nil
	}
	var files []file
	for a := range e.All(wbxml.AirSyncBaseAdd) {
		content := a.Child(wbxml.AirSyncBaseContent)
		if content == nil {
			continue
		}
		data := content.Text
		if !content.Opaque {
			if b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(data)); err == nil {
				data = string(b)
			}
		}
		files = append(files, file{a.Value(wbxml.AirSyncBaseDisplayName), a.Value(wbxml.AirSyncBaseContentType), data})
	}
	return files
}
