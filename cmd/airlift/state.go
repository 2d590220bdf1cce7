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
	"github.com/airlift-eas/airlift/sinks/archive"
)

func stateCommand(c *console) *cli.Command {
	verbs := []*cli.Command{{
		Name:  "rebuild",
		Usage: "make the checkpoints again from an archive; no server is asked",
		Flags: append([]cli.Flag{archiveFlag(), stateFlag(), onlyMailboxFlag(), identityFlag(), jsonFlag(), quietFlag(), configFlag()}, bucketFlags()...),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(rebuildVerb(ctx, c), endOfRebuild)
		},
	}}
	return &cli.Command{
		Name:        "state",
		Usage:       "work on the checkpoints of an archive",
		Subcommands: verbs,
		Action:      noAction(verbs),
	}
}

// rebuiltLine and rebuildSummary are the lines of --json.
type rebuiltLine struct {
	Event       string    `json:"event"`
	Time        time.Time `json:"time"`
	Mailbox     string    `json:"mailbox"`
	Folders     int       `json:"folders"`
	Segments    int       `json:"segments"`
	Items       int       `json:"items"` // archived and on the server, as far as the archive knows
	Quarantined int       `json:"quarantined"`
}

type rebuildSummary struct {
	Event     string         `json:"event"`
	Time      time.Time      `json:"time"`
	Result    migrate.Result `json:"result"`
	Mailboxes int            `json:"mailboxes"`
	Folders   int            `json:"folders"`
	Segments  int            `json:"segments"`
	Items     int            `json:"items"`
	Seconds   float64        `json:"seconds"`
	Exit      int            `json:"exit"`
}

func endOfRebuild(result migrate.Result, exit int) any {
	return rebuildSummary{Event: eventSummary, Time: now(), Result: result, Exit: exit}
}

func rebuildVerb(ctx *cli.Context, c *console) error {
	from, err := placeOf(ctx, "archive")
	if err != nil {
		return err
	}
	state, err := stateDirOf(ctx, from)
	if err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "airlift archive makes the rest of the checkpoints, if it is not done again from nothing")
	defer stop()
	return readArchive(run, ctx, func(a *archive.Archive, mailboxes []string) (err error) {
		if len(mailboxes) == 0 {
			return fmt.Errorf("archive %s: no mailbox: %w", ctx.String("archive"), errNothing)
		}
		store, err := sqlite.Open(run, filepath.Join(state, checkpointsFile))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		return rebuild(run, c, a, mailboxes, store, state)
	})
}

// rebuild makes the checkpoints of all the mailboxes, or of none if one of them has any.
func rebuild(ctx context.Context, c *console, a *archive.Archive, mailboxes []string, store checkpoints.Store, state string) error {
	for _, m := range mailboxes {
		_, err := store.Mailbox(ctx, checkpoints.Key{Job: a.ID(), Mailbox: m})
		switch {
		case err == nil:
			return fmt.Errorf("checkpoints in %s: %s: %w", state, m, migrate.ErrHasState)
		case !errors.Is(err, checkpoints.ErrNotFound):
			return err
		}
	}
	sum := rebuildSummary{Result: migrate.ResultOK, Mailboxes: len(mailboxes)}
	started := time.Now()
	var rows [][]string
	for _, m := range mailboxes {
		made, err := rebuildMailbox(ctx, c, a, m, store)
		if err != nil {
			return err
		}
		sum.Folders, sum.Segments, sum.Items = sum.Folders+made.Folders, sum.Segments+made.Segments, sum.Items+made.Items
		rows = append(rows, []string{
			m, strconv.Itoa(made.Folders), strconv.Itoa(made.Segments), strconv.Itoa(made.Items), strconv.Itoa(made.Quarantined),
		})
	}
	sum.Event, sum.Time, sum.Seconds = eventSummary, now(), time.Since(started).Seconds()
	if c.json {
		c.emit(sum)
		return nil
	}
	if !c.quiet {
		c.result("%s\n", table([]string{"MAILBOX", "FOLDERS#", "SEGMENTS#", "ITEMS#", "QUARANTINED#"}, rows))
	}
	c.result("%s: checkpoints of %s, %s, %s in %s, %s\ncheckpoints: %s", sum.Result, count(sum.Mailboxes, "mailbox", "mailboxes"),
		count(sum.Folders, "folder", "folders"), count(sum.Items, "item", "items"), count(sum.Segments, "segment", "segments"),
		secondsText(sum.Seconds), state)
	return nil
}

func rebuildMailbox(ctx context.Context, c *console, a *archive.Archive, mailbox string, store checkpoints.Store) (made rebuiltLine, err error) {
	o := migrate.Options{
		Job: a.ID(), Sink: a, Checkpoints: store, Mailboxes: []migrate.Mailbox{{Address: mailbox}},
		Events: func(e migrate.Event) {
			if e.Event == migrate.EventAdopted && c.onScreen() {
				c.draw(fmt.Sprintf("%s: %s: segment %d", e.Mailbox, e.Folder, e.Page))
			}
		},
	}
	defer c.draw()
	if err := migrate.Rebuild(ctx, o); err != nil {
		return made, err
	}
	folders, err := foldersOf(ctx, store, checkpoints.Key{Job: a.ID(), Mailbox: mailbox})
	if err != nil {
		return made, err
	}
	made = rebuiltLine{Event: "rebuilt", Time: now(), Mailbox: mailbox, Folders: len(folders)}
	for _, f := range folders {
		made.Segments += f.Seq
		made.Items += f.Items
		made.Quarantined += f.Quarantined
	}
	if c.json {
		c.emit(made)
	}
	return made, nil
}
