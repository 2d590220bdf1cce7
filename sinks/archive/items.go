package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// ItemOptions say what of a mailbox is wanted. The zero value is what it holds now.
type ItemOptions struct {
	At         time.Time // as it was at that time; zero = now
	Properties bool      // with those of messages

	// Lost is told of each page that cannot be read; its error wraps sinks.ErrCorrupt. The items are then what the other pages
	// come to: what the lost ones stored is missing, and what they changed or deleted is not. nil = a page that is lost
	// ends the iteration.
	Lost func(dir string, err error)
}

// Items is [Archive.ItemsWith] nothing but a time.
func (a *Archive) Items(ctx context.Context, mailbox string, at time.Time) iter.Seq2[Item, error] {
	return a.ItemsWith(ctx, mailbox, ItemOptions{At: at})
}

// ItemsWith yields the live items of a mailbox as they were at a time, folder by folder. A folder's
// state is the fold of its pages up to the first one that was begun later. The items of a folder that had gone from the
// server are not live. An iteration ends at the first error. ErrSealed: the archive is encrypted, and there is no identity.
func (a *Archive) ItemsWith(ctx context.Context, mailbox string, o ItemOptions) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if a.sealed() {
			yield(Item{}, fmt.Errorf("items: %w", ErrSealed))
			return
		}
		ends, err := a.ends(ctx, mailbox)
		if err != nil {
			yield(Item{}, err)
			return
		}
		record, err := a.lastRun(ctx, mailbox, o.At)
		if err != nil {
			yield(Item{}, err)
			return
		}
		for _, end := range ends {
			f, err := a.fold(ctx, mailbox, end, o, record)
			if err != nil {
				yield(Item{}, fmt.Errorf("items of %s: %w", end.dir, err))
				return
			}
			for item := range f.Items() {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// fold returns the state of a folder at a time. record is of the last run before that time, if there was one.
func (a *Archive) fold(ctx context.Context, mailbox string, end folderEnd, o ItemOptions, record *RunRecord) (*Fold, error) {
	f := &Fold{Properties: o.Properties}
	seq, err := f.applyAll(a.manifests(ctx, mailbox, end.dir, 0), o.At, nil)
	switch through := record.through(end.dir); {
	case errors.Is(err, sinks.ErrCorrupt) && o.Lost != nil, err == nil && end.seq < through && o.Lost != nil:
		f = &Fold{Properties: o.Properties}
		seq, err = f.applyAll(a.Surviving(ctx, mailbox, end.dir), o.At, func(err error) { o.Lost(end.dir, err) })
	}
	if err != nil {
		return nil, err
	}
	if state := record.folder(end.dir); state != nil && state.Seq >= seq && f.folder != nil {
		if state.Gone {
			return new(Fold), nil
		}
		path := f.folder.Path
		*f.folder = state.Folder                    // renamed, perhaps, since its last page
		f.folder.Path = cmp.Or(f.folder.Path, path) // which a host without an identity may not know
	}
	return f, nil
}

// applyAll adds the pages up to a time, and returns the number of the last one. lost is told of those that cannot be read; nil:
// there is none.
func (f *Fold) applyAll(pages iter.Seq2[sinks.Committed, error], at time.Time, lost func(error)) (seq int, err error) {
	for c, err := range pages {
		switch {
		case errors.Is(err, sinks.ErrCorrupt) && lost != nil:
			lost(err)
			continue
		case err != nil:
			return seq, err
		case !at.IsZero() && c.Page.Time.After(at):
			return seq, nil
		}
		f.Apply(c)
		seq = c.Page.Seq
	}
	return seq, nil
}
