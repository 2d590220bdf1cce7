package easserver

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// classPages are the code pages that the properties of a class come from, besides
// AirSyncBase.
var classPages = map[eas.Class][]uint8{
	eas.ClassContacts: {wbxml.ContactsFileAs.Page(), wbxml.Contacts2NickName.Page()},
	eas.ClassCalendar: {wbxml.CalendarUID.Page()},
	eas.ClassTasks:    {wbxml.TasksSubject.Page()},
	eas.ClassNotes:    {wbxml.NotesSubject.Page()},
}

// serverOnly are the properties of an event that from 16.0 on only the server
// sets. MS-ASCAL 2.2.2.16, 2.2.2.33, 2.2.2.34, 2.2.2.46, 2.2.2.5.
var serverOnly = []wbxml.Tag{
	wbxml.CalendarUID, wbxml.CalendarDtStamp, wbxml.CalendarOrganizerName, wbxml.CalendarOrganizerEmail, wbxml.CalendarAttendeeStatus,
}

// times are the properties that must be a date and time.
var times = []wbxml.Tag{
	wbxml.CalendarStartTime, wbxml.CalendarEndTime, wbxml.CalendarDtStamp, wbxml.CalendarUntil, wbxml.ContactsBirthday, wbxml.ContactsAnniversary,
	wbxml.TasksDueDate, wbxml.TasksUtcDueDate, wbxml.TasksStartDate, wbxml.TasksUtcStartDate, wbxml.TasksReminderTime, wbxml.TasksDateCompleted,
}

// checkProperties returns an error for ApplicationData that no item of the class can
// be made of.
func checkProperties(class eas.Class, p protocol, e *wbxml.Element) error {
	for i := range e.Children {
		c := &e.Children[i]
		if page := c.Tag.Page(); page != wbxml.AirSyncBaseBody.Page() && !slices.Contains(classPages[class], page) {
			return fmt.Errorf("%s in an item of class %s", c.Tag, class)
		}
		if class == eas.ClassCalendar && p >= 160 && slices.Contains(serverOnly, c.Tag) {
			return fmt.Errorf("%s in a request", c.Tag)
		}
		if slices.Contains(times, c.Tag) && c.Text != "" {
			if _, err := wbxml.ParseTime(c.Text); err != nil {
				return fmt.Errorf("%s: %w", c.Tag, err)
			}
		}
		if err := checkProperties(class, p, c); err != nil {
			return err
		}
	}
	return nil
}

// newProperties returns the properties of an item that a client adds.
func (x *exchange) newProperties(class eas.Class, sent []wbxml.Element) []wbxml.Element {
	props := canonical(sent)
	if class != eas.ClassCalendar {
		return props
	}
	assigned := []wbxml.Element{
		wbxml.T(wbxml.CalendarDtStamp, x.cfg.Now().UTC().Format(wbxml.CompactDateTime)),
		wbxml.T(wbxml.CalendarUID, newKey()),
	}
	if hasProperty(props, wbxml.CalendarAttendees) {
		assigned = append(assigned, wbxml.T(wbxml.CalendarMeetingStatus, "1"),
			wbxml.T(wbxml.CalendarOrganizerName, x.user.displayName), wbxml.T(wbxml.CalendarOrganizerEmail, x.user.address))
	} else {
		assigned = append(assigned, wbxml.T(wbxml.CalendarMeetingStatus, "0"))
	}
	for _, e := range assigned {
		if !hasProperty(props, e.Tag) {
			props = append(props, e)
		}
	}
	return props
}

func hasProperty(props []wbxml.Element, tag wbxml.Tag) bool {
	return slices.ContainsFunc(props, func(e wbxml.Element) bool { return e.Tag == tag })
}

// canonical returns properties in the form in which they are kept: that of 14.1,
// with a body of Type and Data.
func canonical(sent []wbxml.Element) []wbxml.Element {
	var props []wbxml.Element
	for _, e := range sent {
		switch e.Tag {
		case wbxml.ContactsBody, wbxml.CalendarBody, wbxml.TasksBody:
			e = textBody(e.Text)
		case wbxml.ContactsBodySize, wbxml.ContactsBodyTruncated, wbxml.CalendarBodyTruncated, wbxml.TasksBodySize, wbxml.TasksBodyTruncated,
			wbxml.AirSyncBaseNativeBodyType:
			continue
		case wbxml.AirSyncBaseBody:
			e = wbxml.E(e.Tag, wbxml.T(wbxml.AirSyncBaseType, e.Value(wbxml.AirSyncBaseType)), wbxml.T(wbxml.AirSyncBaseData, e.Value(wbxml.AirSyncBaseData)))
		}
		props = append(props, e)
	}
	return props
}

