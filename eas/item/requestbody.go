package item

import (
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// isBody tells of the elements that hold a body, in any version.
func isBody(tag wbxml.Tag) bool {
	switch tag {
	case wbxml.AirSyncBaseBody, wbxml.ContactsBody, wbxml.CalendarBody, wbxml.TasksBody, wbxml.ContactsRtf, wbxml.CalendarRtf, wbxml.TasksRtf:
		return true
	}
	return false
}

// oldBody is the element of protocol 2.5 for the body of an item, by the namespace of its properties.
func oldBody(sibling wbxml.Tag) wbxml.Tag {
	switch sibling.Page() {
	case wbxml.ContactsFileAs.Page():
		return wbxml.ContactsBody
	case wbxml.CalendarSubject.Page():
		return wbxml.CalendarBody
	case wbxml.TasksSubject.Page():
		return wbxml.TasksBody
	}
	return 0
}

// body appends a body in the form of the version: in 2.5 a text of the class, MS-ASAIRS 2.2.2.9 from 12.0 on.
func (r *request) body(to []wbxml.Element, e *wbxml.Element) []wbxml.Element {
	old := r.version < 12
	kind, data := "1", e.Text
	switch e.Tag {
	case wbxml.AirSyncBaseBody:
		kind, data = e.Value(wbxml.AirSyncBaseType), e.Value(wbxml.AirSyncBaseData)
	case wbxml.ContactsRtf, wbxml.CalendarRtf, wbxml.TasksRtf:
		kind = "3"
	}
	if _, err := strconv.Atoi(kind); err != nil {
		kind = "1"
	}
	if kind == "3" || kind == "4" { // compressed RTF, of which no server makes a text again, and what is no body of these classes
		r.lose(e.Tag.String(), data, "neither plain text nor HTML")
		return to
	}
	if !old {
		return append(to, wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, kind), wbxml.T(wbxml.AirSyncBaseData, data)))
	}
	if kind == "2" {
		r.lose(e.Tag.String(), data, "no HTML in protocol 2.5: kept as text")
		data = lineEnds(htmlText(data))
	}
	if r.legacy != 0 {
		return append(to, wbxml.T(r.legacy, data))
	}
	r.lose(e.Tag.String(), data, "no body in protocol 2.5")
	return to
}
