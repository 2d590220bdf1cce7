package item

import (
	"net/mail"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Summary is what a manifest says of an item, beside its name and size. All text
// is valid UTF-8 in one line. What did not come is zero.
type Summary struct {
	// Date is when a mail was received, an event starts, a task is due (or else
	// starts, or was completed) or a note was last changed. Contacts have none.
	Date time.Time
	// From is the sender, the organizer, or the first address of a contact.
	From string
	// To has the first recipients or attendees, at most 20.
	To []string
	// Subject is the subject of an item, or the name of a contact.
	Subject string
	// MessageID of a mail, with its angle brackets. Only the MIME has it.
	MessageID string
	// Read is nil if the server did not say.
	Read *bool
	// Flag of a mail is "none", "active" or "complete", and "" if the server did
	// not say.
	Flag string
	// FollowUp is what a flag says besides; nil if it says nothing.
	FollowUp *FollowUp
	// Importance of a mail is "low", "normal" or "high", and "" if the server did
	// not say.
	Importance string
	// Verb is what was last done with a mail: "reply", "reply-all", "forward", or "".
	Verb string
	// Categories is nil if the server sent none, and empty if it sent that there
	// are none.
	Categories []string
	// Attachments counts them, inline ones too.
	Attachments int
	// FromHead tells what the server sent no property of, so that it was taken
	// from the head of the MIME.
	FromHead HeadFields
}

// HeadFields are the fields of a Summary that a MIME head may stand in for.
type HeadFields struct{ Date, From, Subject bool }

// Bounds of a Summary, in bytes of UTF-8 or items.
const (
	maxSubject    = 1 << 10
	maxAddress    = 320
	maxMessageID  = 512
	maxRecipients = 20
	maxCategories = 300 // MS-ASCAL 2.2.2.12
	maxCategory   = 256
)

// Summarize summarizes an item of a class ("Email", "SMS", "Calendar",
// "Contacts", "Tasks", "Notes"). head is the beginning of a mail's MIME, as much
// as there is at hand; it should hold the header and need not end with it. It
// never fails: what cannot be read is left out.
func Summarize(class string, props *wbxml.Element, head []byte) Summary {
	switch class {
	case "Contacts":
		return summarizeContact(props)
	case "Calendar":
		return summarizeEvent(props)
	case "Tasks":
		return summarizeTask(props)
	case "Notes":
		return Summary{
			Date:       firstDate(props, wbxml.NotesLastModifiedDate),
			Subject:    clean(props.Value(wbxml.NotesSubject), maxSubject),
			Categories: categories(props, wbxml.NotesCategories, wbxml.NotesCategory),
		}
	}
	return summarizeMail(props, head)
}

func summarizeMail(props *wbxml.Element, mime []byte) Summary {
	h := scanHead(mime)
	s := Summary{
		Date:       firstDate(props, wbxml.EmailDateReceived),
		From:       clean(props.Value(wbxml.EmailFrom), maxAddress),
		To:         splitAddresses(props.Value(wbxml.EmailTo), maxRecipients),
		Subject:    clean(props.Value(wbxml.EmailSubject), maxSubject),
		MessageID:  messageID(h.messageID),
		Flag:       flag(props.Child(wbxml.EmailFlag)),
		FollowUp:   followUp(props.Child(wbxml.EmailFlag)),
		Importance: importance(props.Value(wbxml.EmailImportance)),
		Verb:       verb(props.Value(wbxml.Email2LastVerbExecuted)),
		Categories: categories(props, wbxml.EmailCategories, wbxml.EmailCategory),
	}
	if s.Date.IsZero() && h.date != "" {
		if t, err := mail.ParseDate(h.date); err == nil {
			s.Date, s.FromHead.Date = t.UTC(), true
		}
	}
	if s.From == "" {
		s.From = clean(h.from, maxAddress)
		s.FromHead.From = s.From != ""
	}
	if s.Subject == "" {
		s.Subject = clean(h.subject, maxSubject)
		s.FromHead.Subject = s.Subject != ""
	}
	if len(s.To) == 0 {
		s.To = splitAddresses(firstOf(h.to, props.Value(wbxml.EmailDisplayTo)), maxRecipients)
	}
	if e := props.Child(wbxml.EmailRead); e != nil {
		s.Read = new(holds(e))
	}
	for range props.Child(wbxml.AirSyncBaseAttachments).All(wbxml.AirSyncBaseAttachment) {
		s.Attachments++
	}
	for range props.Child(wbxml.EmailAttachments).All(wbxml.EmailAttachment) { // 2.5
		s.Attachments++
	}
	return s
}

func summarizeContact(props *wbxml.Element) Summary {
	name := clean(props.Value(wbxml.ContactsFileAs), maxSubject)
	if name == "" {
		name = clean(fullName(viewOf(props)), maxSubject)
	}
	return Summary{
		From:       clean(props.Value(wbxml.ContactsEmail1Address), maxAddress),
		Subject:    name,
		Categories: categories(props, wbxml.ContactsCategories, wbxml.ContactsCategory),
	}
}

func summarizeEvent(props *wbxml.Element) Summary {
	s := Summary{
		Date:       firstDate(props, wbxml.CalendarStartTime),
		From:       clean(firstOf(props.Value(wbxml.CalendarOrganizerEmail), props.Value(wbxml.CalendarOrganizerName)), maxAddress),
		Subject:    clean(props.Value(wbxml.CalendarSubject), maxSubject),
		Categories: categories(props, wbxml.CalendarCategories, wbxml.CalendarCategory),
	}
	for e := range props.Child(wbxml.CalendarAttendees).All(wbxml.CalendarAttendee) {
		if len(s.To) == maxRecipients {
			break
		}
		if to := clean(firstOf(e.Value(wbxml.CalendarEmail), e.Value(wbxml.CalendarName)), maxAddress); to != "" {
			s.To = append(s.To, to)
		}
	}
	for range props.Child(wbxml.AirSyncBaseAttachments).All(wbxml.AirSyncBaseAttachment) {
		s.Attachments++
	}
	return s
}

func summarizeTask(props *wbxml.Element) Summary {
	return Summary{
		Date: firstDate(props, wbxml.TasksUtcDueDate, wbxml.TasksDueDate, wbxml.TasksUtcStartDate, wbxml.TasksStartDate,
			wbxml.TasksDateCompleted),
		Subject:    clean(props.Value(wbxml.TasksSubject), maxSubject),
		Categories: categories(props, wbxml.TasksCategories, wbxml.TasksCategory),
	}
}

// firstDate returns the first date that there is and that can be read.
func firstDate(props *wbxml.Element, tags ...wbxml.Tag) time.Time {
	for _, tag := range tags {
		if t, ok := parseTime(props.Value(tag)); ok {
			return t
		}
	}
	return time.Time{}
}

func categories(props *wbxml.Element, container, member wbxml.Tag) []string {
	e := props.Child(container)
	if e == nil {
		return nil
	}
	all := []string{}
	for c := range e.All(member) {
		if s := clean(c.Text, maxCategory); s != "" && len(all) < maxCategories {
			all = append(all, s)
		}
	}
	return all
}

// flag reads MS-ASEMAIL 2.2.2.34 and 2.2.2.74. An empty Flag is none.
func flag(e *wbxml.Element) string {
	if e == nil {
		return ""
	}
	switch e.Value(wbxml.EmailStatus) {
	case "1":
		return "complete"
	case "2":
		return "active"
	}
	return "none"
}

// messageID returns the identifier of a Message-ID field, without what is around it.
func messageID(s string) string {
	if i := strings.IndexByte(s, '<'); i >= 0 {
		if n := strings.IndexByte(s[i:], '>'); n > 0 {
			s = s[i : i+n+1]
		}
	}
	return clean(s, maxMessageID)
}
