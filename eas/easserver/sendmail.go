package easserver

import (
	"bytes"
	"net/mail"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxSent bounds how many ClientIds a device's messages are remembered by.
const maxSent = 1000

// outgoing is a message that a client sends.
type outgoing struct {
	clientID string
	mime     []byte
	save     bool           // SaveInSentItems
	source   *wbxml.Element // of SmartReply and SmartForward
	replace  bool           // ReplaceMime: the client has put the original in

	// A meeting is forwarded without a message.
	forwardees, body *wbxml.Element
}

// sendMail answers SendMail. MS-ASCMD 2.2.1.17.
func (x *exchange) sendMail() {
	o, ok := x.outgoing()
	if ok && x.sendable(o) {
		x.submit(o, o.mime)
	}
}

// outgoing reads the request: from 14.0 on a document, before that the message
// itself.
func (x *exchange) outgoing() (outgoing, bool) {
	if x.protocol < 140 {
		return outgoing{mime: x.raw, save: x.query.saveInSent}, true
	}
	o := outgoing{
		clientID: x.doc.Value(wbxml.ComposeMailClientId), forwardees: x.doc.Child(wbxml.ComposeMailForwardees), body: x.doc.Child(wbxml.AirSyncBaseBody),
		save: x.doc.Has(wbxml.ComposeMailSaveInSentItems), source: x.doc.Child(wbxml.ComposeMailSource), replace: x.doc.Has(wbxml.ComposeMailReplaceMime),
	}
	if m := x.doc.Child(wbxml.ComposeMailMime); m != nil {
		o.mime = []byte(m.Text)
	}
	if err := x.protocol.wellFormed(x.doc); err != nil {
		return o, x.refuse(103, "MS-ASCMD 2.2.3.162", err.Error())
	}
	if o.clientID == "" || len(o.clientID) > 40 {
		return o, x.refuse(103, "MS-ASCMD 2.2.3.28.1", "ClientId of a message is "+o.clientID)
	}
	if o.mime == nil && !o.forwards() {
		return o, x.refuse(103, "MS-ASCMD 2.2.3.109", "no message")
	}
	return o, x.sender()
}

// noTemplate is the template that protects nothing. MS-ASRM 2.2.2.19.3.
const noTemplate = "00000000-0000-0000-0000-000000000000"

// sender checks from which account, and with which template, the message shall be sent. There is one account, which has no
// AccountId, and there are no templates. MS-ASCMD 2.2.3.3.1, MS-ASRM 3.2.4.1.
func (x *exchange) sender() bool {
	if x.doc.Has(wbxml.ComposeMailAccountId) {
		return x.fail(166, 0)
	}
	if t := x.doc.Child(wbxml.RightsManagementTemplateID); t != nil && t.Text != noTemplate {
		return x.fail(171, 0)
	}
	return true
}

// sendable checks the message: it can be parsed, has a recipient, and was not sent
// before.
func (x *exchange) sendable(o outgoing) bool {
	m, err := mail.ReadMessage(bytes.NewReader(o.mime))
	if err != nil {
		return x.refuse(107, "MS-ASCMD 2.2.2", "a message that cannot be parsed")
	}
	if len(recipients(m.Header)) == 0 {
		return x.refuse(119, "MS-ASCMD 2.2.2", "a message without recipients")
	}
	x.user.mu.Lock()
	again := o.clientID != "" && x.device.sent[o.clientID]
	if len(x.device.sent) >= maxSent {
		clear(x.device.sent)
	}
	if o.clientID != "" {
		x.device.sent[o.clientID] = true
	}
	x.user.mu.Unlock()
	if again {
		return x.fail(118, 0)
	}
	return true
}

// submit delivers the message and answers that it did: with no body.
func (x *exchange) submit(o outgoing, message []byte) {
	x.deliver(message)
	if o.save {
		x.user.file(eas.FolderSentItems, Item{Message: &Content{Bytes: message}, Read: true, Received: x.cfg.Now()})
	}
	x.empty()
}

func recipients(h mail.Header) []string {
	var all []string
	for _, name := range []string{"To", "Cc", "Bcc"} {
		list, err := h.AddressList(name)
		if err != nil {
			continue
		}
		for _, a := range list {
			all = append(all, a.Address)
		}
	}
	return all
}

// deliver puts the message into the Inbox of each recipient that has a mailbox here.
// Others are beyond this server: what is for them goes nowhere.
func (x *exchange) deliver(message []byte) {
	m, err := mail.ReadMessage(bytes.NewReader(message))
	if err != nil {
		return
	}
	now := x.cfg.Now()
	for _, address := range recipients(m.Header) {
		if u := x.server.store.User(address); u != nil {
			u.file(eas.FolderInbox, Item{Message: &Content{Bytes: message}, Received: now})
		}
	}
}

// file puts an item into the folder of the type.
func (u *User) file(typ eas.FolderType, it Item) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.byType(typ).add(it, nil)
	u.notify()
}
