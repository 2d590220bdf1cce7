package item

import (
	"strconv"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// pattern is a Recurrence element: MS-ASCAL 2.2.2.37, MS-ASTASK 2.2.2.20. A
// number is -1 when it is absent or no number.
type pattern struct {
	kind                               int
	interval, occurrences              int
	dayOfWeek, dayOfMonth              int
	weekOfMonth, monthOfYear, firstDay int
	calendarType, isLeapMonth          int
	until                              string
}

func eventPattern(v view) pattern {
	return pattern{
		kind:         v.number(wbxml.CalendarType),
		interval:     v.number(wbxml.CalendarInterval),
		occurrences:  v.number(wbxml.CalendarOccurrences),
		dayOfWeek:    v.number(wbxml.CalendarDayOfWeek),
		dayOfMonth:   v.number(wbxml.CalendarDayOfMonth),
		weekOfMonth:  v.number(wbxml.CalendarWeekOfMonth),
		monthOfYear:  v.number(wbxml.CalendarMonthOfYear),
		firstDay:     v.number(wbxml.CalendarFirstDayOfWeek),
		calendarType: v.number(wbxml.CalendarCalendarType),
		isLeapMonth:  v.number(wbxml.CalendarIsLeapMonth),
		until:        v.value(wbxml.CalendarUntil),
	}
}

func taskPattern(v view) pattern {
	return pattern{
		kind:         v.number(wbxml.TasksType),
		interval:     v.number(wbxml.TasksInterval),
		occurrences:  v.number(wbxml.TasksOccurrences),
		dayOfWeek:    v.number(wbxml.TasksDayOfWeek),
		dayOfMonth:   v.number(wbxml.TasksDayOfMonth),
		weekOfMonth:  v.number(wbxml.TasksWeekOfMonth),
		monthOfYear:  v.number(wbxml.TasksMonthOfYear),
		firstDay:     v.number(wbxml.TasksFirstDayOfWeek),
		calendarType: v.number(wbxml.TasksCalendarType),
		isLeapMonth:  v.number(wbxml.TasksIsLeapMonth),
		until:        v.value(wbxml.TasksUntil),
	}
}

// rrule returns the recurrence rule (RFC 5545 3.3.10) of the pattern, "" if it
// has none. until writes its end: a date or a UTC date-time, as DTSTART is.
//
// A calendar whose months are not those of the Gregorian is in it as RFC 7529 names
// it; one that has no name there has no rule.
func (p pattern) rrule(until func(time.Time) string) string {
	rule := p.frequency()
	if rule == "" {
		return ""
	}
	if p.isLunar() {
		scale, ok := scales[p.calendarType]
		if !ok {
			return ""
		}
		rule = "RSCALE=" + scale + ";" + rule + ";SKIP=BACKWARD"
	}
	if p.interval > 1 {
		rule += ";INTERVAL=" + strconv.Itoa(p.interval)
	}
	// When both ends came, Occurrences counts: MS-ASTASK 3.2.5.3.4.
	if p.occurrences > 0 {
		rule += ";COUNT=" + strconv.Itoa(p.occurrences)
	} else if end, ok := parseTime(p.until); ok {
		rule += ";UNTIL=" + until(end)
	}
	if 0 <= p.firstDay && p.firstDay <= 6 {
		rule += ";WKST=" + weekdayCode(time.Weekday(p.firstDay))
	}
	return rule
}

// scales are the calendars of MS-ASCAL 2.2.2.10 that RFC 7529 has a name for and that
// count their months as that does. The Hebrew calendar of Windows counts Adar I.
var scales = map[int]string{6: "ISLAMIC-CIVIL", 15: "CHINESE", 20: "DANGI", 23: "ISLAMIC-UMALQURA"}

// isLunar tells whether the pattern is of a calendar that has other months than the
// Gregorian: MS-ASCAL 2.2.2.10. The others have only other years.
func (p pattern) isLunar() bool {
	switch p.calendarType {
	case 6, 8, 14, 15, 20, 23:
		return p.kind > weekly
	}
	return false
}

// Types of recurrence: MS-ASCAL 2.2.2.45.
const (
	daily      = 0
	weekly     = 1
	monthly    = 2
	monthlyNth = 3
	yearly     = 5
	yearlyNth  = 6
)

// frequency returns the rule up to its days: MS-ASCAL 2.2.2.37.1.
func (p pattern) frequency() string {
	days := weekdays(p.dayOfWeek)
	switch p.kind {
	case daily:
		if days == nil {
			return "FREQ=DAILY"
		}
		return "FREQ=WEEKLY;BYDAY=" + strings.Join(days, ",")
	case weekly:
		if days == nil {
			return "FREQ=WEEKLY"
		}
		return "FREQ=WEEKLY;BYDAY=" + strings.Join(days, ",")
	case monthly:
		return "FREQ=MONTHLY" + p.byMonthDay()
	case monthlyNth:
		return "FREQ=MONTHLY" + p.nth(days)
	case yearly, yearlyNth:
		month := p.byMonth()
		switch {
		case month == "":
			return "FREQ=YEARLY" // on the day of DTSTART: a day of no month is one of each month
		case p.kind == yearly:
			return "FREQ=YEARLY" + month + p.byMonthDay()
		}
		return "FREQ=YEARLY" + month + p.nth(days)
	}
	return ""
}

func (p pattern) byMonth() string {
	if p.monthOfYear < 1 || p.monthOfYear > 12 {
		return ""
	}
	if p.isLunar() && p.isLeapMonth == 1 {
		return ";BYMONTH=" + strconv.Itoa(p.monthOfYear) + "L" // RFC 7529 4.2
	}
	return ";BYMONTH=" + strconv.Itoa(p.monthOfYear)
}

// byMonthDay is the day of the month. A day that a month does not have is its last
// one: so EWS says of the same patterns (AbsoluteMonthlyRecurrencePatternType,
// DayOfMonth), and MS-OXCICAL 2.1.3.2.2.3 writes the 31st so.
func (p pattern) byMonthDay() string {
	switch d := p.dayOfMonth; {
	case d < 1 || d > 31:
		return ""
	case d == 31:
		return ";BYMONTHDAY=-1"
	case p.isLunar():
		return ";BYMONTHDAY=" + strconv.Itoa(d)
	case d > 28 && (p.kind == monthly || time.Month(p.monthOfYear) == time.February):
		return ";BYMONTHDAY=" + "28,29,30"[:3*(d-28)+2] + ";BYSETPOS=-1"
	default:
		return ";BYMONTHDAY=" + strconv.Itoa(d)
	}
}

// nth is the n-th of some days of the week in a month; the n-th of all seven is
// the n-th day, and the fifth is always the last.
func (p pattern) nth(days []string) string {
	n := p.weekOfMonth
	if n == 5 {
		n = -1
	}
	if n == 0 || n > 5 || len(days) == 0 {
		return ""
	}
	nth := strconv.Itoa(n)
	switch len(days) {
	case 1:
		return ";BYDAY=" + nth + days[0]
	case 7:
		return ";BYMONTHDAY=" + nth
	}
	return ";BYDAY=" + strings.Join(days, ",") + ";BYSETPOS=" + nth
}

// weekdays returns the days of a mask of which bit 0 is Sunday: MS-ASCAL 2.2.2.15.
func weekdays(mask int) (days []string) {
	if mask < 1 || mask > 127 {
		return nil
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if mask&(1<<d) != 0 {
			days = append(days, weekdayCode(d))
		}
	}
	return days
}
