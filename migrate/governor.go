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
	slept  func(time.Duration) // is told how long the server was left alone
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
	return &governor{bounds: []*bound{newBound(r.Folders, maxRequests), r.hosts[host]}, now: r.Now, sleep: r.Sleep, slept: r.stats.throttled}
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

// ask sends one request in a turn of its own.
func (g *governor) ask(ctx context.Context, kind string, request func() error) error {
	t, err := g.turn(ctx, kind)
	if err != nil {
		return err
	}
	err = request()
	t.done(err)
	return err
}

// aside sends a request that the server answers when it has news. It waits for its time like others, and then takes no place from
// them: a server does nothing meanwhile.
func (g *governor) aside(ctx context.Context, kind string, request func() error) error {
	t, err := g.turn(ctx, kind)
	if err != nil {
		return err
	}
	for _, b := range g.bounds {
		b.leave()
	}
	err = request()
	v := judge(err)
	if err != nil && v.delay > 0 {
		g.bounds[0].hold(g.now().Add(v.delay))
	}
	for i, b := range g.bounds {
		if err != nil && v.strained && !isTimeout(err) { // no answer in time is a connection that was cut
			b.strained(t.epochs[i])
		}
	}
	return err
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
	v := judge(err)
	if err != nil && v.delay > 0 {
		t.g.bounds[0].hold(t.g.now().Add(v.delay))
	}
	for i, b := range t.g.bounds {
		switch {
		case err == nil:
			b.ok(t.kind, t.took)
		case v.strained:
			b.strained(t.epochs[i])
		}
		b.leave()
	}
}

// bound bounds what is in flight.
type bound struct {
	mu     sync.Mutex
	width  int // now
	most   int
	inside int
	streak int // good answers since the width last changed
	epoch  int // how often it was made narrower: what began before is no news
	paces  map[string]*pace
	wake   chan struct{}

	until    time.Time // nothing is sent before
	sleeping bool      // one of those who wait for that sleeps, and wakes the others
}

// pace is how fast answers of one kind come.
type pace struct{ usual, lately time.Duration }

func newBound(width, most int) *bound {
	return &bound{width: width, most: max(width, most), wake: make(chan struct{}), paces: map[string]*pace{}}
}

// enter waits for a place and tells the epoch in which it was had. Of those that wait for a time of quiet to end one sleeps.
func (b *bound) enter(ctx context.Context, g *governor) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		wait := b.until.Sub(g.now())
		switch {
		case wait <= 0 && b.inside < b.width:
			b.inside++
			return b.epoch, nil
		case wait > 0 && !b.sleeping:
			if err := b.sleepThrough(ctx, g, wait); err != nil {
				return 0, err
			}
		default:
			wake := b.wake
			b.mu.Unlock()
			select {
			case <-wake:
			case <-ctx.Done():
			}
			b.mu.Lock()
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
		}
	}
}

// sleepThrough waits for the end of a time of quiet, whatever the clock says then. It is called with the lock held, and
// sleeps without it.
func (b *bound) sleepThrough(ctx context.Context, g *governor, wait time.Duration) error {
	until := b.until
	b.sleeping = true
	b.mu.Unlock()
	began := g.now()
	err := g.sleep(ctx, wait)
	if err != nil {
		wait = min(wait, g.now().Sub(began))
	}
	g.slept(wait)
	b.mu.Lock()
	b.sleeping = false
	if err == nil && b.until.Equal(until) {
		b.until = time.Time{}
	}
	b.broadcast()
	return err
}

// hold keeps quiet: the server asked to be left alone.
func (b *bound) hold(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.until) {
		b.until = until
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
