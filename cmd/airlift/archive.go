package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/s3"
)

func archiveCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "archive",
		Usage: "read mailboxes into an archive; the same command again fetches only what changed",
		Flags: append(archiveFlags(), boolFlag("dry-run", "look at the mailboxes, say what would be read, store nothing")),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(runVerb(ctx, c, migrate.Run), endOfRun)
		},
	}
}

// archiveFlags are those of the verbs that write an archive from mailboxes.
func archiveFlags() []cli.Flag {
	return slices.Concat(sourceFlags(), selectionFlags(), []cli.Flag{
		stringFlag("to", "", "the archive's place, `DIR|s3://BUCKET/PREFIX`; a directory is made if it is not there"),
		listFlag("encrypt-to", "make the archive an encrypted one, of this `RECIPIENT`: age1…, or an ssh public key (repeatable); later runs need not say it again"),
		stateFlag(), jsonFlag(), quietFlag(), configFlag(),
	}, bucketFlags(), bucketWriteFlags(), engineFlags(), []cli.Flag{bandwidthFlag()}, outputFlags(), runningFlags())
}

// engine is what a verb has done with mailboxes: migrate.Run, or a watch.
type engine func(context.Context, migrate.Options) (migrate.Summary, error)

// runVerb is flags -> options -> engine -> words. The error it returns has not been said yet.
func runVerb(ctx *cli.Context, c *console, run engine) error {
	o, err := engineOptions(ctx)
	if err != nil {
		return err
	}
	var to place
	var state string
	if !ctx.Bool("dry-run") || ctx.String("to") != "" {
		if to, err = placeOf(ctx, "to"); err != nil {
			return err
		}
		if state, err = stateDirOf(ctx, to); err != nil {
			return err
		}
	}
	log, logFile, err := openLog(ctx)
	if err != nil {
		return err
	}
	defer logFile.Close()
	outputs, err := outputsOf(ctx)
	if err != nil {
		return err
	}
	defer outputs.Close()
	if o.Mailboxes, err = sources(ctx, c); err != nil {
		return err
	}
	until, stop := interruptible(ctx.Context, c, "the page in hand is finished or dropped, nothing is lost")
	defer stop()
	if ctx.Bool("dry-run") {
		return dryRun(until, c, o, to, state)
	}
	return archiveTo(until, c, log, to, state, o, outputs, run)
}

// archiveTo runs the engine and says what came of it.
func archiveTo(ctx context.Context, c *console, log *slog.Logger, to place, state string, o migrate.Options, outputs outputs, run engine) error {
	began := now()
	rep := newReport(ctx, c)
	figures := publish(ctx, c, outputs.metrics)
	for i := range o.Mailboxes {
		figures.traced(&o.Mailboxes[i])
	}
	out, spent, err := archiveRun(ctx, c, to, state, o, run, rep.event, figures.event, outputs.fidelity.event, logged(log))
	if out.Result == "" {
		// It did not come to a run. What watches the figures should know, and not see those of the last one.
		if err := figures.finish(out, exitCode(err)); err != nil {
			c.failed(err)
		}
		return err
	}
	if err != nil {
		rep.unsaid(err)
		if out.Result == migrate.ResultOK {
			out.Result = migrate.ResultFailed // the checkpoints or the archive could not be closed
		}
	}
	code := runExit(out, err)
	if outputs.report != "" {
		whole := outcome{to, state, o.Mailboxes, began, now(), out, newTraffic(spent), code}
		if err := rep.writeHTML(context.WithoutCancel(ctx), outputs.report, whole); err != nil {
			code = spoilt(c, &out, code, err)
		}
	}
	if err := outputs.fidelity.finish(); err != nil {
		code = spoilt(c, &out, code, err)
	}
	if err := figures.finish(out, code); err != nil {
		code = spoilt(c, &out, code, err)
	}
	log.Info(eventSummary, "exit", code, "figures", out)
	if c.json {
		line := newSummaryLine(out, code)
		line.S3 = newTraffic(spent)
		c.emit(line)
	} else {
		rep.print(out)
		if spent != nil {
			c.result("%s", newTraffic(spent))
		}
		c.say("archive: %s  checkpoints: %s", to.text, state)
	}
	if code == exitOK {
		return nil
	}
	return ended(code)
}

// spoilt says that something which was asked for beside the archive is not there. A run that went well has failed then.
func spoilt(c *console, sum *migrate.Summary, code int, err error) int {
	c.failed(err)
	if code != exitOK {
		return code
	}
	sum.Result = migrate.ResultFailed
	return exitFailed
}

// archiveRun opens the archive and its checkpoints, runs the engine and closes both. An empty Result says that the
// engine did not begin.
func archiveRun(ctx context.Context, c *console, to place, state string, o migrate.Options, run engine, listeners ...func(migrate.Event)) (sum migrate.Summary, spent *s3.Stats, err error) {
	d, err := openDestination(ctx, to, state, true)
	if err != nil {
		return sum, nil, err
	}
	defer func() {
		held, holdErr := d.settleHolds(ctx)
		if held.Changed > 0 {
			c.say("legal holds were set meanwhile: %s held", count(held.Changed, "object", "objects"))
		}
		spent, err = d.traffic(), errors.Join(err, holdErr, d.Close())
	}()
	p := newProgress(c)
	o.Job, o.Sink, o.Checkpoints, o.Tool = d.archive.ID(), d.archive, d.store, "airlift "+versionString()
	o.Events = func(e migrate.Event) {
		p.event(e)
		for _, l := range listeners {
			l(e)
		}
	}
	stop := p.show(ctx)
	defer stop()
	if c.watching {
		defer d.keepHolds(ctx, c)()
	}
	sum, err = run(ctx, o)
	return sum, nil, err
}

// dryRun says what a run would read, and what it would cost where the destination is a bucket.
func dryRun(ctx context.Context, c *console, o migrate.Options, to place, state string) error {
	probes, err := lookAll(ctx, o.Mailboxes, o.Select, o.Workers)
	sum := migrate.Summary{Result: migrate.ResultOK, Mailboxes: len(o.Mailboxes)}
	for _, p := range probes {
		for _, f := range p.Folders {
			if f.Selected {
				sum.Folders++
				sum.ItemsEstimated += max(f.Items, 0)
			}
		}
	}
	if c.json {
		for _, p := range probes {
			c.emitFolders(p)
		}
	} else {
		for _, p := range probes {
			c.result("%s\n\n%s\n", p.Mailbox, foldersTable(p))
		}
		c.result("nothing was stored: a run would read %s in %s of %s", count(sum.ItemsEstimated, "item", "items"),
			count(sum.Folders, "folder", "folders"), count(len(probes), "mailbox", "mailboxes"))
	}
	if err != nil {
		return err
	}
	line := newSummaryLine(sum, exitOK)
	if to.s3.Bucket != "" {
		planned, spent, err := planRun(ctx, to, state, o.Window, probes)
		if err != nil {
			return err
		}
		line.Plan, line.S3 = planned, newTraffic(spent)
		if !c.json {
			c.result("%s\nto find this out, %s", planned, line.S3)
		}
	}
	if c.json {
		c.emit(line)
	}
	return nil
}
