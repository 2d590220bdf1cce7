package easserver

import (
	"bytes"
	"net/http"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Faults of what a server makes of messages that a client adds, which the protocol forbids (status 6, MS-ASCMD 2.2.3.7.2). A server with one of
// them does not report it. Which messages have one is decided by their ClientId.
const (
	FaultMailStatus9   Fault = "mail-add-status-9"
	FaultMailStored    Fault = "mail-add-stored"
	FaultMailStored502 Fault = "mail-add-stored-502"
	FaultMailDraft     Fault = "mail-add-draft"
	FaultMailRebuilt   Fault = "mail-add-rebuilt"
	FaultMailLost      Fault = "mail-add-lost"
)

var mailAddFaults = []FaultInfo{
	{FaultMailStatus9, "a message that is added gets status 9, and is not stored (Z-Push 2.7)"},
	{FaultMailStored, "a message that is added is stored as it is"},
	{FaultMailStored502, "a message that is added is stored, then the worker dies: HTTP 502; a second try doubles it (SOGo 5.8)"},
	{FaultMailDraft, "a message that is added is stored as a draft that was not sent, received now (grommunio)"},
	{FaultMailRebuilt, "a message that is added is written anew of what its text says: other bytes, unread, without flag and categories, received now (SOGo 5.8)"},
	{FaultMailLost, "a message that is added gets status 1 and a ServerId, and is not stored"},
}

// addMailBadly adds a message to a folder where none can be added. It is false if the server behaves.
func (x *exchange) addMailBadly(st *syncState, cmd *wbxml.Element, res *result) bool {
	f, data := st.folder, cmd.Child(wbxml.AirSyncApplicationData)
	if x.cfg.Faults == nil || data == nil || cmd.Has(wbxml.Email2Send) {
		return false
	}
	it := x.addedMail(data)
	switch {
	case x.addsBadly(FaultMailStatus9, res.clientID):
		res.status = 9
		return true
	case x.addsBadly(FaultMailLost, res.clientID):
		res.serverID = f.serverID(uint32(len(f.items) + 1000))
		return true
	case x.addsBadly(FaultMailStored, res.clientID):
	case x.addsBadly(FaultMailStored502, res.clientID):
		x.broken = http.StatusBadGateway
	case x.addsBadly(FaultMailDraft, res.clientID):
		it.Draft, it.Received = true, x.cfg.Now()
	case x.addsBadly(FaultMailRebuilt, res.clientID):
		it = Item{Message: rebuilt(it.Message), Received: x.cfg.Now()}
	default:
		return false
	}
	v := f.add(it, x.device)
	st.have.add(v.num)
	res.serverID = f.serverID(v.num)
	return true
}

// addedMail is a message of what a client says of it.
func (x *exchange) addedMail(data *wbxml.Element) Item {
	text := data.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData)
	if e := data.Child(wbxml.EmailMIMEData); e != nil {
		text = e.Text
	}
	it := Item{Message: &Content{Bytes: []byte(text)}, Read: data.Value(wbxml.EmailRead) == "1", Received: x.cfg.Now()}
	if t, err := wbxml.ParseTime(data.Value(wbxml.EmailDateReceived)); err == nil {
		it.Received = t
	}
	if e := data.Child(wbxml.EmailFlag); e != nil && len(e.Children) > 0 {
		it.Flag = e
	}
	for c := range data.Child(wbxml.EmailCategories).All(wbxml.EmailCategory) {
		it.Categories = append(it.Categories, c.Text)
	}
	return it
}

// rebuilt is a message with a header of the server's before its own.
func rebuilt(c *Content) *Content {
	return &Content{Bytes: append([]byte("X-Rebuilt: yes\r\n"), bytes.TrimSpace(c.Bytes)...)}
}
