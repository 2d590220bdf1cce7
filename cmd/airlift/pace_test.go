package main

import (
	"testing"
	"time"
)

// A server lets a client work for a minute, and from then on holds it up for 50 seconds of each.
func TestPaceOfAThrottledRun(t *testing.T) {
	var p pace
	at, n := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), 0
	p.rate(at, 0)
	rates := map[int]float64{} // at the end of each minute
	for s := 1; s <= 20*60; s++ {
		if s <= 60 || s%60 >= 50 {
			n += 60
		}
		rate := p.rate(at.Add(time.Duration(s)*time.Second), n)
		if s%60 == 0 {
			rates[s/60] = rate
		}
	}
	if rates[1] != 60 {
		t.Errorf("after the first minute: %g/s, want 60", rates[1])
	}
	// From the fifth minute on the fast one is forgotten, though it still is in the average of 13/s.
	for m := 5; m <= 20; m++ {
		if rates[m] < 9 || rates[m] > 11 {
			t.Errorf("after minute %d: %g/s, want 10", m, rates[m])
		}
	}
	if len(p.marks) > 40 {
		t.Errorf("%d marks are kept", len(p.marks))
	}
	if rate := p.rate(at.Add(time.Hour), n); rate != 0 {
		t.Errorf("after 40 minutes of nothing: %g/s", rate)
	}
}

func TestRateText(t *testing.T) {
	for _, test := range []struct {
		rate float64
		rest int
		want string
	}{
		{0, 0, "0.0/s"},
		{0, 100, "0.0/s"}, // it does not say how long, and not "for ever" either
		{100, 0, "100/s"},
		{100, -5, "100/s"},
		{2, 20, "2.0/s, 10s left"},
		{10, 18_000, "10/s, 30 min left"},
		{10, 1_000_000, "10/s, 28 h left"},
		{1e-9, 1, "0.0/s"},
	} {
		if got := rateText(test.rate, test.rest); got != test.want {
			t.Errorf("%d more at %g/s: %q, want %q", test.rest, test.rate, got, test.want)
		}
	}
}
