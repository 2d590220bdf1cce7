package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/migrate/deliver"
	"github.com/airlift-eas/airlift/sinks"
)

// migratedFolder and migratedLine are the lines of --json, migrationSummary the last one.
type migratedFolder struct {
	Event   string         `json:"event"` // "migrated"
	Time    time.Time      `json:"time"`
	Job     string         `json:"job"` // of the target: a mailbox may go to several
	Mailbox string         `json:"mailbox"`
	Folder  string         `json:"folder"`
	Class   string         `json:"class"`
	Target  string         `json:"target,omitempty"`
	Made    bool           `json:"made"`
	Items   map[string]int `json:"items"` // by the state of their receipts
	Bytes   int64          `json:"bytes"`
	Altered int            `json:"altered"`
	Failed  int            `json:"failed"`

	Properties map[string]int `json:"properties,omitempty"` // that the target holds otherwise, with the number of items
}

type migratedLine struct {
	Event   string             `json:"event"` // "migrated-item": one to be looked at
	Time    time.Time          `json:"time"`
	Job     string             `json:"job"`
	Mailbox string             `json:"mailbox"`
	Folder  string             `json:"folder"`
	ID      string             `json:"id"`
	State   string             `json:"state"`
	Reason  string             `json:"reason,omitempty"`
	Altered []sinks.Alteration `json:"altered,omitempty"`
}

type migrationSummary struct {
	Event     string         `json:"event"`
	Time      time.Time      `json:"time"`
	Result    migrate.Result `json:"result"`
	Mailboxes int            `json:"mailboxes"`
	Folders   int            `json:"folders"`
	Placed    int            `json:"items_placed"`
	Found     int            `json:"items_found"`
	Taken     int            `json:"items_taken"`
	Removed   int            `json:"items_removed"`
	Refused   int            `json:"items_refused"`
	Sending   int            `json:"items_sending"` // what a run that ended early left open: the next one looks for them
	Altered   int            `json:"items_altered"`
	Bytes     int64          `json:"bytes"`
	Exit      int            `json:"exit"`
}

// migrationStatus prints what the receipts of a state directory say, whichever runs wrote them.
func migrationStatus(ctx *cli.Context, c *console, wanted func(folderPath string) bool, limit int) (err error) {
	state := ctx.String("state")
	if state == "" && ctx.String("archive") != "" {
		from, err := placeOf(ctx, "archive")
		if err != nil {
			return err
		}
		if state, err = from.state(); err != nil {
			return err
		}
	}
	if state == "" {
		if state, err = migrationsDir(); err != nil {
			return err
		}
	}
	store, err := sqlite.OpenReadOnly(ctx.Context, filepath.Join(state, checkpointsFile))
	if errors.Is(err, checkpoints.ErrNotFound) {
		return fmt.Errorf("receipts in %s: %w", state, errNothing)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	sum := migrationSummary{Event: eventSummary, Result: migrate.ResultOK}
	for key, err := range store.Deliveries(ctx.Context) {
		if err != nil {
			return err
		}
		if only := ctx.String("mailbox"); only != "" && only != key.Mailbox {
			continue
		}
		if err := c.migrated(ctx.Context, store, key, wanted, limit, &sum); err != nil {
			return err
		}
	}
	if sum.Mailboxes == 0 {
		return fmt.Errorf("receipts in %s: no mailbox: %w", state, errNothing)
	}
	sum.Time = now()
	if c.json {
		c.emit(sum)
		return nil
	}
	c.result("%s, %s: %d placed, %d there before, %d taken, %d removed, %d refused, %d open; %d held otherwise than they were sent; %s",
		count(sum.Mailboxes, "mailbox", "mailboxes"), count(sum.Folders, "folder", "folders"), sum.Placed, sum.Found, sum.Taken, sum.Removed,
		sum.Refused, sum.Sending, sum.Altered, bytesText(sum.Bytes))
	return nil
}

// migrated prints the receipts of one mailbox, and at most limit items of each folder that have to be looked at.
func (c *console) migrated(ctx context.Context, store checkpoints.Receipts, key checkpoints.Key, wanted func(folderPath string) bool, limit int, sum *migrationSummary) error {
	r, err := deliver.Report(ctx, store, key)
	if err != nil {
		return err
	}
	sum.Mailboxes++
	var rows [][]string
	var lines []migratedLine
	for _, f := range r.Folders {
		if !wanted(f.Path) {
			continue
		}
		n := func(s checkpoints.Delivery) int { return f.Items[s] }
		sum.Folders++
		for _, add := range []struct {
			to *int
			n  int
		}{
			{&sum.Placed, n(checkpoints.Placed)},
			{&sum.Found, n(checkpoints.Found)},
			{&sum.Taken, n(checkpoints.Taken)},
			{&sum.Removed, n(checkpoints.Removed)},
			{&sum.Refused, n(checkpoints.Refused)},
			{&sum.Sending, n(checkpoints.Sending)},
			{&sum.Altered, f.Altered},
		} {
			*add.to += add.n
		}
		sum.Bytes += f.Bytes
		if c.json {
			l := migratedFolder{"migrated", now(), key.Job, key.Mailbox, f.Path, f.Class, f.Target, f.Made, map[string]int{}, f.Bytes, f.Altered, f.Failed, f.Properties}
			for state, n := range f.Items {
				l.Items[string(state)] = n
			}
			c.emit(l)
		}
		text := func(s checkpoints.Delivery) string { return strconv.Itoa(n(s)) }
		rows = append(rows, []string{
			f.Path, f.Class, f.Target, text(checkpoints.Placed), text(checkpoints.Found), text(checkpoints.Taken), text(checkpoints.Removed),
			text(checkpoints.Refused), text(checkpoints.Sending), strconv.Itoa(f.Altered), bytesText(f.Bytes),
		})
		for i, item := range f.Listed {
			if i == limit {
				break
			}
			lines = append(lines, migratedLine{"migrated-item", now(), key.Job, key.Mailbox, f.Path, item.Item, string(item.State), item.Reason, item.Altered})
		}
	}
	if !c.json {
		titles := []string{"FOLDER", "CLASS", "TARGET", "PLACED#", "FOUND#", "TAKEN#", "REMOVED#", "REFUSED#", "OPEN#", "ALTERED#", "BYTES#"}
		c.result("%s, last written to %s (migration %s)\n\n%s\n", key.Mailbox, r.Last.UTC().Format(time.DateTime), key.Job, table(titles, rows))
	}
	for _, l := range lines {
		if c.json {
			c.emit(l)
			continue
		}
		c.result("%s: %s: item %s: %s", l.State, l.Folder, l.ID, why(l.Reason, l.Altered))
	}
	return nil
}
