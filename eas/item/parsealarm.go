package item

import (
	"strings"
	"time"
)

// alarmTime is when an alarm goes off: relative to the begin, or at an instant.
type alarmTime struct {
	before time.Duration // before the begin, of an alarm that is relative
	at     time.Time     // of one that is not
	line   *icalLine
}

// alarm takes the first alarm that shows something (RFC 5545 3.6.6); EAS has one.
// length is that of the item, for an alarm relative to its end.
func (r reading) alarm(start moment, length time.Duration) (a alarmTime, ok bool) {
	for _, sub := range r.subs {
		if sub.kind != "VALARM" {
			continue
		}
		action := strings.ToUpper(strings.TrimSpace(sub.first("ACTION").text()))
		trigger := sub.first("TRIGGER")
		switch {
		case trigger == nil:
			r.lose("VALARM", action, "no time")
		case action == "EMAIL" || action == "PROCEDURE" || action == "NONE":
			r.lose("VALARM", action+" "+trigger.value, "not a reminder")
		case ok:
			r.lose("VALARM", action+" "+trigger.value, "an item has one reminder")
		default:
			if a, ok = r.trigger(trigger, start, length); !ok {
				r.lose("VALARM", trigger.value, "neither a duration nor a time")
				continue
			}
			for _, name := range [...]string{"REPEAT", "ATTACH"} {
				if l := sub.first(name); l != nil {
					r.lose("VALARM;"+name, l.value, "no such property of a reminder")
				}
			}
			if l := sub.first("DESCRIPTION"); l != nil && l.text() != "" && l.text() != "Reminder" && l.text() != "REMINDER" {
				r.lose("VALARM;DESCRIPTION", l.text(), "no such property of a reminder")
			}
			if action != "DISPLAY" && action != "" {
				r.lose("VALARM;ACTION", action, "a reminder shows")
			}
		}
	}
	return a, ok
}

func (r reading) trigger(l *icalLine, start moment, length time.Duration) (alarmTime, bool) {
	if d, ok := parseDuration(l.value); ok {
		before := -d.span()
		if strings.EqualFold(l.param("RELATED"), "END") {
			before -= length
		}
		return alarmTime{before: before, line: l}, !start.isZero()
	}
	m, ok := r.zones.moment(l, l.value)
	if !ok {
		return alarmTime{}, false
	}
	return alarmTime{at: m.utc(), before: start.utc().Sub(m.utc()), line: l}, true
}

// reminder takes when an event is announced: whole minutes before it (MS-ASCAL
// 2.2.2.38); -1 for not at all.
func (e eventReading) reminder(t eventTimes) int {
	a, ok := e.alarm(t.start, t.end.utc().Sub(t.start.utc()))
	if !ok || t.start.isZero() {
		return -1
	}
	switch {
	case a.before < 0:
		e.lose("VALARM", a.line.value, "a reminder after the begin")
		return -1
	case a.before%time.Minute != 0:
		e.lose("VALARM", a.line.value, "whole minutes only")
	}
	return int(a.before / time.Minute)
}
