package easserver

import (
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

var partstats = map[string]string{"2": "TENTATIVE", "3": "ACCEPTED", responseDeclined: "DECLINED"}

// tellOrganizer writes the mail that SendResponse asks for: a reply, or a counter proposal, to
// the organizer. RFC 5546 3.2.3, 3.2.7.
func (x *exchange) tellOrganizer(request *wbxml.Element, props []wbxml.Element, response string) {
	send := request.Child(wbxml.MeetingResponseSendResponse)
	organizer := itemValue(props, wbxml.CalendarOrganizerEmail)
	if send == nil || organizer == "" {
		return
	}
	method, start, end := "REPLY", itemValue(props, wbxml.CalendarStartTime), itemValue(props, wbxml.CalendarEndTime)
	if s := send.Value(wbxml.MeetingResponseProposedStartTime); s != "" {
		method, start, end = "COUNTER", s, send.Value(wbxml.MeetingResponseProposedEndTime)
	}
	m := messageWriter{unique: newKey()}
	event := fmt.Sprintf("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:%s\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:%s\r\nDTSTART:%s\r\nDTEND:%s\r\n"+
		"ATTENDEE;PARTSTAT=%s:mailto:%s\r\nORGANIZER:mailto:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
		method, itemValue(props, wbxml.CalendarUID), x.cfg.Now().UTC().Format(wbxml.CompactDateTime), start, end, partstats[response], x.user.address, organizer)
	m.header("From", fmt.Sprintf("%q <%s>", x.user.displayName, x.user.address))
	m.header("To", organizer)
	m.header("Subject", partstats[response]+": "+itemValue(props, wbxml.CalendarSubject))
	m.header("Date", x.cfg.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	m.header("Message-ID", "<"+m.unique+"@airlift.invalid>")
	m.header("MIME-Version", "1.0")
	text := send.Child(wbxml.AirSyncBaseBody).Value(wbxml.AirSyncBaseData)
	m.body(text, "", []file{{"reply.ics", "text/calendar; method=" + method + "; charset=utf-8", event}})
	x.unsent = append(x.unsent, m.bytes())
}
