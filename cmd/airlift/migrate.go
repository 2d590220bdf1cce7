package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/migrate/deliver"
	"github.com/airlift-eas/airlift/sinks/archive"
)

func migrateCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "migrate",
		Usage: "bring mailboxes to another server; the same command again brings what changed",
		Flags: slices.Concat(sourceFlags(), selectionFlags(), targetFlags(), mappingFlags(), []cli.Flag{
			stringFlag("stage", "", "keep an archive of the source at `DIR|s3://BUCKET/PREFIX` on the way (default: in the state directory)"),
			listFlag("encrypt-to", "make the stage an encrypted archive, of this `RECIPIENT` (repeatable); --identity reads it again"), identityFlag(),
			boolFlag("propagate-deletes", "remove from the target what left the source: only what was put there by a migration, and not if it was changed since"),
			stringFlag("conflict", string(deliver.ConflictTarget), "what stays of an item that both sides changed: `source|target|newer|both`; all are listed"),
			stringFlag("state", "", "the `DIR` of the checkpoints and receipts (default: beside a stage, its name with .state appended; else in the user's state directory)"),
			boolFlag("dry-run", "look at both sides, say what would be put where, and what the target cannot hold; write nothing"),
			migrationReportFlag(), jsonFlag(), quietFlag(), configFlag(),
		}, metricsFlags(), bucketFlags(), bucketWriteFlags(), engineFlags(), []cli.Flag{bandwidthFlag()}, runningFlags()),
		Subcommands: []*cli.Command{undoCommand(c)},
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(migrateVerb(ctx, c), endOfDelivery)
		},
	}
}

// stageOf is where the source is kept on the way, and where its state is.
func stageOf(ctx *cli.Context) (stage place, state string, err error) {
	if ctx.String("stage") != "" {
		if stage, err = placeOf(ctx, "stage"); err != nil {
			return stage, "", err
		}
		state, err = stateDirOf(ctx, stage)
		return stage, state, err
	}
	if state = ctx.String("state"); state == "" {
		if state, err = migrationsDir(); err != nil {
			return stage, "", err
		}
	}
	stage = dirPlace(filepath.Join(state, "stage"))
	stage.keys, err = encryption(ctx)
	return stage, state, err
}

// migrationsDir is where migrations keep their stage and state that say nothing else.
func migrationsDir() (string, error) {
	base, err := userStateDir()
	if err != nil {
		return "", usage("no place for the state: "+err.Error(), "name its directory with --state")
	}
	return filepath.Join(base, "airlift", "migrate"), nil
}

func migrateVerb(ctx *cli.Context, c *console) (err error) {
	o, err := engineOptions(ctx)
	if err != nil {
		return err
	}
	rules, err := rulesOf(ctx)
	if err != nil {
		return err
	}
	stage, state, err := stageOf(ctx)
	if err != nil {
		return err
	}
	report, err := migrationReportOf(ctx)
	if err != nil {
		return err
	}
	log, logFile, err := openLog(ctx)
	if err != nil {
		return err
	}
	defer logFile.Close()
	watched, err := metricsPlaceOf(ctx)
	if err != nil {
		return err
	}
	defer watched.Close()
	conn, err := connectionOf(ctx, c)
	if err != nil {
		return err
	}
	accounts, err := accountsOf(ctx)
	if err != nil {
		return err
	}
	aims, err := conn.aims(ctx, c, accounts)
	if err != nil {
		return err
	}
	if o.Mailboxes, err = conn.mailboxes(ctx.Context, c, accounts); err != nil {
		return err
	}
	until, stop := interruptible(ctx.Context, c, "what is in hand is finished or dropped, nothing is lost")
	defer stop()
	if ctx.Bool("dry-run") {
		return planMigration(until, c, o, stage, state, rules, aims)
	}
	figures := publish(until, c, watched)
	figures.delivers()
	for i := range o.Mailboxes {
		figures.traced(&o.Mailboxes[i])
	}
	d, err := openDestination(until, stage, state, true)
	if err != nil {
		if err := figures.finish(migrate.Summary{}, exitCode(err)); err != nil {
			c.failed(err)
		}
		return err
	}
	defer func() {
		_, holdErr := d.settleHolds(until)
		err = errors.Join(err, holdErr, d.Close())
	}()
	limited, expire := within(until, o.MaxDuration)
	defer expire()
	o.MaxDuration = 0 // what is put counts, too
	// For a delivery the limit is an interrupt: as the cause of a context it would look like an error of the connection.
	putting, drop := context.WithCancel(until)
	defer drop()
	defer context.AfterFunc(limited, drop)()
	m := newMigration(putting, c, d, rules, accounts, aims, o.Workers)
	m.log, m.wanted, m.figures = log, selected(o.Select), figures
	out := m.read(until, limited, o)
	report.receipts = d.store
	return out.tell(context.WithoutCancel(ctx.Context), c, report)
}

