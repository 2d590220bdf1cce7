package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
)

func reconcileCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "reconcile",
		Usage: "compare an archive with its server, item by item; --repair fetches what is missing",
		Flags: slices.Concat(sourceFlags(), selectionFlags(), []cli.Flag{
			archiveFlag(), stateFlag(), identityFlag(),
			boolFlag("repair", "fetch and store what the archive lacks, and note what has gone from the server"),
			intFlag("window", 200, "ask for `N` items in one page, at most 512"),
			durationFlag("retry-wait", time.Second, "the first wait before a request is tried again; it doubles each time"),
			bandwidthFlag(), jsonFlag(), quietFlag(), configFlag(),
		}, bucketFlags(), bucketWriteFlags(), runningFlags()),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(reconcileVerb(ctx, c), endOfReconcile)
		},
	}
}

// comparisonLine is the last line of --json.
type comparisonLine struct {
	Event string    `json:"event"`
	Time  time.Time `json:"time"`
	migrate.Comparison
	Exit int `json:"exit"`
}

func endOfReconcile(result migrate.Result, exit int) any {
	return comparisonLine{Event: eventSummary, Time: now(), Comparison: migrate.Comparison{Result: result}, Exit: exit}
}

func reconcileVerb(ctx *cli.Context, c *console) error {
	o, err := reconcileOptions(ctx)
	if err != nil {
		return err
	}
	from, err := placeOf(ctx, "archive")
	if err != nil {
		return err
	}
	state, err := stateDirOf(ctx, from)
	if err != nil {
		return err
	}
	log, logFile, err := openLog(ctx)
	if err != nil {
		return err
	}
	defer logFile.Close()
	_, bucket, err := openArchive(ctx.Context, from)
	if err != nil {
		return err
	}
	if err := bucket.Close(); err != nil {
		return err
	}
	if o.Mailboxes, err = sources(ctx, c); err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "what was repaired is kept")
	defer stop()
	rep := newReport(run, c)
	written := logged(log)
	out, err := reconcileWith(run, from, state, o, ctx.Bool("repair"), func(e migrate.Event) {
		rep.event(e)
		written(e)
	})
	if out.Result == "" {
		return err // it did not come to a comparison
	}
	if err != nil {
		rep.unsaid(err)
	}
	code := comparisonExit(out, err)
	log.Info(eventSummary, "exit", code, "figures", out)
	if c.json {
		c.emit(comparisonLine{Event: eventSummary, Time: now(), Comparison: out, Exit: code})
	} else {
		c.result("%s", comparisonText(out))
	}
	if code == exitOK {
		return nil
	}
	return ended(code)
}

func reconcileOptions(ctx *cli.Context) (o migrate.Options, err error) {
	if o.Select, err = selection(ctx); err != nil {
		return o, err
	}
	o.Window, o.Backoff = ctx.Int("window"), ctx.Duration("retry-wait")
	switch {
	case o.Window < 1 || o.Window > 512:
		return o, usage(fmt.Sprintf("--window: %d", o.Window), "a page has 1 to 512 items")
	case o.Backoff <= 0:
		return o, usage(fmt.Sprintf("--retry-wait: %s", o.Backoff), "a wait is longer than nothing: 500ms, 1s")
	}
	return o, nil
}

// reconcileWith compares. Without checkpoints a comparison that changes nothing makes them in a place of its own for as long
// as it takes.
func reconcileWith(ctx context.Context, from place, state string, o migrate.Options, repair bool, listen func(migrate.Event)) (out migrate.Comparison, err error) {
	if _, serr := os.Stat(filepath.Join(state, checkpointsFile)); errors.Is(serr, os.ErrNotExist) && !repair {
		if state, err = os.MkdirTemp("", "airlift-reconcile-"); err != nil {
			return out, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(state)) }()
	}
	d, err := openDestination(ctx, from, state, repair)
	if err != nil {
		return out, err
	}
	defer func() {
		_, holdErr := d.settleHolds(ctx)
		err = errors.Join(err, holdErr, d.Close())
	}()
	o.Job, o.Sink, o.Checkpoints, o.Tool = d.archive.ID(), d.archive, d.store, "airlift "+versionString()
	o.Events = listen
	return migrate.Reconcile(ctx, o, repair)
}

// comparisonExit: an archive that lost pages is damaged, whatever could be fetched again.
func comparisonExit(out migrate.Comparison, err error) int {
	switch {
	case out.Result == migrate.ResultInterrupted:
		return exitInterrupted
	case err != nil:
		return exitCode(err)
	case out.Lost > 0:
		return exitDamaged
	case out.Result == migrate.ResultOK:
		return exitOK
	}
	return exitUnbalanced
}

func comparisonText(c migrate.Comparison) string {
	s := fmt.Sprintf("%s: the server shows %s in %s of %s; %d missing in the archive, %d gone from the server", c.Result,
		count(c.Listed, "item", "items"), count(c.Folders, "folder", "folders"), count(c.Mailboxes, "mailbox", "mailboxes"), c.Missing, c.Gone)
	if c.Lost > 0 {
		s += fmt.Sprintf("; %s of the archive lost", count(c.Lost, "segment", "segments"))
	}
	if c.Recovered > 0 {
		s += fmt.Sprintf("; %d fetched and stored", c.Recovered)
	}
	return s + fmt.Sprintf("\n%s, %s", count(c.Requests, "request", "requests"), secondsText(c.Seconds))
}
