package migrate

import (
	"context"
	"net/url"
	"sync"
	"time"
)

// governor decides how many requests are in flight at once: of a mailbox, and at a host of all mailboxes together. Both
// bounds rise by one while answers come well and halve when the server shows that it is too much (additive increase,
// multiplicative decrease), and a server that asks to wait is left alone for just as long.
type governor struct {
	bounds []*bound
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error
}

const (
	hostRequests    = 32 // at once at one host, at first
	maxHostRequests = 128
	maxRequests     = 10 // at once of one mailbox: the limit of Exchange on premises
	// slower is how many times the usual latency makes a bound narrower.
	slower = 4
)

// governor makes the governor of a mailbox. Those of one host share the host's bound.
func (r *run) governor(server string) *governor {
	host := server
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		host = u.Host
	}
	r.hostLock.Lock()
	defer r.hostLock.Unlock()
	if r.hosts == nil {
		r.hosts = map[string]*bound{}
	}
	if r.hosts[host] == nil {
		r.hosts[host] = newBound(hostRequests, maxHostRequests)
	}
	return &governor{bounds: []*bound{newBound(r.Folders, maxRequests), r.hosts[host]}, now: r.Now, sleep: r.Sleep}
}

// turn is a request that is allowed to be sent. It ends with done.
type turn struct {
	g       *governor
	kind    string
	started time.Time
	took    time.Duration // until the answer began
	epochs  []int
	ended   bool
}

// turn waits until one more request may be sent. Its kind tells latencies apart that cannot be compared.
func (g *governor) turn(ctx context.Context, kind string) (*turn, error) {
	t := &turn{g: g, kind: kind}
	for i, b := range g.bounds {
		epoch, err := b.enter(ctx, g)
		if err != nil {
			for _, b := range g.bounds[:i] {
				b.leave()
			}
			return nil, err
		}
		t.epochs = append(t.epochs, epoch)
	}
	t.started = g.now()
	return t, nil
}

// answered notes that the answer has begun: what follows is transfer.
func (t *turn) answered() { t.took = t.g.now().Sub(t.started) }

// done ends the turn. Only the first call counts.
func (t *turn) done(err error) {
	if t.ended {
		return
	}
	t.ended = true
	if t.took == 0 {
		t.answered()
	}
	for i, b := range t.g.bounds {
		switch v := judge(err); {
		case err == nil:
			b.ok(t.kind, t.took)
		case v.strained:
			b.strained(t.epochs[i])
		}
		b.leave()
	}
}

// hold keeps the mailbox quiet: its server asked to be left alone for a time.
func (g *governor) hold(d time.Duration) {
	b := g.bounds[0]
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := g.now().Add(d); until.After(b.until) {
		b.until = until
	}
}

// bound bounds what is in flight.
type bound struct {
	mu     sync.Mutex
	width  int // now
	most   int
	inside int
	streak int       // good answers since the width last changed
	epoch  int       // how often it was made narrower: what began before is no news
	until  time.Time // nothing is sent before
	wake   chan struct{}
	paces  map[string]*pace
}

// pace is how fast answers of one kind come.
type pace struct{ usual, lately time.Duration }

func newBound(width, most int) *bound {
	return &bound{width: width, most: max(width, most), wake: make(chan struct{}), paces: map[string]*pace{}}
}

// enter waits for a place and tells the epoch in which it was had.
func (b *bound) enter(ctx context.Context, g *governor) (int, error) {
	for {
		b.mu.Lock()
		wait := b.until.Sub(g.now())
		if wait <= 0 && b.inside < b.width {
			b.inside++
			epoch := b.epoch
			b.mu.Unlock()
			return epoch, nil
		}
		wake, until := b.wake, b.until
		b.mu.Unlock()
		if wait > 0 {
			if err := g.sleep(ctx, wait); err != nil {
				return 0, err
			}
			b.waited(until)
			continue
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// waited ends a time of quiet that was slept through, whatever the clock says.
func (b *bound) waited(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.Equal(until) {
		b.until = time.Time{}
	}
}

func (b *bound) leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inside--
	b.broadcast()
}

// ok notes an answer that came as it should. When answers come several times slower than usual the server has a queue, and
// one request less is in it from now on.
func (b *bound) ok(kind string, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.paces[kind]
	if p == nil {
		p = &pace{usual: took, lately: took}
		b.paces[kind] = p
	}
	p.lately += (took - p.lately) / 4
	p.usual = min(p.usual+p.usual/100, p.lately) // it forgets slowly
	b.streak++
	if b.streak < 4*b.width {
		return
	}
	b.streak = 0
	switch {
	case p.lately > slower*p.usual && b.width > 1:
		b.width--
	case p.lately <= slower*p.usual && b.width < b.most:
		b.width++
		b.broadcast()
	}
}

// strained notes that the server throttled or broke down under a request of an epoch.
func (b *bound) strained(epoch int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if epoch != b.epoch {
		return // that was with more in flight than now
	}
	b.epoch++
	b.width = max(1, b.width/2)
	b.streak = 0
}

func (b *bound) broadcast() {
	close(b.wake)
	b.wake = make(chan struct{})
}
