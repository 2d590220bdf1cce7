package archive

import (
	"cmp"
	"iter"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// An Item is the state of an item at some time.
type Item struct {
	// Event is the item's first event with everything that later ones changed. Its Name, Size, SHA256, Offset and Also
	// are of the newest stored version. Properties is empty unless it was asked for: the manifests have it.
	sinks.Event
	// Folder is the folder as it was at that time; many items share it.
	Folder *sinks.Folder
	// Segment names the segment that holds the newest stored version.
	Segment string
	// Stored is when the page of that segment was begun; the items of a page share it.
	Stored *time.Time
	// SoftDeleted: the item left the filter window, and nobody knows what the server did with it since.
	SoftDeleted bool
}

// A Fold makes the state of one folder of its pages. The zero value is an empty folder. It holds about 1 KB an item.
type Fold struct {
	// Properties says to keep those of messages, the newest that there are: some 300 bytes more an item.
	Properties bool

	folder *sinks.Folder
	items  []Item                             // in the order in which they were first stored
	at     map[string]int                     // by id
	found  map[sinks.Verified]*sinks.Verified // that many items share, since of most there is nothing to be said
	gone   int                                // how many of items are deleted; their ID is empty
}

// Apply adds the next page. Pages are added in order and without gaps.
func (f *Fold) Apply(c sinks.Committed) {
	if f.at == nil {
		f.at = make(map[string]int)
		f.found = make(map[sinks.Verified]*sinks.Verified)
		f.folder = new(sinks.Folder)
	}
	*f.folder = c.Page.Folder
	stored := c.Page.Time
	for i := range c.Events {
		f.apply(&c.Events[i], c.Segment.Name, &stored)
	}
	if f.gone > 1000 && f.gone > len(f.items)/2 {
		f.compact()
	}
}

func (f *Fold) apply(e *sinks.Event, segment string, stored *time.Time) {
	i, known := f.at[e.ID]
	e.Verified = f.shared(e.Verified)
	switch e.Op {
	case sinks.OpDelete:
		if known {
			f.items[i] = Item{}
			f.gone++
			delete(f.at, e.ID)
		}
	case sinks.OpSoftDelete:
		if known {
			f.items[i].SoftDeleted = true
		}
	case sinks.OpAdd, sinks.OpChange:
		if known {
			f.items[i].merge(e, segment, stored)
			if f.Properties && e.Properties != "" {
				f.items[i].Properties = e.Properties
			}
		} else if e.Op == sinks.OpAdd || e.Name != "" {
			f.at[e.ID] = len(f.items)
			item := Item{Event: *e, Folder: f.folder, Segment: segment, Stored: stored}
			item.Op = sinks.OpAdd
			if !f.Properties {
				item.Properties = ""
			}
			f.items = append(f.items, item)
		}
	}
	// The rest changes no item: after a resync what the server sends again comes as adds and changes with the ids
	// that it has already, and what it does not send again as deletes; the quarantined and excluded were never stored.
}

// compact forgets what is deleted.
func (f *Fold) compact() {
	kept := f.items[:0]
	for _, item := range f.items {
		if item.ID != "" {
			f.at[item.ID] = len(kept)
			kept = append(kept, item)
		}
	}
	clear(f.items[len(kept):])
	f.items, f.gone = kept, 0
}

// shared is one for all items of which the same was found.
func (f *Fold) shared(v *sinks.Verified) *sinks.Verified {
	const most = 1000 // a server's words are in none of it, but in an archive there may be anything
	if v == nil || v.DKIM != nil {
		return v
	}
	one := f.found[*v]
	if one == nil && len(f.found) < most {
		one = v
		f.found[*v] = v
	}
	return cmp.Or(one, v)
}

// merge changes what e has and keeps what it has not. An item that the server speaks of is in the window.
func (item *Item) merge(e *sinks.Event, segment string, stored *time.Time) {
	item.SoftDeleted = false
	if e.Name != "" {
		item.Name, item.Size, item.SHA256, item.Offset, item.Also = e.Name, e.Size, e.SHA256, e.Offset, e.Also
		item.Attachments, item.Via, item.Whole, item.Verified, item.Segment = e.Attachments, e.Via, e.Whole, e.Verified, segment
		item.Stored = stored
	}
	if e.Flag != "" {
		item.FollowUp = e.FollowUp
	}
	for _, s := range []struct {
		to   *string
		from string
	}{
		{&item.ServerID, e.ServerID},
		{&item.From, e.From},
		{&item.Subject, e.Subject},
		{&item.MessageID, e.MessageID},
		{&item.Flag, e.Flag},
		{&item.Importance, e.Importance},
		{&item.Verb, e.Verb},
		{&item.Kind, e.Kind},
		{&item.Fingerprint, e.Fingerprint},
		{&item.State, e.State},
		{&item.MovedFrom, e.MovedFrom},
		{&item.MovedTo, e.MovedTo},
	} {
		if s.from != "" {
			*s.to = s.from
		}
	}
	if e.Received != nil {
		item.Received = e.Received
	}
	if e.Read != nil {
		item.Read = e.Read
	}
	if len(e.To) > 0 {
		item.To = e.To
	}
	if e.Categories != nil {
		item.Categories = e.Categories
	}
}

// Items yields the live items in the order in which they were first stored.
func (f *Fold) Items() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for _, item := range f.items {
			if item.ID != "" && !yield(item) {
				return
			}
		}
	}
}
