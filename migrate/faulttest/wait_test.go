package faulttest

import (
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// asked is what the server asks for. The engine's own waiting is far from it.
const asked = 97 * time.Second

// TestRetryAfter: the engine waits as long as the server asks for, once for each time that it asks, and not longer.
func TestRetryAfter(t *testing.T) {
	for _, fault := range []easserver.Fault{easserver.FaultThrottleSeconds, easserver.FaultThrottleDate, easserver.FaultThrottleLate} {
		for _, c := range []struct {
			command string
			least   int // times that it is asked
		}{
			{command: "OPTIONS", least: 1},
			{command: "Settings", least: 1},
			{command: "FolderSync", least: 1},
			{command: "Sync", least: 10},
			{command: "ItemOperations", least: 3},
			{command: "GetItemEstimate", least: 3},
		} {
			t.Run(string(fault)+" "+c.command, func(t *testing.T) {
				t.Parallel()
				// Every second occasion, in one folder after the other: a rate would at times refuse too often in a row.
				var rules []easserver.FaultRule
				for skip := range 20 {
					rules = append(rules, easserver.FaultRule{
						Fault: fault, Command: c.command, Skip: 2 * skip, Limit: 1, RetryAfter: asked, Delay: time.Microsecond,
					})
				}
				l := newLab(t, 5, "14.1", rules...)
				l.options.Folders, l.options.Bodies = 1, migrate.BodiesFetch
				sum, err := l.run()
				if sum.Result != migrate.ResultOK {
					t.Fatalf("%s, %v", sum.Result, err)
				}
				l.checkWaits(fault, c.least, sum)
			})
		}
	}
}

func (l *lab) checkWaits(fault easserver.Fault, least int, sum migrate.Summary) {
	l.t.Helper()
	obeyed := 0
	for _, d := range l.waits {
		switch {
		case d <= asked && d > asked-time.Second: // one who comes later waits for what is left
			obeyed++
		case d > time.Second:
			l.t.Errorf("it waited %s", d)
		}
	}
	if n := l.faults.Injected()[fault]; obeyed != n || n < least {
		l.t.Errorf("the server asked %d times, the engine waited %d times", n, obeyed)
	}
	if want := float64(obeyed) * asked.Seconds(); sum.ThrottledSeconds > want || sum.ThrottledSeconds < want-float64(obeyed) {
		l.t.Errorf("the summary says %v seconds throttled, it waited %v", sum.ThrottledSeconds, want)
	}
}
