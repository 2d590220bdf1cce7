package item

import (
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Task returns the iCalendar object of a task (MS-ASTASK): a VTODO. The error is
// ErrNoProperties.
func Task(props *wbxml.Element) ([]byte, error) {
	if err := checkProperties(props); err != nil {
		return nil, err
	}
	v := viewOf(props)
	start, due, f, dueForm := taskDates(v)
	completed := v.date(wbxml.TasksDateCompleted)

	cal := newCalendar()
	addZone(cal, f.zone, firstYear(firstTime(start, due)))
	if dueForm.zone != nil && (f.zone == nil || dueForm.zone.id != f.zone.id) {
		addZone(cal, dueForm.zone, firstYear(due))
	}
	c := component{&cal.AddTodo(contentUUID(props)).ComponentBase}
	c.stamp(completed, start, due)
	c.time("DTSTART", f, start)
	c.time("DUE", dueForm, due)
	if f.allDay { // when these days begin, which a date does not say
		v.extraInstant(c.add, wbxml.TasksUtcStartDate, start)
		v.extraInstant(c.add, wbxml.TasksUtcDueDate, due)
	}
	c.add("SUMMARY", v.value(wbxml.TasksSubject))
	c.description(findBody(v))
	c.categories(v, wbxml.TasksCategories, wbxml.TasksCategory)
	c.add("CLASS", classification(v.value(wbxml.TasksSensitivity)))
	c.add("PRIORITY", priority(v.value(wbxml.TasksImportance)))
	if isTrue(v.value(wbxml.TasksComplete)) {
		c.add("STATUS", "COMPLETED")
		c.add("PERCENT-COMPLETE", "100")
		c.utc("COMPLETED", completed)
	} else if v.first(wbxml.TasksComplete) != nil {
		c.add("STATUS", "NEEDS-ACTION")
	}
	if e := v.first(wbxml.TasksRecurrence); e != nil {
		r := viewOf(e)
		c.recurrence(r, taskPattern(r), f, wbxml.TasksType, wbxml.TasksCalendarType, wbxml.TasksIsLeapMonth)
		r.extra(c.add, wbxml.TasksRegenerate, wbxml.TasksDeadOccur)
	}
	v.extra(c.add, wbxml.TasksOrdinalDate, wbxml.TasksSubOrdinalDate)
	if reminder := v.date(wbxml.TasksReminderTime); isTrue(v.value(wbxml.TasksReminderSet)) && !reminder.IsZero() {
		c.alarm(reminder.Format(utcForm), param{"VALUE", "DATE-TIME"})
	}
	return serialize(cal)
}

// taskDates returns when a task starts and is due, and how that is written. EAS
// says each twice: as local time that is labelled UTC, and as UTC (MS-ASTASK
// 2.2.2.12, 2.2.2.26, 2.2.2.31, 2.2.2.32). Tasks are planned by the day: when the
// local times are midnights they are dates, else the instants count, each in a zone
// that shows the local time. DTSTART and DUE must be of one type (RFC 5545
// 3.8.2.3). A recurrence needs a start, so it lends its own.
func taskDates(v view) (start, due time.Time, f, dueForm form) {
	start, due = v.date(wbxml.TasksStartDate), v.date(wbxml.TasksDueDate)
	utcStart, utcDue := v.date(wbxml.TasksUtcStartDate), v.date(wbxml.TasksUtcDueDate)
	if e := v.first(wbxml.TasksRecurrence); e != nil && start.IsZero() && utcStart.IsZero() {
		start = viewOf(e).date(wbxml.TasksStart)
	}
	localStart, localDue := start, due
	if start.IsZero() {
		start = utcStart
	}
	if due.IsZero() {
		due = utcDue
	}
	if isMidnight(start) && isMidnight(due) {
		return start, due, form{allDay: true}, form{allDay: true}
	}
	ofStart, ofDue := fixedZone(localStart, utcStart), fixedZone(localDue, utcDue)
	if utcStart.IsZero() {
		ofStart = ofDue
	}
	if utcDue.IsZero() {
		ofDue = ofStart
	}
	return ofStart.instant(localStart, utcStart), ofDue.instant(localDue, utcDue), form{zone: ofStart}, form{zone: ofDue}
}

// instant is the one of two times that says when something is: the one in UTC, or
// else the local one in the zone.
func (z *zone) instant(local, utc time.Time) time.Time {
	if !utc.IsZero() || local.IsZero() || z == nil {
		return firstTime(utc, local)
	}
	return instant(z, local)
}

// fixedZone is the zone in which it is a local time at an instant, as far as that
// tells: nil is UTC, or not known.
func fixedZone(local, utc time.Time) *zone {
	ahead := local.Sub(utc)
	if local.IsZero() || utc.IsZero() || ahead == 0 || ahead.Abs() >= 24*time.Hour || ahead%time.Minute != 0 {
		return nil
	}
	z := &zone{std: int(ahead / time.Second), dst: int(ahead / time.Second)}
	z.id = z.name()
	return z
}

// extraInstant keeps when a day begins, where that is not midnight in UTC.
func (v view) extraInstant(add adder, tag wbxml.Tag, day time.Time) {
	if at := v.date(tag); !at.IsZero() && !day.IsZero() && !at.Equal(day) {
		add("X-EAS-"+strings.ToUpper(tag.Name()), at.Format(utcForm))
	}
}

// isMidnight tells whether t is a date. A time that is not there is no obstacle.
func isMidnight(t time.Time) bool {
	return t.IsZero() || t.Equal(t.Truncate(24*time.Hour))
}

// priority is PRIORITY for Importance: MS-OXCICAL, property PRIORITY.
func priority(importance string) string {
	switch importance {
	case "0":
		return "9"
	case "1":
		return "5"
	case "2":
		return "1"
	}
	return ""
}
