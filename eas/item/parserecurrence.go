package item

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// sameFor is how many occurrences of a pattern are compared with those of the rule
// that it was made of.
const sameFor = 200

// maxRules is how many rules a component may have; RFC 5545 3.8.5.3 wants one.
const maxRules = 4

// recurrenceOf says how a component recurs: its rules, and dates that are added and taken.
type recurrenceOf struct {
	start    moment
	rules    []*icalLine
	added    []time.Time // wall clock
	excluded []time.Time
	extimes  []rule
}

// wall returns what the clock of the series shows at a moment.
func (s recurrenceOf) wall(m moment) time.Time {
	if m.date {
		return m.wall
	}
	return wallAt(s.start.clock, m.utc())
}

// recurrenceOf takes all that says how the component recurs; length is how long it
// takes.
func (r reading) recurrenceOf(start moment, length time.Duration) recurrenceOf {
	s := recurrenceOf{start: start, rules: r.takeAll("RRULE")}
	if len(s.rules) > maxRules {
		for _, l := range s.rules[maxRules:] {
			r.lose("RRULE", l.value, "more than "+strconv.Itoa(maxRules)+" rules")
		}
		s.rules = s.rules[:maxRules]
	}
	moments := func(name string, each func(m moment, l *icalLine, value string)) {
		for _, l := range r.takeAll(name) {
			for v := range strings.SplitSeq(l.value, ",") {
				begin, end, period := strings.Cut(v, "/")
				m, ok := r.zones.moment(l, begin)
				switch {
				case strings.TrimSpace(v) == "":
				case !ok:
					r.lose(name, v, "neither a date nor a time")
				default:
					if period && r.periodLength(l, m, end) != length {
						r.lose(name, v, "a period, which takes as long as the others")
					}
					each(m, l, v)
				}
			}
		}
	}
	moments("RDATE", func(m moment, _ *icalLine, v string) {
		wall := s.wall(m)
		if m.date && !start.date {
			r.lose("RDATE", v, "a date, taken for the time of the series on that day")
			wall = m.wall.Add(start.wall.Sub(dayOf(start.wall)))
		}
		s.added = r.oneMore(s.added, wall, "RDATE", v)
	})
	moments("EXDATE", func(m moment, _ *icalLine, v string) {
		wall := s.wall(m)
		if m.date && !start.date {
			r.lose("EXDATE", v, "a date, taken for the occurrence of that day")
			wall = m.wall.Add(start.wall.Sub(dayOf(start.wall)))
		} else if start.date {
			wall = dayOf(wall)
		}
		s.excluded = r.oneMore(s.excluded, wall, "EXDATE", v)
	})
	for _, l := range r.takeAll("EXRULE") {
		if ex, ok := parseRule(l.value); ok && ex.computable() && len(s.extimes) < maxRules {
			s.extimes = append(s.extimes, ex)
		} else {
			r.lose("EXRULE", l.value, "not a rule that is understood")
		}
	}
	return s
}

// oneMore adds a date to those of a property, of which there is a limit.
func (r reading) oneMore(walls []time.Time, wall time.Time, name, value string) []time.Time {
	if len(walls) == maxOccurrences {
		r.lose(name, value, "more than "+strconv.Itoa(maxOccurrences)+" dates")
		return walls
	}
	return append(walls, wall)
}

// periodLength is how long a PERIOD takes (RFC 5545 3.3.9), -1 if it does not say.
func (r reading) periodLength(l *icalLine, begin moment, end string) time.Duration {
	if d, ok := parseDuration(end); ok {
		return begin.after(d).utc().Sub(begin.utc())
	}
	if m, ok := r.zones.moment(l, end); ok {
		return m.utc().Sub(begin.utc())
	}
	return -1
}

// end returns the last moment that UNTIL allows, as wall clock; zero if there is none.
func (s recurrenceOf) end(r reading, ru rule, l *icalLine) time.Time {
	if ru.until == "" {
		return time.Time{}
	}
	quiet := *r.zones
	quiet.lose = func(string, string, string) {}
	until, ok := quiet.moment(&icalLine{}, ru.until)
	switch {
	case !ok:
		r.lose(l.name, l.value, "its end is no date: it has none")
		return time.Time{}
	case s.start.date:
		return dayOf(s.wall(until))
	case until.date: // the day with all its times, as libical has it
		return until.wall.Add(24*time.Hour - time.Second)
	case strings.HasSuffix(ru.until, "Z"):
		return s.wall(until)
	}
	return until.wall
}

// patterned returns how EAS says the recurrence. limit is how many exceptions there
// may be. ok is false for what does not recur, or cannot: then the loss is told.
func (s recurrenceOf) patterned(r reading, limit, most int) (p patterned, ok bool) {
	if len(s.rules)+len(s.added) == 0 {
		return patterned{}, false
	}
	if len(s.rules) == 1 && len(s.added)+len(s.extimes) == 0 {
		l := s.rules[0]
		ru, readable := parseRule(l.value)
		if !readable {
			r.lose("RRULE", l.value, "not a rule")
			return patterned{}, false
		}
		if shape, ok := ru.lunar(); ok && r.version >= 14 && ru.options.Count <= most {
			p = patterned{pattern: shape, first: s.start.wall, until: s.end(r, ru, l)}
			if ru.options.Count > 0 {
				p.pattern.occurrences, p.until = ru.options.Count, time.Time{}
			}
			return p, true
		}
		if p, ok, none := s.exact(r, ru, l, most); ok || none {
			return p, ok
		}
	}
	return s.covered(r, limit)
}

