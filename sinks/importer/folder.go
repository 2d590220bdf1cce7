package importer

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// folder is an imported folder and what is known of its items: some 300 bytes each, as long as the import goes.
type folder struct {
	sinks.Folder
	seq  int    // of its last page
	last string // that page's hash
	rows map[string]*row
	seen map[string]int // how many copies of an item the import has found, by what names it

	w      sinks.PageWriter // of the page that is open
	events int
	bytes  int64
	tally  sinks.FolderState // of that page
	total  sinks.FolderState // of the pages that this import committed
}

// row is what the pages of the folder say of an item.
type row struct {
	id, state string
	live      bool
	seen      bool // this import has found it
}

// typeOf is the type of a user's own folder, MS-ASCMD 2.2.3.186.3.
func typeOf(class string) int {
	switch class {
	case "Calendar":
		return 13
	case "Contacts":
		return 14
	case "Tasks":
		return 15
	case "Notes":
		return 17
	}
	return 12
}

// folder returns the folder of an item, as the archive has it or new.
func (w *writer) folder(ctx context.Context, f *found) (*folder, error) {
	display := strings.Trim(w.Into+"/"+sinks.JoinPath(f.names...), "/")
	id := sinks.ImportedID(w.a.ID(), f.class, display)
	if in := w.folders[id]; in != nil {
		return in, nil
	}
	in := &folder{rows: map[string]*row{}, seen: map[string]int{}}
	if i := slices.IndexFunc(w.there, func(f sinks.Folder) bool { return f.ServerID == id }); i >= 0 {
		in.Folder = w.there[i]
		in.Path = cmp.Or(in.Path, display) // which is not known without an identity
	} else {
		in.Folder = sinks.Folder{Path: display, Class: f.class, ServerID: id, Type: typeOf(f.class)}
		in.ID = sinks.FolderID(w.Mailbox, id, func(id string) bool {
			return slices.ContainsFunc(w.there, func(f sinks.Folder) bool { return f.ID == id })
		})
		in.Dir = w.a.Place(display, in.ID)
		w.there = append(w.there, in.Folder)
	}
	for c, err := range w.a.Pages(ctx, w.Mailbox, in.Dir, 0) {
		if err != nil {
			return nil, err
		}
		in.seq, in.last = c.Page.Seq, c.Segment.SHA256
		for i := range c.Events {
			in.note(&c.Events[i], false)
		}
	}
	in.tally = sinks.FolderState{}
	w.folders[id] = in
	w.order = append(w.order, in)
	return in, nil
}

// copyOf names the next copy of an item, and returns what is known of it if it is stored: under that name, or under the SHA-256
// of its bytes, which names most items, and named all when a file of one item was not yet known as one of several.
func (in *folder) copyOf(name, sum string) (id string, known *row) {
	in.seen[name]++
	nth := ""
	if in.seen[name] > 1 {
		nth = fmt.Sprintf("-%d", in.seen[name])
	}
	for _, id := range [...]string{name + nth, sum + nth} {
		if r := in.rows[id]; r != nil && r.live {
			r.seen = true
			return id, r
		}
	}
	return name + nth, nil
}

// note takes over what an event says, of a page that is read or, when the item was found, of the one in hand.
func (in *folder) note(e *sinks.Event, found bool) {
	switch e.Op {
	case sinks.OpAdd:
		in.rows[e.ServerID] = &row{id: e.ID, state: e.State, live: true, seen: found}
		in.tally.Stored++
	case sinks.OpChange:
		if r := in.rows[e.ServerID]; r != nil {
			r.state = e.State
		}
		in.tally.Changed++
	case sinks.OpDelete:
		if r := in.rows[e.ServerID]; r != nil {
			r.live = false
		}
		in.tally.Deleted++
	}
}

func (in *folder) full() bool {
	l, ok := in.w.(sinks.Limiter)
	return in.events >= pageEvents || in.bytes >= pageBytes || ok && l.Full()
}

// committed takes over that the page in hand is durable.
func (in *folder) committed(s sinks.Segment) {
	in.seq, in.last = in.seq+1, s.SHA256
	in.total.Stored += in.tally.Stored
	in.total.Changed += in.tally.Changed
	in.total.Deleted += in.tally.Deleted
	in.tally = sinks.FolderState{}
}

// state is the folder's part of the run record.
func (in *folder) state() sinks.FolderState {
	st := in.total
	st.Folder, st.Seq, st.Balanced = in.Folder, in.seq, true
	for _, r := range in.rows {
		if r.live {
			st.Live++
		}
	}
	return st
}

// dirOf is the directory of the folder that a segment is of.
func dirOf(segment string) string { return path.Base(path.Dir(segment)) }
