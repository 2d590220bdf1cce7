package item

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// shifts are the changes of a time zone, in the order of time.
type shifts []shift

// shift is when a clock is put, from and to how many seconds east of UTC.
type shift struct {
	at       time.Time
	from, to int
}

func (s shifts) offset(t time.Time) int {
	i, _ := slices.BinarySearchFunc(s, t, func(s shift, t time.Time) int {
		if s.at.After(t) {
			return 1
		}
		return -1
	})
	if i == 0 {
		return s[0].from
	}
	return s[i-1].to
}

// The years of which the changes of a VTIMEZONE are computed, and how many
// observances are read of one.
const (
	firstZoneYear  = 1969
	lastZoneYear   = 2110
	maxObservances = 100
)

// observances returns the changes of a VTIMEZONE: RFC 5545 3.6.5.
func observances(c *icalComponent) (all shifts) {
	for i, o := range c.subs {
		if i == maxObservances {
			break
		}
		from, ok1 := parseOffset(o.first("TZOFFSETFROM").text())
		to, ok2 := parseOffset(o.first("TZOFFSETTO").text())
		if !ok1 || !ok2 {
			continue
		}
		for _, wall := range onsets(o, from) {
			all = append(all, shift{wall.Add(-time.Duration(from) * time.Second), from, to})
		}
	}
	slices.SortStableFunc(all, func(a, b shift) int { return a.at.Compare(b.at) })
	return all
}

// onsets returns when an observance begins, each time.
func onsets(o *icalComponent, from int) (walls []time.Time) {
	read := &zones{clocks: map[string]clock{}, lose: func(string, string, string) {}}
	local := func(l *icalLine, value string) (time.Time, bool) {
		m, ok := read.moment(l, value)
		if ok && strings.HasSuffix(strings.ToUpper(value), "Z") {
			m.wall = m.wall.Add(time.Duration(from) * time.Second)
		}
		return m.wall, ok
	}
	dtstart := o.first("DTSTART")
	if dtstart == nil {
		return nil
	}
	start, ok := local(dtstart, dtstart.value)
	if !ok {
		return nil
	}
	walls = append(walls, start)
	ruled := false // one rule is enough: RFC 5545 3.6.5
	for i := range o.lines {
		switch l := &o.lines[i]; l.name {
		case "RDATE":
			for v := range strings.SplitSeq(l.value, ",") {
				if wall, ok := local(l, v); ok && len(walls) < maxOccurrences {
					walls = append(walls, wall)
				}
			}
		case "RRULE":
			r, ok := parseRule(l.value)
			if !ok || !r.computable() || r.options.Freq > rrule.MONTHLY || ruled {
				continue
			}
			ruled = true
			var until time.Time
			if r.until != "" {
				if until, ok = local(l, r.until); !ok {
					continue
				}
			}
			// A rule that holds since 1601, as Windows has it, is computed from when it matters.
			if r.options.Freq == rrule.YEARLY && r.options.Interval == 1 && r.options.Count == 0 && start.Year() < firstZoneYear &&
				len(r.options.Bymonth) > 0 {
				start = time.Date(firstZoneYear, 1, 1, start.Hour(), start.Minute(), start.Second(), 0, time.UTC)
			}
			if end := time.Date(lastZoneYear, 1, 1, 0, 0, 0, 0, time.UTC); until.IsZero() || until.After(end) {
				until = end
			}
			more, _ := r.walls(start, until, lastZoneYear-firstZoneYear+1)
			walls = append(walls, more...)
		}
	}
	return walls
}

// parseOffset reads an UTC-OFFSET, in seconds: RFC 5545 3.3.14.
func parseOffset(s string) (seconds int, ok bool) {
	s = strings.ReplaceAll(strings.TrimSpace(s), ":", "")
	if len(s) != 5 && len(s) != 7 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:]+"00"[:7-len(s)], 10, 31)
	if err != nil {
		return 0, false
	}
	seconds = int(n)/10000*3600 + int(n)/100%100*60 + int(n)%100
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, seconds > -24*3600 && seconds < 24*3600
}
