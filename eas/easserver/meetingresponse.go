package easserver

import (
	"strconv"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxMeetingRequests is the limit of MS-ASCMD 3.1.5.10.
const maxMeetingRequests = 100

// meetingResponse answers MeetingResponse: an invitation that is accepted, or may
// be, becomes an event, and the message is gone. MS-ASCMD 2.2.1.11.
func (x *exchange) meetingResponse() {
	x.batch(wbxml.MeetingResponseRequest, maxMeetingRequests, func(request *wbxml.Element) wbxml.Element {
		id := request.Value(wbxml.MeetingResponseRequestId)
		calendarID, status := x.respond(id, request)
		r := wbxml.E(wbxml.MeetingResponseResult, wbxml.T(wbxml.MeetingResponseRequestId, x.device.shownItem(id)), wbxml.T(wbxml.MeetingResponseStatus, strconv.Itoa(status)))
		if calendarID != "" {
			r.Append(wbxml.T(wbxml.MeetingResponseCalendarId, x.device.shownItem(calendarID)))
		}
		return r
	})
}

// respond carries out one response. Status 2: it is no invitation.
func (x *exchange) respond(id string, request *wbxml.Element) (calendarID string, status int) {
	f := x.user.byID(request.Value(wbxml.MeetingResponseCollectionId))
	if f == nil {
		return "", 2
	}
	v := f.item(id)
	if v == nil || v.Message == nil || v.header().meeting == nil || v.header().meeting.method != "REQUEST" {
		return "", 2
	}
	props := eventProperties([]*component{v.header().meeting.event})
	// ResponseType is 2 tentative, 3 accepted, 4 declined; MeetingStatus 3 a meeting
	// of somebody else. MS-ASCAL 2.2.2.38, 2.2.2.28.
	responseType := map[string]string{"1": "3", "2": "2", "3": "4"}[request.Value(wbxml.MeetingResponseUserResponse)]
	if responseType == "" {
		return "", 2
	}
	f.remove(v, nil)
	if responseType == "4" {
		return "", 1
	}
	change := []wbxml.Element{
		wbxml.T(wbxml.CalendarMeetingStatus, "3"), wbxml.T(wbxml.CalendarResponseType, responseType),
		wbxml.T(wbxml.CalendarAppointmentReplyTime, x.cfg.Now().UTC().Format(wbxml.CompactDateTime)),
	}
	// A Change with a list of supported properties keeps what it does not name.
	keep := &supported{}
	calendar := x.user.byType(eas.FolderCalendar)
	event := calendar.add(Item{Properties: keep.merge(eas.ClassCalendar, x.protocol, props, change)}, nil)
	return calendar.serverID(event.num), 1
}
