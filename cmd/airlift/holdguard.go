package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// errNoHold says of a directory what s3.ErrNoLock says of a bucket.
var errNoHold = errors.New("a directory keeps nobody from deleting what is in it")

// canHold returns the bucket of a place that can put legal holds on objects. errNoHold or s3.ErrNoLock: it cannot.
func canHold(ctx context.Context, b bucket) (*s3.Bucket, error) {
	store, ok := b.(*s3.Bucket)
	if !ok {
		return nil, errNoHold
	}
	return store, store.CanLock(ctx)
}

// holdGuard tells a bucket which objects to create under a legal hold: those that were to be held when it was last told. The
// zero value holds nothing.
type holdGuard struct {
	state atomic.Pointer[archive.HoldState]
}

func (g *holdGuard) held(name string) bool {
	s := g.state.Load()
	return s != nil && s.Held(name)
}

func (g *holdGuard) tell(s *archive.HoldState) { g.state.Store(s) }

// begin reads what is to be held, before anything is written. errNoHold or s3.ErrNoLock: something is, and the place cannot.
// sinks.ErrCorrupt: that is not known, or there are fewer hold records than there have been.
func (g *holdGuard) begin(ctx context.Context, a *archive.Archive, b bucket, records int) error {
	s, err := a.Held(ctx)
	if err != nil {
		return err
	}
	if s.Records() < records {
		return fmt.Errorf("holds: %s, of %d that there were: %w", count(s.Records(), "record is there", "records are there"), records, sinks.ErrCorrupt)
	}
	if s.Open() {
		if _, err := canHold(ctx, b); err != nil {
			return fmt.Errorf("the archive is under legal hold (%s): %w", count(len(s.Matters()), "open matter", "open matters"), err)
		}
	}
	g.tell(s)
	return nil
}

// holdsFile is where the state directory remembers up to which hold record everything in the bucket that is to be held is.
const holdsFile = "holds.json"

type settledUpTo struct {
	Archive string `json:"archive"`
	Record  int    `json:"record"`
}

// settledRecords reads the number of that record; 0 = the state directory does not know.
func settledRecords(state string, a *archive.Archive) int {
	var s settledUpTo
	data, err := os.ReadFile(filepath.Join(state, holdsFile))
	if err != nil || json.Unmarshal(data, &s) != nil || s.Archive != a.ID() {
		return 0
	}
	return s.Record
}

// holdTime is how long the end of a run looks at holds, also when the run was interrupted.
const holdTime = 10 * time.Minute

// settleHolds is the end of everything that wrote to the archive. It lists the hold records once more. Where some came since the
// last time that it got so far, their writer and this run may not have seen each other's objects: then all objects of the
// mailboxes that these records speak of are looked at, and held if they are to be. That is so after a run that was killed, too.
// It releases nothing: who asked for that does it, and a hold too many destroys nothing.
func (d *destination) settleHolds(ctx context.Context) (settled, error) {
	if d.archive == nil || !d.write {
		return settled{}, nil
	}
	before := settledRecords(d.state, d.archive)
	done, newest, err := d.settleSince(ctx, before)
	if err != nil || newest <= before {
		return done, err
	}
	data, err := json.Marshal(settledUpTo{Archive: d.archive.ID(), Record: newest})
	if err == nil {
		err = os.WriteFile(filepath.Join(d.state, holdsFile), data, 0o600)
	}
	if err != nil {
		return done, fmt.Errorf("remember which objects are held: %w", err)
	}
	return done, nil
}

// settleSince holds what is to be held for the records after the first n, and returns how many there are.
func (d *destination) settleSince(ctx context.Context, n int) (done settled, newest int, err error) {
	store, ok := d.bucket.(*s3.Bucket)
	if !ok {
		return done, n, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), holdTime)
	defer cancel()
	s, err := d.archive.Held(ctx)
	if err != nil {
		return done, n, err
	}
	d.guard.tell(s)
	if s.Records() <= n {
		return done, s.Records(), nil
	}
	done, err = settle(ctx, store, s, archive.HoldPrefixes(s.ChangedSince(n)), settleOptions{put: true})
	if err != nil {
		return done, n, fmt.Errorf("holds that were changed since the last run: %w", err)
	}
	return done, s.Records(), nil
}

// holdsEvery is how often a run that does not end looks for holds that were set meanwhile.
const holdsEvery = time.Hour

// looks are those of a watch at what it wrote. An object that was on its way to the bucket while one look listed what is there
// may have been created without the hold that this look was for; so the next one goes back as far once more.
type looks struct {
	since int // the hold record after which the next look begins
	done  int // the one up to which the last look went
}

// ended takes note of a look that went up to a record.
func (l *looks) ended(newest int) { l.since, l.done = l.done, newest }

// keepHolds looks again and again while a watch writes, until the returned function is called. How far it came is not
// remembered: the end of the watch, or the next run, begins where this one began.
func (d *destination) keepHolds(ctx context.Context, c *console) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	settled := settledRecords(d.state, d.archive)
	l := looks{since: settled, done: settled}
	var g errgroup.Group
	g.Go(func() error {
		t := time.NewTicker(holdsEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-t.C:
			}
			if _, newest, err := d.settleSince(ctx, l.since); err != nil {
				c.warn(err.Error(), hintOf(err))
			} else {
				l.ended(newest)
			}
		}
	})
	return func() {
		cancel()
		_ = g.Wait() // it returns none
	}
}
