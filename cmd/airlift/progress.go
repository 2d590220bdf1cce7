package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/migrate"
)

const (
	redrawEvery = 250 * time.Millisecond // on a terminal
	lineEvery   = time.Minute            // elsewhere
)

// progress shows how far a run has come: on a terminal a bar and a line for each active mailbox, elsewhere one line a
// minute. It lives from the engine's events.
type progress struct {
	c       *console
	started time.Time

	mu        sync.Mutex
	active    []*mailboxProgress // in the order in which they began
	mailboxes int                // ended
	total     int                // items that are known to be there and were not archived before
	items     int                // that are durable, with changes and deletions
	bytes     int64              // of them
	pace      pace
}

type mailboxProgress struct {
	address string
	folder  string // where the last page came from
	expect  map[string]int
	total   int
	items   int
	bytes   int64
	pace    pace
}

func newProgress(c *console) *progress {
	p := &progress{c: c, started: time.Now()}
	p.pace.rate(p.started, 0)
	return p
}

// event takes over what an event says.
func (p *progress) event(e migrate.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Event {
	case migrate.EventMailboxStart:
		m := &mailboxProgress{address: e.Mailbox, expect: map[string]int{}}
		m.pace.rate(time.Now(), 0)
		p.active = append(p.active, m)
		return
	case migrate.EventMailboxEnd:
		p.mailboxes++
		p.active = slices.DeleteFunc(p.active, func(m *mailboxProgress) bool { return m.address == e.Mailbox })
		return
	}
	i := slices.IndexFunc(p.active, func(m *mailboxProgress) bool { return m.address == e.Mailbox })
	if i < 0 {
		return
	}
	m := p.active[i]
	switch e.Event {
	case migrate.EventFolderStart:
		m.folder = e.Folder
	case migrate.EventPage:
		m.folder = e.Folder
		n := e.Stored + e.Changed + e.Deleted + e.Excluded + e.Quarantined
		m.items, m.bytes = m.items+n, m.bytes+e.Bytes
		p.items, p.bytes = p.items+n, p.bytes+e.Bytes
	}
	if e.Estimated != nil && e.Event != migrate.EventFolderEnd {
		p.expect(m, e)
	}
}

// expect notes how many items a folder still has to bring, each time the server says it anew.
func (p *progress) expect(m *mailboxProgress, e migrate.Event) {
	rest := max(*e.Estimated-e.Live, 0)
	more := rest - m.expect[e.Folder]
	p.total, m.total = p.total+more, m.total+more
	m.expect[e.Folder] = rest
}

// show keeps the display up to date until the returned function is called.
func (p *progress) show(ctx context.Context) (stop func()) {
	if p.c.quiet {
		return func() {}
	}
	every, update := lineEvery, p.line
	if p.c.onScreen() {
		bar := newBar()
		every, update = redrawEvery, func() { p.c.draw(p.lines(bar)...) }
	}
	ctx, cancel := context.WithCancel(ctx)
	var g errgroup.Group
	g.Go(func() error {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				update()
			case <-ctx.Done():
				return nil
			}
		}
	})
	return func() {
		cancel()
		_ = g.Wait() // it returns none
		p.c.draw()
	}
}

func newBar() *progressbar.ProgressBar {
	bar := progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(io.Discard), // it is drawn together with the lines above it
		progressbar.OptionShowCount(),
		progressbar.OptionSetSpinnerChangeInterval(0), // it turns with each drawing, and no goroutine is left behind
		progressbar.OptionSetWidth(24), progressbar.OptionThrottle(0),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(true), // the pace predicts
	)
	bar.StartWithoutRender() // the time counts from here
	return bar
}

// lines is the display of a terminal.
func (p *progress) lines(bar *progressbar.ProgressBar) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lines []string
	now := time.Now()
	for _, m := range p.active {
		pace := rateText(m.pace.rate(now, m.items), m.total-m.items)
		lines = append(lines, fmt.Sprintf("%s  %d items, %s, %s  %s", m.address, m.items, bytesText(m.bytes), pace, m.folder))
	}
	if p.total > 0 {
		// The bar ends itself for good when it is full; the run ends it here.
		bar.ChangeMax(max(p.total, p.items) + 1)
	}
	_ = bar.Set(p.items) // it draws into nothing
	return append(lines, strings.Trim(bar.String(), "\r ")+"  "+rateText(p.pace.rate(now, p.items), p.total-p.items))
}

// line is the display of a log.
func (p *progress) line() {
	p.mu.Lock()
	items, bytes, active, ended := p.items, p.bytes, len(p.active), p.mailboxes
	pace := rateText(p.pace.rate(time.Now(), items), p.total-items)
	p.mu.Unlock()
	p.c.say("%s  %s, %s, %s; mailboxes: %d active, %d done", secondsText(time.Since(p.started).Seconds()),
		count(items, "item", "items"), bytesText(bytes), pace, active, ended)
}
