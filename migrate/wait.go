package migrate

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

// way is how a watch learns of news.
type way int

const (
	byPing way = iota
	bySync     // a Sync that the server answers when there is something: where there is no Ping
	byAsking
)

// askEvery is how often folders are read where the server has neither.
const askEvery = time.Minute

// wait waits until there is something to do. Its errors are for the watcher to bear.
func (w *watcher) wait(ctx context.Context) (plan, error) {
	for {
		if ctx.Err() != nil {
			return plan{}, ctx.Err()
		}
		if again, err := w.pendingAgain(ctx); again || err != nil {
			return plan{}, err
		}
		next, until, err := w.due(ctx)
		if err != nil || next.whole || next.tree || next.all {
			return next, err
		}
		spots := w.choose()
		switch {
		case len(spots) == 0, w.way == byAsking:
			err = w.during(ctx, earlier(until, w.wall().Add(askEvery)), 2*askEvery, func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			})
			next.news = newsOf(w.watched())
		case w.way == bySync:
			next, err = w.waitSync(ctx, spots, until)
		default:
			next, err = w.waitPing(ctx, spots, until)
		}
		switch {
		case ctx.Err() != nil:
			return plan{}, ctx.Err()
		case errors.Is(err, errJumped):
			w.client.CloseIdleConnections()
			w.beat.set(w.beat.least) // should the way to the server be gone, that is found out soon
		case errors.Is(err, errDue):
			if w.way != byAsking {
				continue
			}
		case err != nil:
			return plan{tree: w.fails > 0}, err
		}
		if next.tree || len(next.news) > 0 {
			return next, nil
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func newsOf(spots []*spot) map[string]bool {
	news := map[string]bool{}
	for _, s := range spots {
		news[s.cp.ID] = true
	}
	return news
}

// living are all folders that are there.
func (w *watcher) living() map[string]bool {
	news := map[string]bool{}
	for id, s := range w.spots {
		if !s.cp.Gone {
			news[id] = true
		}
	}
	return news
}

// pendingAgain waits, if folders are to be tried again, until that is to be done.
func (w *watcher) pendingAgain(ctx context.Context) (bool, error) {
	tries := 0
	for _, s := range w.spots {
		if s.pending {
			tries = max(tries, s.tries)
		}
	}
	if tries == 0 {
		return false, nil
	}
	return true, w.Sleep(ctx, min(w.Backoff<<(tries-1), maxBackoff))
}

// due does what is due, or says what a round is to do now, or else when something next is due.
func (w *watcher) due(ctx context.Context) (next plan, until time.Time, err error) {
	now := w.wall()
	if w.recordDue(now) {
		if err := w.note(ctx, w.standing(), nil); err != nil {
			return plan{}, now, err
		}
	}
	until = earlier(w.whole.Add(w.o.Whole), w.tree.Add(w.o.Tree))
	if len(w.stretch.segments) > 0 {
		until = earlier(until, w.recorded.Add(w.o.Record))
	}
	for _, s := range w.spots {
		if s.muted.After(now) {
			until = earlier(until, s.muted)
		}
	}
	sweep := w.swept.Add(sweepEvery)
	if w.doubt {
		until = earlier(until, sweep)
	}
	switch {
	case w.doubt && !sweep.After(now):
		w.swept = now
		next.all, next.news = true, w.living()
	case now.Sub(w.whole) >= w.o.Whole, now.Before(w.whole): // a clock that was set back measures nothing
		next.whole = true
	case now.Sub(w.tree) >= w.o.Tree, now.Before(w.tree):
		next.tree = true
		next.news = map[string]bool{}
		for _, s := range w.spots {
			if !s.cp.Gone && !s.failed && !w.pingable(s) {
				next.news[s.cp.ID] = true
			}
		}
	}
	return next, until, nil
}

// waitPing asks to be told of news of folders.
func (w *watcher) waitPing(ctx context.Context, spots []*spot, until time.Time) (plan, error) {
	beat := w.beat.now
	if w.most > 0 && len(w.watched()) > w.most {
		beat = min(beat, max(w.beat.least, leastHeartbeat)) // it is the others' turn then
	}
	q := eas.PingRequest{Heartbeat: beat}
	byID := map[eas.CollectionID]*spot{}
	for _, s := range spots {
		id := eas.CollectionID(s.cp.ServerID)
		byID[id] = s
		// All of it each time: what a server remembers of a device it may have forgotten.
		q.Folders = append(q.Folders, eas.PingFolder{ID: id, Class: eas.Class(s.cp.Class)})
	}
	var answer *eas.PingResult
	err := w.during(ctx, until, beat+silence, func(ctx context.Context) error {
		return w.governor.aside(ctx, "Ping", func() (err error) {
			answer, err = w.client.Ping(ctx, q)
			return err
		})
	})
	if err != nil {
		return w.unanswered(ctx, err, len(q.Folders))
	}
	w.served()
	w.refused = 0
	if len(answer.Changed) == 0 {
		w.hasty = 0
		w.beat.passed()
		return plan{}, nil
	}
	next := plan{news: map[string]bool{}, called: true}
	for _, id := range answer.Changed {
		if s := byID[id]; s != nil {
			next.news[s.cp.ID] = true
		} else {
			next.tree = true // it may know a folder by another id now
		}
	}
	if len(next.news) == 0 {
		return next, w.calm(ctx)
	}
	return next, nil
}

// Statuses of Ping that ask for something. MS-ASCMD 2.2.3.177.11.
const (
	pingLacks, pingSyntax, pingHierarchy = 3, 4, 7
)

// unanswered decides what it means that a Ping was not answered as it should be.
func (w *watcher) unanswered(ctx context.Context, err error, folders int) (plan, error) {
	var limit *eas.WaitLimitError
	var st *eas.StatusError
	switch {
	case errors.Is(err, errDue), errors.Is(err, errJumped), ctx.Err() != nil:
		return plan{}, err
	case errors.As(err, &limit) && limit.MaxFolders > 0:
		w.most = max(1, min(limit.MaxFolders, folders-1))
		return plan{}, w.calm(ctx)
	case errors.As(err, &limit):
		w.beat.limit(limit.Wait)
		return plan{}, w.calm(ctx)
	case errors.As(err, &st) && st.Command == "Ping" && st.Code == pingHierarchy:
		w.served()
		return plan{tree: true}, w.calm(ctx)
	case w.withoutPing(err):
		w.way = bySync
		if !w.client.Version().AtLeast(eas.Version121) {
			w.way = byAsking
		}
		w.emit(Event{Event: EventWarning, Mailbox: w.mb.Address, Message: "the server has no Ping: " + w.way.text() + ": " + err.Error()})
		return plan{}, nil
	case isNetwork(err):
		w.beat.cut()
		if w.fails == 0 { // once that is how connections end
			w.fails++
			return plan{}, w.calm(ctx)
		}
	}
	return plan{}, w.fail(Source, err)
}

func (w way) text() string {
	if w == bySync {
		return "Sync waits for news"
	}
	return "folders are read every minute"
}

// maxPingFailures is how often a server that can do everything else may fail a Ping, until it counts as having none.
// QUIRK(SOGo 5.8): it says 501 to whatever went wrong inside.
const maxPingFailures = 3

// withoutPing tells that the server has no Ping.
func (w *watcher) withoutPing(err error) bool {
	var st *eas.StatusError
	var he *eas.HTTPError
	switch {
	case errors.As(err, &st) && (st.Code == 137 || st.Code == 138):
		return true
	case errors.As(err, &st) && st.Command == "Ping" && (st.Code == pingLacks || st.Code == pingSyntax):
		// It has all parameters each time.
		w.refused++
		return w.refused >= maxPingFailures
	case !errors.As(err, &he):
		return false
	case he.Code == http.StatusNotFound || he.Code == http.StatusMethodNotAllowed || he.Code == http.StatusNotImplemented || he.Code == http.StatusBadRequest:
		w.refused++
		return w.refused >= maxPingFailures
	}
	return false
}

// pingable tells whether a Ping may watch the folder. MS-ASCMD 2.2.3.27.4.
func (w *watcher) pingable(s *spot) bool {
	return s.cp.Class != string(eas.ClassNotes) || w.client.Version().AtLeast(eas.Version140)
}
