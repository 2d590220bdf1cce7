package easserver

import (
	"fmt"
	"net/mail"
	"strings"

	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// forwards tells whether a SmartForward is of a meeting: the server writes the message.
func (o outgoing) forwards() bool { return o.forwardees != nil || o.body != nil }

// forwardMeeting answers a SmartForward that has Forwardees, or a Body, instead of a
// message. MS-ASCMD 2.2.3.169.
func (x *exchange) forwardMeeting(o outgoing, original *version) {
	var to []string
	if o.forwardees != nil {
		for f := range o.forwardees.All(wbxml.ComposeMailForwardee) {
			a := mail.Address{Name: f.Value(wbxml.ComposeMailName), Address: f.Value(wbxml.ComposeMailEmail)}
			to = append(to, a.String())
		}
	}
	switch {
	case o.mime != nil || o.save || o.replace || x.doc.Has(wbxml.RightsManagementTemplateID):
		x.refuse(103, "MS-ASCMD 2.2.3.169", "Forwardees, or a Body, beside a message")
	case original == nil:
		x.fail(150, 0)
	case original.Message != nil:
		x.refuse(103, "MS-ASCMD 2.2.3.169", "Forwardees of what is no calendar item")
	case len(to) == 0:
		x.fail(119, 0)
	default:
		subject := itemValue(original.Properties, wbxml.CalendarSubject)
		x.submit(o, x.meetingMessage(to, subject, o.body.Value(wbxml.AirSyncBaseData), original.meetingFile()))
	}
}

// meetingFile is an event as an invitation.
func (v *version) meetingFile() file {
	props := wbxml.E(wbxml.AirSyncApplicationData, v.Properties...)
	event, _ := item.Event(&props, item.Options{}) // which fails for an event without properties
	text := strings.Replace(string(event), "BEGIN:VCALENDAR\r\n", "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\n", 1)
	return file{"meeting.ics", "text/calendar; method=REQUEST; charset=utf-8", text}
}

// meetingMessage writes an invitation to an event.
func (x *exchange) meetingMessage(to []string, subject, text string, event file) []byte {
	m := messageWriter{unique: newKey()}
	m.header("From", fmt.Sprintf("%q <%s>", x.user.displayName, x.user.address))
	m.header("To", strings.Join(to, ", "))
	m.header("Subject", "FW: "+subject)
	m.header("Date", x.cfg.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	m.header("Message-ID", "<"+m.unique+"@airlift.invalid>")
	m.header("MIME-Version", "1.0")
	m.body(text, "", []file{event})
	return m.bytes()
}