func textBody(text string) wbxml.Element {
	return wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, text))
}

// supported is the list of properties that a device manages. What is not in it is
// ghosted: a Change that leaves it out does not delete it. MS-ASCMD 2.2.3.179.
type supported struct{ tags map[wbxml.Tag]bool }

func parseSupported(e *wbxml.Element) *supported {
	if e == nil {
		return nil
	}
	s := &supported{tags: map[wbxml.Tag]bool{}}
	for i := range e.Children {
		s.tags[e.Children[i].Tag] = true
	}
	return s
}

// ghosted tells whether a property that a Change leaves out stays: a body, a picture
// and exceptions always do, and what identifies an event; from 16.0 on all of an event;
// of other contacts and events what is not in the list. MS-ASCMD 2.2.3.24, 2.2.3.179.
func (s *supported) ghosted(class eas.Class, p protocol, tag wbxml.Tag) bool {
	switch tag {
	case wbxml.AirSyncBaseBody, wbxml.ContactsPicture, wbxml.CalendarExceptions, wbxml.CalendarUID, wbxml.CalendarDtStamp, wbxml.CalendarClientUid:
		return true
	}
	switch class {
	case eas.ClassCalendar:
		return p >= 160 || s != nil && !s.tags[tag]
	case eas.ClassContacts:
		return s != nil && !s.tags[tag]
	}
	return false
}

// sameProperty tells whether two tags are of one property: a location has another
// name from 16.0 on.
func sameProperty(a, b wbxml.Tag) bool {
	location := func(t wbxml.Tag) bool { return t == wbxml.CalendarLocation || t == wbxml.AirSyncBaseLocation }
	return a == b || location(a) && location(b)
}

// merge returns the properties of an item after a Change.
func (s *supported) merge(class eas.Class, p protocol, old, change []wbxml.Element) []wbxml.Element {
	var props []wbxml.Element
	replaced := map[wbxml.Tag]bool{}
	for _, e := range old {
		at := slices.IndexFunc(change, func(c wbxml.Element) bool { return sameProperty(c.Tag, e.Tag) })
		switch {
		case at >= 0:
			props = append(props, change[at])
			replaced[change[at].Tag] = true
		case s.ghosted(class, p, e.Tag):
			props = append(props, e)
		}
	}
	for _, e := range change {
		if !replaced[e.Tag] {
			props = append(props, e)
		}
	}
	return props
}

// withOccurrence returns the event with an exception for the occurrence that starts
// at instance. MS-ASCMD 2.2.3.24, from 16.0 on.
func (v *version) withOccurrence(instance string, data *wbxml.Element) (Item, error) {
	return v.withException(instance, canonical(data.Children)...)
}

// withoutOccurrence returns the event with the occurrence deleted.
func (v *version) withoutOccurrence(instance string) (Item, error) {
	return v.withException(instance, wbxml.T(wbxml.CalendarDeleted, "1"))
}

func (v *version) withException(instance string, what ...wbxml.Element) (Item, error) {
	t, err := wbxml.ParseTime(instance)
	if err != nil || !hasProperty(v.Properties, wbxml.CalendarRecurrence) {
		return Item{}, fmt.Errorf("no occurrence %s", instance)
	}
	start := t.Format(wbxml.CompactDateTime)
	exception := wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, start))
	exception.Append(what...)
	exceptions := wbxml.E(wbxml.CalendarExceptions)
	it := v.Item
	it.Properties = nil
	for i := range v.Properties {
		e := v.Properties[i]
		if e.Tag != wbxml.CalendarExceptions {
			it.Properties = append(it.Properties, e)
			continue
		}
		for old := range e.All(wbxml.CalendarException) {
			if !sameTime(old.Value(wbxml.CalendarExceptionStartTime), t) {
				exceptions.Append(*old)
			}
		}
	}
	exceptions.Append(exception)
	it.Properties = append(it.Properties, exceptions)
	return it, nil
}

func sameTime(text string, t time.Time) bool {
	u, err := wbxml.ParseTime(strings.TrimSpace(text))
	return err == nil && u.Equal(t)
}
