package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/importer"
)

func importCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "import",
		Usage: "store mail, contacts and calendars of files in an archive; the same command again stores only what is new",
		Flags: slices.Concat([]cli.Flag{
			stringFlag("in", "", "read the files in `PATH`, a directory or one file: .eml, Maildir, mbox, .vcf, .ics; directories are folders"),
			stringFlag("mailbox", "", "store them under this mailbox's `ADDRESS`"),
			stringFlag("format", string(importer.Auto), "only files of this kind: `"+strings.Join(importFormats(), "|")+"`"),
			stringFlag("into", "", "put all folders into the folder of this `PATH`"),
			boolFlag("mirror", "note as deleted what earlier imports found in these folders and is no longer there; the archive keeps it"),
			stringFlag("to", "", "the archive's place, `DIR|s3://BUCKET/PREFIX`; a directory is made if it is not there"),
			listFlag("encrypt-to", "make the archive an encrypted one, of this `RECIPIENT`: age1…, or an ssh public key (repeatable)"),
			stateFlag(), jsonFlag(), quietFlag(), configFlag(),
		}, bucketFlags(), bucketWriteFlags()),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(importVerb(ctx, c), endOfImport)
		},
	}
}

func importFormats() []string {
	var names []string
	for _, f := range importer.Formats() {
		names = append(names, string(f))
	}
	return names
}

// importSummary is the last line of --json, notImported that of a file of which something was not stored.
type importSummary struct {
	Event  string         `json:"event"`
	Time   time.Time      `json:"time"`
	Result migrate.Result `json:"result"`
	importer.Summary
	Seconds float64 `json:"seconds"`
	Exit    int     `json:"exit"`
}

type notImported struct {
	Event string    `json:"event"`
	Time  time.Time `json:"time"`
	File  string    `json:"file"`
	Why   string    `json:"why"`
}

func endOfImport(result migrate.Result, exit int) any {
	return importSummary{Event: eventSummary, Time: now(), Result: result, Exit: exit}
}

func importVerb(ctx *cli.Context, c *console) error {
	o, err := importOptions(ctx)
	if err != nil {
		return err
	}
	to, err := placeOf(ctx, "to")
	if err != nil {
		return err
	}
	state, err := stateDirOf(ctx, to)
	if err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "the same command goes on where this one ended")
	defer stop()
	o.Problem, o.Done = c.notImported, c.imported()
	started := time.Now()
	sum, err := importTo(run, c, to, state, o)
	c.draw()
	if err != nil {
		return err
	}
	s := importSummary{Event: eventSummary, Time: now(), Result: migrate.ResultOK, Summary: sum, Seconds: time.Since(started).Seconds()}
	if sum.Problems > 0 {
		s.Result, s.Exit = migrate.ResultPartial, exitPartial
		if o.Mirror {
			c.warn("nothing was noted as deleted: not all files could be read", "")
		}
	}
	c.importEnd(s, to)
	if s.Exit != exitOK {
		return ended(s.Exit)
	}
	return nil
}

func importOptions(ctx *cli.Context) (o importer.Options, err error) {
	format, err := wordOf(ctx, "format", "format", importFormats()...)
	if err != nil {
		return o, err
	}
	o = importer.Options{
		Mailbox: ctx.String("mailbox"), In: ctx.String("in"), Format: importer.Format(format),
		Into: strings.Trim(ctx.String("into"), "/"), Mirror: ctx.Bool("mirror"), Tool: "airlift " + versionString(),
	}
	switch {
	case o.In == "":
		return o, usage("nothing to import", "name a directory or a file with --in")
	case o.Mailbox == "":
		return o, usage("no mailbox", "name the address that the items are stored under with --mailbox")
	}
	// Before the archive is made: there is to be none of what is not there.
	if _, err := os.Stat(o.In); err != nil {
		return o, usage(fmt.Sprintf("--in: %v", err), "name a directory or a file that is there")
	}
	return o, nil
}

// importTo opens or makes the archive, and imports while no run has the mailbox.
func importTo(ctx context.Context, c *console, to place, state string, o importer.Options) (sum importer.Summary, err error) {
	d, err := openDestination(ctx, to, state, true)
	if err != nil {
		return sum, err
	}
	defer func() {
		held, holdErr := d.settleHolds(ctx)
		if held.Changed > 0 {
			c.say("legal holds were set meanwhile: %s held", count(held.Changed, "object", "objects"))
		}
		err = errors.Join(err, holdErr, d.Close())
	}()
	unlock, err := d.store.Lock(ctx, checkpoints.Key{Job: d.archive.ID(), Mailbox: o.Mailbox})
	if err != nil {
		return sum, fmt.Errorf("%s: %w", o.Mailbox, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return importer.Run(ctx, d.archive, o)
}

func (c *console) notImported(p importer.Problem) {
	if c.json {
		c.emit(notImported{Event: eventProblem, Time: now(), File: p.File, Why: p.Why.Error()})
		return
	}
	c.problem(fmt.Sprintf("%s: %s", p.File, p.Why), "")
}

// imported shows on a terminal how far the import has come.
func (c *console) imported() func(importer.Summary) {
	if !c.onScreen() {
		return nil
	}
	started, drawn := time.Now(), time.Time{}
	return func(s importer.Summary) {
		if time.Since(drawn) < redrawEvery {
			return
		}
		drawn = time.Now()
		c.draw(fmt.Sprintf("%s, %s, %.0f/s", count(s.Items, "item", "items"), bytesText(s.Bytes), float64(s.Items)/time.Since(started).Seconds()))
	}
}

func (c *console) importEnd(s importSummary, to place) {
	if c.json {
		c.emit(s)
		return
	}
	c.result("%s: %s in %s, %s; %d stored, %d changed, %d deleted; %s", s.Result, count(s.Items, "item", "items"),
		count(s.Folders, "folder", "folders"), bytesText(s.Bytes), s.Stored, s.Changed, s.Deleted, secondsText(s.Seconds))
	if s.Problems > 0 {
		c.result("%s could not be stored", count(s.Problems, "file or item", "files or items"))
	}
	if s.Expunged > 0 {
		c.result("%s left out: deleted by a mail program, and still in its file", count(s.Expunged, "message", "messages"))
	}
	if s.Others > 0 {
		c.result("%s of other kinds passed over", count(s.Others, "file", "files"))
	}
	c.say("archive: %s", to.text)
}
