package archive

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// FolderAt is a folder of a mailbox as it was at some time.
type FolderAt struct {
	sinks.Folder
	Gone  bool // it was no longer on the server: none of its items was live
	Empty bool // nothing of it was stored: only a run record tells of it
}

// Tree returns the folders of a mailbox as they were at a time, zero = now, in the order of their paths, those too that had
// nothing in them when a run ended. ErrSealed: the archive
// is encrypted, and there is no identity.
func (a *Archive) Tree(ctx context.Context, mailbox string, at time.Time) ([]FolderAt, error) {
	if a.sealed() {
		return nil, fmt.Errorf("folders: %w", ErrSealed)
	}
	ends, err := a.ends(ctx, mailbox)
	if err != nil {
		return nil, err
	}
	record, err := a.lastRun(ctx, mailbox, at)
	if err != nil {
		return nil, err
	}
	var tree []FolderAt
	stored := map[string]bool{}
	for _, end := range ends {
		stored[end.dir] = true
		page, err := a.pageAt(ctx, mailbox, end, at)
		if err != nil {
			return nil, fmt.Errorf("folder %s: %w", end.dir, err)
		}
		if page.Seq == 0 {
			continue // it came later
		}
		f := FolderAt{Folder: page.Folder}
		if state := record.folder(end.dir); state != nil && state.Seq >= page.Seq {
			f.Folder, f.Gone = state.Folder, state.Gone
			f.Path = cmp.Or(f.Path, page.Folder.Path)
		}
		tree = append(tree, f)
	}
	if record != nil {
		for _, state := range record.Folders {
			if !stored[state.Dir] && state.Path != "" {
				tree = append(tree, FolderAt{Folder: state.Folder, Gone: state.Gone, Empty: true})
			}
		}
	}
	slices.SortFunc(tree, func(a, b FolderAt) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.ID, b.ID)) })
	return tree, nil
}

// pageAt returns the last page of a folder that was begun by a time; the zero Page if there is none.
func (a *Archive) pageAt(ctx context.Context, mailbox string, end folderEnd, at time.Time) (page sinks.Page, err error) {
	c, err := a.manifest(ctx, mailbox, end.last)
	if err != nil || at.IsZero() || !c.Page.Time.After(at) {
		return c.Page, err
	}
	for c, err := range a.manifests(ctx, mailbox, end.dir, 0) {
		if err != nil {
			return page, err
		}
		if c.Page.Time.After(at) {
			break
		}
		page = c.Page
	}
	return page, nil
}

// FolderItems yields the items of one folder that ItemsWith would yield.
func (a *Archive) FolderItems(ctx context.Context, mailbox, dir string, o ItemOptions) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if a.sealed() {
			yield(Item{}, fmt.Errorf("items: %w", ErrSealed))
			return
		}
		record, err := a.lastRun(ctx, mailbox, o.At)
		if err != nil {
			yield(Item{}, err)
			return
		}
		ends, err := a.ends(ctx, mailbox)
		if err != nil {
			yield(Item{}, err)
			return
		}
		i := slices.IndexFunc(ends, func(end folderEnd) bool { return end.dir == dir })
		if i < 0 {
			return
		}
		f, err := a.fold(ctx, mailbox, ends[i], o, record)
		if err != nil {
			yield(Item{}, fmt.Errorf("items of %s: %w", dir, err))
			return
		}
		for item := range f.Items() {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// Departed is an item that was in a folder, and is not in it any more.
type Departed struct {
	ID        string
	MovedTo   string // the item that it became in another folder; "" = it was deleted, or nobody knows
	MovedFrom string // the item that it was in another folder before
}

// Departed yields the items that have left a folder, in the order of their ids: deleted, or moved to another one. Of a folder
// that is gone from the server these are all that it ever had.
func (a *Archive) Departed(ctx context.Context, mailbox string, f FolderAt) iter.Seq2[Departed, error] {
	return func(yield func(Departed, error) bool) {
		if a.sealed() {
			yield(Departed{}, fmt.Errorf("items: %w", ErrSealed))
			return
		}
		left, live := map[string]Departed{}, map[string]Departed{}
		for c, err := range a.manifests(ctx, mailbox, f.Dir, 0) {
			if err != nil {
				yield(Departed{}, fmt.Errorf("items of %s: %w", f.Dir, err))
				return
			}
			for i := range c.Events {
				depart(&c.Events[i], left, live)
			}
		}
		if f.Gone {
			for id, d := range live {
				left[id] = d
			}
		}
		ids := make([]string, 0, len(left))
		for id := range left {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			if !yield(left[id], nil) {
				return
			}
		}
	}
}

// depart notes what an event says of where its item is.
func depart(e *sinks.Event, left, live map[string]Departed) {
	switch e.Op {
	case sinks.OpDelete:
		if d, ok := live[e.ID]; ok {
			d.MovedTo = cmp.Or(e.MovedTo, d.MovedTo)
			left[e.ID] = d
			delete(live, e.ID)
		} else if d, ok := left[e.ID]; ok && e.MovedTo != "" { // where it went may be known later
			d.MovedTo = e.MovedTo
			left[e.ID] = d
		}
	case sinks.OpAdd, sinks.OpChange:
		d, ok := live[e.ID]
		if !ok && e.Op == sinks.OpChange && e.Name == "" {
			return
		}
		live[e.ID] = Departed{ID: e.ID, MovedFrom: cmp.Or(e.MovedFrom, d.MovedFrom)}
		delete(left, e.ID)
	}
}

// Version returns an item, live or not, as it was last when its bytes had a hash. sinks.ErrNotExist: it never was so.
func (a *Archive) Version(ctx context.Context, mailbox, dir, id, sha256 string) (Item, error) {
	if a.sealed() {
		return Item{}, fmt.Errorf("items: %w", ErrSealed)
	}
	var version Item
	f := &Fold{Properties: true}
	for c, err := range a.manifests(ctx, mailbox, dir, 0) {
		if err != nil {
			return Item{}, fmt.Errorf("items of %s: %w", dir, err)
		}
		c.Events = slices.DeleteFunc(slices.Clone(c.Events), func(e sinks.Event) bool { return e.ID != id })
		f.Apply(c)
		for item := range f.Items() {
			if item.SHA256 == sha256 {
				version = item
			}
		}
	}
	if version.ID == "" {
		return Item{}, fmt.Errorf("item %s with the hash %.12s: %w", id, sha256, sinks.ErrNotExist)
	}
	folder := *version.Folder
	version.Folder = &folder
	return version, nil
}
