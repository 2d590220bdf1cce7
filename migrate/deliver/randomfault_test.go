package deliver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// storm lets steps fail at random, each in a way of its own.
type storm struct {
	*rand.Rand
	mu     sync.Mutex
	calm   bool
	dead   bool
	deaths int
	faults int
}

func (s *storm) step() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.dead:
		return errKilled
	case s.calm || s.IntN(40) > 0:
		return nil
	}
	s.faults++
	switch s.IntN(4) {
	case 0:
		s.dead = true
		s.deaths++
		return errKilled
	case 1:
		return sinks.ErrUncertain
	case 2:
		return fmt.Errorf("cut: %w", sinks.ErrUnavailable)
	}
	return errors.New("an answer that nobody knows")
}

// TestRandomFaults: runs that fail many times, at random, among random changes of the source, come to the same end as those that never fail.
func TestRandomFaults(t *testing.T) {
	seeds := 15
	if os.Getenv("AIRLIFT_CRASH") != "" {
		seeds = 200
	}
	for name, flavour := range flavours {
		if name == "alters everything" || name == "other names" || name == copies {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, deaths := 0, 0
			for seed := range seeds {
				s := &storm{Rand: rand.New(rand.NewPCG(uint64(seed), 11))}
				if !t.Run(fmt.Sprint(seed), func(t *testing.T) { randomFaults(t, flavour, uint64(seed), s) }) {
					break
				}
				faults, deaths = faults+s.faults, deaths+s.deaths
			}
			t.Logf("%d faults, %d of them deaths", faults, deaths)
			if deaths < seeds {
				t.Error("hardly anything failed")
			}
		})
	}
}

func randomFaults(t *testing.T, flavour func(*sinktest.Target), seed uint64, s *storm) {
	w := newWorld()
	flavour(w.dst)
	w.inbox()
	w.opts.Deletes, w.opts.Workers = true, 1
	before, paths := w.dst.Holds(), w.dst.Paths()
	w.dst.Fault = func(string, int) error { return s.step() }
	w.rec.fault = func(string, bool) error {
		if err := s.step(); err != nil && !errors.Is(err, errKilled) {
			return errors.New("the disk is gone for a moment")
		} else if err != nil {
			return err
		}
		return nil
	}
	until := func(do func() error) {
		s.calm = false
		for range 12 {
			s.dead = false
			if do() == nil {
				break
			}
		}
		s.calm, s.dead = true, false
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	run := func() error {
		_, err := Run(t.Context(), w.opts)
		return err
	}
	c := &chaos{Rand: rand.New(rand.NewPCG(seed, 13)), w: w, touched: map[string]bool{}, became: map[string]string{}}
	for range 6 {
		until(run)
		c.compare(t)
		w.still(t)
		for range c.IntN(15) {
			c.source()
		}
	}
	until(run)
	c.compare(t)
	until(func() error {
		_, err := Undo(t.Context(), w.opts)
		return err
	})
	if d := cmp.Diff(before, w.dst.Holds()) + cmp.Diff(paths, w.dst.Paths()); d != "" {
		t.Errorf("after Undo: -before +after\n%s", d)
	}
}
