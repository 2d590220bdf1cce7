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
	watchEvery  = 24 * time.Hour         // of a watch, which tells of what it stores
)

// progress shows how far a run has come: on a terminal a bar and a line for each active mailbox, elsewhere one line a
// minute. It lives from the engine's events.
type progress struct {
	c       *console
	started time.Time

	mu        sync.Mutex
	active    []*mailboxProgress // in the order in which they began
	mailboxes int                // ended
	counted   bool               // the server has said how many items there are, of some folder at least
	all       tally
}

type mailboxProgress struct {
	tally
	address string
	at      string // where the last page came from
	folders map[string]*folderProgress
}

type folderProgress struct {
	live int // in the ledger
	rest int
}

func newProgress(c *console) *progress {
	return &progress{c: c, started: time.Now(), all: newTally()}
}

// event takes over what an event says.
func (p *progress) event(e migrate.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Event {
	case migrate.EventMailboxStart:
		if slices.ContainsFunc(p.active, func(m *mailboxProgress) bool { return m.address == e.Mailbox }) {
			return // it begins again, at another server
		}
		p.active = append(p.active, &mailboxProgress{tally: newTally(), address: e.Mailbox, folders: map[string]*folderProgress{}})
		return
	case migrate.EventMailboxEnd:
		p.mailboxes++
	}
	i := slices.IndexFunc(p.active, func(m *mailboxProgress) bool { return m.address == e.Mailbox })
	if i < 0 {
		return
	}
	m := p.active[i]
	f := m.folders[e.Folder]
	if f == nil {
		f = &folderProgress{}
		m.folders[e.Folder] = f
	}
	switch e.Event {
	case migrate.EventMailboxEnd:
		p.all.rest -= m.rest
		p.active = slices.Delete(p.active, i, i+1)
		return
	case migrate.EventFolderStart:
		m.at, f.live = e.Folder, e.Live
	case migrate.EventPage:
		m.at = e.Folder
		added := e.Stored + e.Excluded + e.Quarantined
		f.live += added - e.Deleted
		for _, t := range []*tally{&m.tally, &p.all} {
			t.items += added + e.Changed + e.Deleted
			t.bytes += e.Bytes
		}
		p.expect(m, f, max(f.rest-added, 0))
	}
	switch {
	case e.Event == migrate.EventFolderEnd:
		p.expect(m, f, 0)
	case e.Estimated != nil:
		p.counted = true
		p.expect(m, f, max(*e.Estimated-f.live, 0))
	}
}

// expect notes how many items a folder still has to bring.
func (p *progress) expect(m *mailboxProgress, f *folderProgress, rest int) {
	m.rest += rest - f.rest
	p.all.rest += rest - f.rest
	f.rest = rest
}

// show keeps the display up to date until the returned function is called.
func (p *progress) show(ctx context.Context) (stop func()) {
	if p.c.quiet {
		return func() {}
	}
	every, update := lineEvery, p.line
	if p.c.watching {
		every = watchEvery
	}
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
	for _, m := range p.active {
		lines = append(lines, fmt.Sprintf("%s  %s  %s", m.address, &m.tally, m.at))
	}
	if p.counted {
		// The bar ends itself for good when it is full; the run ends it here.
		bar.ChangeMax(p.all.items + max(p.all.rest, 1))
	}
	_ = bar.Set(p.all.items) // it draws into nothing
	return append(lines, strings.Trim(bar.String(), "\r ")+"  "+p.all.speed())
}

// line is the display of a log.
func (p *progress) line() {
	p.mu.Lock()
	all, active, ended := p.all.String(), len(p.active), p.mailboxes
	p.mu.Unlock()
	p.c.say("%s  %s; mailboxes: %d active, %d done", secondsText(time.Since(p.started).Seconds()), all, active, ended)
}
