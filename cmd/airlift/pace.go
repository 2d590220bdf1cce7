package main

import (
	"fmt"
	"time"
)

const (
	paceSpan = 3 * time.Minute // how far a pace looks back: longer than most servers hold a client up
	paceStep = paceSpan / 36
)

// pace tells how fast something has come along of late, the waiting included. That is what a server allows: the
// average since the start remembers the time before it began to throttle, and the moment between two refusals knows
// nothing of them.
type pace struct {
	marks []mark // at most one a step; all but the first are of the span
}

type mark struct {
	at time.Time
	n  int
}

// rate takes note that there are n by now, and returns how many came a second.
func (p *pace) rate(now time.Time, n int) float64 {
	if last := len(p.marks) - 1; last < 0 || now.Sub(p.marks[last].at) >= paceStep {
		p.marks = append(p.marks, mark{now, n})
	}
	for len(p.marks) > 1 && now.Sub(p.marks[1].at) >= paceSpan {
		p.marks = p.marks[1:]
	}
	since := max(now.Sub(p.marks[0].at), time.Second) // less says nothing yet
	return float64(n-p.marks[0].n) / since.Seconds()
}

// tally is what was done, and how fast.
type tally struct {
	items int   // that are durable, with changes and deletions
	bytes int64 // of them
	rest  int   // items that are known to be there and are not archived yet
	pace  pace
}

func newTally() (t tally) {
	t.pace.rate(time.Now(), 0)
	return t
}

func (t *tally) String() string {
	return fmt.Sprintf("%s, %s, %s", count(t.items, "item", "items"), bytesText(t.bytes), t.speed())
}

func (t *tally) speed() string { return rateText(t.pace.rate(time.Now(), t.items), t.rest) }

// rateText is a rate, and the time that so many more take at it, if that can be said.
func rateText(rate float64, rest int) string {
	s := fmt.Sprintf("%.0f/s", rate)
	if rate < 10 {
		s = fmt.Sprintf("%.1f/s", rate)
	}
	const month = 30 * 24 * time.Hour
	left := float64(rest) / rate * float64(time.Second)
	switch {
	case rest <= 0 || !(left < float64(month)): // nothing comes at the moment
		return s
	case left < float64(2*time.Minute):
		return fmt.Sprintf("%s, %s left", s, time.Duration(left).Round(time.Second))
	case left < float64(2*time.Hour):
		return fmt.Sprintf("%s, %.0f min left", s, time.Duration(left).Minutes())
	}
	return fmt.Sprintf("%s, %.0f h left", s, time.Duration(left).Hours())
}
