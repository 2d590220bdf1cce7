package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

func lsCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "ls",
		Usage: "list the items of an archive",
		Flags: append(readingFlags(), stringFlag("at", "", "as it was at `TIME`: 2006-01-02 (UTC) or RFC 3339")),
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return lsVerb(ctx, c)
		},
	}
}

// itemLine is what --json says of an item: its first manifest line with everything that later ones changed, and where
// it is. Folder is the folder's identity and Path its display path, as in a manifest.
type itemLine struct {
	Mailbox string `json:"mailbox"`
	Folder  string `json:"folder"`
	Path    string `json:"path"`
	Class   string `json:"class"`
	Segment string `json:"segment"`
	sinks.Event
	SoftDeleted bool `json:"soft_deleted,omitempty"`
}

func lsVerb(ctx *cli.Context, c *console) (err error) {
	at, err := parseDate("at", ctx.String("at"))
	if err != nil {
		return err
	}
	folders, err := folderFilter(ctx)
	if err != nil {
		return err
	}
	a, bucket, err := openArchive(ctx.Context, ctx.String("archive"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	mailboxes, err := mailboxesOf(ctx, a)
	if err != nil {
		return err
	}
	for _, m := range mailboxes {
		for item, err := range selected(ctx.Context, a, m, at, folders) {
			if err != nil {
				return fmt.Errorf("%s: %w", m, err)
			}
			if c.json {
				c.emit(itemLine{
					Mailbox: m, Folder: item.Folder.ID, Path: item.Folder.Path, Class: item.Folder.Class, Segment: item.Segment,
					Event: item.Event, SoftDeleted: item.SoftDeleted,
				})
			} else {
				c.result("%s", itemText(m, item, len(mailboxes) > 1))
			}
		}
	}
	return nil
}

// selected yields the live items of a mailbox in the folders that are wanted.
func selected(ctx context.Context, a *archive.Archive, mailbox string, at time.Time, folders func(string) bool) iter.Seq2[archive.Item, error] {
	return func(yield func(archive.Item, error) bool) {
		for item, err := range a.Items(ctx, mailbox, at) {
			if err == nil && !folders(item.Folder.Path) {
				continue
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// mailboxesOf lists the mailboxes of an archive, or checks that the one of --mailbox is there.
func mailboxesOf(ctx *cli.Context, a *archive.Archive) ([]string, error) {
	var all []string
	for m, err := range a.Mailboxes(ctx.Context) {
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	only := ctx.String("mailbox")
	if only == "" {
		return all, nil
	}
	if !slices.Contains(all, only) {
		return nil, fmt.Errorf("archive %s: mailbox %s: %w", ctx.String("archive"), only, errNothing)
	}
	return []string{only}, nil
}

// itemText is one line for people. Columns have a fixed width, so that a long listing begins at once.
func itemText(mailbox string, item archive.Item, severalMailboxes bool) string {
	date := "-"
	if item.Received != nil {
		date = item.Received.UTC().Format("2006-01-02 15:04")
	}
	mark := " "
	switch {
	case item.Read != nil && !*item.Read:
		mark = "N"
	case item.Flag == "active":
		mark = "F"
	}
	where := item.Folder.Path
	if severalMailboxes {
		where = mailbox + ": " + where
	}
	what := item.Subject
	if item.From != "" {
		what += "  (" + item.From + ")"
	}
	return fmt.Sprintf("%-18s %-16s %8s %s %s: %s", item.ID, date, bytesText(item.Size), mark, where, what)
}
