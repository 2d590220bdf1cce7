package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
)

func statusCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "print how far every mailbox and folder is: done, pending, quarantined, last run",
		Flags: []cli.Flag{
			stringFlag("archive", "", "the archive's `DIR`"),
			stringFlag("state", "", "the checkpoints' `DIR` (default: beside the archive)"),
			stringFlag("mailbox", "", "only this mailbox's `ADDRESS`"),
			jsonFlag(), configFlag(),
		},
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return statusVerb(ctx, c)
		},
	}
}

func statusVerb(ctx *cli.Context, c *console) (err error) {
	state := ctx.String("state")
	if state == "" {
		if _, state, err = destinationPaths("archive", ctx.String("archive"), ""); err != nil {
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
	var sum statusSummary
	for m, err := range store.List(ctx.Context) {
		if err != nil {
			return err
		}
		if only := ctx.String("mailbox"); only != "" && only != m.Mailbox {
			continue
		}
		folders, err := foldersOf(ctx.Context, store, m)
		if err != nil {
			return err
		}
		sum.add(folders)
		if c.json {
			c.emit(mailboxStatusOf(m))
			for _, f := range folders {
				c.emit(f)
			}
		} else {
			c.result("%s\n", mailboxText(m, folders))
		}
	}
	if sum.Mailboxes == 0 {
		return fmt.Errorf("checkpoints in %s: no mailbox: %w", state, errNothing)
	}
	if c.json {
		sum.Event, sum.Time, sum.Result = eventSummary, now(), "ok"
		c.emit(sum)
		return nil
	}
	c.result("%s, %s: %s archived, %d quarantined; %s pending", count(sum.Mailboxes, "mailbox", "mailboxes"),
		count(sum.Folders, "folder", "folders"), count(sum.Items, "item", "items"), sum.Quarantined, count(sum.Pending, "folder", "folders"))
	return nil
}

// mailboxStatus and folderStatus are the lines of --json.
type mailboxStatus struct {
	Event      string     `json:"event"`
	Time       time.Time  `json:"time"`
	Mailbox    string     `json:"mailbox"`
	Server     string     `json:"server"`
	EAS        string     `json:"eas"`
	Device     string     `json:"device"`
	LastRun    string     `json:"last_run,omitempty"`
	LastResult string     `json:"last_result,omitempty"`
	LastEnded  *time.Time `json:"last_ended,omitempty"`
}

type folderStatus struct {
	Event       string     `json:"event"`
	Time        time.Time  `json:"time"`
	Mailbox     string     `json:"mailbox"`
	Folder      string     `json:"folder"`
	Class       string     `json:"class"`
	State       string     `json:"state"` // done, pending, gone
	Seq         int        `json:"seq"`   // number of the last segment
	Items       int        `json:"items"` // archived and on the server
	Excluded    int        `json:"excluded"`
	Quarantined int        `json:"quarantined"`
	Estimated   *int       `json:"estimated"`
	Balanced    bool       `json:"balanced"`
	Drained     *time.Time `json:"drained,omitempty"`
	Problem     string     `json:"problem,omitempty"`
}

type statusSummary struct {
	Event       string    `json:"event"`
	Time        time.Time `json:"time"`
	Result      string    `json:"result"`
	Mailboxes   int       `json:"mailboxes"`
	Folders     int       `json:"folders"`
	Items       int       `json:"items"`
	Quarantined int       `json:"quarantined"`
	Pending     int       `json:"pending"`
	Exit        int       `json:"exit"`
}

func (s *statusSummary) add(folders []folderStatus) {
	s.Mailboxes++
	for _, f := range folders {
		s.Folders++
		s.Items += f.Items
		s.Quarantined += f.Quarantined
		if f.State == "pending" {
			s.Pending++
		}
	}
}

func mailboxStatusOf(m checkpoints.Mailbox) mailboxStatus {
	return mailboxStatus{
		Event: "mailbox", Time: now(), Mailbox: m.Mailbox, Server: m.Server, EAS: m.EAS, Device: m.DeviceID,
		LastRun: m.LastRun, LastResult: m.LastResult, LastEnded: instant(m.LastEnded),
	}
}

func foldersOf(ctx context.Context, store checkpoints.Store, m checkpoints.Mailbox) ([]folderStatus, error) {
	folders, err := store.Folders(ctx, m.Key)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(folders, func(a, b checkpoints.Folder) int { return comparePaths(a.Path, a.ID, b.Path, b.ID) })
	var all []folderStatus
	for _, f := range folders {
		counts, err := store.Counts(ctx, checkpoints.FolderKey{Key: m.Key, Folder: f.ID})
		if err != nil {
			return nil, err
		}
		if f.Class == "" {
			continue // it does not sync
		}
		s := folderStatus{
			Event: "folder", Time: now(), Mailbox: m.Mailbox, Folder: f.Path, Class: f.Class, State: stateOf(f), Seq: f.Seq,
			Items: counts[checkpoints.Archived], Excluded: counts[checkpoints.Excluded], Quarantined: counts[checkpoints.Quarantined],
			Balanced: f.Balanced, Drained: instant(f.Drained), Problem: f.Problem,
		}
		if f.Estimate >= 0 {
			s.Estimated = &f.Estimate
		}
		all = append(all, s)
	}
	return all, nil
}

// stateOf says whether the next run has to go on with something.
func stateOf(f checkpoints.Folder) string {
	switch {
	case f.Gone:
		return "gone"
	case f.Resync || f.Drained.IsZero() || f.Problem != "":
		return "pending"
	}
	return "done"
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

// instant is nil for a time that is not known.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
