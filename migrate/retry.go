package migrate

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/airlift-eas/airlift/eas"
)

const (
	maxTries   = 6
	maxBackoff = 2 * time.Minute
)

// retry repeats an operation that may be repeated while its errors pass, waiting longer each time.
func (m *mailboxRun) retry(ctx context.Context, folder string, op func() error) error {
	for try := 1; ; try++ {
		err := op()
		if err == nil {
			return nil
		}
		v := judge(err)
		if v.action != actRetry || try >= maxTries || ctx.Err() != nil {
			return err
		}
		if werr := m.pause(ctx, folder, try, v, err); werr != nil {
			return err
		}
	}
}

// pause waits before try+1, a doubling delay with jitter. Where the server said how long to wait, the governor lets nothing
// of the mailbox pass for as long.
func (m *mailboxRun) pause(ctx context.Context, folder string, try int, v verdict, cause error) error {
	wait := v.delay
	if wait <= 0 {
		wait = min(m.Backoff<<(try-1), maxBackoff)
		wait = wait/2 + rand.N(wait/2+1)
	}
	m.stats.add(func(s *Summary) { s.Retries++ })
	m.emit(Event{Event: EventRetry, Mailbox: m.mb.Address, Folder: folder, Attempt: try, Wait: wait.Seconds(), Message: cause.Error()})
	if v.delay > 0 {
		return ctx.Err()
	}
	began := m.Now()
	err := m.Sleep(ctx, wait)
	if err != nil {
		wait = min(wait, m.Now().Sub(began))
	}
	if errors.Is(cause, eas.ErrThrottled) {
		m.stats.throttled(wait)
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
