package item

import "github.com/airlift-eas/airlift/eas/wbxml"

// Note returns the iCalendar object of a note (MS-ASNOTE): a VJOURNAL. The error
// is ErrNoProperties.
func Note(props *wbxml.Element) ([]byte, error) {
	if err := checkProperties(props); err != nil {
		return nil, err
	}
	v := viewOf(props)
	modified := v.date(wbxml.NotesLastModifiedDate)

	var l lines
	l.beginCalendar()
	l.begin("VJOURNAL")
	l.text("UID", contentUUID(props))
	l.stamp(modified)
	l.utc("LAST-MODIFIED", modified)
	l.text("SUMMARY", v.value(wbxml.NotesSubject))
	l.description(findBody(v))
	l.fields("CATEGORIES", ',', v.list(wbxml.NotesCategories, wbxml.NotesCategory))
	l.extra(v, wbxml.NotesMessageClass)
	l.end("VJOURNAL")
	l.end("VCALENDAR")
	return l.b, nil
}
