package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
)

func probeCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "probe",
		Usage: "say what a server is and can, what it holds of a mailbox, and what an archive from here will hold; with --target what that server makes of items that are put there",
		Flags: slices.Concat(sourceFlags(), selectionFlags(), targetFlags(), []cli.Flag{
			stringFlag("to", "", "look at an archive's place, too: `DIR|s3://BUCKET/PREFIX`; alone, if no server and no mailbox is named"),
			boolFlag("fidelity", "fetch a sample of messages in each version of the protocol, in 2.5 too, compare them, and recommend a version"),
			intFlag("fidelity-sample", 25, "compare `N` messages"),
			fidelityReportFlag("of --fidelity, a line for each message in each version"),
			boolFlag("yes", "with --target: write to it without asking"),
			workersFlag(), jsonFlag(), configFlag(), verboseFlag(),
		}, bucketFlags(), bucketWriteFlags()),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(probeVerb(ctx, c), endOfRun)
		},
	}
}

func probeVerb(ctx *cli.Context, c *console) error {
	if probesTarget(ctx) {
		return probeTarget(ctx, c)
	}
	sel, err := selection(ctx)
	if err != nil {
		return err
	}
	workers, err := workersOf(ctx)
	if err != nil {
		return err
	}
	if ctx.String("to") != "" {
		to, err := placeOf(ctx, "to")
		if err != nil {
			return err
		}
		if err := probePlace(ctx.Context, c, to); err != nil {
			return err
		}
		if ctx.String("server") == "" && ctx.String("mailbox") == "" && ctx.String("mailboxes") == "" {
			if c.json {
				c.emit(newSummaryLine(migrate.Summary{Result: migrate.ResultOK}, exitOK))
			}
			return nil
		}
	}
	if err := checkFidelity(ctx); err != nil {
		return err
	}
	mailboxes, err := sources(ctx, c)
	if err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "what was seen so far follows")
	defer stop()
	probes, err := lookAll(run, mailboxes, sel, workers)
	c.showSearches(mailboxes)
	sum := migrate.Summary{Result: migrate.ResultOK, Mailboxes: len(mailboxes)}
	for _, p := range probes {
		sum.Folders += len(p.Folders)
		for _, f := range p.Folders {
			sum.ItemsEstimated += max(f.Items, 0)
		}
		if c.json {
			c.emitServer(p)
			c.emitFolders(p)
		} else {
			c.result("%s\n", probeText(p))
		}
	}
	if err == nil && ctx.Bool("fidelity") {
		err = compareVersions(run, ctx, c, mailboxes, sel, workers)
	}
	if err != nil {
		return err
	}
	if c.json {
		c.emit(newSummaryLine(sum, exitOK))
	}
	return nil
}

// checkFidelity refuses flags that would do nothing.
func checkFidelity(ctx *cli.Context) error {
	switch {
	case ctx.String("eas-version") == bestVersion:
		return usage("--eas-version best", "probe --fidelity tells which version is the best")
	case ctx.String("fidelity-report") != "" && !ctx.Bool("fidelity"):
		return usage("--fidelity-report without --fidelity", "the report is of what --fidelity compares")
	case ctx.Int("fidelity-sample") < 1 || ctx.Int("fidelity-sample") > maxSample:
		return usage(fmt.Sprintf("--fidelity-sample: %d", ctx.Int("fidelity-sample")), fmt.Sprintf("1 to %d messages can be compared", maxSample))
	}
	return nil
}

const maxSample = 1000

// compareVersions is --fidelity.
func compareVersions(run context.Context, ctx *cli.Context, c *console, mailboxes []migrate.Mailbox, sel migrate.Selection, workers int) error {
	report, err := newVersionsTable(ctx.String("fidelity-report"))
	if err != nil {
		return err
	}
	defer report.Close()
	probes, err := compareAll(run, mailboxes, sel, ctx.Int("fidelity-sample"), workers)
	for _, p := range probes {
		report.versions(p)
		if c.json {
			c.emitComparison(p)
		} else {
			c.result("%s\n", versionsText(p))
		}
	}
	return errors.Join(err, report.finish())
}

// lookAll looks at several mailboxes at once. It returns what it could see, and the errors of the others.
func lookAll(ctx context.Context, mailboxes []migrate.Mailbox, sel migrate.Selection, workers int) ([]*migrate.Probe, error) {
	probes := make([]*migrate.Probe, len(mailboxes))
	errs := make([]error, len(mailboxes))
	var g errgroup.Group
	g.SetLimit(workers)
	for i, m := range mailboxes {
		g.Go(func() error {
			if errs[i] = ctx.Err(); errs[i] == nil {
				probes[i], errs[i] = migrate.Look(ctx, m, sel)
			}
			return nil
		})
	}
	_ = g.Wait() // the functions report through errs
	return slices.DeleteFunc(probes, func(p *migrate.Probe) bool { return p == nil }), errors.Join(errs...)
}

// serverLine and folderLine are what --json says of a probe.
type serverLine struct {
	Event    string        `json:"event"`
	Time     time.Time     `json:"time"`
	Mailbox  string        `json:"mailbox"`
	Server   string        `json:"server"`
	Product  string        `json:"product,omitempty"`
	EAS      string        `json:"eas"` // the version that would be spoken
	Versions []eas.Version `json:"versions"`
	Commands []string      `json:"commands"`
	Policy   bool          `json:"policy"`

	PolicyTold     string                 `json:"policy_told,omitempty"`     // of the policy, to the server
	PolicySettings []migrate.PolicyAnswer `json:"policy_settings,omitempty"` // and what is done about each

	Device  string  `json:"device"`
	Seconds float64 `json:"seconds"`

	PasswordDays *int `json:"password_days,omitempty"` // until the password expires
}

type folderLine struct {
	Event     string    `json:"event"`
	Time      time.Time `json:"time"`
	Mailbox   string    `json:"mailbox"`
	Folder    string    `json:"folder"`
	Class     string    `json:"class,omitempty"` // absent: it does not sync
	Type      int       `json:"type"`
	Estimated *int      `json:"estimated"` // null: the server does not say
	Selected  bool      `json:"selected"`
}

func (c *console) emitServer(p *migrate.Probe) {
	l := serverLine{
		Event: "server", Time: now(), Mailbox: p.Mailbox, Server: p.Server, Product: p.Info.Product, EAS: p.EAS,
		Versions: p.Info.Versions, Commands: p.Info.Commands, Policy: p.Policy, Device: p.Device, Seconds: p.Duration.Seconds(),
	}
	if p.Policy {
		l.PolicyTold, l.PolicySettings = p.Told.String(), p.Settings
	}
	if p.PasswordDays >= 0 {
		l.PasswordDays = &p.PasswordDays
	}
	c.emit(l)
}

func (c *console) emitFolders(p *migrate.Probe) {
	for _, f := range p.Folders {
		l := folderLine{Event: "folder", Time: now(), Mailbox: p.Mailbox, Folder: f.Path, Class: f.Class, Type: f.Type, Selected: f.Selected}
		if f.Items >= 0 {
			l.Estimated = &f.Items
		}
		c.emit(l)
	}
}
