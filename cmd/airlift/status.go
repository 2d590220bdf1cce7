package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/migrate"
)

func statusCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "print how far every mailbox and folder is: done, pending, quarantined, last run",
		Flags: append([]cli.Flag{
			archiveFlag(), stateFlag(), onlyMailboxFlag(), onlyFolderFlag(),
			intFlag("limit", 100, "list at most `N` quarantined items of a folder; with --json all of them, if nothing else is said"),
			boolFlag("migration", "print what became of the items that migrate and restore put: the receipts of --state, or those beside --archive, or those of migrations without a stage"),
			jsonFlag(), configFlag(),
		}, bucketFlags()...),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(statusVerb(ctx, c), endOfStatus)
		},
	}
}

func statusVerb(ctx *cli.Context, c *console) (err error) {
	limit := ctx.Int("limit")
	switch {
	case limit < 0:
		return usage(fmt.Sprintf("--limit: %d", limit), "0 lists none")
	case c.json && !ctx.IsSet("limit"):
		limit = math.MaxInt
	}
	wanted, err := folderFilter(ctx)
	if err != nil {
		return err
	}
	if ctx.Bool("migration") {
		return migrationStatus(ctx, c, wanted, limit)
	}
	state := ctx.String("state")
	if state == "" {
		from, err := placeOf(ctx, "archive")
		if err != nil {
			return err
		}
		if state, err = from.state(); err != nil {
			return err
		}
	}
	store, err := sqlite.OpenReadOnly(ctx.Context, filepath.Join(state, checkpointsFile))
	if errors.Is(err, checkpoints.ErrNotFound) {
		return fmt.Errorf("checkpoints in %s: %w", state, errNothing)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	sum := statusSummary{Event: eventSummary, Result: migrate.ResultOK}
	for m, err := range store.List(ctx.Context) {
		if err != nil {
			return err
		}
		if only := ctx.String("mailbox"); only != "" && only != m.Mailbox {
			continue
		}
		folders, err := foldersOf(ctx.Context, store, m.Key)
		if err != nil {
			return err
		}
		folders = slices.DeleteFunc(folders, func(f folderStatus) bool { return !wanted(f.Folder) })
		sum.add(folders)
		if err := c.mailboxStatus(ctx.Context, store, m, folders, limit); err != nil {
			return err
		}
	}
	if sum.Mailboxes == 0 {
		return fmt.Errorf("checkpoints in %s: no mailbox: %w", state, errNothing)
	}
	if c.json {
		sum.Time = now()
		c.emit(sum)
		return nil
	}
	c.result("%s, %s: %s archived, %d quarantined; %s pending", count(sum.Mailboxes, "mailbox", "mailboxes"),
		count(sum.Folders, "folder", "folders"), count(sum.Items, "item", "items"), sum.Quarantined, count(sum.Pending, "folder", "folders"))
	return nil
}

// mailboxStatus prints what is known of a mailbox, and at most limit quarantined items of each folder.
func (c *console) mailboxStatus(ctx context.Context, store checkpoints.Store, m checkpoints.Mailbox, folders []folderStatus, limit int) error {
	if c.json {
		c.emit(mailboxStatusOf(m))
	}
	text := mailboxText(m, folders) + "\n"
	for _, f := range folders {
		if c.json {
			c.emit(f)
		}
		listed := 0
		for item, err := range quarantined(ctx, store, m.Key, f, limit) {
			if err != nil {
				return err
			}
			if c.json {
				c.emit(item)
			}
			text += fmt.Sprintf("\nquarantined: %s: item %s: %s", f.Folder, item.ServerID, item.Reason)
			listed++
		}
		if more := f.Quarantined - listed; more > 0 {
			text += fmt.Sprintf("\nquarantined: %s: %d more, see --limit", f.Folder, more)
		}
	}
	if !c.json {
		c.result("%s", strings.TrimSuffix(text, "\n")+"\n")
	}
	return nil
}

func mailboxText(m checkpoints.Mailbox, folders []folderStatus) string {
	last := "no run has ended"
	if !m.LastEnded.IsZero() {
		last = fmt.Sprintf("last run %s, %s", m.LastEnded.Format(time.DateTime), m.LastResult)
	}
	var rows [][]string
	for _, f := range folders {
		drained := "never"
		if f.Drained != nil {
			drained = f.Drained.Format(time.DateTime)
		}
		state := f.State
		if f.Problem != "" {
			state += ": " + f.Problem
		}
		rows = append(rows, []string{
			f.Folder, f.Class, strconv.Itoa(f.Items), strconv.Itoa(f.Quarantined), strconv.Itoa(f.Seq), drained, state,
		})
	}
	titles := []string{"FOLDER", "CLASS", "ITEMS#", "QUARANTINED#", "SEGMENTS#", "READ TO THE END", "STATE"}
	return fmt.Sprintf("%s at %s, EAS %s, %s\n\n%s", m.Mailbox, m.Server, m.EAS, last, table(titles, rows))
}
