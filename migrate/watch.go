package migrate

import (
	"context"
	"errors"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// WatchOptions say how mailboxes are watched. The zero value is safe and complete.
type WatchOptions struct {
	Heartbeat time.Duration // the longest that a server is asked to wait for news; 0 = 59 minutes, which is the most
	// Whole is how often everything is read again and counted, as Run does it: what a server has news of and does not tell is
	// found then. 0 = 6 hours.
	Whole time.Duration
	// Tree is how often the folder tree is read again, and folders whose news cannot be waited for are read. A server that tells
	// that the tree changed is believed at once. 0 = 10 minutes.
	Tree time.Duration
	// Record is how often the run records of what arrives are written at the most: one that says all at the end is as good.
	// 0 = 10 minutes.
	Record time.Duration
}

func (w WatchOptions) withDefaults() (WatchOptions, error) {
	if w.Heartbeat < 0 || w.Whole < 0 || w.Tree < 0 || w.Record < 0 {
		return w, errors.New("migrate: a watch does nothing in less than no time")
	}
	set := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	set(&w.Heartbeat, eas.MaxHeartbeat)
	set(&w.Whole, 6*time.Hour)
	set(&w.Tree, 10*time.Minute)
	set(&w.Record, 10*time.Minute)
	w.Heartbeat = min(max(w.Heartbeat.Truncate(time.Second), time.Second), eas.MaxHeartbeat)
	return w, nil
}

// Watch does what Run does, and then stores what arrives, as soon as the server tells of it, until ctx is cancelled, a limit of
// the options is reached, or no mailbox can be had any more. All mailboxes are watched at the same time, Options.Workers of them
// are read at the same time. The lock of a mailbox is held throughout.
//
// A server that cannot be reached, or breaks down, ends nothing once a mailbox was connected: it is tried again until it is back. What
// ends a mailbox is what has to be seen to: credentials that are refused, a device that is blocked, a destination or checkpoints that
// fail. The others go on. Whatever ends it, the checkpoints are kept, and Run or Watch go on from them.
//
// Run records are written as by Run, after everything was read; what arrives is recorded soon, several times a while as one: see
// WatchOptions.Record. A watch that is killed before that leaves pages that no record names, as a killed run does, and the next one
// takes them over.
func Watch(ctx context.Context, o Options, wo WatchOptions) (Summary, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Summary{Result: ResultFailed}, err
	}
	if wo, err = wo.withDefaults(); err != nil {
		return Summary{Result: ResultFailed}, err
	}
	r := &run{Options: o, id: sinks.NewRunID(o.Now())}
	rounds := make(chan struct{}, o.Workers)
	return r.each(ctx, -1, func(ctx context.Context, mb Mailbox) error { return r.watch(ctx, mb, wo, rounds) })
}

// watch watches one mailbox to its end. No other run has the mailbox meanwhile.
func (r *run) watch(ctx context.Context, mb Mailbox, wo WatchOptions, rounds chan struct{}) (err error) {
	w := &watcher{
		mailboxRun: r.newMailboxRun(mb), o: wo, rounds: rounds, beat: newHeartbeat(wo.Heartbeat), spots: map[string]*spot{},
	}
	w.told, w.upTo, w.stretch = map[string]figures{}, map[string]bool{}, newStretch(r)
	unlock, err := r.Checkpoints.Lock(ctx, w.key)
	if err != nil {
		err = w.fail(State, err)
		r.emitProblem(mb.Address, "", err)
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	err = w.work(ctx)
	wiped := errors.Is(err, eas.ErrRemoteWipe)
	result := w.standing()
	if ctx.Err() != nil {
		result = ResultInterrupted
	} else if err != nil {
		result = ResultFailed
	}
	if wiped && len(w.spots) == 0 {
		err = errors.Join(err, w.stateForWipe(ctx))
		for _, f := range w.folders {
			w.spots[f.cp.ID] = &spot{cp: f.cp, state: f.state()}
		}
	}
	if wiped || w.client != nil && (w.stretch.moved || w.recorded.IsZero() || err != nil && ctx.Err() == nil) {
		err = errors.Join(err, w.note(ctx, result, err))
	}
	if wiped {
		err = errors.Join(err, w.wiped(ctx, err))
	}
	if err != nil && ctx.Err() == nil {
		r.emitProblem(mb.Address, "", err)
	}
	r.stats.add(func(s *Summary) { s.Result = worse(s.Result, result) })
	r.emit(Event{Event: EventMailboxEnd, Mailbox: mb.Address, Result: string(result), Folders: len(w.spots)})
	return err
}

// stretch is what one run record is about: one round that reads everything, or the rounds since the last record.
type stretch struct {
	id       string
	started  time.Time
	moved    bool // a folder does not stand where the last record says
	segments []sinks.Segment
	named    map[string]bool
}

func newStretch(r *run) stretch {
	return stretch{id: sinks.NewRunID(r.Now()), started: r.Now(), named: map[string]bool{}}
}

// add takes over the segments of a round.
func (s *stretch) add(segments []sinks.Segment) {
	for _, seg := range segments {
		if !s.named[seg.Name] {
			s.named[seg.Name] = true
			s.segments = append(s.segments, seg)
		}
	}
}
