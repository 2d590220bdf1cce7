package easserver

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// recurrenceTags are the elements of a Recurrence, which events and tasks have each
// in their code page.
type recurrenceTags struct {
	recurrence, typ, interval, until, occurrences, dayOfWeek, dayOfMonth, weekOfMonth, monthOfYear, firstDayOfWeek, start wbxml.Tag
	layout                                                                                                                string
}

var (
	calendarRecurrence = recurrenceTags{
		wbxml.CalendarRecurrence, wbxml.CalendarType, wbxml.CalendarInterval, wbxml.CalendarUntil, wbxml.CalendarOccurrences,
		wbxml.CalendarDayOfWeek, wbxml.CalendarDayOfMonth, wbxml.CalendarWeekOfMonth, wbxml.CalendarMonthOfYear, wbxml.CalendarFirstDayOfWeek, 0,
		wbxml.CompactDateTime,
	}
	taskRecurrence = recurrenceTags{
		wbxml.TasksRecurrence, wbxml.TasksType, wbxml.TasksInterval, wbxml.TasksUntil, wbxml.TasksOccurrences,
		wbxml.TasksDayOfWeek, wbxml.TasksDayOfMonth, wbxml.TasksWeekOfMonth, wbxml.TasksMonthOfYear, wbxml.TasksFirstDayOfWeek, wbxml.TasksStart,
		wbxml.DateTime,
	}
)

// recurrence makes a Recurrence of an RRULE, MS-ASCAL 2.2.2.38. A rule that EAS
// cannot say gives none.
func recurrence(rule string, start time.Time, t recurrenceTags) (wbxml.Element, bool) {
	r := map[string]string{}
	for _, part := range strings.Split(strings.ToUpper(rule), ";") {
		name, value, _ := strings.Cut(part, "=")
		r[name] = value
	}
	days, week := byDay(r["BYDAY"])
	if n, err := strconv.Atoi(r["BYSETPOS"]); err == nil {
		week = n
	}
	if week < 0 {
		week = 5
	}
	var p properties
	frequency := r["FREQ"]
	if frequency == "DAILY" && days != 0 {
		frequency = "WEEKLY"
	}
	switch {
	case frequency == "DAILY":
		p.number(t.typ, 0)
	case frequency == "WEEKLY":
		p.number(t.typ, 1)
		p.number(t.dayOfWeek, cmp.Or(days, 1<<start.Weekday()))
	case frequency == "MONTHLY" && days != 0:
		p.number(t.typ, 3)
		p.number(t.weekOfMonth, max(week, 1))
		p.number(t.dayOfWeek, days)
	case frequency == "MONTHLY":
		p.number(t.typ, 2)
		p.text(t.dayOfMonth, cmp.Or(r["BYMONTHDAY"], strconv.Itoa(start.Day())))
	case frequency == "YEARLY" && days != 0:
		p.number(t.typ, 6)
		p.number(t.weekOfMonth, max(week, 1))
		p.number(t.dayOfWeek, days)
		p.text(t.monthOfYear, cmp.Or(r["BYMONTH"], strconv.Itoa(int(start.Month()))))
	case frequency == "YEARLY":
		p.number(t.typ, 5)
		p.text(t.dayOfMonth, cmp.Or(r["BYMONTHDAY"], strconv.Itoa(start.Day())))
		p.text(t.monthOfYear, cmp.Or(r["BYMONTH"], strconv.Itoa(int(start.Month()))))
	default:
		return wbxml.Element{}, false
	}
	p.text(t.interval, cmp.Or(r["INTERVAL"], "1"))
	p.text(t.occurrences, r["COUNT"])
	if until, _, ok := parseMoment(r["UNTIL"], ""); ok {
		p.time(t.until, until, t.layout)
	}
	if days := weekdays[r["WKST"]]; days != 0 && frequency == "WEEKLY" {
		for i := range 7 {
			if days == 1<<i {
				p.number(t.firstDayOfWeek, i)
			}
		}
	}
	if t.start != 0 {
		p.time(t.start, start, t.layout)
	}
	return wbxml.E(t.recurrence, p...), true
}
