package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints"
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
	sum := undoSummary{Event: eventSummary, Result: migrate.ResultOK, Mailboxes: len(accounts)}
	var failed error
	undone, errs := m.undoAll(accounts, ctx.Int("workers"))
	for i, a := range accounts {
		u, err := undone[i], errs[i]
		failed = errors.Join(failed, err)
		sum.Removed, sum.Gone, sum.Left = sum.Removed+u.Removed, sum.Gone+u.Gone, sum.Left+len(u.Left)+u.Excess
		sum.FoldersRemoved, sum.FoldersLeft = sum.FoldersRemoved+len(u.Folders), sum.FoldersLeft+len(u.Kept)
		c.left(a.mailbox, &u)
		if err != nil {
			c.undone(err, a.mailbox)
		}
	}
	if failed != nil {
		sum.Result, sum.Exit = migrate.ResultFailed, exitCode(failed)
	}
	if sum.Exit == exitInterrupted {
		sum.Result = migrate.ResultInterrupted
	}
	sum.Time, sum.Seconds = now(), time.Since(began).Seconds()
	if c.json {
		c.emit(sum)
	} else {
		c.result("%s: %s removed, %d were not there any more, %d left; folders: %d removed, %d left; %s", sum.Result, count(sum.Removed, "item", "items"),
			sum.Gone, sum.Left, sum.FoldersRemoved, sum.FoldersLeft, secondsText(sum.Seconds))
	}
	if failed != nil {
		return ended(sum.Exit)
	}
	return nil
}

// undoAll takes back what was put into the accounts' targets, into so many at once.
func (m *migration) undoAll(accounts []account, atOnce int) ([]deliver.Undone, []error) {
	undone, errs := make([]deliver.Undone, len(accounts)), make([]error, len(accounts))
	var g errgroup.Group
	g.SetLimit(atOnce)
	for i, a := range accounts {
		g.Go(func() error {
			undone[i], errs[i] = m.undo(a.mailbox)
			return nil
		})
	}
	_ = g.Wait() // the functions report through errs
	return undone, errs
}

// undo takes back what was put into one target. That nothing is known of it is an error: mostly the target is not named as it was then.
func (m *migration) undo(mailbox string) (u deliver.Undone, err error) {
	t := m.aims[mailbox]
	places, err := m.from.store.Places(m.ctx, checkpoints.Key{Job: t.job(m.from.archive.ID(), m.job), Mailbox: mailbox})
	switch {
	case err != nil:
		return u, named(mailbox, err)
	case len(places) == 0:
		return u, &hinted{
			fmt.Errorf("%s: target: a migration into %s by these servers: %w", mailbox, t.account.mailbox, errNothing),
			"name --target, --target-server, --target-imap, --stage and --state as airlift migrate was told; airlift status --migration lists what there is",
		}
	}
	err = m.open(mailbox, &t, func(o deliver.Options) (err error) {
		u, err = deliver.Undo(m.ctx, o)
		return err
	})
	return u, err
}

// undone tells why not all of a mailbox's could be taken back.
func (c *console) undone(err error, mailbox string) {
	if c.json {
		c.emit(migrate.Event{Event: eventProblem, Time: now(), Mailbox: mailbox, Message: reasonOf(err), Hint: hintOf(err)})
	}
	c.failed(err)
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
