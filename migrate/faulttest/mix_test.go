package faulttest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// silent are the faults that hide items while every status says success. What finds them out is that the counts differ:
// they are not mixed with estimates that lie, since a server that hides an item and leaves it out of its count, too, shows
// nothing that differs from a mailbox without it.
var silent = []easserver.Fault{easserver.FaultRepeatLosesRest, easserver.FaultSkippedItem, easserver.FaultLostItem, easserver.FaultWrongKeySkips}

// lies are the estimates that are wrong by any reading.
var lies = []easserver.Fault{easserver.FaultEstimateHigh, easserver.FaultEstimateLow, easserver.FaultEstimateZero, easserver.FaultEstimateDeleted}

// fatal are the faults that end a run. They are to be rare, so that runs come far enough for the others.
var fatal = []easserver.Fault{easserver.FaultUnauthorized, easserver.FaultForbidden, easserver.FaultMoved, easserver.FaultLoginPage}

// seldom are the faults that have few occasions.
var seldom = []easserver.Fault{
	easserver.FaultRepeatOtherPage, easserver.FaultRepeatShortPage, easserver.FaultRepeatLosesRest, easserver.FaultForgetHierarchy,
	easserver.FaultWholeChange, easserver.FaultFetchBatch, easserver.FaultDeviceFolderIDs,
}

// mixture draws the faults of a seed.
func mixture(rng *rand.Rand) []easserver.FaultRule {
	var all []easserver.Fault
	for _, a := range everyCase() {
		if !a.never && (a.loose == "" || slices.Contains(silent, a.Fault)) && !slices.Contains(all, a.Fault) {
			all = append(all, a.Fault)
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	drawn := all[:5+rng.IntN(8)]
	hides := slices.ContainsFunc(drawn, func(f easserver.Fault) bool { return slices.Contains(silent, f) })
	if hides {
		drawn = slices.DeleteFunc(slices.Clone(drawn), func(f easserver.Fault) bool {
			return slices.Contains(lies, f) || f == easserver.FaultEstimateTotal
		})
		if rng.IntN(2) == 0 {
			drawn = append(drawn, easserver.FaultEstimateTotal)
		}
	}
	var rules []easserver.FaultRule
	for _, f := range drawn {
		r := easserver.FaultRule{Fault: f, Rate: 0.03 + 0.25*rng.Float64(), Delay: time.Microsecond, RetryAfter: time.Duration(1+rng.IntN(300)) * time.Second}
		switch {
		case slices.Contains(fatal, f):
			r.Rate = 0.01
		case f == easserver.FaultEstimateTotal:
			r = total
		case slices.Contains(seldom, f):
			r.Rate = 0.8
		case f == easserver.FaultInvalidUTF8, f == easserver.FaultNoHeaders:
			r.Lasting = true // an item that is called otherwise from one day to the next is another item
		}
		rules = append(rules, r)
	}
	return rules
}

func hidesItems(rules []easserver.FaultRule) bool {
	return slices.ContainsFunc(rules, func(r easserver.FaultRule) bool { return slices.Contains(silent, r.Fault) })
}

// tally is what the mixtures came to.
type tally struct {
	mu                           sync.Mutex
	seeds                        []uint64
	runs, ended                  int
	faults                       map[easserver.Fault]int
	lost, doubled, surplus, late int
}

func (y *tally) add(f func()) {
	y.mu.Lock()
	defer y.mu.Unlock()
	f()
}

func (y *tally) String() string {
	var b strings.Builder
	total := 0
	for _, info := range easserver.AllFaults() {
		if n := y.faults[info.Fault]; n > 0 {
			fmt.Fprintf(&b, "  %6d %s\n", n, info.Fault)
			total += n
		}
	}
	return fmt.Sprintf("%d seeds (%d to %d), %d runs (%d of them ok), %d faults injected, %d items lost, %d doubled, %d live that are gone, %d with an old state\n%s",
		len(y.seeds), slices.Min(y.seeds), slices.Max(y.seeds), y.runs, y.ended, total, y.lost, y.doubled, y.surplus, y.late, &b)
}

// TestMixtures meets several faults at once, as a seed draws them.
func TestMixtures(t *testing.T) {
	y := &tally{faults: map[easserver.Fault]int{}}
	t.Run("seeds", func(t *testing.T) {
		for seed := range uint64(repeats(3, 18)) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				mix(t, seed, y)
			})
		}
	})
	t.Log(y)
}

func mix(t *testing.T, seed uint64, y *tally) {
	rng := rand.New(rand.NewPCG(seed, 2))
	rules := mixture(rng)
	l := newLab(t, seed, versions[rng.IntN(len(versions))], rules...)
	l.named = !slices.ContainsFunc(rules, func(r easserver.FaultRule) bool { return r.Fault == easserver.FaultSameNames })
	if rng.IntN(4) == 0 {
		l.options.Bodies = migrate.BodiesFetch
	}
	for range 4 {
		l.settle(3)
		l.box.change()
	}
	l.loose = hidesItems(rules) // what becomes of hidden items is hidden too
	l.faults.Stop()
	l.checkEnd(l.run())
	d := l.compare(true)
	y.add(func() {
		y.seeds = append(y.seeds, seed)
		y.runs += l.runs
		y.ended += l.ended
		for f, n := range l.faults.Injected() {
			y.faults[f] += n
		}
		y.lost += len(d.missing)
		y.surplus += len(d.surplus)
		y.late += len(d.stale)
		y.doubled += len(l.storedTwice())
	})
	if t.Failed() {
		t.Fatalf("injected %v by %+v", l.faults.Injected(), rules)
	}
}
