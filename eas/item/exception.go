package item

import (
	"strconv"
	"time"

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
func (l *lines) exdates(props *wbxml.Element, series form) {
	for e := range props.Child(wbxml.CalendarExceptions).All(wbxml.CalendarException) {
		if isTrue(e.Value(wbxml.CalendarDeleted)) {
			l.time("EXDATE", series, originalStart(e))
		}
	}
}

// changed returns the changed occurrences that shall be written after the series,
// which has been written, and says in it how many will not be.
func (l *lines) changed(props *wbxml.Element) (changed []*wbxml.Element) {
	limit, left := min(maxExceptions, maxSeries/len(l.b)), 0
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
		l.raw("X-EAS-EXCEPTIONS-LEFT-OUT", strconv.Itoa(left))
	}
	return changed
}

// exception writes a changed occurrence: a VEVENT that says all that it is, also
// what it has from its series. It begins when it always would and takes as long
// as always, unless it says otherwise.
func (l *lines) exception(e *wbxml.Element, whole view, series form, uid string, files map[string]File) {
	v, original := viewOf(e), originalStart(e)
	at := spanOf(v)
	if at.start.IsZero() {
		at.start = original
	}
	if at.length() == 0 {
		at.end = at.start.Add(spanOf(whole).length())
	}
	v.series = whole.own
	own := form{allDay: isTrue(v.value(wbxml.CalendarAllDayEvent)), zone: series.zone}
	if series.allDay && !own.allDay {
		own.zone = nil // dates came without a VTIMEZONE
	}

	l.begin("VEVENT")
	l.text("UID", uid)
	l.time("RECURRENCE-ID", series, original)
	l.span(at, own)
	l.stamp(v.date(wbxml.CalendarDtStamp), original)
	l.eventProperties(v, files)
	l.end("VEVENT")
}
