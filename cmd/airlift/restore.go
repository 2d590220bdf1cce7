package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate/deliver"
	"github.com/airlift-eas/airlift/sinks/archive"
)

func restoreCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "restore",
		Usage: "put what an archive holds into a mailbox; the same command again puts only what is missing",
		Flags: slices.Concat([]cli.Flag{
			archiveFlag(),
			stringFlag("mailbox", "", "the `ADDRESS` of the archive's mailbox"),
			stringFlag("mailboxes", "", "many mailboxes: a CSV `FILE` as migrate takes it"),
			atFlag(), classFlag(),
			onlyFolderFlag(),
			listFlag("item", "only the item with this `ID`, as airlift ls prints it (repeatable)"),
		}, filterFlags(), targetFlags(), mappingFlags(), []cli.Flag{
			stringFlag("collision", string(deliver.CollisionSkip), "what becomes of an item that the target has already: `skip|copy|replace`"),
			stringFlag("state", "", "the `DIR` of the receipts (default: that of the archive's checkpoints)"), identityFlag(),
			workersFlag(), migrationReportFlag(), jsonFlag(), quietFlag(), configFlag(),
		}, reachFlags(), runningFlags(), bucketFlags()),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(restoreVerb(ctx, c), endOfDelivery)
		},
	}
}

func restoreVerb(ctx *cli.Context, c *console) (err error) {
	rules, err := rulesOf(ctx)
	if err != nil {
		return err
	}
	report, err := migrationReportOf(ctx)
	if err != nil {
		return err
	}
	items := new(itemList)
	wanted, err := restored(ctx, items)
	if err != nil {
		return err
	}
	at, err := parseDate("at", ctx.String("at"))
	if err != nil {
		return err
	}
	log, logFile, err := openLog(ctx)
	if err != nil {
		return err
	}
	defer logFile.Close()
	m, accounts, err := openMigration(ctx, c, "archive")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.from.Close()) }()
	defer m.stop()
	for _, a := range accounts {
		if err := m.has(a.mailbox); err != nil {
			return fmt.Errorf("archive %s: %w", ctx.String("archive"), err)
		}
	}
	rules.Again = true
	m.rules, m.at, m.wanted, m.log = rules, at, wanted, log
	// What was restored to another place, or as it was at another time, is something else.
	m.job = fmt.Sprintf("restore %q %s", rules.Mapping.Root, ctx.String("at"))
	for _, a := range accounts {
		m.queue <- a.mailbox
	}
	out := m.finish()
	if missing := items.missing(); len(missing) > 0 && out.err() == nil {
		out.failed = fmt.Errorf("archive %s: no item %s is there, or the other flags leave it out", ctx.String("archive"), strings.Join(missing, ", "))
	}
	report.receipts = m.from.store
	return out.tell(context.WithoutCancel(ctx.Context), c, report)
}

// itemList is what --item names, and which of it was met. It may be used from many goroutines.
type itemList struct {
	ids  []string // none = every item
	seen sync.Map // of ids
}

func (l *itemList) takes(id string) bool {
	if len(l.ids) > 0 && slices.Contains(l.ids, id) {
		l.seen.Store(id, true)
		return true
	}
	return len(l.ids) == 0
}

// missing lists what was not met.
func (l *itemList) missing() []string {
	return slices.DeleteFunc(slices.Clone(l.ids), func(id string) bool {
		_, met := l.seen.Load(id)
		return met
	})
}

// restored tells which items are wanted, and sets the list of those that are named; nil: all, and the folders with nothing in them, too.
func restored(ctx *cli.Context, items *itemList) (func(*archive.Item) bool, error) {
	filter, err := itemFilter(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc([]string{"class", "folder", "item", "since", "before", "from", "to-addr", "subject"}, ctx.IsSet) {
		return nil, nil
	}
	items.ids = ctx.StringSlice("item")
	return func(item *archive.Item) bool { return filter(item) && items.takes(item.ID) }, nil
}

// has returns an error if the archive does not have a mailbox.
func (m *migration) has(mailbox string) error {
	for address, err := range m.from.archive.Mailboxes(m.ctx) {
		if err != nil {
			return err
		}
		if address == mailbox {
			return nil
		}
	}
	return fmt.Errorf("mailbox %s: %w", mailbox, errNothing)
}
