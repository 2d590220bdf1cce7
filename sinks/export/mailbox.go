package export

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// folder is what of a folder is exported: for a file of several items in the order of time, else as they were stored, which is
// the order in which they are read fastest.
type folder struct {
	mailbox string
	dir     string // of the mailbox
	names   *names // of the mailbox's files and folders
	sinks.Folder
	items []archive.Item
}

// mailbox exports a mailbox, folder by folder. It holds the manifest lines of one folder in memory.
func (x *exporter) mailbox(ctx context.Context, mailbox string) error {
	x.sum.Mailboxes++
	o := archive.ItemOptions{
		At: x.At, Properties: x.Properties, Lost: func(dir string, err error) { x.lost(mailbox, dir, err) },
	}
	f := folder{mailbox: mailbox, dir: mailboxDir(mailbox), names: &names{}}
	var of *sinks.Folder
	for item, err := range x.a.ItemsWith(ctx, mailbox, o) {
		if err != nil {
			return err
		}
		if x.Select != nil && !x.Select(&item) {
			continue
		}
		if !x.Format.Holds(item.Folder.Class) {
			x.sum.Others++
			continue
		}
		if item.Folder != of {
			if err := x.folder(ctx, &f); err != nil {
				return err
			}
			of, f.Folder, f.items = item.Folder, *item.Folder, f.items[:0]
		}
		f.items = append(f.items, item)
	}
	return x.folder(ctx, &f)
}

// folder exports one folder, if there is anything in it.
func (x *exporter) folder(ctx context.Context, f *folder) error {
	if len(f.items) == 0 {
		return nil
	}
	slices.SortStableFunc(f.items, func(a, b archive.Item) int {
		if x.Format == EML || x.Format == Maildir {
			return cmp.Or(cmp.Compare(a.Segment, b.Segment), cmp.Compare(a.Offset, b.Offset))
		}
		return dateOf(&a).Compare(dateOf(&b))
	})
	x.sum.Folders++
	var err error
	switch x.Format {
	case EML:
		err = x.files(ctx, f, archive.PortableDir(f.Path), x.emlName)
	case Maildir:
		err = x.maildir(ctx, f)
	default:
		err = x.merged(ctx, f)
	}
	clear(f.items)
	f.items = f.items[:0]
	return err
}

// files writes one file for each item of a folder.
func (x *exporter) files(ctx context.Context, f *folder, dir string, name func(*archive.Item) string) error {
	for i := range f.items {
		item := &f.items[i]
		if err := ctx.Err(); err != nil {
			return err
		}
		line := itemLine(item)
		line.Path, line.Mailbox, line.Folder = path.Join(f.dir, dir, name(item)), f.mailbox, f.Path
		err := x.file(ctx, line, item, item.Entry())
		if err == nil {
			x.sum.Items++
			err = x.beside(ctx, f, item, x.besideDir(f, dir))
		}
		if err != nil {
			if err := x.problem(f.mailbox, item, err); err != nil {
				return err
			}
		}
		x.done()
	}
	return nil
}

func (x *exporter) emlName(item *archive.Item) string { return baseOf(item.Entry()) }

// baseOf is the last part of an entry's name, which is what a file may be called unless somebody else wrote the archive.
func baseOf(e sinks.Entry) string {
	const limit = 250
	return cmp.Or(archive.PortableName(path.Base(e.Name), limit), "_")
}

// besideDir is where what belongs to the items of a folder is put, below the mailbox's directory: among the messages, but in
// a Maildir, where every file would be a message.
func (x *exporter) besideDir(f *folder, dir string) string {
	if x.Format == Maildir {
		return path.Join("..", f.dir+filesExt, archive.PortableDir(f.Path))
	}
	return dir
}

// filesExt ends the name of a directory with what belongs to the items of a folder or Maildir.
const filesExt = ".files"

// beside writes what else is stored of an item: the files that are attached to it, and if they are wanted its properties.
func (x *exporter) beside(ctx context.Context, f *folder, item *archive.Item, dir string) error {
	line := Line{Mailbox: f.mailbox, Folder: f.Path, Beside: item.ID}
	for _, e := range item.Also {
		if strings.HasSuffix(e.Name, propertiesExt) && !x.Properties {
			continue
		}
		line.Path, line.Size, line.SHA256 = path.Join(f.dir, dir, baseOf(e)), e.Size, e.SHA256
		if err := x.file(ctx, line, item, e); err != nil {
			return err
		}
	}
	if !x.Properties || item.Properties == "" {
		return nil
	}
	base := strings.TrimSuffix(baseOf(item.Entry()), x.Format.ext())
	line.Path = path.Join(f.dir, dir, base+propertiesExt)
	return x.tree.text(&x.sum, line, item.Properties, timeOf(item))
}

const propertiesExt = ".eas.xml"

// file writes an entry of an item as a file, unless it is there.
func (x *exporter) file(ctx context.Context, line Line, item *archive.Item, e sinks.Entry) error {
	if kept, err := x.tree.keep(&x.sum, line, timeOf(item)); kept || err != nil {
		return err
	}
	r, err := x.source.entry(ctx, item.Segment, e)
	if err != nil {
		return err
	}
	return x.tree.copy(&x.sum, line, r, timeOf(item))
}

// newest is the time of a file of several items.
func newest(items []archive.Item) (t time.Time) {
	for i := range items {
		if d := timeOf(&items[i]); d.After(t) {
			t = d
		}
	}
	return t
}
