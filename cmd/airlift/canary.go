package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// A canary is an item that is put into a target to see what the target makes of it.
type canary struct {
	sinks.TargetItem
	properties []string // that it has, by the names that an Alteration has
}

// canaries are items of a class with all that it knows.
func canaries(class string, at time.Time) ([]canary, error) {
	switch class {
	case "Email":
		return mailCanaries(at), nil
	case "Contacts":
		return peopleCanaries(class, ".vcf", func(e *wbxml.Element) ([]byte, error) { return item.VCard(e, item.Options{}) }, filled(&eas.Contact{}))
	case "Calendar":
		return peopleCanaries(class, ".ics", func(e *wbxml.Element) ([]byte, error) { return item.Event(e, item.Options{}) }, eventCanaries(at)...)
	case "Tasks":
		task := &eas.Task{
			Subject: "airlift probe", Importance: new(eas.Importance(2)), UTCStartDate: at, StartDate: at, UTCDueDate: at.Add(24 * time.Hour), DueDate: at.Add(24 * time.Hour),
			Categories: []string{"One", "Zwei ü"}, Complete: new(false), Sensitivity: new(eas.Sensitivity(2)), ReminderTime: at.Add(-time.Hour), ReminderSet: new(true),
			Body:       text("Notes, with ü and\r\na second line."),
			Recurrence: &eas.TaskRecurrence{Type: new(eas.RecurrenceType(1)), Start: at, Occurrences: 5, Interval: 1, DayOfWeek: 2},
		}
		return peopleCanaries(class, ".ics", item.Task, task)
	case "Notes":
		note := &eas.Note{Subject: "airlift probe", MessageClass: "IPM.StickyNote", LastModifiedDate: at, Categories: []string{"One"}, Body: text("A note, with ü.")}
		return peopleCanaries(class, ".ics", item.Note, note)
	}
	return nil, errors.New("no canary of class " + class)
}

func text(s string) *eas.InlineBody { return &eas.InlineBody{Type: eas.BodyPlain, Data: s} }

// filled puts something into every property of an item that a client may set.
func filled(v any) any {
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		name, f := s.Type().Field(i).Name, s.Field(i)
		switch {
		case strings.HasPrefix(name, "Legacy"), name == "NativeBodyType", name == "Alias", name == "WeightedRank": // of 2.5, or the server's own
		case f.Type() == reflect.TypeFor[time.Time]():
			f.Set(reflect.ValueOf(time.Date(1980, 5, 17, 0, 0, 0, 0, time.UTC)))
		case f.Type() == reflect.TypeFor[[]string]():
			f.Set(reflect.ValueOf([]string{"One", "Zwei ü"}))
		case f.Type() == reflect.TypeFor[*eas.InlineBody]():
			f.Set(reflect.ValueOf(text("Notes, with ü and\r\na second line.")))
		case name == "Picture":
			f.SetBytes(onePixel())
		case f.Kind() == reflect.String:
			f.SetString(sample(name, i))
		}
	}
	return v
}

// sample is a value that fits the name of a property.
func sample(name string, n int) string {
	switch {
	case strings.HasSuffix(name, "Number"), name == "MMS", name == "CompanyMainPhone":
		return fmt.Sprintf("+49 30 1234 %03d", n)
	case strings.HasPrefix(name, "Email"):
		return fmt.Sprintf("ada%d@example.org", n)
	case strings.HasPrefix(name, "IMAddress"):
		return fmt.Sprintf("im%d@example.org", n)
	case name == "WebPage":
		return "https://example.org/ada"
	case name == "FileAs":
		return "airlift probe"
	}
	return "Probe ü " + name
}

// onePixel is a picture: a PNG of one pixel.
func onePixel() []byte {
	b, _ := hex.DecodeString("89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082") // it is hex
	return b
}

