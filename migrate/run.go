package migrate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// ErrLimit says that a run ended because it reached a limit that its options set. The same run again goes on.
var ErrLimit = errors.New("limit reached")

// run is one execution of the engine over all its mailboxes.
type run struct {
	Options
	id    string
	stats stats
	emits sync.Mutex
	end   context.CancelCauseFunc // ends the run in order

	hostLock sync.Mutex
	hosts    map[string]*bound // what is in flight at each server

	large sync.Mutex // held while the bytes of a message that is not in memory are looked at

	problems atomic.Int64 // items and folders that could not be had
}

// Run reads every mailbox into the sink. It returns what was done, and the errors of all that was not, joined, each an
// [*Error]. A cancelled context ends the run in order: pages in hand are dropped, checkpoints are kept, and the result
// is interrupted.
func Run(ctx context.Context, o Options) (Summary, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Summary{Result: ResultFailed}, err
	}
	r := &run{Options: o, id: sinks.NewRunID(o.Now())}
	return r.each(ctx, o.Workers, r.mailbox)
}

// each does something with every mailbox, with so many at once; -1 = all. It ends the run in order when the options say so, or
// when one of them finds what is the same for all.
func (r *run) each(ctx context.Context, atOnce int, do func(context.Context, Mailbox) error) (Summary, error) {
	o := r.Options
	started := time.Now()

	caller := ctx
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r.end = stop
	if o.MaxDuration > 0 {
		timer := time.AfterFunc(o.MaxDuration, func() { stop(fmt.Errorf("%w: the run took %s", ErrLimit, o.MaxDuration)) })
		defer timer.Stop()
	}
	var g errgroup.Group
	g.SetLimit(atOnce)
	errs := make([]error, len(o.Mailboxes))
	for i, mb := range o.Mailboxes {
		g.Go(func() error {
			if ctx.Err() == nil {
				errs[i] = do(ctx, mb)
			}
			if ctx.Err() == nil && errs[i] != nil && judge(errs[i]).action == actRun {
				stop(errs[i]) // a full disk is the same for every mailbox
			}
			return nil
		})
	}
	_ = g.Wait() // the functions report through errs

	err := errors.Join(errs...)
	if cause := context.Cause(ctx); cause != nil && err == nil {
		err = cause
	}
	sum := r.stats.summary()
	sum.Mailboxes = len(o.Mailboxes)
	sum.Seconds = time.Since(started).Seconds()
	switch {
	case errors.Is(context.Cause(ctx), ErrLimit):
		sum.Result, err = ResultInterrupted, context.Cause(ctx)
	case errors.Is(err, context.Canceled):
		sum.Result = ResultInterrupted
	case caller.Err() != nil && Temporary(err): // what was about to be tried again has not failed
		sum.Result, err = ResultInterrupted, errors.Join(err, caller.Err())
	case err != nil:
		sum.Result = ResultFailed
	}
	return sum, err
}

// problem counts an item or folder that could not be had, and ends the run when there are too many.
func (r *run) problem() {
	if n := r.problems.Add(1); r.MaxErrors > 0 && n == int64(r.MaxErrors) && r.end != nil {
		r.end(fmt.Errorf("%w: %d items or folders could not be had", ErrLimit, n))
	}
}

// emit hands an event to the listener, one at a time.
func (r *run) emit(e Event) {
	e.Time = r.Now()
	r.emits.Lock()
	defer r.emits.Unlock()
	r.Events(e)
}

// stats collects the figures of a run from all its goroutines.
type stats struct {
	mu  sync.Mutex
	sum Summary
}

func (s *stats) add(f func(*Summary)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.sum)
}

func (s *stats) summary() Summary {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.sum
	if sum.Result == "" {
		sum.Result = ResultOK
	}
	return sum
}

// throttled counts time for which a server was left alone because it asked for it.
func (s *stats) throttled(d time.Duration) {
	s.add(func(sum *Summary) { sum.ThrottledSeconds += d.Seconds() })
}

// exchange counts a request of the client.
func (s *stats) exchange(x eas.Exchange) {
	s.add(func(sum *Summary) {
		sum.Requests++
		sum.BytesFetched += x.ResponseBytes
	})
}
