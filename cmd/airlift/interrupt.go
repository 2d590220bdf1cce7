package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// interruptible returns a context that the first interrupt cancels, for an orderly end: the page in hand is finished
// or dropped. The second one finds the signals at their default and ends the process at once. A verb calls it when
// its work begins: what is asked on a terminal before that, an interrupt ends anyway. words say what the orderly end is.
func interruptible(ctx context.Context, c *console, words string) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	parent := context.AfterFunc(ctx, func() {
		stop()
		c.say("interrupted: %s; interrupt again to stop at once", words)
	})
	return ctx, func() {
		parent()
		stop()
	}
}