func eventCanaries(at time.Time) []any {
	zone := make([]byte, 172) // UTC: MS-ASDTYPE 2.7.4
	timed := &eas.Appointment{
		TimeZone: zone, AllDayEvent: new(false), BusyStatus: new(eas.BusyStatus(3)), DtStamp: at, StartTime: at, EndTime: at.Add(time.Hour), Location: "Room 1 ü", Reminder: new(15),
		Sensitivity: new(eas.Sensitivity(2)), Subject: "airlift probe", UID: fmt.Sprintf("airlift-probe-%d", at.UnixNano()), MeetingStatus: new(eas.MeetingStatus(0)), Categories: []string{"One", "Zwei ü"},
		Body:       text("Text of the event, with ü and\r\na second line."),
		Recurrence: &eas.Recurrence{Type: new(eas.RecurrenceType(1)), Interval: 2, Occurrences: 10, DayOfWeek: 1 << at.Weekday()},
		Exceptions: []eas.Exception{
			{ExceptionStartTime: at.AddDate(0, 0, 14), Subject: "airlift probe, moved", StartTime: at.AddDate(0, 0, 15), EndTime: at.AddDate(0, 0, 15).Add(time.Hour)},
			{ExceptionStartTime: at.AddDate(0, 0, 28), Deleted: new(true)},
		},
	}
	day := at.Truncate(24 * time.Hour)
	whole := &eas.Appointment{
		TimeZone: zone, AllDayEvent: new(true), BusyStatus: new(eas.BusyStatus(0)), DtStamp: at, StartTime: day, EndTime: day.AddDate(0, 0, 2), Sensitivity: new(eas.Sensitivity(0)),
		Subject: "airlift probe, whole days", UID: fmt.Sprintf("airlift-probe-days-%d", at.UnixNano()), MeetingStatus: new(eas.MeetingStatus(0)),
		Attendees: []eas.Attendee{{Email: "ada@example.org", Name: "Ada Probe", AttendeeType: new(eas.AttendeeType(1)), AttendeeStatus: new(eas.AttendeeStatus(0))}},
	}
	return []any{timed, whole}
}

func peopleCanaries(class, ext string, convert func(*wbxml.Element) ([]byte, error), all ...any) ([]canary, error) {
	var canaries []canary
	for i, v := range all {
		props, err := wbxml.Encode(wbxml.AirSyncApplicationData, v)
		if err != nil {
			return nil, err
		}
		data, err := convert(&props)
		if err != nil {
			return nil, err
		}
		c := canary{TargetItem: sinks.TargetItem{
			Key: fmt.Sprintf("airlift probe %s %d", class, i), Event: sinks.Event{Op: sinks.OpAdd, Subject: "airlift probe"},
			Contents: []sinks.Content{content(ext, data), content(".eas.xml", props.AppendXML(nil))},
		}}
		for i := range props.Children {
			if e := &props.Children[i]; item.Says(e) { // what says nothing is not compared, and so not known to be kept
				c.properties = append(c.properties, e.Tag.String())
			}
		}
		canaries = append(canaries, c)
	}
	return canaries, nil
}

// mailCanaries are messages of the kinds that servers are known to alter.
func mailCanaries(at time.Time) []canary {
	received := at.AddDate(-1, 0, 0).Truncate(time.Second)
	head := "From: airlift <probe@example.org>\r\nTo: probe@example.org\r\nSubject: airlift probe\r\nDate: " + received.Format(time.RFC1123Z) + "\r\nMessage-ID: <probe-%d@airlift.example.org>\r\nMIME-Version: 1.0\r\n"
	var canaries []canary
	for i, body := range []string{
		"Content-Type: text/plain; charset=utf-8\r\n\r\nPlain, with ü.\r\n",
		"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nEight bits: \xfc, and a very long line " + strings.Repeat("x", 900) + "\r\n",
		"Content-Type: multipart/mixed; boundary=x\r\n\r\nPreamble\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inside\r\n\r\nInside.\r\n--x--\r\nEpilogue\r\n",
	} {
		data := []byte(fmt.Sprintf(head, at.UnixNano()+int64(i)) + body)
		e := sinks.Event{Op: sinks.OpAdd, Subject: "airlift probe", Received: &received, Read: new(i%2 == 0), Flag: "active", Verb: "reply", Categories: []string{"One", "Zwei ü"}}
		canaries = append(canaries, canary{
			TargetItem: sinks.TargetItem{Key: fmt.Sprintf("airlift probe mail %d", i), Event: e, Contents: []sinks.Content{content(".eml", data)}},
			properties: []string{"bytes", "internaldate", "flag", "categories"},
		})
	}
	return canaries
}

func content(ext string, data []byte) sinks.Content {
	return sinks.Content{Ext: ext, Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}
