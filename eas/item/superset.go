package item

import (
	"slices"
	"time"
)

// maxExpanded bounds the exceptions that a pattern needs to be the recurrence that it
// stands for: a request has at most 256 in a series (MS-ASCAL 2.2.2.21).
const maxExpanded = 256

// patterned is a recurrence as EAS has it: a pattern, and what is not as in it. All
// times are wall clock times labelled UTC.
type patterned struct {
	pattern pattern
	first   time.Time   // the first occurrence
	until   time.Time   // its end; zero where it has none or is counted
	without []time.Time // occurrences of the pattern that are none
	moved   []moved
}

// end is the last occurrence, or what ends the recurrence after it; zero if nothing does.
func (p patterned) end() time.Time {
	if p.pattern.occurrences <= 0 || p.pattern.isLunar() {
		return p.until
	}
	ru := p.pattern.rule()
	ru.options.Count = p.pattern.occurrences
	walls, complete := ru.walls(p.first, time.Time{}, maxOccurrences)
	if !complete {
		return time.Time{}
	}
	return walls[len(walls)-1]
}

// moved is an occurrence that is at another time of the day than its pattern.
type moved struct{ from, to time.Time }

// superset returns a pattern that has all the occurrences that are given, in their
// order, and of those that allow as many of them the one with the fewest exceptions.
// At most limit are without or moved; where that does not suffice for all, kept is
// how many occurrences the pattern has before it ends. ok is false for two
// occurrences on one day, which no pattern has (MS-ASCAL 2.2.2.37).
func superset(walls []time.Time, limit int) (best patterned, kept int, ok bool) {
	for i := 1; i < len(walls); i++ {
		if !dayOf(walls[i-1]).Before(dayOf(walls[i])) {
			return patterned{}, 0, false
		}
	}
	if len(walls) == 0 {
		return patterned{}, 0, false
	}
	for _, p := range candidates(walls) {
		made, n := p.cover(walls, limit, dayOf)
		if n > kept || n == kept && made.exceptions() < best.exceptions() {
			best, kept = made, n
		}
	}
	if kept == len(walls) {
		return best, kept, true
	}
	for _, p := range neighbours(walls) {
		made, n := p.cover(walls, limit, p.period())
		if n > kept || n == kept && made.exceptions() < best.exceptions() {
			best, kept = made, n
		}
	}
	return best, kept, kept > 0
}

func (p patterned) exceptions() int { return len(p.without) + len(p.moved) }

func dayOf(wall time.Time) time.Time { return wall.Truncate(24 * time.Hour) }

// neighbours are patterns of a day of the week in a month that begin with the first
// occurrence and have one in each month, or in each year, that has one of those that are
// given: the last Friday but one is the third, but where a month has five.
func neighbours(walls []time.Time) (all []pattern) {
	first := walls[0]
	for _, t := range walls {
		if t.Weekday() != first.Weekday() {
			return nil
		}
	}
	_, months := gaps(walls)
	weeks := []int{(first.Day()-1)/7 + 1}
	if first.AddDate(0, 0, 7).Month() != first.Month() {
		weeks[0] = min(weeks[0], 4)
		weeks = append(weeks, 5)
	}
	for _, week := range weeks {
		p := noPattern()
		p.kind, p.interval, p.dayOfWeek, p.weekOfMonth = monthlyNth, intervalOf(months), 1<<first.Weekday(), week
		all = append(all, p)
		p.kind, p.interval, p.monthOfYear = yearlyNth, 1, int(first.Month())
		if months%12 == 0 {
			p.interval = intervalOf(months / 12)
		}
		all = append(all, p)
	}
	return all
}

// period returns what tells in which period a time is, of those of which the pattern has one occurrence each.
func (p pattern) period() func(time.Time) time.Time {
	if p.kind == yearlyNth {
		return func(t time.Time) time.Time { return time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC) }
	}
	return func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC) }
}

// noPattern is a pattern that says nothing.
func noPattern() pattern {
	return pattern{
		interval: 1, occurrences: -1, dayOfWeek: -1, dayOfMonth: -1, weekOfMonth: -1, monthOfYear: -1,
		firstDay: -1, calendarType: -1, isLeapMonth: -1,
	}
}

