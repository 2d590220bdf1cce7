package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks/archive"
)

func listHoldsCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the open matters: which mailboxes each holds, since when, who asked for it and why",
		Flags: append([]cli.Flag{
			archiveFlag(), matterFlag("only the matter of this `NAME`"),
			listFlag("mailbox", "only this mailbox's `ADDRESS` (repeatable)"),
			boolFlag("all", "also every record, of matters that are closed too"),
			identityFlag(), jsonFlag(), configFlag(),
		}, bucketFlags()...),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(listHoldsVerb(ctx, c), endOfHoldList)
		},
	}
}

// heldLine is a mailbox that a matter holds, as --json says it; holdListSummary is the last line. Time is since when.
type heldLine struct {
	Event      string    `json:"event"`
	Time       time.Time `json:"time"`
	Matter     string    `json:"matter"` // "" = not known without an identity
	MatterHash string    `json:"matter_hash"`
	Mailbox    string    `json:"mailbox"` // likewise
	Dir        string    `json:"dir"`
	Record     int       `json:"record"` // the number of the record that holds it
	By         string    `json:"by"`
	Reason     string    `json:"reason"`
}

type holdListSummary struct {
	Event     string         `json:"event"`
	Time      time.Time      `json:"time"`
	Result    migrate.Result `json:"result"`
	Matters   int            `json:"matters"`   // open, of those that were asked for
	Mailboxes int            `json:"mailboxes"` // that they hold, each counted for each
	Records   int            `json:"records"`   // of the archive
	Exit      int            `json:"exit"`
}

func endOfHoldList(result migrate.Result, exit int) any {
	return holdListSummary{Event: eventSummary, Time: now(), Result: result, Exit: exit}
}

// wantedHolds is what a list is limited to; nil: not.
type wantedHolds struct{ matters, dirs []string }

func (w wantedHolds) matter(hash string) bool {
	return w.matters == nil || slices.Contains(w.matters, hash)
}
func (w wantedHolds) dir(dir string) bool { return w.dirs == nil || slices.Contains(w.dirs, dir) }

func listHoldsVerb(ctx *cli.Context, c *console) (err error) {
	from, err := placeOf(ctx, "archive")
	if err != nil {
		return err
	}
	a, bucket, err := openArchive(ctx.Context, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	var want wantedHolds
	if m := ctx.String("matter"); m != "" {
		want.matters = []string{a.MatterHash(m)}
	}
	for _, m := range ctx.StringSlice("mailbox") {
		want.dirs = append(want.dirs, a.MailboxDir(m))
	}
	if ctx.Bool("all") {
		if err := listHoldRecords(ctx.Context, c, a, want); err != nil {
			return err
		}
	}
	s, err := a.Held(ctx.Context)
	if err != nil {
		return err
	}
	sum := holdListSummary{Event: eventSummary, Result: migrate.ResultOK, Records: s.Records()}
	var rows [][]string
	sealed := false
	for _, m := range s.Matters() {
		if !want.matter(m.Hash) {
			continue
		}
		before := sum.Mailboxes
		for _, h := range m.Mailboxes {
			if !want.dir(h.Dir) {
				continue
			}
			sum.Mailboxes++
			sealed = sealed || m.Name == "" || h.Mailbox == ""
			if c.json {
				c.emit(heldLine{"held", h.Record.Time, m.Name, m.Hash, h.Mailbox, h.Dir, h.Record.Hold, h.Record.By, h.Record.Reason})
				continue
			}
			rows = append(rows, []string{
				oneLine(cmp.Or(m.Name, m.Hash)), oneLine(cmp.Or(h.Mailbox, h.Dir)), h.Record.Time.Format(time.DateTime),
				oneLine(h.Record.By), oneLine(h.Record.Reason),
			})
		}
		if sum.Mailboxes > before {
			sum.Matters++
		}
	}
	if sealed {
		c.say("what is encrypted is named by its hash: --identity names no key that opens it")
	}
	if sum.Time = now(); c.json {
		c.emit(sum)
		return nil
	}
	if len(rows) > 0 {
		c.result("%s\n", table([]string{"MATTER", "MAILBOX", "SINCE", "BY", "REASON"}, rows))
	}
	c.result("%s under legal hold by %s", count(sum.Mailboxes, "mailbox", "mailboxes"), count(sum.Matters, "open matter", "open matters"))
	return nil
}

// listHoldRecords prints the history.
func listHoldRecords(ctx context.Context, c *console, a *archive.Archive, want wantedHolds) error {
	for r, err := range a.Holds(ctx) {
		switch {
		case err != nil:
			return err
		case !want.matter(r.MatterHash) || !slices.ContainsFunc(r.Dirs, want.dir):
		case c.json:
			c.emit(holdLine{Event: "hold", Time: r.Time, HoldRecord: r})
		default:
			c.result("%s", recordText(r))
		}
	}
	return nil
}
