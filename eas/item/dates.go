package item

import (
	"slices"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Dates returns an event of whole days as protocol 16.0 has it: with bare dates, and without a time zone (MS-ASCAL 2.2.2.1). Up to 14.1 its
// times are midnights somewhere, and the zone tells of which days: the same ones that [Event] writes. Any other item is returned as it is.
func Dates(props *wbxml.Element) *wbxml.Element {
	if !isTrue(props.Value(wbxml.CalendarAllDayEvent)) {
		return props
	}
	z, _ := parseZone(props.Value(wbxml.CalendarTimezone))
	own := props.Clone()
	own.Children = slices.DeleteFunc(own.Children, func(c wbxml.Element) bool { return c.Tag == wbxml.CalendarTimezone })
	form{allDay: true, zone: z}.toDates(own)
	return own
}

// toDates makes dates of the times in an event, or an exception of it. One of certain hours keeps them.
func (f form) toDates(e *wbxml.Element) {
	hours := e.Has(wbxml.CalendarAllDayEvent) && !isTrue(e.Value(wbxml.CalendarAllDayEvent))
	for i := range e.Children {
		c := &e.Children[i]
		switch c.Tag {
		case wbxml.CalendarStartTime, wbxml.CalendarEndTime:
			if hours {
				continue
			}
		case wbxml.CalendarUntil, wbxml.CalendarExceptionStartTime, wbxml.AirSyncBaseInstanceId:
		case wbxml.CalendarRecurrence, wbxml.CalendarExceptions, wbxml.CalendarException:
			f.toDates(c)
			continue
		default:
			continue
		}
		if t, ok := parseTime(c.Text); ok {
			c.Text = f.date(t).Format(wbxml.CompactDateTime)
		}
	}
}
