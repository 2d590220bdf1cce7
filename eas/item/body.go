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
			truncated: isTrue(e.Value(wbxml.AirSyncBaseTruncated)),
		}
	}
	e := v.first(wbxml.EmailBody, wbxml.ContactsBody, wbxml.CalendarBody, wbxml.TasksBody)
	if e == nil {
		return body{}
	}
	truncated := v.first(wbxml.EmailBodyTruncated, wbxml.ContactsBodyTruncated, wbxml.CalendarBodyTruncated, wbxml.TasksBodyTruncated)
	return body{kind: "1", data: e.Text, truncated: truncated != nil && isTrue(truncated.Text)}
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

// description writes the body of an iCalendar component.
func (l *lines) description(b body) {
	l.text("DESCRIPTION", b.plain())
	switch b.kind {
	case "2":
		l.text("X-ALT-DESC", b.data, param{"FMTTYPE", "text/html"})
	case "3", "4":
		l.text("X-EAS-BODY-TYPE", b.kind)
	}
	if b.truncated {
		l.text("X-EAS-BODY-TRUNCATED", "1")
	}
}
