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
func (g *holdGuard) begin(ctx context.Context, a *archive.Archive, b bucket) error {
	s, err := a.Held(ctx)
	if err != nil {
		return err
	}
	if s.Open() {
		if _, err := canHold(ctx, b); err != nil {
			return fmt.Errorf("the archive is under legal hold (%s): %w", count(len(s.Matters()), "open matter", "open matters"), err)
		}
	}
	g.tell(s)
	return nil
}

// holdsFile is where the state directory remembers up to which hold record everything in the bucket was held or released.
const holdsFile = "holds.json"

type settledUpTo struct {
	Archive string `json:"archive"`
	Record  int    `json:"record"`
}

// holdTime is how long the end of a run looks at holds, also when the run was interrupted.
const holdTime = 10 * time.Minute

// settleHolds is the end of everything that wrote to the archive. It lists the hold records once more. Where some came since the
// last time that it got so far, their writer and this run may not have seen each other's objects: then all objects of the
// mailboxes that these records speak of are looked at. That is so after a run that was killed, too.
func (d *destination) settleHolds(ctx context.Context) (settled, error) {
	store, ok := d.bucket.(*s3.Bucket)
	if !ok || d.archive == nil || !d.write {
		return settled{}, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), holdTime)
	defer cancel()
	s, err := d.archive.Held(ctx)
	if err != nil {
		return settled{}, err
	}
	file := filepath.Join(d.state, holdsFile)
	var before settledUpTo
	if data, err := os.ReadFile(file); err == nil && (json.Unmarshal(data, &before) != nil || before.Archive != d.archive.ID()) {
		before = settledUpTo{}
	}
	if s.Records() <= before.Record {
		return settled{}, nil
	}
	done, err := settle(ctx, store, s, archive.HoldPrefixes(s.ChangedSince(before.Record)), settleOptions{})
	if err != nil {
		return done, fmt.Errorf("holds that were changed since the last run: %w", err)
	}
	data, err := json.Marshal(settledUpTo{Archive: d.archive.ID(), Record: s.Records()})
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		return done, fmt.Errorf("remember which objects are held: %w", err)
	}
	return done, nil
}
