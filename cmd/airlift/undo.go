package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/migrate/deliver"
)

func undoCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "undo",
		Usage: "remove from the target what migrations put there and nobody changed since; what stays is listed",
		Flags: slices.Concat([]cli.Flag{
			stringFlag("mailbox", "", "the source mailbox's `ADDRESS`"),
			stringFlag("mailboxes", "", "many mailboxes: the CSV `FILE` that they were migrated by"),
		}, targetFlags(), []cli.Flag{
			stringFlag("stage", "", "the stage's place, `DIR|s3://BUCKET/PREFIX`, where the migration had one"), identityFlag(),
			stringFlag("state", "", "the `DIR` of the receipts, where the migration had one"),
			workersFlag(), jsonFlag(), quietFlag(), verboseFlag(), configFlag(),
		}, reachFlags(), bucketFlags()),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(undoVerb(ctx, c), endOfUndo)
		},
	}
}

// undoSummary is the last line of --json, undoLine that of something that stays.
type undoSummary struct {
	Event          string         `json:"event"`
	Time           time.Time      `json:"time"`
	Result         migrate.Result `json:"result"`
	Mailboxes      int            `json:"mailboxes"`
	Removed        int            `json:"items_removed"`
	Gone           int            `json:"items_gone"` // were not there any more
	Left           int            `json:"items_left"`
	FoldersRemoved int            `json:"folders_removed"`
	FoldersLeft    int            `json:"folders_left"`
	Seconds        float64        `json:"seconds"`
	Exit           int            `json:"exit"`
}

type undoLine struct {
	Event   string    `json:"event"` // "left"
	Time    time.Time `json:"time"`
	Mailbox string    `json:"mailbox"`
	Folder  string    `json:"folder,omitempty"` // at the target
	ID      string    `json:"id,omitempty"`     // of an item in the archive
	Why     string    `json:"why"`
}

func endOfUndo(result migrate.Result, exit int) any {
	return undoSummary{Event: eventSummary, Time: now(), Result: result, Exit: exit}
}

func undoVerb(ctx *cli.Context, c *console) (err error) {
	began := time.Now()
	m, accounts, err := openMigration(ctx, c, "stage")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.from.Close()) }()
	defer m.stop()
	defer m.finish()
	sum := undoSummary{Result: migrate.ResultOK, Mailboxes: len(accounts)}
	var failed error
	for _, a := range accounts {
		var u deliver.Undone
		t := m.aims[a.mailbox]
		err := m.open(a.mailbox, &t, func(o deliver.Options) (err error) {
			u, err = deliver.Undo(m.ctx, o)
			return err
		})
		failed = errors.Join(failed, err)
		sum.Removed, sum.Gone, sum.Left = sum.Removed+u.Removed, sum.Gone+u.Gone, sum.Left+len(u.Left)+u.Excess
		sum.FoldersRemoved, sum.FoldersLeft = sum.FoldersRemoved+len(u.Folders), sum.FoldersLeft+len(u.Kept)
		c.left(a.mailbox, &u)
	}
	if failed != nil {
		return failed
	}
	sum.Event, sum.Time, sum.Seconds = eventSummary, now(), time.Since(began).Seconds()
	if c.json {
		c.emit(sum)
		return nil
	}
	c.result("%s: %s removed, %d were not there any more, %d left; folders: %d removed, %d left; %s", sum.Result, count(sum.Removed, "item", "items"),
		sum.Gone, sum.Left, sum.FoldersRemoved, sum.FoldersLeft, secondsText(sum.Seconds))
	return nil
}

// left tells what stays at the target, and why.
func (c *console) left(mailbox string, u *deliver.Undone) {
	var lines []undoLine
	for _, l := range u.Left {
		lines = append(lines, undoLine{ID: l.Item, Why: l.Reason})
	}
	for _, k := range u.Kept {
		lines = append(lines, undoLine{Folder: k.Path, Why: k.Why})
	}
	for _, l := range lines {
		l.Event, l.Time, l.Mailbox = "left", now(), mailbox
		switch {
		case c.json:
			c.emit(l)
		case l.ID != "":
			c.result("%s: left: item %s: %s", mailbox, l.ID, l.Why)
		default:
			c.result("%s: left: folder %s: %s", mailbox, l.Folder, l.Why)
		}
	}
	if u.Excess > 0 && !c.json {
		c.result("%s: left: %d more", mailbox, u.Excess)
	}
}

// openMigration opens what a verb needs that works with targets and without a source: the archive of a flag, the state and the targets.
// Call its stop at the end of the work, and close from.
func openMigration(ctx *cli.Context, c *console, archiveFlag string) (m *migration, accounts []account, err error) {
	rules := deliver.Options{Workers: foldersAtOnce, Delay: delayOf}
	var from place
	var state string
	if archiveFlag == "stage" {
		from, state, err = stageOf(ctx)
	} else if from, err = placeOf(ctx, archiveFlag); err == nil {
		state, err = stateDirOf(ctx, from)
	}
	if err != nil {
		return nil, nil, err
	}
	conn, err := connectionOf(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if accounts, err = accountsOf(ctx); err != nil {
		return nil, nil, err
	}
	aims, err := conn.aims(ctx, c, accounts)
	if err != nil {
		return nil, nil, err
	}
	workers, err := workersOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	until, stop := interruptible(ctx.Context, c, "what is in hand is finished, nothing is lost")
	d, err := openToRead(until, from, state)
	if err != nil {
		stop()
		return nil, nil, err
	}
	m = newMigration(until, c, d, rules, accounts, aims, workers)
	m.stop = stop
	return m, accounts, nil
}

// openToRead opens an archive that is there and the receipts beside it, which are made if there are none.
func openToRead(ctx context.Context, from place, state string) (*destination, error) {
	a, b, err := openArchive(ctx, from)
	if err != nil {
		return nil, err
	}
	d := &destination{bucket: b, archive: a, state: state, guard: new(holdGuard)}
	if d.store, err = sqlite.Open(ctx, filepath.Join(state, checkpointsFile)); err != nil {
		return nil, errors.Join(fmt.Errorf("receipts: %w", err), d.Close())
	}
	return d, nil
}
