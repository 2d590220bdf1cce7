package easdst

import (
	"html"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// meeting are the properties that make a meeting of an event, for which a server may write to people.
var meeting = []wbxml.Tag{
	wbxml.CalendarAttendees, wbxml.CalendarOrganizerName, wbxml.CalendarOrganizerEmail, wbxml.CalendarResponseRequested, wbxml.CalendarMeetingStatus,
	wbxml.CalendarDisallowNewTimeProposal,
}

// attendees makes an appointment of a meeting: who is invited by whom becomes text in its body, so that no server invites them again.
func (o *outgoing) attendees(event *wbxml.Element) {
	whole := peopleOf(event)
	status := event.Value(wbxml.CalendarMeetingStatus)
	if whole != "" && (event.Has(wbxml.CalendarAttendees) || status != "" && status != "0") {
		o.alter(wbxml.CalendarAttendees.String(), strings.ReplaceAll(whole, "\n", "; "), "kept as text in the body, so that nobody is invited")
	} else {
		whole = "" // the organizer of an appointment is its owner
	}
	body := event.Child(wbxml.AirSyncBaseBody)
	if body != nil {
		body = body.Clone()
	}
	for x := range event.Child(wbxml.CalendarExceptions).All(wbxml.CalendarException) {
		own := peopleOf(x)
		inherits := !x.Has(wbxml.AirSyncBaseBody)
		alone(x)
		switch {
		case own == "" || own == whole && inherits:
			own = whole
			if inherits {
				continue
			}
		case inherits && body != nil:
			x.Append(*body.Clone())
		}
		o.withText(x, own)
	}
	alone(event)
	o.withText(event, whole)
	event.Append(wbxml.T(wbxml.CalendarMeetingStatus, "0"))
}

// alone takes from an event, or an exception, what makes it a meeting.
func alone(e *wbxml.Element) {
	e.Children = slices.DeleteFunc(e.Children, func(c wbxml.Element) bool { return slices.Contains(meeting, c.Tag) })
}

// peopleOf is a text of who takes part in an event; "" if nobody is named. MS-ASCAL 2.2.2.3, 2.2.2.35, 2.2.2.36.
func peopleOf(e *wbxml.Element) string {
	var lines []string
	if o := person(e.Value(wbxml.CalendarOrganizerName), e.Value(wbxml.CalendarOrganizerEmail)); o != "" {
		lines = append(lines, "Organizer: "+o)
	}
	if own := answers[e.Value(wbxml.CalendarResponseType)]; own != "" && e.Value(wbxml.CalendarResponseType) != "1" {
		lines = append(lines, "My answer: "+own)
	}
	n := 0
	for a := range e.Child(wbxml.CalendarAttendees).All(wbxml.CalendarAttendee) {
		if n++; n == 1 {
			lines = append(lines, "Attendees:")
		}
		var more []string
		for _, s := range []string{roles[a.Value(wbxml.CalendarAttendeeType)], answers[a.Value(wbxml.CalendarAttendeeStatus)]} {
			if s != "" {
				more = append(more, s)
			}
		}
		line := person(a.Value(wbxml.CalendarName), a.Value(wbxml.CalendarEmail))
		if len(more) > 0 {
			line += " (" + strings.Join(more, ", ") + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

var (
	roles   = map[string]string{"1": "required", "2": "optional", "3": "resource"}                                      // MS-ASCAL 2.2.2.6
	answers = map[string]string{"1": "organizer", "2": "tentative", "3": "accepted", "4": "declined", "5": "no answer"} // MS-ASCAL 2.2.2.5, 2.2.2.40
)

func person(name, address string) string {
	name, address = oneLine(name), oneLine(address)
	switch {
	case name == "" || name == address:
		return address
	case address == "":
		return name
	}
	return name + " <" + address + ">"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// withText puts a text below the body of an event.
func (o *outgoing) withText(e *wbxml.Element, text string) {
	if text == "" {
		return
	}
	for i := range e.Children {
		c := &e.Children[i]
		switch c.Tag {
		case wbxml.CalendarBody:
			c.Text = below(c.Text, text)
			return
		case wbxml.AirSyncBaseBody:
			kind, data := c.Value(wbxml.AirSyncBaseType), c.Value(wbxml.AirSyncBaseData)
			switch kind {
			case "2":
				data = belowHTML(data, text)
			case "3", "4":
				o.alter(c.Tag.String(), data, "neither plain text nor HTML")
				kind, data = "1", below("", text)
			default:
				kind, data = "1", below(data, text)
			}
			*c = wbxml.E(c.Tag, wbxml.T(wbxml.AirSyncBaseType, kind), wbxml.T(wbxml.AirSyncBaseData, data))
			return
		}
	}
	e.Append(wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, below("", text))))
}

func below(body, text string) string {
	text = strings.ReplaceAll(text, "\n", "\r\n")
	if body = strings.TrimRight(body, "\r\n "); body == "" {
		return text
	}
	return body + "\r\n\r\n" + text
}

func belowHTML(body, text string) string {
	block := "<p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>\r\n") + "</p>\r\n"
	if at := strings.LastIndex(strings.ToLower(body), "</body"); at >= 0 && len(strings.ToLower(body)) == len(body) {
		return body[:at] + block + body[at:]
	}
	return body + block
}
