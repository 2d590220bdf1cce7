package export

import (
	"context"
	"path"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/export/maildir"
)

// Types of folders, MS-ASCMD 2.2.3.186.3.
const (
	typeInbox  = 2
	typeDrafts = 3
)

// maildir writes a folder of a Maildir++. All messages are in cur: a message in new has no flags.
func (x *exporter) maildir(ctx context.Context, f *folder) error {
	dir := f.maildirDir()
	for _, d := range []string{"", dir} {
		for _, part := range []string{maildir.Cur, maildir.New, maildir.Tmp} {
			if err := x.tree.mkdir(path.Join(f.dir, d, part)); err != nil {
				return err
			}
		}
	}
	if dir != "" {
		// It tells that this is a folder of a Maildir, not one by itself.
		line := Line{Path: path.Join(f.dir, dir, "maildirfolder"), Mailbox: f.mailbox, Folder: f.Path}
		if err := x.tree.text(&x.sum, line, "", x.a.Created()); err != nil {
			return err
		}
	}
	return x.files(ctx, f, path.Join(dir, maildir.Cur), func(item *archive.Item) string {
		n := maildir.Name{Time: timeOf(item), Unique: archive.PortableName(item.ID, 100) + ".airlift", Size: item.Size, Flags: flagsOf(item)}
		return n.String(x.Colon)
	})
}

// maildirDir is the directory of the folder in its mailbox; "" = the inbox, which is the mailbox's own.
func (f *folder) maildirDir() string {
	const limit = 200 // of the 255 bytes that a name may have
	dir := maildir.FolderDir(sinks.SplitPath(f.Path)...)
	unique := dir[:min(len(dir), limit)] + "_" + f.ID
	if len(dir) > limit {
		dir = unique
	}
	if f.Type == typeInbox || strings.EqualFold(f.Path, "inbox") {
		return f.names.free("", dir, unique)
	}
	return f.names.free(dir, unique)
}

// flagsOf are the flags of a message as a Maildir has them.
func flagsOf(item *archive.Item) string {
	flags := ""
	if item.Read != nil && *item.Read {
		flags += string(maildir.Seen)
	}
	if item.Flag == "active" {
		flags += string(maildir.Flagged)
	}
	if item.Folder.Type == typeDrafts {
		flags += string(maildir.Draft)
	}
	switch item.Verb {
	case "reply", "reply-all":
		flags += string(maildir.Replied)
	case "forward":
		flags += string(maildir.Passed)
	}
	return flags
}
