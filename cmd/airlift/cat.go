package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

func catCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "cat",
		Usage:     "print the bytes of one item, also of one that was deleted on the server",
		ArgsUsage: "ID",
		Flags: slices.Concat([]cli.Flag{
			archiveFlag(), onlyMailboxFlag(), onlyFolderFlag(), atFlag(),
			stringFlag("form", "", "another stored `FORM` of the item: eas-xml, the properties that the server sent; of a message those that neither it nor ls shows"),
			identityFlag(), configFlag(),
		}, bucketFlags(), cacheFlags()),
		Action: func(ctx *cli.Context) error { return catVerb(ctx, c) },
	}
}

func catVerb(ctx *cli.Context, c *console) error {
	at, err := parseDate("at", ctx.String("at"))
	if err != nil {
		return err
	}
	folders, err := folderFilter(ctx)
	if err != nil {
		return err
	}
	id := ctx.Args().First()
	return readCached(ctx, c, func(a *archive.Archive, mailboxes []string) error {
		for _, m := range mailboxes {
			v, err := findVersion(ctx.Context, a, m, folders, id, at)
			if err != nil {
				return fmt.Errorf("%s: %w", m, err)
			}
			if v != nil {
				return v.write(ctx.Context, a, ctx.String("form"), c.out)
			}
		}
		return fmt.Errorf("archive %s: no item %s", ctx.String("archive"), id)
	})
}

// itemVersion is what the archive has of an item: the newest bytes, and the newest properties, which may be of another
// page.
type itemVersion struct {
	event      sinks.Event // with the bytes
	segment    string
	properties string
}

// findVersion looks for an item in the pages of its folder, whether it is live or not; nil if it is not there. An id
// begins with the identity of the folder in which the item was stored.
func findVersion(ctx context.Context, a *archive.Archive, mailbox string, wanted func(folderPath string) bool, id string, at time.Time) (*itemVersion, error) {
	folders, err := a.Folders(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	var found *itemVersion
	for _, f := range folders {
		if !strings.HasPrefix(id, f.ID+"-") || !wanted(f.Path) {
			continue
		}
		for page, err := range a.Manifests(ctx, mailbox, f.Dir) {
			if err != nil {
				return nil, err
			}
			if !at.IsZero() && page.Page.Time.After(at) {
				break
			}
			for _, e := range page.Events {
				if e.ID == id {
					found = found.with(e, page.Segment.Name)
				}
			}
		}
	}
	return found, nil
}

func (v *itemVersion) with(e sinks.Event, segment string) *itemVersion {
	if v == nil {
		v = new(itemVersion)
	}
	if e.Name != "" {
		v.event, v.segment = e, segment
	}
	if e.Properties != "" {
		v.properties = e.Properties
	}
	return v
}

// write copies one form of the item. What is wrong with the bytes is known at their end only: then the error says so.
func (v *itemVersion) write(ctx context.Context, a *archive.Archive, form string, out io.Writer) error {
	entry := v.event.Entry()
	if form != "" {
		entry = sinks.Entry{}
		for _, e := range append([]sinks.Entry{v.event.Entry()}, v.event.Also...) {
			if strings.HasSuffix(e.Name, "."+strings.ReplaceAll(form, "-", ".")) {
				entry = e
			}
		}
		if entry.Name == "" && form == "eas-xml" && v.properties != "" {
			_, err := io.WriteString(out, v.properties)
			return err
		}
	}
	if entry.Name == "" {
		return fmt.Errorf("item %s has no form %q", v.event.ID, form)
	}
	r, err := a.OpenEntry(ctx, v.segment, entry)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, r)
	return errors.Join(err, r.Close())
}
