package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

func lsCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "ls",
		Usage: "list the items of an archive",
		Flags: slices.Concat(readingFlags(), []cli.Flag{atFlag()}, cacheFlags()),
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

func lsVerb(ctx *cli.Context, c *console) error {
	at, err := parseDate("at", ctx.String("at"))
	if err != nil {
		return err
	}
	folders, err := folderFilter(ctx)
	if err != nil {
		return err
	}
	return readCached(ctx, c, func(a *archive.Archive, mailboxes []string) error {
		for _, m := range mailboxes {
			for item, err := range a.Items(ctx.Context, m, at) {
				switch {
				case err != nil:
					return fmt.Errorf("%s: %w", m, err)
				case !folders(item.Folder.Path):
				case c.json:
					c.emit(itemLine{
						Mailbox: m, Folder: item.Folder.ID, Path: item.Folder.Path, Class: item.Folder.Class, Segment: item.Segment,
						Event: item.Event, SoftDeleted: item.SoftDeleted,
					})
				default:
					c.result("%s", itemText(m, item, len(mailboxes) > 1))
				}
			}
		}
		return nil
	})
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
