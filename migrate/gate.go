package migrate

import (
	"context"
	"sync"
)

// gate bounds how many folders of one mailbox are in flight. The bound rises by one after as many successes in a row
// as it is wide, and halves when the server shows that it is too much.
type gate struct {
	mu     sync.Mutex
	width  int // now
	most   int
	inside int
	streak int // successes since the width last changed
	wake   chan struct{}
}

func newGate(width, most int) *gate {
	return &gate{width: width, most: max(width, most), wake: make(chan struct{})}
}

// enter waits for a place.
func (g *gate) enter(ctx context.Context) error {
	for {
		g.mu.Lock()
		if g.inside < g.width {
			g.inside++
			g.mu.Unlock()
			return nil
		}
		wake := g.wake
		g.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.broadcast()
}

// ok notes a page that came as it should.
func (g *gate) ok() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.streak++
	if g.streak >= 4*g.width && g.width < g.most {
		g.width++
		g.streak = 0
		g.broadcast()
	}
}

// strained notes that the server throttled or broke down.
func (g *gate) strained() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.width = max(1, g.width/2)
	g.streak = 0
}

func (g *gate) broadcast() {
	close(g.wake)
	g.wake = make(chan struct{})
}
