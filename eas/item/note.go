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
	cal := newCalendar()
	c := component{&cal.AddJournal(contentUUID(props)).ComponentBase}
	c.stamp(modified)
	c.utc("LAST-MODIFIED", modified)
	c.add("SUMMARY", v.value(wbxml.NotesSubject))
	c.description(findBody(v))
	c.categories(v, wbxml.NotesCategories, wbxml.NotesCategory)
	v.extra(c.add, wbxml.NotesMessageClass)
	return serialize(cal)
}
