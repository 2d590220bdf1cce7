package crashtest

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/airlift-eas/airlift/migrate"
)

func TestMain(m *testing.M) {
	if config := os.Getenv(childEnv); config != "" {
		if err := runChild(config); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	// The sweep flushes files ten thousands of times; what a flush is worth is the business of disk.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		must(os.Setenv("TMPDIR", "/dev/shm"))
	}
	goleak.VerifyTestMain(m)
}

// full tells whether everything is swept, or a sample.
func full() bool { return os.Getenv("AIRLIFT_CRASH") == "full" || os.Getenv("AIRLIFT_CRASH") == "all" }

// baseline is what happens without a fault.
type baseline struct {
	pages   map[folderKey]int
	effects map[kind]int // of both runs
	first   map[kind]int // of the first one
}

// measure runs the case without a fault.
func measure(t *testing.T, newLab maker) baseline {
	t.Helper()
	l := newLab(t)
	m := newMachine("", "", 0)
	l.mustRun(l.process(m))
	first := maps.Clone(m.n)
	change(l.store)
	l.mustRun(l.process(m))
	effects := maps.Clone(m.n)
	l.mustRun(l.process(m))
	l.check(users, "state")
	if t.Failed() {
		l.said()
		t.FailNow()
	}
	return baseline{pages: l.pages, effects: effects, first: first}
}

func (l *lab) mustRun(p *process) {
	l.t.Helper()
	if sum, err := p.run(); err != nil || sum.Result != migrate.ResultOK {
		l.t.Errorf("%s: the run ended %q: %v", p.m, sum.Result, err)
	}
}

// maxRuns is how many runs without a fault may be needed until one ends ok.
const maxRuns = 3

func (l *lab) recover(p *process) {
	l.t.Helper()
	for n := 1; ; n++ {
		sum, err := p.run()
		if err == nil && sum.Result == migrate.ResultOK {
			return
		}
		if n == maxRuns {
			l.t.Errorf("%s: run %d after the fault ended %q: %v", p.m, n, sum.Result, err)
			return
		}
	}
}

// TestSweep lets every effect fail in every way.
func TestSweep(t *testing.T) {
	without := measure(t, newLab)
	tally := newTally()
	t.Run("all", func(t *testing.T) {
		for _, k := range kinds {
			for _, m := range modes(k) {
				t.Run(fmt.Sprintf("%s-%s", k, m), func(t *testing.T) {
					t.Parallel()
					sweep(t, k, m, 1, newLab, without, tally)
				})
			}
		}
	})
	t.Log(tally.String())
}

// partsStride is which effects of TestSweepParts fail: each one where AIRLIFT_CRASH is all.
func partsStride() int {
	if os.Getenv("AIRLIFT_CRASH") == "all" {
		return 1
	}
	return 4
}

// TestSweepParts does the same where answers are stored in parts, for the effects and the ways that can tell one part from
// the next. Of the effects it takes each fourth.
func TestSweepParts(t *testing.T) {
	without := measure(t, newLabOfParts)
	tally := newTally()
	t.Run("all", func(t *testing.T) {
		for _, k := range []kind{httpEffect, bucketEffect, checkpointEffect} {
			for _, m := range []mode{lost, killedBefore, killedAfter} {
				t.Run(fmt.Sprintf("%s-%s", k, m), func(t *testing.T) {
					t.Parallel()
					sweep(t, k, m, partsStride(), newLabOfParts, without, tally)
				})
			}
		}
	})
	t.Log(tally.String())
}

// sweep lets each effect of a kind fail, or each one that is a stride from the one before.
func sweep(t *testing.T, k kind, m mode, stride int, newLab maker, without baseline, tally *tally) {
	if !full() {
		stride = 53
	}
	for at, reached := 1, true; reached; at += stride {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			reached = crash(t, newMachine(k, m, at), newLab, without)
			if reached {
				tally.add(k, m, t.Failed())
			}
		})
	}
}

// crash is one case: two runs, between which the mailboxes change, one fault in them, and the runs that make good for it.
// After every other fault in the first run they come before the change.
func crash(t *testing.T, m *machine, newLab maker, without baseline) (reached bool) {
	l := newLab(t)
	p := l.process(m)
	sum, err := p.run()
	switch {
	case m.failed() == "" && (err != nil || sum.Result != migrate.ResultOK):
		t.Errorf("before the fault: %q: %v", sum.Result, err)
	case m.failed() != "" && m.at%2 == 0:
		l.recover(p)
	}
	change(l.store)
	if m.failed() == "" {
		sum, err = p.run()
		if m.failed() == "" {
			return false
		}
	}
	l.recover(p)
	l.check(users, p.state)
	l.checkPages(without.pages)
	if t.Failed() {
		t.Logf("%s was %s, and the run ended %q: %v", m.failed(), m.mode, sum.Result, err)
		l.said()
	}
	return true
}

// tally counts the cases.
type tally struct {
	mu     sync.Mutex
	cases  map[kind]map[mode]int
	failed map[kind]map[mode]int
}

func newTally() *tally {
	c := &tally{cases: map[kind]map[mode]int{}, failed: map[kind]map[mode]int{}}
	return c
}

func (c *tally) add(k kind, m mode, failed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cases[k] == nil {
		c.cases[k], c.failed[k] = map[mode]int{}, map[mode]int{}
	}
	c.cases[k][m]++
	if failed {
		c.failed[k][m]++
	}
}

func (c *tally) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	cases, failures := 0, 0
	fmt.Fprintf(&b, "\n%-11s", "effect")
	for _, m := range modes(httpEffect) {
		fmt.Fprintf(&b, "%14s", m)
	}
	for _, k := range append(slices.Clone(kinds), s3Effect) {
		if c.cases[k] == nil {
			continue
		}
		fmt.Fprintf(&b, "\n%-11s", k)
		for _, m := range modes(k) {
			fmt.Fprintf(&b, "%14d", c.cases[k][m])
			cases += c.cases[k][m]
			failures += c.failed[k][m]
		}
	}
	fmt.Fprintf(&b, "\n%d cases, %d failed", cases, failures)
	return b.String()
}
