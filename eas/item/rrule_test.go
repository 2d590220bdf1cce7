package item

import (
	"strconv"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

func TestRecurrence(t *testing.T) {
	type values map[wbxml.Tag]int
	for _, c := range []struct {
		what string
		in   values
		want string
	}{
		{"daily", values{wbxml.CalendarType: 0, wbxml.CalendarInterval: 1}, "FREQ=DAILY"},
		{"every third day", values{wbxml.CalendarType: 0, wbxml.CalendarInterval: 3, wbxml.CalendarOccurrences: 7}, "FREQ=DAILY;INTERVAL=3;COUNT=7"},
		{"type 0 with days is weekly (2.2.2.37.1)", values{wbxml.CalendarType: 0, wbxml.CalendarDayOfWeek: 62}, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"},
		{
			"weekly",
			values{wbxml.CalendarType: 1, wbxml.CalendarDayOfWeek: 4, wbxml.CalendarInterval: 2, wbxml.CalendarFirstDayOfWeek: 1},
			"FREQ=WEEKLY;BYDAY=TU;INTERVAL=2;WKST=MO",
		},
		{"weekend", values{wbxml.CalendarType: 1, wbxml.CalendarDayOfWeek: 65}, "FREQ=WEEKLY;BYDAY=SU,SA"},
		{"weekly without a day", values{wbxml.CalendarType: 1}, "FREQ=WEEKLY"},
		// MS-OXCICAL 2.1.3.2.2.3
		{"the last day of every month", values{wbxml.CalendarType: 2, wbxml.CalendarDayOfMonth: 31}, "FREQ=MONTHLY;BYMONTHDAY=-1"},
		{"the 15th of every 3 months, 7 times", values{
			wbxml.CalendarType: 2, wbxml.CalendarDayOfMonth: 15, wbxml.CalendarInterval: 3,
			wbxml.CalendarOccurrences: 7,
		}, "FREQ=MONTHLY;BYMONTHDAY=15;INTERVAL=3;COUNT=7"},
		{"3rd Sunday", values{wbxml.CalendarType: 3, wbxml.CalendarDayOfWeek: 1, wbxml.CalendarWeekOfMonth: 3}, "FREQ=MONTHLY;BYDAY=3SU"},
		{"last Friday", values{wbxml.CalendarType: 3, wbxml.CalendarDayOfWeek: 32, wbxml.CalendarWeekOfMonth: 5}, "FREQ=MONTHLY;BYDAY=-1FR"},
		{
			"last weekday (MS-OXCICAL 2.1.3.2.2.4)",
			values{wbxml.CalendarType: 3, wbxml.CalendarDayOfWeek: 62, wbxml.CalendarWeekOfMonth: 5},
			"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
		},
		{"2nd weekend day", values{wbxml.CalendarType: 3, wbxml.CalendarDayOfWeek: 65, wbxml.CalendarWeekOfMonth: 2}, "FREQ=MONTHLY;BYDAY=SU,SA;BYSETPOS=2"},
		{"last day (2.2.2.15)", values{wbxml.CalendarType: 3, wbxml.CalendarDayOfWeek: 127, wbxml.CalendarWeekOfMonth: 5}, "FREQ=MONTHLY;BYMONTHDAY=-1"},
		{"4th day (2.2.2.37.1)", values{wbxml.CalendarType: 3, wbxml.CalendarDayOfWeek: 127, wbxml.CalendarWeekOfMonth: 4}, "FREQ=MONTHLY;BYMONTHDAY=4"},
		{"yearly", values{wbxml.CalendarType: 5, wbxml.CalendarMonthOfYear: 3, wbxml.CalendarDayOfMonth: 29}, "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=29"},
		// A month that does not have the day: EWS, AbsoluteMonthlyRecurrencePatternType, DayOfMonth.
		{"29 February", values{wbxml.CalendarType: 5, wbxml.CalendarMonthOfYear: 2, wbxml.CalendarDayOfMonth: 29}, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1"},
		{"the 30th of every month", values{wbxml.CalendarType: 2, wbxml.CalendarDayOfMonth: 30}, "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"},
		{"the 29th of every month", values{wbxml.CalendarType: 2, wbxml.CalendarDayOfMonth: 29}, "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1"},
		{"last weekday of April (MS-OXCICAL 2.1.3.2.2.6)", values{
			wbxml.CalendarType: 6, wbxml.CalendarMonthOfYear: 4, wbxml.CalendarDayOfWeek: 62,
			wbxml.CalendarWeekOfMonth: 5,
		}, "FREQ=YEARLY;BYMONTH=4;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"},
		{
			"first Monday of October",
			values{wbxml.CalendarType: 6, wbxml.CalendarMonthOfYear: 10, wbxml.CalendarDayOfWeek: 2, wbxml.CalendarWeekOfMonth: 1},
			"FREQ=YEARLY;BYMONTH=10;BYDAY=1MO",
		},
		{"type 6 needs no day of week", values{wbxml.CalendarType: 6, wbxml.CalendarMonthOfYear: 10, wbxml.CalendarWeekOfMonth: 1}, "FREQ=YEARLY;BYMONTH=10"},
		{"yearly without a month", values{wbxml.CalendarType: 5, wbxml.CalendarDayOfMonth: 5}, "FREQ=YEARLY"},
		{"2nd Tuesday of no month", values{wbxml.CalendarType: 6, wbxml.CalendarDayOfWeek: 4, wbxml.CalendarWeekOfMonth: 2}, "FREQ=YEARLY"},
		{"numbers out of range", values{
			wbxml.CalendarType: 6, wbxml.CalendarMonthOfYear: 13, wbxml.CalendarWeekOfMonth: 6, wbxml.CalendarDayOfWeek: 200,
			wbxml.CalendarFirstDayOfWeek: 7, wbxml.CalendarInterval: 0, wbxml.CalendarOccurrences: 0,
		}, "FREQ=YEARLY"},
		// RFC 7529 4.1, 4.2; MS-ASCAL 2.2.2.10, 2.2.2.26
		{
			"Chinese, 15th of a leap 8th month",
			values{wbxml.CalendarType: 5, wbxml.CalendarCalendarType: 15, wbxml.CalendarIsLeapMonth: 1, wbxml.CalendarMonthOfYear: 8, wbxml.CalendarDayOfMonth: 15},
			"RSCALE=CHINESE;FREQ=YEARLY;BYMONTH=8L;BYMONTHDAY=15;SKIP=BACKWARD",
		},
		{"Hijri, 30th of each month", values{wbxml.CalendarType: 2, wbxml.CalendarCalendarType: 6, wbxml.CalendarDayOfMonth: 30}, "RSCALE=ISLAMIC-CIVIL;FREQ=MONTHLY;BYMONTHDAY=30;SKIP=BACKWARD"},
		{"Taiwan counts other years only", values{wbxml.CalendarType: 2, wbxml.CalendarCalendarType: 4, wbxml.CalendarDayOfMonth: 15}, "FREQ=MONTHLY;BYMONTHDAY=15"},
		{"Japanese Lunar has no name in RFC 7529", values{wbxml.CalendarType: 5, wbxml.CalendarCalendarType: 14, wbxml.CalendarMonthOfYear: 8, wbxml.CalendarDayOfMonth: 15}, ""},
		{"a week is the same in all", values{wbxml.CalendarType: 1, wbxml.CalendarCalendarType: 15, wbxml.CalendarDayOfWeek: 4}, "FREQ=WEEKLY;BYDAY=TU"},
		{"no such type", values{wbxml.CalendarType: 4}, ""},
		{"no type", values{}, ""},
	} {
		var e wbxml.Element
		for tag, n := range c.in {
			e.Append(wbxml.T(tag, strconv.Itoa(n)))
		}
		if got := eventPattern(viewOf(&e)).rrule(form{}.until); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// The end of a rule is of the type of DTSTART, but in UTC: RFC 5545 3.3.10.
func TestRecurrenceUntil(t *testing.T) {
	z, _ := parseZone(romance.blob())
	for _, c := range []struct {
		until string
		f     form
		want  string
	}{
		{"20261231T090000Z", form{zone: z}, "FREQ=DAILY;UNTIL=20261231T090000Z"},
		{"20261230T230000Z", form{allDay: true, zone: z}, "FREQ=DAILY;UNTIL=20261231"},
		{"20261231T000000Z", form{allDay: true}, "FREQ=DAILY;UNTIL=20261231"},
		{"99991231T235959Z", form{}, "FREQ=DAILY"},
		{"soon", form{}, "FREQ=DAILY"},
	} {
		p := pattern{kind: daily, until: c.until, firstDay: -1}
		if got := p.rrule(c.f.until); got != c.want {
			t.Errorf("until %s: %q, want %q", c.until, got, c.want)
		}
	}
	p := pattern{kind: daily, until: "20261231T090000Z", occurrences: 3, firstDay: -1}
	if got, want := p.rrule(form{}.until), "FREQ=DAILY;COUNT=3"; got != want { // MS-ASTASK 3.2.5.3.4
		t.Errorf("both ends: %q, want %q", got, want)
	}
}

func TestTaskPattern(t *testing.T) {
	e := wbxml.E(wbxml.TasksRecurrence,
		wbxml.T(wbxml.TasksType, "6"), wbxml.T(wbxml.TasksInterval, "2"), wbxml.T(wbxml.TasksDayOfWeek, "32"),
		wbxml.T(wbxml.TasksWeekOfMonth, "5"), wbxml.T(wbxml.TasksMonthOfYear, "12"), wbxml.T(wbxml.TasksFirstDayOfWeek, "0"),
		wbxml.T(wbxml.TasksUntil, "2026-12-31T00:00:00.000Z"))
	until := func(t time.Time) string { return t.Format(dateForm) }
	if got, want := taskPattern(viewOf(&e)).rrule(until), "FREQ=YEARLY;BYMONTH=12;BYDAY=-1FR;INTERVAL=2;UNTIL=20261231;WKST=SU"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
