package item

import (
	"slices"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Dates returns an event of whole days as protocol 16.0 has it: with bare dates, and without a time zone (MS-ASCAL 2.2.2.1). Up to 14.1 its
// times are midnights somewhere, and the zone tells of which days. Any other item is returned as it is.
func Dates(props *wbxml.Element) *wbxml.Element {
	blob := props.Value(wbxml.CalendarTimezone)
	if blob == "" || !isTrue(props.Value(wbxml.CalendarAllDayEvent)) {
		return props
	}
	z, ok := parseZone(blob)
	if !ok {
		return props
	}
	own := props.Clone()
	own.Children = slices.DeleteFunc(own.Children, func(c wbxml.Element) bool { return c.Tag == wbxml.CalendarTimezone })
	z.toDates(own)
	return own
}

// toDates makes dates of the times in an event, or an exception of it. One of certain hours keeps them.
func (z *zone) toDates(e *wbxml.Element) {
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
			z.toDates(c)
			continue
		default:
			continue
		}
		if t, err := wbxml.ParseTime(c.Text); err == nil {
			c.Text = dayOf(z.local(t)).Format(wbxml.CompactDateTime)
		}
	}
}
