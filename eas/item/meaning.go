package item

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// assigned are the properties that servers write as they like, and that say nothing of what an item is. MS-ASCAL 2.2.2, MS-ASNOTE
// 2.2.2.4, MS-ASTASK 2.2.2.19, MS-ASAIRS 2.2.2.
var assigned = []wbxml.Tag{
	wbxml.AirSyncBaseNativeBodyType, wbxml.AirSyncBaseEstimatedDataSize, wbxml.AirSyncBaseTruncated, wbxml.AirSyncBasePreview,
	wbxml.AirSyncBaseFileReference, wbxml.CalendarUID, wbxml.CalendarClientUid, wbxml.CalendarDtStamp, wbxml.CalendarOrganizerName, wbxml.CalendarOrganizerEmail,
	wbxml.CalendarMeetingStatus, wbxml.CalendarResponseType, wbxml.CalendarAppointmentReplyTime, wbxml.CalendarAttendeeStatus,
	wbxml.NotesLastModifiedDate, wbxml.NotesMessageClass, wbxml.TasksOrdinalDate, wbxml.TasksSubOrdinalDate,
	wbxml.ContactsBodySize, wbxml.ContactsBodyTruncated, wbxml.CalendarBodyTruncated, wbxml.TasksBodySize, wbxml.TasksBodyTruncated,
}

// absentValues are the values that a property has when it is not there.
var absentValues = map[wbxml.Tag]string{
	wbxml.CalendarAllDayEvent: "0", wbxml.CalendarSensitivity: "0", wbxml.CalendarBusyStatus: "2", wbxml.CalendarResponseRequested: "0",
	wbxml.CalendarDisallowNewTimeProposal: "0", wbxml.CalendarDeleted: "0", wbxml.TasksSensitivity: "0", wbxml.TasksImportance: "1",
	wbxml.TasksComplete: "0", wbxml.TasksReminderSet: "0", wbxml.EmailRead: "0", wbxml.EmailImportance: "1", wbxml.EmailStatus: "0",
	wbxml.CalendarInterval: "1", wbxml.TasksInterval: "1", wbxml.CalendarIsLeapMonth: "0", wbxml.TasksIsLeapMonth: "0",
}

// sameAs are the properties that have two names, in older and in newer versions.
var sameAs = map[wbxml.Tag]wbxml.Tag{
	wbxml.AirSyncBaseLocation: wbxml.CalendarLocation, wbxml.AirSyncBaseInstanceId: wbxml.CalendarExceptionStartTime,
}

// ByServer tells of properties that servers write as they like, and that say nothing of what an item is: who made it and when, what
// a server calls it, how an answer has its body.
func ByServer(tag wbxml.Tag) bool { return slices.Contains(assigned, tag) }

// OldName is the name of a property in older protocol versions: of a location and of an occurrence. Others keep theirs.
func OldName(tag wbxml.Tag) wbxml.Tag {
	if old, ok := sameAs[tag]; ok {
		return old
	}
	return tag
}

// Says tells whether a property says anything: it is neither empty, nor a default, nor ByServer.
func Says(e *wbxml.Element) bool { return len(appendMeaning(nil, e)) > 0 }

// ContentHash is a short name of what an item says: not how it says it (the order of properties, forms of times, line ends), nor what is
// ByServer, nor what is the default. It is of those properties for which counts is true; nil = all.
func ContentHash(props *wbxml.Element, counts func(wbxml.Tag) bool) string {
	var parts []string
	for i := range props.Children {
		if c := &props.Children[i]; counts == nil || counts(c.Tag) {
			parts = appendMeaning(parts, c)
		}
	}
	return meaningHash(parts)
}

func meaningHash(parts []string) string {
	slices.Sort(parts)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// identities are the properties by which an item is found again whose other properties a server may have changed.
var identities = map[string][]wbxml.Tag{
	"Email":    {wbxml.EmailFrom, wbxml.EmailTo, wbxml.EmailSubject, wbxml.EmailDateReceived},
	"Contacts": {wbxml.ContactsFirstName, wbxml.ContactsLastName, wbxml.ContactsCompanyName, wbxml.ContactsEmail1Address},
	"Calendar": {wbxml.CalendarSubject, wbxml.CalendarStartTime, wbxml.CalendarEndTime},
	"Tasks":    {wbxml.TasksSubject, wbxml.TasksDueDate},
	"Notes":    {wbxml.NotesSubject},
}

// IdentityHash is a short name of the few properties by which people know an item of a class: of those, the ones in without do not
// count. It is "" if there is nothing to find the item by.
func IdentityHash(class string, props *wbxml.Element, without ...wbxml.Tag) string {
	var parts []string
	props = Dates(props)
	for _, tag := range identities[class] {
		if c := props.Child(tag); c != nil && !slices.Contains(without, tag) {
			parts = appendMeaning(parts, c)
		}
	}
	if c := props.Child(wbxml.ContactsFileAs); c != nil && len(parts) == 0 { // servers make it of the others
		parts = appendMeaning(parts, c)
	}
	if len(parts) == 0 {
		return ""
	}
	return meaningHash(parts)
}

// appendMeaning appends a form of e that is the same for all ways to say the same, nothing if e says nothing.
func appendMeaning(to []string, e *wbxml.Element) []string {
	value := meaning(e)
	if value == "" {
		return to
	}
	return append(to, OldName(e.Tag).String()+"="+strconv.Quote(value))
}

// meaning is what a property says; "" if nothing.
func meaning(e *wbxml.Element) string {
	if ByServer(e.Tag) {
		return ""
	}
	value := ""
	switch {
	case e.Tag == wbxml.AirSyncBaseLocation && len(e.Children) == 1: // all that a location was in older versions
		value = e.Value(wbxml.AirSyncBaseDisplayName)
	case len(e.Children) > 0:
		var parts []string
		for i := range e.Children {
			parts = appendMeaning(parts, &e.Children[i])
		}
		slices.Sort(parts)
		value = strings.Join(parts, " ")
		if e.Tag == wbxml.AirSyncBaseBody && e.Value(wbxml.AirSyncBaseData) == "" {
			value = ""
		}
	default:
		value = meantText(e.Tag, e.Text)
	}
	if value == absentValues[e.Tag] {
		return ""
	}
	return value
}

func meantText(tag wbxml.Tag, s string) string {
	if tag == wbxml.CalendarTimezone && s != "" {
		return zoneMeaning(s)
	}
	date := tag == wbxml.ContactsBirthday || tag == wbxml.ContactsAnniversary // of which the time means nothing
	if t, err := wbxml.ParseTime(s); err == nil && (date || strings.Contains(s, "T")) {
		if date {
			return t.Format("20060102")
		}
		return t.Format(wbxml.CompactDateTime)
	}
	return strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n ")
}
