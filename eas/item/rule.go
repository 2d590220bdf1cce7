package item

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Bounds of a recurrence that is read, and of what is computed of it.
const (
	maxRule        = 1 << 10 // bytes of an RRULE
	maxOccurrences = 4000    // that are computed of a rule
	maxRuleYears   = 100     // after its start
)

// rule is a recurrence rule: RFC 5545 3.3.10.
type rule struct {
	options rrule.ROption // without Dtstart and Until
	until   string        // as it stands in the rule
	wkst    int           // the day that the rule names, Sunday 0; -1 if it names none
	skip    string        // RFC 7529: "OMIT", "BACKWARD", "FORWARD"
	scale   string        // RFC 7529: another calendar than the Gregorian
	leap    bool          // RFC 7529: BYMONTH is a leap month of it
	strange []string      // parts that no rule of RFC 5545 has, or that are broken
}

var frequencies = map[string]rrule.Frequency{
	"YEARLY": rrule.YEARLY, "MONTHLY": rrule.MONTHLY, "WEEKLY": rrule.WEEKLY, "DAILY": rrule.DAILY,
	"HOURLY": rrule.HOURLY, "MINUTELY": rrule.MINUTELY, "SECONDLY": rrule.SECONDLY,
}

// ruleDays are the days of the week as rules name them, and as rrule-go has them.
var ruleDays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

func ruleDay(day int) rrule.Weekday {
	return [...]rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}[day]
}

// parseRule reads a rule. ok is false where it has no frequency, or is longer than
// any rule is.
func parseRule(value string) (r rule, ok bool) {
	if len(value) > maxRule {
		return rule{}, false
	}
	r = rule{wkst: -1}
	r.options.Interval = 1
	r.options.Wkst = rrule.MO
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(value)), ";") {
		name, v, _ := strings.Cut(part, "=")
		name, v = strings.TrimSpace(name), strings.TrimSpace(v)
		if name == "" {
			continue
		}
		if name == "FREQ" {
			r.options.Freq, ok = frequencies[v]
		} else if !r.part(name, v) {
			r.strange = append(r.strange, part)
		}
	}
	return r, ok
}

// part reads a part of a rule and tells whether it could.
func (r *rule) part(name, v string) (ok bool) {
	o := &r.options
	switch name {
	case "INTERVAL":
		o.Interval, ok = ruleNumber(v, 1, 1<<15)
	case "COUNT":
		o.Count, ok = ruleNumber(v, 1, 1<<20)
	case "UNTIL":
		r.until, ok = v, v != ""
	case "WKST":
		r.wkst = slices.Index(ruleDays, v)
		if ok = r.wkst >= 0; ok {
			o.Wkst = ruleDay(r.wkst)
		}
	case "BYDAY":
		o.Byweekday, ok = ruleWeekdays(v)
	case "BYMONTH":
		v, r.leap = strings.CutSuffix(v, "L")
		o.Bymonth, ok = ruleNumbers(v, 1, 13)
	case "BYMONTHDAY":
		o.Bymonthday, ok = ruleNumbers(v, -31, 31)
	case "BYSETPOS":
		o.Bysetpos, ok = ruleNumbers(v, -366, 366)
	case "BYYEARDAY":
		o.Byyearday, ok = ruleNumbers(v, -366, 366)
	case "BYWEEKNO":
		o.Byweekno, ok = ruleNumbers(v, -53, 53)
	case "BYHOUR":
		o.Byhour, ok = ruleNumbers(v, 0, 23)
	case "BYMINUTE":
		o.Byminute, ok = ruleNumbers(v, 0, 59)
	case "BYSECOND":
		o.Bysecond, ok = ruleNumbers(v, 0, 59)
	case "RSCALE":
		if ok = v != ""; v != "GREGORIAN" {
			r.scale = v
		}
	case "SKIP":
		r.skip, ok = v, v == "OMIT" || v == "BACKWARD" || v == "FORWARD"
	}
	return ok
}

func ruleNumber(s string, least, most int) (n int, ok bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && least <= n && n <= most
}

// ruleNumbers reads a list of numbers, each once; 0 is one only where it is the least.
func ruleNumbers(s string, least, most int) (list []int, ok bool) {
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		n, ok := ruleNumber(strings.TrimPrefix(v, "+"), least, most)
		if !ok || n == 0 && least < 0 {
			return nil, false
		}
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list, len(list) > 0
}

