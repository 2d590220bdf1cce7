package easserver

import (
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxMeetingRequests is the limit of MS-ASCMD 3.1.5.10.
const maxMeetingRequests = 100

// meetingResponse answers MeetingResponse: an invitation that is accepted, or may
// be, becomes an event, and the message is gone. From 14.1 on an event of the calendar
// may be answered as well. MS-ASCMD 2.2.1.11.
func (x *exchange) meetingResponse() {
	// 2 is an invalid request, MS-ASCMD 2.2.3.177.9.
	x.batch(wbxml.MeetingResponseRequest, maxMeetingRequests, 2, func(request *wbxml.Element) wbxml.Element {
		calendarID, status := x.respond(request)
		r := wbxml.E(wbxml.MeetingResponseResult)
		if id := request.Value(wbxml.MeetingResponseRequestId); id != "" {
			r.Append(wbxml.T(wbxml.MeetingResponseRequestId, x.device.shownItem(id)))
		}
		r.Append(wbxml.T(wbxml.MeetingResponseStatus, strconv.Itoa(status)))
		if calendarID != "" {
			r.Append(wbxml.T(wbxml.MeetingResponseCalendarId, x.device.shownItem(calendarID)))
		}
		if i := request.Child(wbxml.MeetingResponseInstanceId); i != nil && status == 1 {
			r.Append(*i)
		}
		return r
	})
	for _, message := range x.unsent {
		x.deliver(message)
	}
}

// ResponseType is 2 tentative, 3 accepted, 4 declined, by the UserResponse. MS-ASCAL 2.2.2.38.
var responseTypes = map[string]string{"1": "3", "2": "2", "3": responseDeclined}

const responseDeclined = "4"

// respond carries out one response. Status 2: it is no invitation.
func (x *exchange) respond(request *wbxml.Element) (calendarID string, status int) {
	folder, id := request.Value(wbxml.MeetingResponseCollectionId), request.Value(wbxml.MeetingResponseRequestId)
	if longID := request.Value(wbxml.SearchLongId); longID != "" {
		if folder+id != "" {
			x.violation("MS-ASCMD 2.2.3.150.2", "a LongId and another id")
			return "", 2
		}
		id = longID
		folder, _, _ = strings.Cut(longID, ":")
	}
	response := responseTypes[request.Value(wbxml.MeetingResponseUserResponse)]
	if response == "" || !proposal(request.Child(wbxml.MeetingResponseSendResponse)) {
		x.violation("MS-ASCMD 2.2.3.194, 2.2.3.140", "a response that makes no sense")
		return "", 2
	}
	f := x.user.byID(folder)
	if f == nil {
		return "", 2
	}
	v := f.item(id)
	instance := request.Value(wbxml.MeetingResponseInstanceId)
	switch {
	case v == nil:
		return "", 2
	case v.Message != nil:
		return x.respondToMessage(f, v, request, response, instance)
	case f.class() == eas.ClassCalendar && x.protocol >= 141:
		return x.respondToEvent(f, v, request, response, instance)
	}
	return "", 2
}

// proposal tells whether a SendResponse proposes a time as it should: with start and end.
func proposal(send *wbxml.Element) bool {
	start, end := send.Value(wbxml.MeetingResponseProposedStartTime), send.Value(wbxml.MeetingResponseProposedEndTime)
	if start == "" && end == "" {
		return true
	}
	from, err := time.Parse(wbxml.CompactDateTime, start)
	to, err2 := time.Parse(wbxml.CompactDateTime, end)
	return err == nil && err2 == nil && from.Before(to)
}

func (x *exchange) respondToMessage(f *Folder, v *version, request *wbxml.Element, response, instance string) (calendarID string, status int) {
	m := v.header().meeting
	if m == nil || m.method != "REQUEST" || instance != "" {
		return "", 2
	}
	props := eventProperties([]*component{m.event})
	f.remove(v, nil)
	x.tellOrganizer(request, props, response)
	if response == responseDeclined {
		return "", 1
	}
	calendar := x.user.byType(eas.FolderCalendar)
	event := calendar.add(Item{Properties: x.answered(props, response)}, nil)
	return calendar.serverID(event.num), 1
}

// answered is an event with the user's response. MeetingStatus 3: a meeting of somebody
// else. MS-ASCAL 2.2.2.28.
func (x *exchange) answered(props []wbxml.Element, response string) []wbxml.Element {
	change := []wbxml.Element{
		wbxml.T(wbxml.CalendarMeetingStatus, "3"), wbxml.T(wbxml.CalendarResponseType, response),
		wbxml.T(wbxml.CalendarAppointmentReplyTime, x.cfg.Now().UTC().Format(wbxml.CompactDateTime)),
	}
	// A Change with a list of supported properties keeps what it does not name.
	keep := &supported{}
	return keep.merge(eas.ClassCalendar, x.protocol, props, change)
}

// respondToEvent answers with the event itself, or with one occurrence of it. MS-ASCMD
// 2.2.3.92.1, 2.2.3.177.9.
func (x *exchange) respondToEvent(f *Folder, v *version, request *wbxml.Element, response, instance string) (calendarID string, status int) {
	props := v.Properties
	organizer := itemValue(props, wbxml.CalendarOrganizerEmail)
	if organizer == "" || strings.EqualFold(organizer, x.user.address) {
		return "", 2
	}
	it, err := v.Item, error(nil)
	if instance != "" {
		if _, err := time.Parse(wbxml.DateTime, instance); err != nil {
			x.violation("MS-ASCMD 2.2.3.92.1", "InstanceId is "+instance)
			return "", 104
		}
		if !hasProperty(props, wbxml.CalendarRecurrence) {
			return "", 146
		}
		if response == responseDeclined {
			it, err = v.withoutOccurrence(instance)
		} else {
			it, err = v.withException(instance, wbxml.T(wbxml.CalendarResponseType, response))
		}
	} else {
		it.Properties = x.answered(props, response)
	}
	if err != nil {
		return "", 2
	}
	x.tellOrganizer(request, props, response)
	if response == responseDeclined && instance == "" {
		f.remove(v, nil)
		return "", 1
	}
	f.replace(v, it, nil)
	if response == responseDeclined {
		return "", 1
	}
	return f.serverID(v.num), 1
}
