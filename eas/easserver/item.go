package easserver

import (
	"bytes"
	"io"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Item is what a folder holds: a message with its flags, or the properties of a
// contact, event, task or note.
type Item struct {
	// Message is the message of a mail item, in the form of RFC 5322. It is
	// served byte for byte.
	Message *Content
	// Properties are the children of ApplicationData of the other classes as
	// protocol version 14.1 has them, the body in AirSyncBase:Body. For other
	// versions the server converts what differs.
	Properties []wbxml.Element

	// The rest is for mail.

	Received   time.Time      // zero: the date in the headers, or else the time of adding
	Read       bool           // whether it has been read
	Flag       *wbxml.Element // Email:Flag; nil: not flagged
	Categories []string
	Draft      bool      // it was not sent; in the folder for drafts all are
	LastVerb   int       // Email2:LastVerbExecuted: 1 replied, 2 replied to all, 3 forwarded
	LastVerbAt time.Time // when
}

// Content is a message: bytes in memory, or a source for one that is too big to
// be held there.
type Content struct {
	Bytes []byte

	// Open and Size say the same of a source: Open yields Size bytes, the same
	// every time.
	Open func() (io.ReadCloser, error)
	Size int64

	// Opaque makes the server send the message as OPAQUE and not as an inline
	// string, which cannot hold a NUL. It is set by itself for Bytes with a NUL.
	Opaque bool
}

// checked returns c with Size and Opaque filled in.
func (c *Content) checked() *Content {
	if c == nil || c.Open != nil {
		return c
	}
	return &Content{Bytes: c.Bytes, Size: int64(len(c.Bytes)), Opaque: c.Opaque || bytes.IndexByte(c.Bytes, 0) >= 0}
}

func (c *Content) open() (io.ReadCloser, error) {
	if c.Open != nil {
		return c.Open()
	}
	return io.NopCloser(bytes.NewReader(c.Bytes)), nil
}

// header returns the header section of the message, at most maxHeader of it.
func (c *Content) header() []byte {
	b := c.Bytes
	if c.Open != nil {
		r, err := c.open()
		if err != nil {
			return nil
		}
		defer r.Close()
		// A message whose source breaks is served as far as it can be read.
		b, _ = io.ReadAll(io.LimitReader(r, min(maxHeader, c.Size)))
	}
	b = b[:min(len(b), maxHeader)]
	if i := bytes.Index(b, []byte("\n\r\n")); i >= 0 {
		b = b[:i+1]
	}
	if i := bytes.Index(b, []byte("\n\n")); i >= 0 {
		b = b[:i+1]
	}
	return b
}

// activeFlag is a flag as a client sets it. MS-ASEMAIL 2.2.2.34.
func activeFlag() *wbxml.Element {
	e := wbxml.E(wbxml.EmailFlag, wbxml.T(wbxml.EmailStatus, "2"), wbxml.T(wbxml.EmailFlagType, "Flag for follow up"))
	return &e
}
