package item

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/mail"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Meeting returns the iCalendar object of the meeting that a mail invites to (MS-ASEMAIL 2.2.2.48): for a mail whose own
// calendar part the server does not send. It has what the server says of the meeting; who is invited besides the reader, it
// does not say. It is not ok for a mail without a MeetingRequest.
func Meeting(props *wbxml.Element) (b []byte, ok bool, err error) {
	request := props.Child(wbxml.EmailMeetingRequest)
	if request == nil {
		return nil, false, nil
	}
	event := wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.CalendarSubject, props.Value(wbxml.EmailSubject)))
	for i := range request.Children {
		c := &request.Children[i]
		switch tag, plain := ofMeeting[c.Tag]; {
		case plain:
			event.Append(wbxml.T(tag, c.Text))
		case c.Tag == wbxml.AirSyncBaseLocation:
			event.Append(*c)
		case c.Tag == wbxml.EmailReminder: // MS-ASEMAIL 2.2.2.63: seconds
			if n, err := strconv.Atoi(c.Text); err == nil {
				event.Append(wbxml.T(wbxml.CalendarReminder, strconv.Itoa(n/60)))
			}
		case c.Tag == wbxml.EmailOrganizer:
			event.Append(organizer(c.Text)...)
		case c.Tag == wbxml.EmailGlobalObjId && !request.Has(wbxml.CalendarUID):
			if uid := uidOf(c.Text); uid != "" {
				event.Append(wbxml.T(wbxml.CalendarUID, uid))
			}
		case c.Tag == wbxml.EmailRecurrences:
			if r := c.Child(wbxml.EmailRecurrence); r != nil {
				event.Append(meetingRecurrence(r))
			}
		}
	}
	b, err = Event(&event, Options{})
	return b, err == nil, err
}

// ofMeeting are the properties of a MeetingRequest that an event has by another name.
var ofMeeting = map[wbxml.Tag]wbxml.Tag{
	wbxml.EmailAllDayEvent: wbxml.CalendarAllDayEvent, wbxml.EmailStartTime: wbxml.CalendarStartTime, wbxml.EmailEndTime: wbxml.CalendarEndTime,
	wbxml.EmailDtStamp: wbxml.CalendarDtStamp, wbxml.EmailLocation: wbxml.CalendarLocation, wbxml.EmailSensitivity: wbxml.CalendarSensitivity,
	wbxml.EmailBusyStatus: wbxml.CalendarBusyStatus, wbxml.EmailTimeZone: wbxml.CalendarTimezone, wbxml.CalendarUID: wbxml.CalendarUID,
	wbxml.EmailResponseRequested: wbxml.CalendarResponseRequested, wbxml.EmailDisallowNewTimeProposal: wbxml.CalendarDisallowNewTimeProposal,
}

// ofRecurrence are those of its recurrence.
var ofRecurrence = map[wbxml.Tag]wbxml.Tag{
	wbxml.EmailType: wbxml.CalendarType, wbxml.EmailUntil: wbxml.CalendarUntil, wbxml.EmailOccurrences: wbxml.CalendarOccurrences,
	wbxml.EmailInterval: wbxml.CalendarInterval, wbxml.EmailDayOfWeek: wbxml.CalendarDayOfWeek, wbxml.EmailDayOfMonth: wbxml.CalendarDayOfMonth,
	wbxml.EmailWeekOfMonth: wbxml.CalendarWeekOfMonth, wbxml.EmailMonthOfYear: wbxml.CalendarMonthOfYear,
	wbxml.Email2CalendarType: wbxml.CalendarCalendarType, wbxml.Email2IsLeapMonth: wbxml.CalendarIsLeapMonth,
	wbxml.Email2FirstDayOfWeek: wbxml.CalendarFirstDayOfWeek,
}

func meetingRecurrence(r *wbxml.Element) wbxml.Element {
	out := wbxml.E(wbxml.CalendarRecurrence)
	for _, c := range r.Children {
		if tag, ok := ofRecurrence[c.Tag]; ok {
			out.Append(wbxml.T(tag, c.Text))
		}
	}
	return out
}

// organizer reads an address that may have a name.
func organizer(s string) []wbxml.Element {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return []wbxml.Element{wbxml.T(wbxml.CalendarOrganizerEmail, s)}
	}
	return []wbxml.Element{wbxml.T(wbxml.CalendarOrganizerName, a.Name), wbxml.T(wbxml.CalendarOrganizerEmail, a.Address)}
}

// uidOf reads a GlobalObjId: it holds the UID of who made the meeting, or else is one, in hex, without the date of its
// instance. MS-ASEMAIL 2.2.2.37, MS-OXCICAL 2.1.3.1.1.20.26.
func uidOf(id string) string {
	const date, data = 16, 40
	vcal := []byte("vCal-Uid\x01\x00\x00\x00")
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(id))
	if err != nil || len(b) <= data {
		return ""
	}
	if uid, ok := bytes.CutPrefix(b[data:], vcal); ok {
		uid, _, _ = bytes.Cut(uid, []byte{0})
		return string(uid)
	}
	clear(b[date : date+4])
	return strings.ToUpper(hex.EncodeToString(b))
}
