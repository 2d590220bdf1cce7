package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	lookEvery = 15 * time.Second // at the clock, while the server is waited for
	// clockJump is by how much more the clock has to have moved than was waited, for this machine to have been asleep.
	clockJump = 30 * time.Second
)

// Why a server that keeps silent is not waited for any longer.
var (
	errDue    = errors.New("something else is to be done")
	errJumped = errors.New("the clock jumped: this machine was asleep")
)

// during does something that takes long. It ends it at a time, or when the clock jumps: a connection that slept is most likely
// dead, and tells nobody. An end for such a reason is errDue or errJumped; no answer within limit is an error of the network.
func (m *mailboxRun) during(ctx context.Context, until time.Time, limit time.Duration, do func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	began := m.wall() // here, since a machine may fall asleep before the goroutine runs
	var g errgroup.Group
	g.Go(func() error {
		m.vigil(ctx, began, until, limit, stop)
		return nil
	})
	err := do(ctx)
	cause := context.Cause(ctx)
	stop(nil)
	_ = g.Wait() // it returns none
	if err != nil && cause != nil {
		return cause
	}
	return err
}

// vigil looks at the clock until ctx ends, and ends it when there is a reason. now is when the wait began.
func (m *mailboxRun) vigil(ctx context.Context, now, until time.Time, limit time.Duration, stop context.CancelCauseFunc) {
	for waited := time.Duration(0); ; {
		if !now.Before(until) {
			stop(errDue)
			return
		}
		if waited >= limit {
			stop(&silentError{limit})
			return
		}
		step := min(lookEvery, until.Sub(now), limit-waited)
		if m.Sleep(ctx, step) != nil {
			return
		}
		waited += step
		before := now
		if now = m.wall(); now.Sub(before) > step+clockJump {
			stop(errJumped)
			return
		}
	}
}

// wall is the time on the wall: the clock that durations are measured by stands still while a machine sleeps.
func (m *mailboxRun) wall() time.Time { return m.Now().Round(0) }

// silentError is a net.Error: the server did not answer in time.
type silentError struct{ after time.Duration }

func (e *silentError) Error() string   { return fmt.Sprintf("no answer for %s", e.after) }
func (e *silentError) Timeout() bool   { return true }
func (e *silentError) Temporary() bool { return true }
