package item

import (
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// What VEVENT, VTODO and VJOURNAL have in common.

const productID = "-//airlift//EAS archive//EN"

// Forms of RFC 5545 3.3.4 and 3.3.5.
const (
	dateForm  = "20060102"
	localForm = "20060102T150405"
	utcForm   = "20060102T150405Z"
)

// beginCalendar begins an iCalendar object: RFC 5545 3.6.
func (l *lines) beginCalendar() {
	l.begin("VCALENDAR")
	l.raw("VERSION", "2.0")
	l.raw("PRODID", productID)
}

// form is how the times of a component are written.
type form struct {
	allDay bool
	zone   *zone
}

// time writes an instant as a date, in local time or in UTC; the zero time not.
func (l *lines) time(name string, f form, t time.Time) {
	switch {
	case t.IsZero():
	case f.allDay:
		l.raw(name, f.date(t).Format(dateForm), param{"VALUE", "DATE"})
	case f.zone == nil:
		l.raw(name, t.Format(utcForm))
	default:
		l.raw(name, f.zone.local(t).Format(localForm), param{"TZID", f.zone.id})
	}
}

// utc writes an instant in UTC; the zero time not.
func (l *lines) utc(name string, t time.Time, params ...param) {
	if !t.IsZero() {
		l.raw(name, t.Format(utcForm), params...)
	}
}

// date returns the day of an all-day event. Its instant is midnight, but where
// the zone is not the one that the instant was made with, only near midnight:
// the nearest one is meant.
func (f form) date(t time.Time) time.Time {
	return f.zone.local(t).Add(12 * time.Hour).Truncate(24 * time.Hour)
}

// until writes the end of a recurrence: of the type of DTSTART, but in UTC.
func (f form) until(t time.Time) string {
	if f.allDay {
		return f.date(t).Format(dateForm)
	}
	return t.Format(utcForm)
}

// stamp writes DTSTAMP, which must be there (RFC 5545 3.8.7.2). The same item must
// always give the same bytes, so an item without any date was stamped in 1970.
func (l *lines) stamp(dates ...time.Time) {
	for _, t := range append(dates, time.Unix(0, 0).UTC()) {
		if !t.IsZero() {
			l.utc("DTSTAMP", t)
			return
		}
	}
}

// alarm writes a reminder: RFC 5545 3.6.6.
func (l *lines) alarm(trigger string, params ...param) {
	l.begin("VALARM")
	l.raw("ACTION", "DISPLAY")
	l.text("DESCRIPTION", "Reminder")
	l.raw("TRIGGER", trigger, params...)
	l.end("VALARM")
}

// classification is CLASS for Sensitivity: MS-OXCICAL, property CLASS. A reader
// takes a name that it does not know for private: RFC 5545 3.8.1.3.
func classification(sensitivity string) string {
	switch sensitivity {
	case "0":
		return "PUBLIC"
	case "1":
		return "X-PERSONAL"
	case "2":
		return "PRIVATE"
	case "3":
		return "CONFIDENTIAL"
	}
	return ""
}

// recurrence writes a pattern as RRULE, and what the rule does not say: a
// calendar that is not the Gregorian, and a type that is none. kind,
// calendarType and isLeapMonth are their tags in the pattern's element.
func (l *lines) recurrence(v view, p pattern, f form, kind, calendarType, isLeapMonth wbxml.Tag) {
	rule := p.rrule(f.until)
	if rule == "" {
		l.extra(v, kind)
	}
	l.raw("RRULE", rule)
	if p.calendarType > 0 {
		l.extra(v, calendarType, isLeapMonth)
	}
}

func firstOf(s ...string) string {
	for _, s := range s {
		if s != "" {
			return s
		}
	}
	return ""
}
