package twoway

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// assigned are the properties that servers write as they like, and that say nothing of what an item is. MS-ASCAL 2.2.2, MS-ASNOTE
// 2.2.2.4, MS-ASTASK 2.2.2.19, MS-ASAIRS 2.2.2.
var assigned = []wbxml.Tag{
	wbxml.AirSyncBaseNativeBodyType, wbxml.AirSyncBaseEstimatedDataSize, wbxml.AirSyncBaseTruncated, wbxml.AirSyncBasePreview,
	wbxml.CalendarUID, wbxml.CalendarClientUid, wbxml.CalendarDtStamp, wbxml.CalendarOrganizerName, wbxml.CalendarOrganizerEmail,
	wbxml.CalendarMeetingStatus, wbxml.CalendarResponseType, wbxml.CalendarAppointmentReplyTime, wbxml.CalendarAttendeeStatus,
	wbxml.NotesLastModifiedDate, wbxml.NotesMessageClass, wbxml.TasksOrdinalDate, wbxml.TasksSubOrdinalDate,
}

// defaults are the values that a property has when it is not there.
var defaults = map[wbxml.Tag]string{
	wbxml.CalendarAllDayEvent: "0", wbxml.CalendarSensitivity: "0", wbxml.CalendarBusyStatus: "2", wbxml.CalendarResponseRequested: "0",
	wbxml.CalendarDisallowNewTimeProposal: "0", wbxml.TasksSensitivity: "0", wbxml.TasksImportance: "1", wbxml.TasksComplete: "0",
	wbxml.TasksReminderSet: "0", wbxml.EmailRead: "0", wbxml.EmailImportance: "1", wbxml.EmailStatus: "0",
}

// sameAs are the properties that have two names, in older and in newer versions.
var sameAs = map[wbxml.Tag]wbxml.Tag{
	wbxml.AirSyncBaseLocation: wbxml.CalendarLocation, wbxml.AirSyncBaseInstanceId: wbxml.CalendarExceptionStartTime,
}

var (
	mailFlags     = []wbxml.Tag{wbxml.EmailRead, wbxml.EmailFlag, wbxml.EmailCategories}
	draftContents = []wbxml.Tag{
		wbxml.EmailTo, wbxml.EmailCc, wbxml.Email2Bcc, wbxml.EmailReplyTo, wbxml.EmailSubject, wbxml.EmailImportance, wbxml.AirSyncBaseBody,
	}
)

// counts tells whether a property is kept in step.
func (r *run) counts(tag wbxml.Tag) bool {
	switch {
	case r.class == eas.ClassEmail:
		return slices.Contains(mailFlags, tag) || r.drafts && slices.Contains(draftContents, tag)
	case slices.Contains(assigned, tag):
		return false
	case r.f.Supported == nil || r.class != eas.ClassContacts && r.class != eas.ClassCalendar:
		return true
	}
	return slices.Contains(r.f.Supported, tag) || slices.Contains(r.f.Supported, sameAs[tag])
}

// hash is a short name of what an item says.
func (r *run) hash(props *wbxml.Element) string {
	var parts []string
	for i := range props.Children {
		if c := &props.Children[i]; r.counts(c.Tag) {
			parts = appendCanonical(parts, c)
		}
	}
	return digest(parts)
}

func digest(parts []string) string {
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// appendCanonical appends a form of e that is the same for all ways to say the same, nothing if e says nothing.
func appendCanonical(to []string, e *wbxml.Element) []string {
	if slices.Contains(assigned, e.Tag) {
		return to
	}
	tag, value := e.Tag, ""
	switch {
	case tag == wbxml.AirSyncBaseLocation && len(e.Children) == 1: // all that a location was in older versions
		value = e.Value(wbxml.AirSyncBaseDisplayName)
	case len(e.Children) > 0:
		var parts []string
		for i := range e.Children {
			parts = appendCanonical(parts, &e.Children[i])
		}
		slices.Sort(parts)
		value = strings.Join(parts, " ")
		if tag == wbxml.AirSyncBaseBody && e.Value(wbxml.AirSyncBaseData) == "" {
			value = ""
		}
	default:
		value = text(tag, e.Text)
	}
	if value == "" || value == defaults[tag] {
		return to
	}
	if other, ok := sameAs[tag]; ok {
		tag = other
	}
	return append(to, tag.String()+"="+strconv.Quote(value))
}

func text(tag wbxml.Tag, s string) string {
	date := tag == wbxml.ContactsBirthday || tag == wbxml.ContactsAnniversary // of which the time means nothing
	if t, err := wbxml.ParseTime(s); err == nil && (date || strings.Contains(s, "T")) {
		if date {
			return t.Format("20060102")
		}
		return t.Format(wbxml.CompactDateTime)
	}
	return strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n ")
}

// marks are the properties by which an item is found again whose other properties a server may have changed.
var marks = map[eas.Class][]wbxml.Tag{
	eas.ClassEmail:    {wbxml.EmailFrom, wbxml.EmailTo, wbxml.EmailSubject, wbxml.EmailDateReceived},
	eas.ClassContacts: {wbxml.ContactsFirstName, wbxml.ContactsLastName, wbxml.ContactsCompanyName, wbxml.ContactsEmail1Address},
	eas.ClassCalendar: {wbxml.CalendarSubject, wbxml.CalendarStartTime, wbxml.CalendarEndTime},
	eas.ClassTasks:    {wbxml.TasksSubject, wbxml.TasksDueDate},
	eas.ClassNotes:    {wbxml.NotesSubject},
}

// mark is "" if there is nothing to find the item by.
func (r *run) mark(props *wbxml.Element) string {
	var parts []string
	for _, tag := range marks[r.class] {
		if r.drafts && (tag == wbxml.EmailFrom || tag == wbxml.EmailDateReceived) {
			continue // the server writes them
		}
		if c := props.Child(tag); c != nil {
			parts = appendCanonical(parts, c)
		}
	}
	if c := props.Child(wbxml.ContactsFileAs); c != nil && len(parts) == 0 { // servers make it of the others
		parts = appendCanonical(parts, c)
	}
	if len(parts) == 0 {
		return ""
	}
	return digest(parts)
}

// identity is that by which two items are taken for one.
func (r *run) identity(hash, mark string) string {
	if r.class == eas.ClassEmail && !r.drafts {
		return mark
	}
	return hash
}

func (e *Entry) there() string {
	if e.There == "" {
		return e.Here
	}
	return e.There
}
