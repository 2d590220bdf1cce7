package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/export"
)

func exportCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "write the items of an archive as files that other programs open; the same command again writes only what is missing",
		Flags: slices.Concat([]cli.Flag{
			stringFlag("format", "", "kind of files: `"+strings.Join(formatNames(), "|")+"`; mail is in the first three, ics has events, tasks and notes, vcf contacts"),
			stringFlag("out", "", "write to `DIR`, which is made, or is empty, or has an earlier export of this archive in this format"),
			boolFlag("with-properties", "add a file .eas.xml for each item: what its server said of it and no other file says"),
			stringFlag("maildir-colon", "", "`CHARACTER` before the flags in the names of a Maildir, \":\", \"!\" or \";\" (default: \":\", on Windows, which does not take that, \"!\")"),
			atFlag(), classFlag(),
		}, filterFlags(), readingFlags(), []cli.Flag{quietFlag()}, cacheFlags()),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(exportVerb(ctx, c), endOfExport)
		},
	}
}

func formatNames() []string {
	var names []string
	for _, f := range export.Formats() {
		names = append(names, string(f))
	}
	return names
}

// exportSummary is the last line of --json, notExported that of an item that could not be written.
type exportSummary struct {
	Event  string         `json:"event"`
	Time   time.Time      `json:"time"`
	Result migrate.Result `json:"result"`
	export.Summary
	Kept    int     `json:"files_kept"`
	Removed int     `json:"files_removed"`
	Seconds float64 `json:"seconds"`
	Exit    int     `json:"exit"`
}

type notExported struct {
	Event   string    `json:"event"`
	Time    time.Time `json:"time"`
	Mailbox string    `json:"mailbox"`
	Folder  string    `json:"folder"`
	ID      string    `json:"id"`
	Why     string    `json:"why"`
}

func endOfExport(result migrate.Result, exit int) any {
	return exportSummary{Event: eventSummary, Time: now(), Result: result, Exit: exit}
}

func exportVerb(ctx *cli.Context, c *console) error {
	o, err := exportOptions(ctx)
	if err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "the same command goes on where this one ended")
	defer stop()
	o.Problem, o.Done = c.notExported, c.exported()
	started := time.Now()
	cache, err := cacheOf(ctx)
	if err != nil {
		return err
	}
	var sum export.Summary
	err = readPlace(run, ctx, cache, func(a *archive.Archive, mailboxes []string) (err error) {
		o.Mailboxes = mailboxes
		sum, err = export.Run(run, a, o)
		return err
	})
	c.draw()
	if cerr := cache.close(); cerr != nil {
		c.warn(cerr.Error(), "name another directory with --cache-dir, or read with --no-cache")
	}
	if err != nil {
		return err
	}
	s := exportSummary{
		Event: eventSummary, Time: now(), Result: migrate.ResultOK, Summary: sum, Kept: sum.Kept, Removed: sum.Removed,
		Seconds: time.Since(started).Seconds(),
	}
	switch {
	case sum.Damaged > 0:
		s.Result, s.Exit = migrate.ResultFailed, exitDamaged
	case sum.Problems > 0:
		s.Result, s.Exit = migrate.ResultPartial, exitPartial
	}
	c.exportEnd(s, o)
	if s.Exit != exitOK {
		return ended(s.Exit)
	}
	return nil
}

// exportOptions makes the options from the flags, but for the mailboxes.
func exportOptions(ctx *cli.Context) (o export.Options, err error) {
	format, err := wordOf(ctx, "format", "format", formatNames()...)
	if err != nil {
		return o, err
	}
	o.Format, o.Dir, o.Properties = export.Format(format), ctx.String("out"), ctx.Bool("with-properties")
	if o.Dir == "" {
		return o, usage("nowhere to export to", "name a directory with --out")
	}
	if o.At, err = parseDate("at", ctx.String("at")); err != nil {
		return o, err
	}
	if o.Colon, err = maildirColon(ctx, o.Format); err != nil {
		return o, err
	}
	taken, err := parseClasses(ctx.String("class"))
	if err != nil {
		return o, err
	}
	for _, class := range taken {
		if !o.Format.Holds(string(class)) {
			return o, usage(fmt.Sprintf("--class: format %s holds no items of class %s", format, class), "mail is exported as eml, maildir or mbox, contacts as vcf, the others as ics")
		}
	}
	o.Select, err = itemFilter(ctx)
	return o, err
}

func (c *console) notExported(p export.Problem) {
	if c.json {
		c.emit(notExported{Event: eventProblem, Time: now(), Mailbox: p.Mailbox, Folder: p.Folder, ID: p.ID, Why: p.Why.Error()})
		return
	}
	where := p.Mailbox + ": " + p.Folder
	if p.ID != "" {
		where += ": item " + p.ID
	}
	c.problem(where+": "+p.Why.Error(), "")
}

// exported shows on a terminal how far the export has come.
func (c *console) exported() func(export.Summary) {
	if !c.onScreen() {
		return nil
	}
	started, drawn := time.Now(), time.Time{}
	return func(s export.Summary) {
		if time.Since(drawn) < redrawEvery {
			return
		}
		drawn = time.Now()
		rate := float64(s.Items) / time.Since(started).Seconds()
		c.draw(fmt.Sprintf("%s of %s, %.0f/s", count(s.Items, "item", "items"), count(s.Folders, "folder", "folders"), rate))
	}
}

func (c *console) exportEnd(s exportSummary, o export.Options) {
	if c.json {
		c.emit(s)
		return
	}
	c.result("%s: %s of %s of %s in %s, %s, %s", s.Result, count(s.Items, "item", "items"), count(s.Folders, "folder", "folders"),
		count(s.Mailboxes, "mailbox", "mailboxes"), count(s.Files, "file", "files"), bytesText(s.Bytes), secondsText(s.Seconds))
	if s.Kept+s.Removed > 0 {
		c.result("%s there already, %d of earlier exports removed", count(s.Kept, "file was", "files were"), s.Removed)
	}
	if s.Problems > 0 {
		c.result("%s could not be exported", count(s.Problems, "item or page", "items or pages"))
	}
	if s.Others > 0 {
		c.result("%s of other classes: format %s does not hold them", count(s.Others, "item", "items"), o.Format)
	}
	c.say("manifest: %s", manifestPath(o.Dir))
}