// gaps are the largest intervals, in days and in months, after which all the times follow the first one.
func gaps(walls []time.Time) (days, months int) {
	gcd := func(a, b int) int {
		for b != 0 {
			a, b = b, a%b
		}
		return a
	}
	month := func(t time.Time) int { return 12*t.Year() + int(t.Month()) }
	for _, t := range walls {
		days = gcd(days, int(dayOf(t).Sub(dayOf(walls[0]))/(24*time.Hour)))
		months = gcd(months, month(t)-month(walls[0]))
	}
	return days, months
}

// intervalOf is the largest divisor of a number that an Interval can be, 1 for 0.
func intervalOf(n int) int {
	for i := min(n, maxInterval); i > 1; i-- {
		if n%i == 0 {
			return i
		}
	}
	return 1
}

// candidates are the patterns that have all the occurrences, the plainest first.
func candidates(walls []time.Time) (all []pattern) {
	none := noPattern()
	days, months := gaps(walls)
	first := walls[0]
	same := func(what func(time.Time) int) bool {
		return !slices.ContainsFunc(walls, func(t time.Time) bool { return what(t) != what(first) })
	}
	week := func(t time.Time) int { return (t.Day()-1)/7 + 1 }
	isLast := func(t time.Time) int { return int(t.AddDate(0, 0, 7).Month()-t.Month()) & 1 }
	month, day := func(t time.Time) int { return int(t.Month()) }, time.Time.Day
	weekday := func(t time.Time) int { return int(t.Weekday()) }

	inMonth := func(p pattern) {
		p.interval = intervalOf(months)
		all = append(all, p)
		if p.kind, p.monthOfYear, p.interval = p.kind+3, int(first.Month()), intervalOf(months/12); same(month) {
			all = append(all, p)
		}
	}
	if p := none; same(day) {
		p.kind, p.dayOfMonth = monthly, first.Day()
		inMonth(p)
	}
	if p := none; same(weekday) {
		p.kind, p.dayOfWeek = monthlyNth, 1<<first.Weekday()
		if p.weekOfMonth = week(first); same(week) && p.weekOfMonth < 5 {
			inMonth(p)
		}
		if p.weekOfMonth = 5; same(isLast) && isLast(first) == 1 {
			inMonth(p)
		}
	}
	p := none
	p.kind = daily
	all = append(all, p)
	p.kind, p.dayOfWeek, p.firstDay = weekly, 0, int(time.Monday)
	for _, t := range walls {
		p.dayOfWeek |= 1 << t.Weekday()
	}
	if same(weekday) {
		p.interval = intervalOf(days / 7)
	}
	all = append(all, p)
	p = none
	p.kind, p.interval = daily, intervalOf(days)
	return append(all, p)
}

// cover tells what a pattern has beside the occurrences, and how many of them it has
// until that is more than limit. period is in which times are one occurrence, moved: on
// one day, or in a month or year of which the pattern has one.
func (p pattern) cover(walls []time.Time, limit int, period func(time.Time) time.Time) (made patterned, kept int) {
	const longest = 366 * 24 * time.Hour // of a period
	first := walls[0]
	end := walls[len(walls)-1].Add(longest)
	made = patterned{pattern: p, first: first, until: first}
	had, _ := p.rule().walls(first, end, len(walls)+limit+1)
	if len(had) == 0 || !had[0].Equal(first) {
		return made, 0
	}
	var without []time.Time
	var shifted []moved
	for _, at := range had {
		if kept == len(walls) {
			break
		}
		switch want := walls[kept]; {
		case period(want).Before(period(at)):
			return made, kept // it lacks one
		case period(at).Before(period(want)):
			without = append(without, at)
		default:
			if !want.Equal(at) {
				shifted = append(shifted, moved{at, want})
			}
			if len(without)+len(shifted) > limit {
				return made, kept
			}
			kept++
			made.until, made.without, made.moved = at, slices.Clip(without), slices.Clip(shifted)
		}
	}
	return made, kept
}
