package main

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
)

func watchCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "watch",
		Usage: "read mailboxes into an archive, then store what arrives within seconds, until it is interrupted",
		Description: "It holds its mailboxes until it ends: another run on them ends with 11. A server that cannot be reached is waited for; " +
			"refused credentials, a blocked account, or an archive that fails end the watch.",
		Flags: append(archiveFlags(),
			durationFlag("heartbeat", eas.MaxHeartbeat, "ask a server to wait for news up to `MAX`; within it the time adapts to what server and network bear"),
			durationFlag("whole-every", 6*time.Hour, "read and count everything again after `D`, as airlift archive does"),
		),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(watchVerb(ctx, c), endOfRun)
		},
	}
}

func watchVerb(ctx *cli.Context, c *console) error {
	wo := migrate.WatchOptions{Heartbeat: ctx.Duration("heartbeat"), Whole: ctx.Duration("whole-every")}
	switch {
	case wo.Heartbeat < time.Second || wo.Heartbeat > eas.MaxHeartbeat:
		return usage(fmt.Sprintf("--heartbeat: %s", wo.Heartbeat), fmt.Sprintf("a heartbeat is 1s to %s", eas.MaxHeartbeat))
	case wo.Whole < time.Minute:
		return usage(fmt.Sprintf("--whole-every: %s", wo.Whole), "everything is read again after 1m or more")
	}
	c.watching = true
	return runVerb(ctx, c, func(ctx context.Context, o migrate.Options) (migrate.Summary, error) {
		return migrate.Watch(ctx, o, wo)
	})
}
