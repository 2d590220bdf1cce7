package item

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// ParseTask makes a task (MS-ASTASK) of the first VTODO in an iCalendar object: what
// a Sync Add takes as ApplicationData. It is the counterpart of [Task]. Tasks have no
// exceptions, so a recurrence that EAS has no pattern for is a Loss.
//
// The error is ErrNotItem where there is no task, ErrTooLarge for a stream over 64
// MiB.
func ParseTask(data []byte, o ParseOptions) (*wbxml.Element, []Loss, error) {
	cal, group, lost, err := firstItem(data, "VTODO")
	if err != nil {
		return nil, nil, err
	}
	t := taskReading{lost.read(group[0], newZones(cal, o, lost.lose), o)}
	b := t.task()
	for _, c := range group[1:] {
		lost.lose("RECURRENCE-ID", c.first("RECURRENCE-ID").value, "tasks have no exceptions")
	}
	return b.element(), lost.all, nil
}

type taskReading struct{ reading }

func (t taskReading) task() (b built) {
	start, due := t.times()
	b.text(wbxml.TasksSubject, strings.ReplaceAll(t.words("SUMMARY"), "\n", " "))
	if body, ok := t.body(wbxml.TasksBody); ok {
		b.add(body)
	}
	b.text(wbxml.TasksImportance, t.importance())
	// MS-ASTASK 2.2.2.12, 26, 31, 32: local times that are labelled UTC, and the instants.
	b.time(wbxml.TasksUtcStartDate, wbxml.DateTime, t.instant(wbxml.TasksUtcStartDate, start))
	b.time(wbxml.TasksStartDate, wbxml.DateTime, start.wall)
	b.time(wbxml.TasksUtcDueDate, wbxml.DateTime, t.instant(wbxml.TasksUtcDueDate, due))
	b.time(wbxml.TasksDueDate, wbxml.DateTime, due.wall)
	b.list(wbxml.TasksCategories, wbxml.TasksCategory, t.categoryList())
	t.recurrence(&b, start, due)
	t.completion(&b)
	b.number(wbxml.TasksSensitivity, t.sensitivity())
	t.reminder(&b, start, due)
	b.text(wbxml.TasksOrdinalDate, t.extra(wbxml.TasksOrdinalDate))
	b.text(wbxml.TasksSubOrdinalDate, t.extra(wbxml.TasksSubOrdinalDate))
	t.rest("a task")
	return b
}

// times takes when a task starts and is due. RFC 5545 3.6.2: DUE, or DTSTART and
// DURATION.
func (t taskReading) times() (start, due moment) {
	start, due = t.moment("DTSTART"), t.moment("DUE")
	if l := t.take("DURATION"); l != nil {
		if d, ok := parseDuration(l.value); !ok || d.span() < 0 || start.isZero() || !due.isZero() {
			t.lose("DURATION", l.value, "not a duration after DTSTART")
		} else {
			due = start.after(d)
		}
	}
	t.notMidnight("DTSTART", start)
	t.notMidnight("DUE", due)
	return start, due
}

// instant is when a moment is: for a date when that day begins, if Task kept it.
func (t taskReading) instant(tag wbxml.Tag, m moment) time.Time {
	kept, ok := parseTime(t.extra(tag))
	if day := m.wall.Sub(kept).Abs(); ok && m.date && day < 24*time.Hour {
		return kept
	}
	return m.utc()
}

// notMidnight tells of a time that Task would take for a date.
func (t taskReading) notMidnight(name string, m moment) {
	if !m.isZero() && !m.date && isMidnight(m.wall) {
		t.lose(name, m.wall.Format(localForm), "midnight: tasks are planned by the day")
	}
}

// importance takes PRIORITY: MS-OXCICAL, property PRIORITY. RFC 5545 3.8.1.9 has
// nine of them and 0 for none.
func (t taskReading) importance() string {
	l := t.take("PRIORITY")
	if l == nil {
		return ""
	}
	n, err := strconv.Atoi(strings.TrimSpace(l.value))
	importance := ""
	switch {
	case err != nil || n < 0 || n > 9:
		t.lose("PRIORITY", l.value, "not a priority")
		return ""
	case n == 0:
		return ""
	case n < 5:
		importance = "2"
	case n == 5:
		importance = "1"
	default:
		importance = "0"
	}
	if priority(importance) != strconv.Itoa(n) {
		t.lose("PRIORITY", l.value, "Importance is high, normal or low: "+importance)
	}
	return importance
}

// completion takes STATUS, PERCENT-COMPLETE and COMPLETED.
func (t taskReading) completion(b *built) {
	completed := t.stamp("COMPLETED")
	status := strings.ToUpper(strings.TrimSpace(t.take("STATUS").text()))
	percent := t.take("PERCENT-COMPLETE")
	share := strings.TrimSpace(percent.text())
	done := status == "COMPLETED" || !completed.IsZero() || share == "100" && status == ""
	if status != "" && status != "COMPLETED" && (status != "NEEDS-ACTION" || done) {
		t.lose("STATUS", status, "a task is complete or not")
	}
	if share != "" && share != "100" && share != "0" || share == "100" && !done {
		t.lose("PERCENT-COMPLETE", share, "a task is complete or not")
	}
	b.flag(wbxml.TasksComplete, done)
	if done && completed.IsZero() {
		// A task that is complete was completed some time: MS-ASTASK 2.2.2.8.
		for _, name := range [...]string{"LAST-MODIFIED", "DTSTAMP"} {
			if completed = t.stamp(name); !completed.IsZero() {
				t.lose("COMPLETED", "", "not said: "+name+" is taken")
				break
			}
		}
	}
	b.time(wbxml.TasksDateCompleted, wbxml.DateTime, completed)
}

