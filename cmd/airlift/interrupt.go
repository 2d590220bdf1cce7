package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruptible returns a context that the first interrupt cancels, for an orderly end: the page in hand is finished
// or dropped. The second one finds the signals at their default and ends the process at once. A verb calls it when
// its work begins: what is asked on a terminal before that, an interrupt ends anyway.
func interruptible(ctx context.Context, c *console) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	parent := context.AfterFunc(ctx, func() {
		stop()
		c.say("interrupted: ending in order, nothing is lost; interrupt again to stop at once")
	})
	return ctx, func() {
		parent()
		stop()
	}
}