// read reads the sources, each of which is put into its target as soon as it was read. Of the two contexts until ends with an interrupt only, after
// which nothing is told any more.
func (m *migration) read(until, limited context.Context, o migrate.Options) outcomes {
	rep, p := newReport(until, m.c), newProgress(m.c)
	o.Job, o.Sink, o.Checkpoints, o.Tool = m.from.archive.ID(), m.from.archive, m.from.store, "airlift "+versionString()
	written := logged(m.log)
	o.Events = func(e migrate.Event) {
		p.event(e)
		rep.event(e)
		written(e)
		m.figures.event(e)
		m.staged(e)
	}
	end := p.show(until)
	sum, err := migrate.Run(limited, o)
	out := m.finish()
	end()
	out.limit = context.Cause(limited)
	out.source, out.sourceErr, out.reading = &sum, err, rep
	return out
}

// within is a context that ends by itself after a time, 0 = never, in order as by an interrupt, with migrate.ErrLimit for its cause.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	stop := func() bool { return true }
	if d > 0 {
		stop = time.AfterFunc(d, func() { end(fmt.Errorf("%w: the run took %s", migrate.ErrLimit, d)) }).Stop
	}
	return ctx, func() {
		stop()
		end(nil)
	}
}

// foldersAtOnce is how many folders of a mailbox are put at the same time: each has a connection of its own.
const foldersAtOnce = 4

// migration is what a verb does with several mailboxes at once: those whose source was read go to their targets while others are read.
type migration struct {
	ctx   context.Context
	c     *console
	from  *destination
	rules deliver.Options
	aims  map[string]aim
	queue chan string
	log   *slog.Logger
	job   string // what makes it another one than the migration of the archive into the target; "" = nothing

	at      time.Time                // the source as it was at that time; zero = now
	wanted  func(*archive.Item) bool // which items; nil = all
	figures *publication             // nil = nobody asks for them
	stop    func()                   // ends the wait for an interrupt, where the verb's context is the migration's
	group   errgroup.Group

	mu  sync.Mutex
	out outcomes
}

func newMigration(ctx context.Context, c *console, from *destination, rules deliver.Options, accounts []account, aims []aim, workers int) *migration {
	m := &migration{ctx: ctx, c: c, from: from, rules: rules, aims: map[string]aim{}, queue: make(chan string, len(accounts)), log: slog.New(slog.DiscardHandler)}
	m.out.began = now()
	for i, a := range accounts {
		m.aims[a.mailbox] = aims[i]
	}
	for range workers {
		m.group.Go(func() error {
			for mailbox := range m.queue {
				m.deliver(mailbox)
			}
			return nil
		})
	}
	return m
}

// selected tells which items of a stage are wanted, of which an earlier run may have stored more; nil: all.
func selected(s migrate.Selection) func(*archive.Item) bool {
	if s.All() {
		return nil
	}
	return func(item *archive.Item) bool {
		return s.Takes(item.Folder.Path, eas.Class(item.Folder.Class), item.Received, item.Size)
	}
}

// delayOf is how long a target asks to be left alone.
func delayOf(err error) time.Duration {
	var he *eas.HTTPError
	if errors.As(err, &he) {
		return he.RetryAfter
	}
	return 0
}

// staged begins with a mailbox when its source was read.
func (m *migration) staged(e migrate.Event) {
	if e.Event != migrate.EventMailboxEnd {
		return
	}
	switch migrate.Result(e.Result) {
	case migrate.ResultOK, migrate.ResultPartial, migrate.ResultUnbalanced:
		m.queue <- e.Mailbox
	}
}

// finish waits for what is on its way.
func (m *migration) finish() outcomes {
	close(m.queue)
	_ = m.group.Wait() // its functions tell through out
	m.out.log, m.out.figures = m.log, m.figures
	return m.out
}

// deliver brings one mailbox to its target.
func (m *migration) deliver(mailbox string) {
	t := m.aims[mailbox]
	out := delivered{mailbox: mailbox, target: t.account.mailbox, key: checkpoints.Key{Job: t.job(m.from.archive.ID(), m.job), Mailbox: mailbox}}
	out.err = m.open(mailbox, &t, func(o deliver.Options) (err error) {
		out.result, err = deliver.Run(m.ctx, o)
		return err
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.out.all = append(m.out.all, out)
}

// open opens what a delivery of one mailbox needs, for a while.
func (m *migration) open(mailbox string, t *aim, do func(deliver.Options) error) (err error) {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	o := m.rules
	o.Job, o.Mailbox, o.Receipts = t.job(m.from.archive.ID(), m.job), mailbox, m.from.store
	if o.Targets, err = t.open(m.ctx, o.Job); err != nil {
		return named(mailbox, err)
	}
	source := &archiveSource{segments: segments{archive: m.from.archive}, mailbox: mailbox, at: m.at, wanted: m.wanted}
	defer func() { err = errors.Join(err, named(mailbox, closeAll(o.Targets)), source.Close()) }()
	tell := m.c.delivering(mailbox, m.log)
	o.Source, o.Observe = source, func(e deliver.Event) {
		tell(e)
		if m.figures != nil {
			m.figures.delivery(e)
		}
	}
	return named(mailbox, do(o))
}
