package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
			listFlag("folder", "only folders whose path matches `GLOB`, and all below them (repeatable)"),
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
	wanted, err := restored(ctx)
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
	report.receipts = m.from.store
	return out.tell(context.WithoutCancel(ctx.Context), c, report)
}

// restored tells which items are wanted; nil: all, and the folders with nothing in them, too.
func restored(ctx *cli.Context) (func(*archive.Item) bool, error) {
	filter, err := itemFilter(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc([]string{"class", "folder", "item", "since", "before", "from", "to-addr", "subject"}, ctx.IsSet) {
		return nil, nil
	}
	ids := ctx.StringSlice("item")
	return func(item *archive.Item) bool {
		return (len(ids) == 0 || slices.Contains(ids, item.ID)) && filter(item)
	}, nil
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
