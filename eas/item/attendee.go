package item

import (
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// organizer writes ORGANIZER: MS-ASCAL 2.2.2.35, 2.2.2.36.
func (c component) organizer(v view) {
	name, email := v.value(wbxml.CalendarOrganizerName), v.value(wbxml.CalendarOrganizerEmail)
	if name != "" || email != "" {
		c.add("ORGANIZER", calAddress(email), param{"CN", name})
	}
}

// attendees writes ATTENDEE: MS-ASCAL 2.2.2.3.
func (c component) attendees(v view) {
	rsvp := ""
	if isTrue(v.value(wbxml.CalendarResponseRequested)) {
		rsvp = "TRUE" // MS-OXCICAL, parameter RSVP
	}
	for e := range v.first(wbxml.CalendarAttendees).All(wbxml.CalendarAttendee) {
		a := viewOf(e)
		cutype, role := attendeeType(a.value(wbxml.CalendarAttendeeType))
		c.add("ATTENDEE", calAddress(a.value(wbxml.CalendarEmail)),
			param{"CN", a.value(wbxml.CalendarName)},
			param{"CUTYPE", cutype},
			param{"ROLE", role},
			param{"PARTSTAT", attendeeStatus(a.value(wbxml.CalendarAttendeeStatus))},
			param{"RSVP", rsvp})
	}
}

// attendeeType reads MS-ASCAL 2.2.2.6.
func attendeeType(s string) (cutype, role string) {
	switch s {
	case "1":
		return "INDIVIDUAL", "REQ-PARTICIPANT"
	case "2":
		return "INDIVIDUAL", "OPT-PARTICIPANT"
	case "3":
		return "RESOURCE", "NON-PARTICIPANT"
	}
	return "", ""
}

// attendeeStatus reads MS-ASCAL 2.2.2.5.
func attendeeStatus(s string) string {
	switch s {
	case "0", "5":
		return "NEEDS-ACTION"
	case "2":
		return "TENTATIVE"
	case "3":
		return "ACCEPTED"
	case "4":
		return "DECLINED"
	}
	return ""
}

// calAddress is an address as URI: RFC 5545 3.3.3, RFC 6068. Whoever has no
// address gets the one that Exchange writes then.
func calAddress(address string) string {
	if address == "" {
		return "invalid:nomail"
	}
	return "mailto:" + escapeURI(address)
}

// escapeURI percent-encodes what cannot stand in a URI.
func escapeURI(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c > '~' || strings.IndexByte(`%"<>\^{|}`+"`", c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
