package migrate

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

func governorForTest(width int) *governor {
	return &governor{bounds: []*bound{newBound(width, 8), newBound(100, 100)}, now: time.Now, sleep: sleep, slept: func(time.Duration) {}}
}

var throttled = &eas.HTTPError{Command: "Sync", Code: http.StatusServiceUnavailable}

// request takes a turn that is answered after a time with err.
func request(t *testing.T, g *governor, took time.Duration, err error) {
	t.Helper()
	turn, terr := g.turn(t.Context(), "Sync")
	if terr != nil {
		t.Error(terr)
		return
	}
	time.Sleep(took)
	turn.answered()
	turn.done(err)
	turn.done(errors.New("only the first call counts"))
}

// TestGovernorBounds: no more requests are in flight than the bound says; it rises by one while answers come well, and halves
// once for all requests that were in flight when the server had too much.
func TestGovernorBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := governorForTest(4)
		inFlight, most := 0, 0
		var mu sync.Mutex
		burst := func(n int, err error) {
			most = 0
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {
					turn, terr := g.turn(t.Context(), "Sync")
					if terr != nil {
						t.Error(terr)
						return
					}
					mu.Lock()
					inFlight++
					most = max(most, inFlight)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					inFlight--
					mu.Unlock()
					turn.done(err)
				})
			}
			wg.Wait()
		}
		burst(16, nil)
		if most != 4 || g.bounds[0].width != 5 {
			t.Errorf("after 16 good answers: %d in flight, bound %d", most, g.bounds[0].width)
		}
		burst(200, nil)
		if most != 8 || g.bounds[0].width != 8 {
			t.Errorf("after many good answers: %d in flight, bound %d", most, g.bounds[0].width)
		}
		burst(8, throttled)
		if g.bounds[0].width != 4 || g.bounds[1].width != 50 {
			t.Errorf("throttled: bounds %d and %d", g.bounds[0].width, g.bounds[1].width)
		}
		burst(8, &eas.HTTPError{Command: "Sync", Code: http.StatusInternalServerError})
		if g.bounds[0].width != 4 {
			t.Errorf("an error that is no strain: bound %d", g.bounds[0].width)
		}
		for range 5 {
			request(t, g, time.Second, throttled)
		}
		if g.bounds[0].width != 1 {
			t.Errorf("throttled for ever: bound %d", g.bounds[0].width)
		}
	})
}

// TestGovernorHold: while a server wants to be left alone nothing is sent, and after that at once.
func TestGovernorHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := governorForTest(4)
		began := time.Now()
		g.bounds[0].hold(began.Add(30 * time.Second))
		g.bounds[0].hold(began.Add(10 * time.Second)) // does not shorten it
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				request(t, g, 0, nil)
				if waited := time.Since(began); waited != 30*time.Second {
					t.Errorf("sent after %s", waited)
				}
			})
		}
		wg.Wait()
		g.bounds[0].hold(time.Now().Add(time.Hour))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := g.turn(ctx, "Sync"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("interrupted: %v", err)
		}
	})
}

// TestGovernorLatency: answers that come several times slower than usual make the bound narrower, and wider again when the
// queue is gone.
func TestGovernorLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := governorForTest(4)
		for range 16 {
			request(t, g, 100*time.Millisecond, nil)
		}
		if w := g.bounds[0].width; w != 5 {
			t.Fatalf("bound %d", w)
		}
		for range 60 {
			request(t, g, 900*time.Millisecond, nil)
		}
		slow := g.bounds[0].width
		if slow >= 5 {
			t.Errorf("slow answers: bound %d", slow)
		}
		for range 100 {
			request(t, g, 100*time.Millisecond, nil)
		}
		if w := g.bounds[0].width; w <= slow {
			t.Errorf("fast again: bound %d", w)
		}
	})
}
