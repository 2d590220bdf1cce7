package importer

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

const headBytes = 64 << 10 // of a message are read for its header

// describe says of an item what a manifest says, and makes what is stored beside it: of a contact its properties, as a server would
// have sent them, in the form that is beside what came from one. What they lack is named as the event's reason.
func describe(f *found) (e sinks.Event, beside []sinks.Content, err error) {
	var s item.Summary
	var props *wbxml.Element
	switch f.class {
	case "Email":
		head, err := headOf(f)
		if err != nil {
			return e, nil, err
		}
		s = item.Summarize(f.class, &wbxml.Element{}, head)
		// When it came, rather than when it was written; when its file was written is a guess.
		switch {
		case !f.date.IsZero():
			s.Date = f.date
		case s.Date.IsZero():
			s.Date = f.modify
		}
	default:
		data, err := allOf(f)
		if err != nil {
			return e, nil, err
		}
		s, props, e.Reason = convert(f.class, data)
	}
	e.From, e.To, e.Subject, e.MessageID, e.Read, e.Flag = s.From, s.To, s.Subject, s.MessageID, f.read, f.flag
	e.Categories, e.Attachments, e.Fingerprint = s.Categories, s.Attachments, item.Fingerprint(f.class, s, f.size)
	if !s.Date.IsZero() {
		date := s.Date.UTC()
		e.Received = &date
	}
	e.Verb = f.verb
	if props != nil {
		xml := props.AppendXML(nil)
		beside = append(beside, sinks.Content{Ext: ".eas.xml", Size: int64(len(xml)), Open: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(xml)), nil
		}})
	}
	return e, beside, nil
}

// convert makes the properties of a contact, event, task or note, and says what they lack. What no properties can be made of has
// none; it is stored all the same. The newest protocol version has what is different about recurrences in other requests: these
// properties are those of 14.1, which has all in one.
func convert(class string, data []byte) (s item.Summary, props *wbxml.Element, reason string) {
	o := item.ParseOptions{Version: "14.1"}
	var losses []item.Loss
	var err error
	switch class {
	case "Contacts":
		props, losses, err = item.ParseVCard(data, o)
	case "Calendar":
		var event item.Parsed
		event, err = item.ParseEvent(data, o)
		props, losses = event.Properties, event.Losses
	case "Tasks":
		props, losses, err = item.ParseTask(data, o)
	case "Notes":
		props, losses, err = item.ParseNote(data, o)
	}
	if err != nil {
		return s, nil, "no properties: " + err.Error()
	}
	return item.Summarize(class, props, nil), props, lackOf(losses)
}

// lackOf names what properties lack of what they were made of; "" = nothing.
func lackOf(losses []item.Loss) string {
	const most = 20
	var names []string
	for _, l := range losses {
		if name := oneLine(l.Property); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	more := ""
	if len(names) > most {
		more, names = fmt.Sprintf(" and %d more", len(names)-most), names[:most]
	}
	if len(names) == 0 {
		return ""
	}
	return "its properties lack " + strings.Join(names, ", ") + more
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

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
