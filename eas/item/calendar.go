package item

import (
	"bytes"
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"

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

// newCalendar returns an empty iCalendar object: RFC 5545 3.6.
func newCalendar() *ics.Calendar {
	cal := ics.NewCalendar()
	cal.SetProductId(productID)
	return cal
}

// serialize writes an object in lines of at most 75 octets: RFC 5545 3.1.
func serialize(cal *ics.Calendar) ([]byte, error) {
	var b bytes.Buffer
	if err := cal.SerializeTo(&b, ics.WithNewLine("\r\n")); err != nil {
		return nil, fmt.Errorf("iCalendar: %w", err)
	}
	return unshield(b.Bytes()), nil
}

// component is a component of an object while it is filled.
type component struct{ *ics.ComponentBase }

// add adds a property; without a value there is none. Whether the value is text
// that needs escapes, the library tells by the name.
func (c component) add(name, value string, params ...param) {
	if value = cleanText(value); value != "" {
		c.Properties = append(c.Properties, ics.IANAProperty{BaseProperty: ics.BaseProperty{
			IANAToken: name, Value: value, ICalParameters: parameters(params),
		}})
	}
}

// sub adds a component inside the component.
func (c component) sub(kind string) component {
	inner := &ics.GeneralComponent{Token: kind}
	c.Components = append(c.Components, inner)
	return component{&inner.ComponentBase}
}

// categories adds CATEGORIES.
func (c component) categories(v view, container, member wbxml.Tag) {
	if value := parts(",", v.list(container, member)); value != "" {
		c.AddProperty(ics.ComponentPropertyCategories, value)
	}
}

// form is how the times of a component are written.
type form struct {
	allDay bool
	zone   *zone
}

// time writes an instant as a date, in local time or in UTC; the zero time not.
func (c component) time(name string, f form, t time.Time) {
	switch {
	case t.IsZero():
	case f.allDay:
		c.add(name, f.date(t).Format(dateForm), param{"VALUE", "DATE"})
	case f.zone == nil:
		c.add(name, t.Format(utcForm))
	default:
		c.add(name, f.zone.local(t).Format(localForm), param{"TZID", f.zone.id})
	}
}

// utc writes an instant in UTC; the zero time not.
func (c component) utc(name string, t time.Time) {
	if !t.IsZero() {
		c.add(name, t.Format(utcForm))
	}
}

// date returns the day of an all-day event. Its instant is midnight, but where
// the zone is not the one that the instant was made with, only near midnight:
// then midnight in UTC is meant, which is how a date is written, or else the nearest one.
func (f form) date(t time.Time) time.Time {
	local := f.zone.local(t)
	if isMidnight(t) && !isMidnight(local) {
		return t
	}
	return local.Add(12 * time.Hour).Truncate(24 * time.Hour)
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
func (c component) stamp(dates ...time.Time) {
	for _, t := range append(dates, time.Unix(0, 0).UTC()) {
		if !t.IsZero() {
			c.utc("DTSTAMP", t)
			return
		}
	}
}

// alarm adds a reminder: RFC 5545 3.6.6.
func (c component) alarm(trigger string, params ...param) {
	a := c.sub("VALARM")
	a.add("ACTION", "DISPLAY")
	a.add("DESCRIPTION", "Reminder")
	a.add("TRIGGER", trigger, params...)
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
func (c component) recurrence(v view, p pattern, f form, kind, calendarType, isLeapMonth wbxml.Tag) {
	rule := p.rrule(f.until)
	if rule == "" {
		v.extra(c.add, kind)
	}
	c.add("RRULE", rule)
	if p.calendarType > 0 {
		v.extra(c.add, calendarType, isLeapMonth)
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
