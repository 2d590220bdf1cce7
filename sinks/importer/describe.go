package importer

import (
	"bytes"
	"io"
	"strings"

	ics "github.com/arran4/golang-ical"
	"github.com/emersion/go-vcard"

	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

const headBytes = 64 << 10 // of a message are read for its header

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
	e.Properties = verbProperties(f.verb)
	return e, nil
}

// verbProperties says as a server would what was last done with a message; "" = nothing.
func verbProperties(verb string) string {
	if verb == "" {
		return ""
	}
	props := wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.Email2LastVerbExecuted, verb))
	return string(props.AppendXML(nil))
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
			s.Subject, s.From = text(p.GetProperty(ics.ComponentPropertySummary)), address(p.GetProperty(ics.ComponentPropertyOrganizer))
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

// address is that of an organizer.
func address(p *ics.IANAProperty) string {
	const scheme = "mailto:"
	s := text(p)
	if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
		return s[len(scheme):]
	}
	return s
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
