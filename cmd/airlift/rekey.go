package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
)

func rekeyCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "rekey",
		Usage: "change to whom an archive is encrypted, without writing anything anew; nothing is given: list the changes",
		Flags: slices.Concat([]cli.Flag{
			archiveFlag(), identityFlag(),
			listFlag("add", "encrypt to `RECIPIENT` from now on, and let it open what is there (repeatable)"),
			listFlag("remove", "encrypt no more to `RECIPIENT`, who still opens what it could open, and what a run or watch under way writes (repeatable); either takes --identity"),
			configFlag(), jsonFlag(),
		}, bucketFlags(), objectFlags()),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(rekeyVerb(ctx, c), endOfRun)
		},
	}
}

// rekeyLine is a change of recipients, as --json says it.
type rekeyLine struct {
	Event string    `json:"event"`
	Time  time.Time `json:"time"`
	archive.RekeyRecord
}

func rekeyVerb(ctx *cli.Context, c *console) (err error) {
	from, err := placeOf(ctx, "archive")
	if err != nil {
		return err
	}
	from.keys.By = whoAsks()
	guard := new(holdGuard)
	from.s3.Hold = guard.held
	run, stop := interruptible(ctx.Context, c, "the recipients stay what they are")
	defer stop()
	a, bucket, err := openArchive(run, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	add, remove := ctx.StringSlice("add"), ctx.StringSlice("remove")
	if len(add)+len(remove) == 0 {
		err = listRekeys(run, c, a)
	} else {
		var r archive.RekeyRecord
		if err = guard.begin(run, a, bucket, 0); err == nil {
			r, err = a.Rekey(run, add, remove)
		}
		if err == nil {
			c.rekeyed(r)
		}
	}
	if err == nil && c.json {
		c.emit(newSummaryLine(migrate.Summary{Result: migrate.ResultOK}, exitOK))
	}
	return err
}

func listRekeys(ctx context.Context, c *console, a *archive.Archive) error {
	for r, err := range a.Rekeys(ctx) {
		if err != nil {
			return err
		}
		c.rekeyed(r)
	}
	switch to := a.Recipients(); {
	case c.json:
	case len(to) == 0:
		c.result("it is not encrypted")
	default:
		c.result("encrypted to %s", strings.Join(to, ", "))
	}
	return nil
}

func (c *console) rekeyed(r archive.RekeyRecord) {
	if c.json {
		c.emit(rekeyLine{Event: "rekey", Time: r.Time, RekeyRecord: r})
		return
	}
	by := ""
	if r.By != "" {
		by = " by " + r.By
	}
	c.result("%d, %s%s, signed by key %.4x: added %s, removed %s; %s opened to the recipients", r.Rekey, r.Time.Format(time.DateTime), by,
		[]byte(r.SignedBy), orNone(r.Added), orNone(r.Removed), count(r.Keys, "object", "objects"))
	for _, name := range r.Unopened {
		c.problem(fmt.Sprintf("%s: no identity that was given opens it", name), "")
	}
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "nobody"
	}
	return strings.Join(list, ", ")
}

// whoAsks is the name of the user of this process, as far as the system knows it.
func whoAsks() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
