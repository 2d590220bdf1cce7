package importer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/textproto"
	"strings"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

const headBytes = 64 << 10 // of a message are read for its header

// stateOf tells what can change of an item; "" = its file says nothing of that.
func stateOf(f *found) string {
	if f.read == nil && f.flag == "" {
		return ""
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "read=%t flag=%s", f.read != nil && *f.read, f.flag))
	return hex.EncodeToString(sum[:8])
}

// describe says of an item what a manifest says.
func describe(f *found) (e sinks.Event, err error) {
	var s item.Summary
	switch f.class {
	case "Email":
		var head []byte
		if head, err = headOf(f); err != nil {
			return e, err
		}
		s = item.Summarize(f.class, &wbxml.Element{}, head)
	default:
		var data []byte
		if data, err = allOf(f); err != nil {
			return e, err
		}
		if f.class == "Contacts" {
			s = summarizeCard(data)
		} else {
			s = summarizeCalendar(data)
		}
	}
	date := s.Date
	if f.class == "Email" {
		// When it came, rather than when it was written; when its file was written is a guess.
		if !f.date.IsZero() {
			date = f.date
		}
		if date.IsZero() {
			date = f.modify
		}
	}
	e = sinks.Event{
		From: s.From, To: s.To, Subject: s.Subject, MessageID: s.MessageID, Read: f.read, Flag: f.flag,
		Categories: s.Categories, Attachments: s.Attachments, Fingerprint: item.Fingerprint(f.class, s, f.size),
	}
	if !date.IsZero() {
		date = date.UTC()
		e.Received = &date
	}
	return e, nil
}

func headOf(f *found) ([]byte, error) {
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, headBytes))
}

func allOf(f *found) ([]byte, error) {
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// marks takes over what the header of a message in an mbox file says of it, as mail programs note it there: Status and
// X-Status of mbox(5), or X-Mozilla-Status.
func (f *found) marks() error {
	head, err := headOf(f)
	if err != nil {
		return err
	}
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(head))).ReadMIMEHeader() // as far as it is one
	status, more := h.Get("Status"), h.Get("X-Status")
	if _, ok := h["Status"]; ok {
		read := strings.Contains(status, "R")
		f.read = &read
	}
	if _, ok := h["X-Status"]; ok {
		f.flag = "none"
		if strings.Contains(more, "F") {
			f.flag = "active"
		}
	}
	return nil
}

// summarizeCard reads a vCard as far as it is one.
func summarizeCard(data []byte) (s item.Summary) {
	card, err := vcard.NewDecoder(bytes.NewReader(data)).Decode()
	if err != nil {
		return s
	}
	s.Subject, s.From = oneLine(card.PreferredValue(vcard.FieldFormattedName)), oneLine(card.PreferredValue(vcard.FieldEmail))
	if s.Subject == "" {
		if n := card.Name(); n != nil {
			s.Subject = oneLine(n.GivenName + " " + n.FamilyName)
		}
	}
	return s
}

// summarizeCalendar reads the first component of a calendar as far as it is one.
func summarizeCalendar(data []byte) (s item.Summary) {
	cal, err := ics.ParseCalendar(bytes.NewReader(data))
	if err != nil {
		return s
	}
	for _, c := range cal.Components {
		if e, ok := c.(*ics.VEvent); ok {
			s.Date, _ = e.GetStartAt() // zero if it has none that can be read
		}
		if _, zone := c.(*ics.VTimezone); zone {
			continue
		}
		if p, ok := c.(interface {
			GetProperty(ics.ComponentProperty) *ics.IANAProperty
		}); ok {
			s.Subject, s.From = text(p.GetProperty(ics.ComponentPropertySummary)), text(p.GetProperty(ics.ComponentPropertyOrganizer))
		}
		return s
	}
	return s
}

func text(p *ics.IANAProperty) string {
	if p == nil {
		return ""
	}
	return oneLine(ics.FromText(p.Value))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
