package item

import (
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// body is the text of an item.
type body struct {
	kind      string // MS-ASAIRS 2.2.2.41.1: 1 plain, 2 HTML, 3 RTF, 4 MIME
	data      string
	truncated bool
}

// findBody reads airsyncbase:Body, or the class's own Body of protocol 2.5.
func findBody(v view) body {
	if e := v.first(wbxml.AirSyncBaseBody); e != nil {
		return body{
			kind:      e.Value(wbxml.AirSyncBaseType),
			data:      e.Value(wbxml.AirSyncBaseData),
			truncated: holds(e.Child(wbxml.AirSyncBaseTruncated)),
		}
	}
	e := v.first(wbxml.EmailBody, wbxml.ContactsBody, wbxml.CalendarBody, wbxml.TasksBody)
	if e == nil {
		if e = v.first(wbxml.ContactsRtf, wbxml.CalendarRtf, wbxml.TasksRtf); e != nil {
			return body{kind: "3", data: e.Text}
		}
		return body{}
	}
	truncated := v.first(wbxml.EmailBodyTruncated, wbxml.ContactsBodyTruncated, wbxml.CalendarBodyTruncated, wbxml.TasksBodyTruncated)
	return body{kind: "1", data: e.Text, truncated: holds(truncated)}
}

// plain returns the body as plain text. RTF and MIME have none here.
func (b body) plain() string {
	switch b.kind {
	case "2":
		return htmlText(b.data)
	case "3", "4":
		return ""
	}
	return b.data
}

// description adds the body of an iCalendar component.
func (c component) description(b body) {
	c.add("DESCRIPTION", b.plain())
	if b.kind == "2" {
		c.add("X-ALT-DESC", b.data, param{"FMTTYPE", "text/html"})
	}
	b.marks(c.add)
}

// marks adds what the plain text of a body does not say of it.
func (b body) marks(add adder) {
	if b.kind == "3" || b.kind == "4" {
		add("X-EAS-BODY-TYPE", b.kind)
	}
	if b.truncated {
		add("X-EAS-BODY-TRUNCATED", "1")
	}
}
