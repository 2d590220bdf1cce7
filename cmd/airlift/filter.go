package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/text/unicode/norm"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/export"
	"github.com/airlift-eas/airlift/sinks/export/maildir"
)

// filterFlags choose items by what ls shows of them.
func filterFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("since", "", "leave out items dated before `DATE`: 2006-01-02 (UTC) or RFC 3339"),
		stringFlag("before", "", "leave out items dated at or after `DATE`"),
		stringFlag("from", "", "only items whose sender, or organizer, has `TEXT` in it, without regard to case"),
		stringFlag("to-addr", "", "only items with `TEXT` in one of the first 20 addresses that they went to (not Cc)"),
		stringFlag("subject", "", "only items whose subject, or a contact's name, has `TEXT` in it"),
	}
}

func classFlag() cli.Flag {
	return stringFlag("class", "", "take only these `CLASSES`: "+strings.Join(classNames(), ","))
}

// itemFilter tells which items --class, --folder, --since, --before, --from, --to-addr and --subject take. An item without a
// date is never left out by date, as when it is archived.
func itemFilter(ctx *cli.Context) (func(*archive.Item) bool, error) {
	folders, err := folderFilter(ctx)
	if err != nil {
		return nil, err
	}
	classes, err := parseClasses(ctx.String("class"))
	if err != nil {
		return nil, err
	}
	var since, before time.Time
	if since, err = parseDate("since", ctx.String("since")); err != nil {
		return nil, err
	}
	if before, err = parseDate("before", ctx.String("before")); err != nil {
		return nil, err
	}
	from, to, subject := searched(ctx.String("from")), searched(ctx.String("to-addr")), searched(ctx.String("subject"))
	return func(item *archive.Item) bool {
		if d := item.Received; d != nil && (!since.IsZero() && d.Before(since) || !before.IsZero() && !d.Before(before)) {
			return false
		}
		if len(classes) > 0 && !slices.Contains(classes, eas.Class(item.Folder.Class)) || !folders(item.Folder.Path) {
			return false
		}
		return has(item.From, from) && has(item.Subject, subject) &&
			(to == "" || slices.ContainsFunc(item.To, func(a string) bool { return has(a, to) }))
	}, nil
}

// searched is a text as it is compared: without regard to case, and to how its characters are composed.
func searched(s string) string { return strings.ToLower(norm.NFC.String(s)) }

func has(s, text string) bool { return text == "" || strings.Contains(searched(s), text) }

// maildirColon is what the flag says, or what the system's file names can have.
func maildirColon(ctx *cli.Context, f export.Format) (string, error) {
	switch v := ctx.String("maildir-colon"); {
	case v == "" && runtime.GOOS == "windows":
		return "!", nil
	case v == "":
		return maildir.Colon, nil
	case v != maildir.Colon && v != "!" && v != ";":
		return "", usage(fmt.Sprintf("--maildir-colon: %q", v), `it is ":", "!" or ";"`)
	case f != export.Maildir:
		return "", usage("--maildir-colon is of format maildir", "")
	default:
		return v, nil
	}
}

// manifestPath is where an export says what it wrote.
func manifestPath(dir string) string { return filepath.Join(dir, export.ManifestName) }