func ruleWeekdays(s string) (list []rrule.Weekday, ok bool) {
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		if len(v) < 2 {
			return nil, false
		}
		day, n := slices.Index(ruleDays, v[len(v)-2:]), 0
		if nth := strings.TrimPrefix(v[:len(v)-2], "+"); nth != "" {
			if n, ok = ruleNumber(nth, -53, 53); !ok || n == 0 {
				return nil, false
			}
		}
		if day < 0 {
			return nil, false
		}
		weekday := ruleDay(day)
		if n != 0 {
			weekday = weekday.Nth(n)
		}
		if !slices.Contains(list, weekday) {
			list = append(list, weekday)
		}
	}
	return list, len(list) > 0
}

// computable tells whether walls can compute the rule: at most one occurrence a
// day, and no part that is not understood.
func (r rule) computable() bool {
	o := r.options
	if o.Freq == rrule.DAILY && len(o.Bysetpos) > 0 {
		return false // of the one occurrence of a day it is the first, or none
	}
	if r.skip == "FORWARD" || r.skip == "BACKWARD" && (len(o.Bymonthday) > 1 || len(o.Byyearday) > 0) {
		return false // but clampDays knows one day that is put backward
	}
	if r.scale != "" || r.leap || len(o.Bymonth) > 0 && slices.Max(o.Bymonth) > 12 {
		return false
	}
	return len(r.strange) == 0 && o.Freq <= rrule.DAILY && len(o.Byhour) <= 1 && len(o.Byminute) <= 1 && len(o.Bysecond) <= 1
}

// walls returns the first occurrences of a series, as wall clock times that are
// labelled UTC like start; the start itself is one only if the rule says so. until is
// the end of the rule as wall clock time, zero if it has none. complete tells whether
// these are all.
func (r rule) walls(start, until time.Time, limit int) (walls []time.Time, complete bool) {
	o := r.options
	o.Dtstart = start
	horizon := start.AddDate(maxRuleYears, 0, 0)
	o.Until = horizon
	bounded := o.Count > 0
	if !until.IsZero() && until.Before(horizon) {
		o.Until, bounded = until, true
	}
	r.clampDays(&o)
	byYear(&o)
	computed, err := rrule.NewRRule(o)
	if err != nil {
		return nil, false
	}
	next := computed.Iterator()
	for {
		wall, ok := next()
		if !ok {
			// A rule that ends by its count did so only if it came to it.
			return walls, bounded && (o.Until.Equal(until) || len(walls) == o.Count)
		}
		if len(walls) == limit {
			return walls, false
		}
		walls = append(walls, wall)
	}
}

// byYear says a rule of days or weeks by the year, where it looks at each of them:
// rrule-go goes to the year 9999 for a rule that has no occurrence, and there are
// fewer years than days.
func byYear(o *rrule.ROption) {
	filters := len(o.Bymonth) + len(o.Bymonthday) + len(o.Byyearday) + len(o.Byweekno)
	if o.Freq < rrule.WEEKLY || o.Interval > 1 || filters == 0 || len(o.Bysetpos) > 0 {
		return
	}
	switch {
	case len(o.Byweekday) == 0 && o.Freq == rrule.WEEKLY:
		o.Byweekday = []rrule.Weekday{ruleDay(int(o.Dtstart.Weekday()))}
	case len(o.Byweekday) == 0:
		o.Byweekday = []rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}
	default: // which of a month or year it is means nothing by the week: RFC 5545 3.3.10
		days := make([]rrule.Weekday, len(o.Byweekday))
		for i, d := range o.Byweekday {
			days[i] = d.Nth(0)
		}
		o.Byweekday = days
	}
	o.Freq = rrule.YEARLY
}

// clampDays makes of a day that a month may not have the last one that it has,
// where SKIP=BACKWARD says so: RFC 7529 4.1.
func (r rule) clampDays(o *rrule.ROption) {
	if r.skip != "BACKWARD" || len(o.Byweekday)+len(o.Bysetpos)+len(o.Byyearday)+len(o.Byweekno) > 0 {
		return
	}
	day := o.Dtstart.Day()
	if len(o.Bymonthday) == 1 {
		day = o.Bymonthday[0]
	}
	if day > 28 && len(o.Bymonthday) <= 1 && o.Freq <= rrule.MONTHLY {
		o.Bymonthday = nil
		for d := 28; d <= day; d++ {
			o.Bymonthday = append(o.Bymonthday, d)
		}
		if o.Freq == rrule.YEARLY && len(o.Bymonth) == 0 {
			o.Bymonth = []int{int(o.Dtstart.Month())}
		}
		o.Bysetpos = []int{-1}
	}
}
