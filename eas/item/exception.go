package item

import (
	"io"
	"strconv"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxExceptions bounds how many changed occurrences of a series are written, and
// maxSeries the bytes that they may repeat of it. The schema allows 1000.
const (
	maxExceptions = 1000
	maxSeries     = 64 << 20
)

// originalStart returns which occurrence an exception is of: InstanceId from
// protocol 16.0 on (MS-ASAIRS 2.2.2.25), before that ExceptionStartTime (MS-ASCAL
// 2.2.2.23). It is zero if the exception does not say.
func originalStart(exception *wbxml.Element) time.Time {
	s := exception.Value(wbxml.AirSyncBaseInstanceId)
	if s == "" {
		s = exception.Value(wbxml.CalendarExceptionStartTime)
	}
	t, _ := parseTime(s)
	return t
}

// exdates writes the occurrences that a series has no more.
func (c component) exdates(props *wbxml.Element, series form) {
	for e := range props.Child(wbxml.CalendarExceptions).All(wbxml.CalendarException) {
		if isTrue(e.Value(wbxml.CalendarDeleted)) {
			c.time("EXDATE", series, originalStart(e))
		}
	}
}

// changed returns the changed occurrences that shall be written after the series,
// which is complete, and says in it how many will not be.
func (c component) changed(props *wbxml.Element) (changed []*wbxml.Element) {
	limit, left := min(maxExceptions, maxSeries/c.size()), 0
	for e := range props.Child(wbxml.CalendarExceptions).All(wbxml.CalendarException) {
		switch {
		case isTrue(e.Value(wbxml.CalendarDeleted)):
		case originalStart(e).IsZero() || len(changed) == limit:
			left++
		default:
			changed = append(changed, e)
		}
	}
	if left > 0 {
		c.add("X-EAS-EXCEPTIONS-LEFT-OUT", strconv.Itoa(left))
	}
	return changed
}

// size is about how many bytes a component takes.
func (c component) size() int {
	const name = 64 // of a property and of its parameters
	n := 0
	for _, p := range c.Properties {
		n += name + len(p.Value)
		for _, v := range p.ICalParameters {
			n += len(v[0])
		}
	}
	return n
}

// later is a component that is made when it is written: all the occurrences of a
// large meeting at once would take many times the memory of what they are written as.
type later func() ics.Component

func (f later) SerializeTo(w io.Writer, c *ics.SerializationConfiguration) error {
	return f().SerializeTo(w, c)
}
func (f later) SubComponents() []ics.Component { return f().SubComponents() }
func (f later) UnknownPropertiesIANAProperties() []ics.IANAProperty {
	return f().UnknownPropertiesIANAProperties()
}

// series is what the occurrences of an event have in common.
type series struct {
	view  view
	form  form
	uid   string
	files map[string]File
}

// occurrence makes a changed occurrence: a VEVENT that says all that it is, also
// what it has from its series. It begins when it always would and takes as long
// as always, unless it says otherwise.
func (s series) occurrence(e *wbxml.Element) *ics.VEvent {
	v, original := viewOf(e), originalStart(e)
	at := spanOf(v)
	if at.start.IsZero() {
		at.start = original
	}
	if at.end.IsZero() || at.end.Before(at.start) {
		at.end = at.start.Add(spanOf(s.view).length())
	}
	v.series = s.view.own
	own := form{allDay: isTrue(v.value(wbxml.CalendarAllDayEvent)), zone: s.form.zone}
	if s.form.allDay && !own.allDay {
		own.zone = nil // dates came without a VTIMEZONE
	}

	event := ics.NewEvent(s.uid)
	c := component{&event.ComponentBase}
	c.time("RECURRENCE-ID", s.form, original)
	c.span(at, own)
	c.stamp(v.date(wbxml.CalendarDtStamp), original)
	c.eventProperties(v, s.files)
	return event
}
