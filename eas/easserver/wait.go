package easserver

import "time"

// waiter waits for changes of a mailbox until an interval is over.
type waiter struct {
	x     *exchange
	timer *time.Timer
}

func newWaiter(x *exchange, d time.Duration) *waiter {
	return &waiter{x: x, timer: time.NewTimer(d)}
}

func (w *waiter) stop() { w.timer.Stop() }

// wait returns true when changed is closed, false when the interval is over, the
// client has gone or the server is closed.
func (w *waiter) wait(changed <-chan struct{}) bool {
	select {
	case <-changed:
		return true
	case <-w.timer.C:
	case <-w.x.context().Done():
	case <-w.x.server.closed:
	}
	return false
}