// reminder takes the first alarm: an instant (MS-ASTASK 2.2.2.22, 2.2.2.23).
func (t taskReading) reminder(b *built, start, due moment) {
	base, length := start, due.utc().Sub(start.utc())
	if start.isZero() {
		base, length = due, 0
	} else if due.isZero() {
		length = 0
	}
	a, ok := t.alarm(base, length)
	b.flag(wbxml.TasksReminderSet, ok)
	if !ok {
		return
	}
	if a.at.IsZero() {
		a.at = base.utc().Add(-a.before)
	}
	b.time(wbxml.TasksReminderTime, wbxml.DateTime, a.at)
}

var taskRecurrence = recurrenceTags{
	kind: wbxml.TasksType, interval: wbxml.TasksInterval, until: wbxml.TasksUntil, occurrences: wbxml.TasksOccurrences,
	dayOfWeek: wbxml.TasksDayOfWeek, dayOfMonth: wbxml.TasksDayOfMonth, weekOfMonth: wbxml.TasksWeekOfMonth,
	monthOfYear: wbxml.TasksMonthOfYear, calendarType: wbxml.TasksCalendarType, isLeapMonth: wbxml.TasksIsLeapMonth,
	firstDay: wbxml.TasksFirstDayOfWeek,
}

// recurrence takes how a task recurs: MS-ASTASK 2.2.2.20, where Start is required.
func (t taskReading) recurrence(b *built, start, due moment) {
	if start.isZero() {
		start = due
	}
	s := t.recurrenceOf(start, -1)
	for _, wall := range s.excluded {
		t.lose("EXDATE", wall.Format(localForm), "tasks have no exceptions")
	}
	s.excluded = nil
	if start.isZero() {
		for _, l := range s.rules {
			t.lose("RRULE", l.value, "neither DTSTART nor DUE")
		}
		return
	}
	p, ok := s.patterned(t.reading, 0, maxTaskCount)
	regenerate, dead := t.extra(wbxml.TasksRegenerate), t.extra(wbxml.TasksDeadOccur)
	if !ok {
		return
	}
	if until := p.until; !until.IsZero() {
		if !start.date {
			until = start.at(until).utc()
		}
		p.pattern.until = until.Format(wbxml.DateTime)
	}
	t.otherCalendar(&p.pattern, wbxml.TasksCalendarType, wbxml.TasksIsLeapMonth)
	e := wbxml.E(wbxml.TasksRecurrence, p.pattern.elements(taskRecurrence, t.version)...)
	e.Append(wbxml.T(wbxml.TasksStart, p.first.Format(wbxml.DateTime)))
	if regenerate != "" {
		e.Append(wbxml.T(wbxml.TasksRegenerate, flagValue(isTrue(regenerate))))
	}
	if n, is := ruleNumber(dead, 0, 255); is {
		e.Append(wbxml.T(wbxml.TasksDeadOccur, strconv.Itoa(n)))
	}
	b.add(e)
}

// ParseNote makes a note (MS-ASNOTE) of the first VJOURNAL in an iCalendar object:
// what a Sync Add takes as ApplicationData. It is the counterpart of [Note].
//
// The error is ErrNotItem where there is no note, ErrTooLarge for a stream over 64
// MiB, and errors.ErrUnsupported for a protocol version before 14.0, which has no notes.
func ParseNote(data []byte, o ParseOptions) (*wbxml.Element, []Loss, error) {
	cal, group, lost, err := firstItem(data, "VJOURNAL")
	if err != nil {
		return nil, nil, fmt.Errorf("note: %w", err)
	}
	r := lost.read(group[0], newZones(cal, o, lost.lose), o)
	if r.version < 14 {
		return nil, nil, fmt.Errorf("note: %w before protocol 14.0", errors.ErrUnsupported)
	}
	b := r.note()
	for _, c := range group[1:] {
		lost.lose("RECURRENCE-ID", c.first("RECURRENCE-ID").value, "notes do not recur")
	}
	return b.element(), lost.all, nil
}

func (r reading) note() (b built) {
	const class = "IPM.StickyNote" // MS-ASNOTE 2.2.2.5
	b.text(wbxml.NotesSubject, strings.ReplaceAll(r.words("SUMMARY"), "\n", " "))
	kind := r.take("X-EAS-MESSAGECLASS").text()
	if kind != class && !strings.HasPrefix(kind, class+".") {
		kind = class
	}
	b.text(wbxml.NotesMessageClass, kind)
	modified := r.stamp("LAST-MODIFIED")
	if stamp := r.stamp("DTSTAMP"); modified.IsZero() {
		modified = stamp
	}
	b.time(wbxml.NotesLastModifiedDate, wbxml.DateTime, modified.Truncate(time.Second))
	b.list(wbxml.NotesCategories, wbxml.NotesCategory, r.categoryList())
	if body, ok := r.body(0); ok {
		b.add(body)
	}
	r.rest("a note")
	return b
}
