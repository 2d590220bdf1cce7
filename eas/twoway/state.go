package twoway

import (
	"bytes"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// State is what is known of a folder between two steps. It is for a Store to keep; encoding/json writes all of it.
type State struct {
	Version eas.Version       `json:"version"` // that the key was got with
	Key     eas.SyncKey       `json:"key"`     // "" = the folder starts at key 0
	Asked   int               `json:"asked"`   // how often the key was shown without an answer
	Items   map[string]*Entry `json:"items"`   // by Item.ID
	Outbox  []Outgoing        `json:"outbox,omitempty"`
	Inbox   []Incoming        `json:"inbox,omitempty"`
	// Repeated are contents that were added with a key that was shown twice.
	Repeated map[string]bool `json:"repeated,omitempty"`
}

// Entry is an item that both sides have, or that is on its way.
type Entry struct {
	ServerID eas.ServerID `json:"server,omitempty"` // "" = it was sent, and the server did not say what became of it
	ClientID string       `json:"client,omitempty"` // that it was added with
	Again    bool         `json:"again,omitempty"`  // it did not arrive: it is to be added with the ClientID once more
	Here     string       `json:"here"`             // hash of the program's content when both sides agreed
	There    string       `json:"there,omitempty"`  // hash of the server's; "" = as it was sent
	Mark     string       `json:"mark,omitempty"`   // by which it is found again, of mail and of what is on its way
	// Stay are those of its properties that a Change which leaves them out does not delete.
	Stay []string `json:"stay,omitempty"`
}

// Outgoing is a command to the server.
type Outgoing struct {
	Op       eas.CommandOp `json:"op"`
	ID       string        `json:"id"`
	ServerID eas.ServerID  `json:"server,omitempty"`
	ClientID string        `json:"client,omitempty"`
	Instance time.Time     `json:"instance,omitzero"`
	Here     string        `json:"here,omitempty"`
	Mark     string        `json:"mark,omitempty"`
	Stay     []string      `json:"stay,omitempty"`
	Content  *Content      `json:"content,omitempty"`
}

// Incoming is a change of the server's.
type Incoming struct {
	Op       eas.CommandOp `json:"op"` // OpChange, for OpAdd too, or OpDelete
	ServerID eas.ServerID  `json:"server,omitempty"`
	ID       string        `json:"id,omitempty"`      // OpDelete of an item whose ServerID is nothing any more
	NewID    string        `json:"new"`               // for the item that it may make
	There    string        `json:"there,omitempty"`   // hash of the content
	Content  *Content      `json:"content,omitempty"` // nil with OpDelete
}

// name tells changes of different items apart.
func (in *Incoming) name() string { return string(in.ServerID) + "/" + in.ID }

// Content is the properties of an item. Its text form is XML.
type Content struct{ wbxml.Element }

// MarshalText writes XML.
func (c *Content) MarshalText() ([]byte, error) { return c.AppendXML(nil), nil }

// UnmarshalText reads it.
func (c *Content) UnmarshalText(text []byte) error {
	e, err := wbxml.ParseXML(bytes.NewReader(text), wbxml.Limits{})
	if err != nil {
		return err
	}
	c.Element = *e
	return nil
}
