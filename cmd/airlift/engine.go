package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
)

// engineFlags say how the engine works.
func engineFlags() []cli.Flag {
	return []cli.Flag{
		workersFlag(),
		intFlag("window", 200, "ask for `N` items in one page, at most 512"),
		stringFlag("bodies", "auto", "how message bodies come: `auto|sync|fetch`: with the page, in requests of their own, several at a time, or by what is faster on the first pages of a large folder"),
		stringFlag("audit", "mismatch", "when a folder is enumerated a second time, as another device: `mismatch|always|never`: where the server's count differs, in any case, or not at all"),
		durationFlag("retry-wait", time.Second, "the first wait before a request is tried again; it doubles each time"),
		durationFlag("max-duration", 0, "end in order after `D`, as 90m or 6h30m; the same command goes on (0: no limit)"),
		intFlag("max-errors", 0, "end in order after `N` items or folders that could not be had (0: no limit)"),
	}
}

// engineOptions makes the engine's options from the flags, without the mailboxes and the destination.
func engineOptions(ctx *cli.Context) (o migrate.Options, err error) {
	if o.Select, err = selection(ctx); err != nil {
		return o, err
	}
	if o.Workers, err = workersOf(ctx); err != nil {
		return o, err
	}
	bodies, err := wordOf(ctx, "bodies", "way", string(migrate.BodiesAuto), string(migrate.BodiesSync), string(migrate.BodiesFetch))
	if err != nil {
		return o, err
	}
	audit, err := wordOf(ctx, "audit", "mode", string(migrate.AuditMismatch), string(migrate.AuditAlways), string(migrate.AuditNever))
	if err != nil {
		return o, err
	}
	o.Bodies, o.Audit = migrate.BodyMode(bodies), migrate.AuditMode(audit)
	o.Window, o.Backoff = ctx.Int("window"), ctx.Duration("retry-wait")
	o.MaxDuration, o.MaxErrors = ctx.Duration("max-duration"), ctx.Int("max-errors")
	switch {
	case o.Window < 1 || o.Window > 512:
		return o, usage(fmt.Sprintf("--window: %d", o.Window), "a page has 1 to 512 items")
	case o.Backoff <= 0:
		return o, usage(fmt.Sprintf("--retry-wait: %s", o.Backoff), "a wait is longer than nothing: 500ms, 1s")
	case o.MaxDuration < 0:
		return o, usage(fmt.Sprintf("--max-duration: %s", o.MaxDuration), "a duration is 90m or 6h30m; 0 is no limit")
	case o.MaxErrors < 0:
		return o, usage(fmt.Sprintf("--max-errors: %d", o.MaxErrors), "0 is no limit")
	}
	return o, nil
}