// exact returns the pattern of a single rule, if it has the same occurrences. none
// tells that the rule has no occurrence at all.
func (s recurrenceOf) exact(r reading, ru rule, l *icalLine, most int) (p patterned, ok, none bool) {
	shape, ok := ru.pattern(s.start.wall)
	if !ok {
		return patterned{}, false, false
	}
	until := s.end(r, ru, l)
	walls, complete := ru.walls(s.start.wall, until, sameFor)
	if len(walls) == 0 {
		r.lose("RRULE", l.value, "it has no occurrence")
		return patterned{}, false, true
	}
	like := shape.rule()
	like.options.Count = ru.options.Count
	theirs, alike := like.walls(walls[0], until, sameFor)
	if complete != alike || !slices.EqualFunc(walls, theirs, time.Time.Equal) {
		return patterned{}, false, false
	}
	if r.version < 14.1 && shape.kind == weekly {
		// Servers take the first day of the week that their user has: MS-ASCAL 2.2.2.24.
		for _, day := range [...]rrule.Weekday{rrule.SU, rrule.MO} {
			like.options.Wkst = day
			if theirs, _ := like.walls(walls[0], until, sameFor); slices.EqualFunc(walls, theirs, time.Time.Equal) {
				continue
			}
			if complete {
				return patterned{}, false, false
			}
			r.lose("RRULE;WKST", ruleDays[shape.firstDay], "no first day of the week before protocol 14.1")
		}
	}
	switch {
	case ru.options.Count > most:
		all, complete := ru.walls(s.start.wall, until, min(ru.options.Count, maxOccurrences))
		if !complete {
			r.lose("RRULE", l.value, "so many occurrences that it has no end")
			break
		}
		until = all[len(all)-1]
	case ru.options.Count > 0:
		shape.occurrences, until = ru.options.Count, time.Time{}
	}
	s.unsynchronized(r, walls[0])
	return patterned{pattern: shape, first: walls[0], until: until}, true, false
}

// unsynchronized tells of a DTSTART that is no occurrence of its rule, whose
// meaning RFC 5545 3.8.5.3 leaves open.
func (s recurrenceOf) unsynchronized(r reading, first time.Time) {
	if !first.Equal(s.start.wall) {
		r.lose("DTSTART", s.start.wall.Format(localForm), "not an occurrence of its rule: the series begins with the first that is")
	}
}

// covered returns a pattern that has more occurrences than the recurrence, without those.
func (s recurrenceOf) covered(r reading, limit int) (patterned, bool) {
	why := "no pattern of EAS: "
	walls, complete, ok := s.occurrences(r)
	var p patterned
	kept := 0
	if ok {
		p, kept, ok = superset(walls, limit)
	}
	text := "RDATE"
	if len(s.rules) > 0 {
		text = s.rules[0].value
	}
	switch {
	case !ok && len(walls) > 0:
		r.lose("RRULE", text, why+"several on one day; the first one is kept")
		return patterned{}, false
	case !ok:
		r.lose("RRULE", text, why+"the first one is kept")
		return patterned{}, false
	case limit == 0 && (kept < len(walls) || !complete):
		r.lose("RRULE", text, why+"the first one is kept")
		return patterned{}, false
	case kept == len(walls) && !complete && len(p.without)+len(p.moved) == 0 && len(walls) < maxOccurrences:
		p.until = time.Time{} // the same for as long as anything is computed
	case kept < len(walls) || !complete:
		r.lose("RRULE", text, why+"kept until "+p.until.Format(time.DateOnly))
	}
	if len(s.rules) > 0 {
		s.unsynchronized(r, walls[0])
	}
	return p, true
}

// occurrences computes the recurrence, with what is added and without what is taken.
func (s recurrenceOf) occurrences(r reading) (walls []time.Time, complete, ok bool) {
	complete = true
	var known time.Time // until when the occurrences are computed, where that is not to the end
	cut := func(some []time.Time) {
		if complete = false; len(some) > 0 && (known.IsZero() || some[len(some)-1].Before(known)) {
			known = some[len(some)-1]
		}
	}
	for _, l := range s.rules {
		ru, readable := parseRule(l.value)
		if !readable || !ru.computable() {
			return nil, false, false
		}
		some, all := ru.walls(s.start.wall, s.end(r, ru, l), maxOccurrences)
		if !all {
			cut(some)
		}
		walls = append(walls, some...)
	}
	if len(s.rules) == 0 {
		walls = append(walls, s.start.wall)
	}
	taken := map[int64]bool{}
	for _, t := range s.excluded {
		taken[t.Unix()] = true
	}
	for _, ex := range s.extimes {
		some, all := ex.walls(s.start.wall, time.Time{}, maxOccurrences)
		if !all && len(some) == maxOccurrences {
			cut(some)
		}
		for _, t := range some {
			taken[t.Unix()] = true
		}
	}
	left := func(t time.Time) bool { return taken[t.Unix()] || !known.IsZero() && t.After(known) }
	walls = slices.DeleteFunc(walls, left)
	walls = s.withAdded(r, walls, left)
	slices.SortFunc(walls, time.Time.Compare)
	walls = slices.CompactFunc(walls, time.Time.Equal)
	return walls, complete, len(walls) > 0
}

// withAdded returns the occurrences with those that are added and not left out. A second
// one on a day, which no pattern has, is lost.
func (s recurrenceOf) withAdded(r reading, walls []time.Time, left func(time.Time) bool) []time.Time {
	days := map[int64]time.Time{}
	for _, t := range walls {
		days[dayOf(t).Unix()] = t
	}
	for _, t := range s.added {
		if left(t) {
			continue
		}
		if of, taken := days[dayOf(t).Unix()]; taken && !of.Equal(t) {
			r.lose("RDATE", t.Format(localForm), "a second one on that day")
			continue
		}
		days[dayOf(t).Unix()] = t
		walls = append(walls, t)
	}
	return walls
}
