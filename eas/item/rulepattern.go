package item

import (
	"slices"
	"strconv"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// maxInterval and maxEventCount are the most that Interval and Occurrences may say:
// MS-ASCAL 2.2.2.25, 2.2.2.32. Of a task Occurrences is an unsignedByte: MS-ASTASK
// 2.2.2.18.
const (
	maxInterval   = 999
	maxEventCount = 999
	maxTaskCount  = 255
)

// pattern returns the pattern of EAS that has the shape of the rule, without an
// end, if there is one. Whether it has the same occurrences is to be seen: a 30th is
// the last day of February in EAS, and none in a rule.
func (r rule) pattern(start time.Time) (p pattern, ok bool) {
	o := r.options
	if !r.computable() || o.Interval > maxInterval || len(o.Byyearday)+len(o.Byweekno) > 0 {
		return pattern{}, false
	}
	p = pattern{
		interval: o.Interval, occurrences: -1, dayOfWeek: -1, dayOfMonth: -1, weekOfMonth: -1, monthOfYear: -1,
		firstDay: r.wkst, calendarType: -1, isLeapMonth: -1,
	}
	months := o.Bymonth
	if len(months) == 12 {
		months = nil
	}
	switch {
	case o.Freq == rrule.DAILY && len(months)+len(o.Bymonthday)+len(o.Bysetpos) == 0:
		if len(o.Byweekday) == 0 {
			p.kind = daily
			return p, true
		}
		return p.weekly(o, start), o.Interval == 1
	case o.Freq == rrule.WEEKLY && len(months)+len(o.Bymonthday)+len(o.Bysetpos) == 0:
		return p.weekly(o, start), true
	case o.Freq == rrule.MONTHLY && len(months) == 0:
		return p.inMonth(o, start, monthly)
	case o.Freq == rrule.MONTHLY && len(months) == 1 && o.Interval == 1:
		p.monthOfYear = months[0]
		return p.inMonth(o, start, yearly)
	case o.Freq == rrule.YEARLY && len(months) == 1:
		p.monthOfYear = months[0]
		return p.inMonth(o, start, yearly)
	case o.Freq == rrule.YEARLY && len(months) == 0 && len(o.Byweekday)+len(o.Bymonthday) == 0:
		p.monthOfYear = int(start.Month())
		return p.inMonth(o, start, yearly)
	case o.Freq == rrule.YEARLY && len(months) == 0 && o.Interval == 1 && !slices.ContainsFunc(o.Byweekday, isNth):
		return p.inMonth(o, start, monthly) // a day of each month of each year
	}
	return pattern{}, false
}

// lunar returns the pattern of a rule of another calendar, where the rule says all of
// it: what is as in DTSTART would have to be counted in that calendar. A day that a
// month does not have is its last one in EAS.
func (r rule) lunar() (p pattern, ok bool) {
	o := r.options
	p = pattern{
		kind: monthly, interval: o.Interval, occurrences: -1, dayOfWeek: -1, dayOfMonth: -1, weekOfMonth: -1, monthOfYear: -1,
		firstDay: r.wkst, calendarType: -1, isLeapMonth: -1,
	}
	for kind, name := range scales {
		if name == r.scale {
			p.calendarType = kind
		}
	}
	days := o.Bymonthday
	if p.calendarType < 0 || len(r.strange) > 0 || o.Interval > maxInterval || len(days) != 1 || days[0] < 1 || days[0] > 30 || days[0] > 29 && r.skip != "BACKWARD" ||
		len(o.Byweekday)+len(o.Bysetpos)+len(o.Byyearday)+len(o.Byweekno)+len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0 {
		return pattern{}, false
	}
	p.dayOfMonth = days[0]
	switch {
	case o.Freq == rrule.MONTHLY && len(o.Bymonth) == 0:
	case o.Freq == rrule.YEARLY && len(o.Bymonth) == 1 && o.Bymonth[0] <= 12:
		p.kind, p.monthOfYear = yearly, o.Bymonth[0]
		if r.leap {
			p.isLeapMonth = 1
		}
	default:
		return pattern{}, false
	}
	return p, true
}

func isNth(d rrule.Weekday) bool { return d.N() != 0 }

// weekly is a pattern of days of the week.
func (p pattern) weekly(o rrule.ROption, start time.Time) pattern {
	p.kind, p.dayOfWeek = weekly, weekMask(o.Byweekday)
	if p.dayOfWeek == 0 {
		p.dayOfWeek = 1 << start.Weekday()
	}
	if p.firstDay < 0 {
		p.firstDay = int(time.Monday) // as RFC 5545 has it; servers take what their user has
	}
	return p
}

// weekMask is DayOfWeek: MS-ASCAL 2.2.2.15.
func weekMask(days []rrule.Weekday) (mask int) {
	for _, d := range days {
		mask |= 1 << ((d.Day() + 1) % 7)
	}
	return mask
}

// inMonth is a pattern of a day in a month; kind is monthly or yearly.
func (p pattern) inMonth(o rrule.ROption, start time.Time, kind int) (pattern, bool) {
	days, setpos := o.Bymonthday, o.Bysetpos
	p.kind = kind
	if len(o.Byweekday) == 0 {
		switch {
		case len(days) == 0 && len(setpos) == 0:
			p.dayOfMonth = start.Day()
		case len(days) == 1 && len(setpos) == 0 && days[0] > 0:
			p.dayOfMonth = days[0]
		case len(days) == 1 && len(setpos) == 0 && days[0] == -1:
			p.kind, p.dayOfWeek, p.weekOfMonth = kind+1, 127, 5
		case slices.Equal(setpos, []int{-1}) && isRun(days, 28):
			p.dayOfMonth = slices.Max(days)
		default:
			return pattern{}, false
		}
		return p, true
	}
	nth := 0
	switch {
	case len(o.Byweekday) == 1 && isNth(o.Byweekday[0]) && len(days)+len(setpos) == 0:
		nth = o.Byweekday[0].N()
	case slices.ContainsFunc(o.Byweekday, isNth):
		return pattern{}, false
	case len(setpos) == 1 && len(days) == 0:
		nth = setpos[0]
	case len(setpos) == 0 && len(days) == 0:
		return p.weekly(o, start), o.Interval == 1 && kind == monthly
	case len(setpos) == 0 && len(days) == 7 && len(o.Byweekday) == 1 && isRun(days, slices.Min(days)) && slices.Max(days)%7 == 0:
		nth = slices.Max(days) / 7 // of the 8th to 14th the Sunday is the second one
	}
	switch {
	case nth == -1:
		p.weekOfMonth = 5
	case 1 <= nth && nth <= 4:
		p.weekOfMonth = nth
	default:
		return pattern{}, false
	}
	p.kind, p.dayOfWeek = kind+1, weekMask(o.Byweekday)
	return p, true
}

// isRun tells whether the days are all from one on, without a gap.
func isRun(days []int, from int) bool {
	return len(days) > 0 && from > 0 && slices.Min(days) == from && slices.Max(days)-from+1 == len(days)
}

// rule is the pattern as a rule without an end.
func (p pattern) rule() rule {
	p.occurrences, p.until = -1, ""
	r, _ := parseRule(p.rrule(nil))
	return r
}

// recurrenceTags are the elements of a Recurrence, which events and tasks have each
// in their code page.
type recurrenceTags struct {
	kind, interval, until, occurrences, dayOfWeek, dayOfMonth, weekOfMonth, monthOfYear wbxml.Tag
	calendarType, isLeapMonth, firstDay                                                 wbxml.Tag
}

// elements writes the pattern. Which elements a version has is in MS-ASCAL 2.2.2.10,
// 2.2.2.24 and 2.2.2.26; which a type must have and must not, in 2.2.2.37.1.
func (p pattern) elements(t recurrenceTags, version float64) (b built) {
	number := func(tag wbxml.Tag, n int) {
		if n >= 0 {
			b.text(tag, strconv.Itoa(n))
		}
	}
	number(t.kind, p.kind)
	number(t.interval, p.interval)
	number(t.occurrences, p.occurrences)
	b.text(t.until, p.until)
	number(t.dayOfWeek, p.dayOfWeek)
	number(t.dayOfMonth, p.dayOfMonth)
	number(t.weekOfMonth, p.weekOfMonth)
	number(t.monthOfYear, p.monthOfYear)
	if version >= 14 && p.calendarType > 0 && p.kind > weekly {
		number(t.calendarType, p.calendarType)
		number(t.isLeapMonth, p.isLeapMonth)
	}
	if version >= 14.1 {
		number(t.firstDay, p.firstDay)
	}
	return b
}
