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
// order, and of those that allow as many of them the one that has the fewest others.
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
		made, n := p.cover(walls, limit)
		if n > kept || n == kept && len(made.without) < len(best.without) {
			best, kept = made, n
		}
	}
	return best, kept, kept > 0
}

func dayOf(wall time.Time) time.Time { return wall.Truncate(24 * time.Hour) }

// candidates are the patterns that have all the occurrences, the plainest first.
func candidates(walls []time.Time) (all []pattern) {
	none := pattern{
		interval: 1, occurrences: -1, dayOfWeek: -1, dayOfMonth: -1, weekOfMonth: -1, monthOfYear: -1,
		firstDay: -1, calendarType: -1, isLeapMonth: -1,
	}
	first := walls[0]
	same := func(what func(time.Time) int) bool {
		return !slices.ContainsFunc(walls, func(t time.Time) bool { return what(t) != what(first) })
	}
	week := func(t time.Time) int { return (t.Day()-1)/7 + 1 }
	isLast := func(t time.Time) int { return int(t.AddDate(0, 0, 7).Month()-t.Month()) & 1 }
	month, day := func(t time.Time) int { return int(t.Month()) }, time.Time.Day
	weekday := func(t time.Time) int { return int(t.Weekday()) }

	inMonth := func(p pattern) {
		all = append(all, p)
		if p.kind, p.monthOfYear = p.kind+3, int(first.Month()); same(month) {
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
	return append(all, p)
}

// cover tells what a pattern has beside the occurrences, and how many of them it has
// until that is more than limit.
func (p pattern) cover(walls []time.Time, limit int) (made patterned, kept int) {
	first := walls[0]
	end := dayOf(walls[len(walls)-1]).Add(24*time.Hour - time.Second)
	made = patterned{pattern: p, first: first, until: first}
	had, _ := p.rule().walls(first, end, len(walls)+limit+1)
	var without []time.Time
	var shifted []moved
	for _, at := range had {
		if kept == len(walls) {
			break
		}
		switch want := walls[kept]; {
		case dayOf(want).Before(dayOf(at)):
			return made, kept // it lacks one
		case dayOf(at).Before(dayOf(want)):
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
