package main

import (
	"context"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate/deliver"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// archiveSource is a mailbox of an archive as a delivery sees it. It implements deliver.Source.
type archiveSource struct {
	segments
	mailbox string
	at      time.Time                // as it was at that time; zero = now
	wanted  func(*archive.Item) bool // which items; nil = all
}

// Folders implements deliver.Source.
func (s *archiveSource) Folders(ctx context.Context) ([]deliver.Folder, error) {
	tree, err := s.archive.Tree(ctx, s.mailbox, s.at)
	var folders []deliver.Folder
	for _, f := range tree {
		if f.Empty && isOwn(f.Type) {
			continue
		}
		folder := deliver.Folder{Folder: f.Folder, Gone: f.Gone}
		some, err := s.some(ctx, folder)
		if err != nil {
			return nil, err
		}
		if some {
			folders = append(folders, folder)
		}
	}
	return folders, err
}

// some tells whether a folder has to be there: where not all items are wanted, only if one of its is.
func (s *archiveSource) some(ctx context.Context, f deliver.Folder) (bool, error) {
	if s.wanted == nil || f.Gone {
		return true, nil
	}
	for _, err := range s.Items(ctx, f) {
		return err == nil, err
	}
	return false, nil
}

// isOwn tells of a type of which a mailbox has a folder by itself, if at all: an empty one is brought nowhere.
func isOwn(typ int) bool {
	return eas.FolderType(typ) >= eas.FolderInbox && eas.FolderType(typ) < eas.FolderUserMail
}

// Items implements deliver.Source.
func (s *archiveSource) Items(ctx context.Context, f deliver.Folder) iter.Seq2[deliver.Item, error] {
	return func(yield func(deliver.Item, error) bool) {
		for item, err := range s.archive.FolderItems(ctx, s.mailbox, f.Dir, archive.ItemOptions{At: s.at}) {
			if err == nil && s.wanted != nil && !s.wanted(&item) {
				continue
			}
			if !yield(s.item(ctx, &item), err) || err != nil {
				return
			}
		}
	}
}

// Left implements deliver.Source. What an earlier state lacks has not left for that.
func (s *archiveSource) Left(ctx context.Context, f deliver.Folder) iter.Seq2[deliver.Left, error] {
	return func(yield func(deliver.Left, error) bool) {
		if !s.at.IsZero() {
			return
		}
		for d, err := range s.archive.Departed(ctx, s.mailbox, archive.FolderAt{Folder: f.Folder, Gone: f.Gone}) {
			if !yield(deliver.Left{ID: d.ID, MovedTo: d.MovedTo, MovedFrom: d.MovedFrom}, err) || err != nil {
				return
			}
		}
	}
}

// Version implements deliver.Source.
func (s *archiveSource) Version(ctx context.Context, folder, id, sha256 string) (deliver.Item, error) {
	folders, err := s.archive.Folders(ctx, s.mailbox)
	if err != nil {
		return deliver.Item{}, err
	}
	for _, f := range folders {
		if f.ID == folder {
			item, err := s.archive.Version(ctx, s.mailbox, f.Dir, id, sha256)
			return s.item(ctx, &item), err
		}
	}
	return deliver.Item{}, sinks.ErrNotExist
}

// item is an item with what it takes to open its contents.
func (s *archiveSource) item(ctx context.Context, item *archive.Item) deliver.Item {
	d := deliver.Item{Event: item.Event}
	if item.Stored != nil {
		d.Changed = *item.Stored
	}
	if item.Name == "" {
		return d
	}
	for _, e := range append([]sinks.Entry{item.Entry()}, item.Also...) {
		segment := item.Segment
		d.Contents = append(d.Contents, sinks.Content{Ext: extOf(e.Name), Size: e.Size, Open: func() (io.ReadCloser, error) {
			return s.open(ctx, segment, e)
		}})
	}
	return d
}

// extOf is the extension in the name of an entry: it follows the id of the event that brought it, after the last "_", which is another id
// than the item's where it is a later version. Extensions may have several dots (".eas.xml").
func extOf(name string) string {
	own := name[strings.LastIndexByte(name, '_')+1:]
	if i := strings.IndexByte(own, '.'); i >= 0 {
		return own[i:]
	}
	return ""
}
