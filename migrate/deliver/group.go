package deliver

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// A group is the folders of the source that are put into one folder of a target: one after the other, since what is in that folder
// belongs to all of them.
type group struct {
	d       *delivery
	spot    spot
	target  sinks.Target
	place   sinks.Place
	folders []*Folder

	progress int // rows that became certain

	// Of an attempt.
	open   sinks.TargetFolder
	rows   map[string]checkpoints.Receipt // of the folders
	held   map[string]sinks.Held
	theirs map[string]bool // what is held and has no receipt
	others map[string]*otherFolder

	puts    []pending
	updates []pending
}

// otherFolder is a folder that items are moved from.
type otherFolder struct {
	open sinks.TargetFolder
	held map[string]sinks.Held // nil = not listed
}

// pending is an item that waits for its batch.
type pending struct {
	item   Item
	row    checkpoints.Receipt // what is known of it; no State = nothing
	held   sinks.Held          // what the target holds of it
	marks  bool                // its marks alone
	beside bool
}

// deliver brings the folders to the state of the source, and begins again after what passes.
func (g *group) deliver(ctx context.Context) error {
	for _, f := range g.folders {
		g.d.tell(Event{Kind: KindBegin, Folder: f.Path, Target: g.place.Path, Class: f.Class})
	}
	err := g.tries(ctx)
	if err != nil {
		err = at(g.folders[0].Path, sideTarget, err)
	}
	for _, f := range g.folders {
		e := Event{Kind: KindEnd, Folder: f.Path, Target: g.place.Path, Class: f.Class}
		e.Reason = text(err)
		g.d.note(f, func(r *FolderResult) {
			r.Problem = e.Reason
			r.Kept = r.Counted - r.Put - r.Found - r.Taken - r.Changed - r.Conflicts - r.Refused - r.Lost
			if err != nil {
				r.Kept = max(0, r.Kept)
			}
		})
		g.d.tell(e)
	}
	return err
}

func (g *group) tries(ctx context.Context) error {
	for try := 1; ; try++ {
		before := g.progress
		err := g.attempt(ctx)
		if err == nil || ctx.Err() != nil || !passing(err) {
			return err
		}
		if g.progress > before {
			try = 1
		}
		if try >= g.d.Tries {
			return err
		}
		if err := g.d.pause(ctx, g.folders[0].Path, try, err); err != nil {
			return err
		}
		for _, f := range g.folders {
			found := func(row checkpoints.Receipt, kind Kind) {
				g.progress++
				g.d.note(f, func(r *FolderResult) {
					r.count(kind, 1)
					if kind == KindPut {
						r.Bytes += row.Size
					}
				})
			}
			if err := g.d.retry(ctx, f.Path, func() error { return g.d.resolve(ctx, f.ID, found) }); err != nil {
				return err
			}
		}
	}
}

func (g *group) attempt(ctx context.Context) (err error) {
	if err := g.load(ctx); err != nil {
		return err
	}
	defer func() {
		closed := g.open.Close()
		for _, o := range g.others {
			closed = errors.Join(closed, o.open.Close())
		}
		if closed != nil && err == nil {
			err = at(g.folders[0].Path, sideTarget, closed)
		}
	}()
	for _, f := range g.folders {
		g.puts, g.updates = nil, nil
		if err := g.folder(ctx, f); err != nil {
			return at(f.Path, sideTarget, err)
		}
	}
	return nil
}

// load reads what the receipts and the target have.
func (g *group) load(ctx context.Context) error {
	d := g.d
	g.rows, g.theirs, g.others = map[string]checkpoints.Receipt{}, map[string]bool{}, map[string]*otherFolder{}
	var err error
	if g.open, g.held, err = d.open(ctx, g.spot.target, g.place); err != nil {
		return at(g.folders[0].Path, sideTarget, err)
	}
	ours := map[string]bool{}
	d.departures.mu.Lock()
	for _, id := range d.departures.claimed[g.spot] {
		ours[id] = true
	}
	d.departures.mu.Unlock()
	wanted := map[string]bool{}
	words := map[string]string{}
	shared := func(s string) string { // what many rows have alike is in memory once
		if _, ok := words[s]; !ok && len(words) < rowsAtOnce {
			words[s] = s
		}
		return cmp.Or(words[s], s)
	}
	for _, f := range g.folders {
		wanted[f.ID] = true
	}
	for _, p := range d.sortedPlaces() {
		if standsAlone(p) || p.Target != g.spot.id || d.targetOf(p.Class) != g.spot.target {
			continue
		}
		for row, err := range d.Receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: p.Folder}) {
			if err != nil {
				return errors.Join(at(p.Path, sideReceipts, err), g.open.Close())
			}
			if row.Target == g.spot.id && holds(row) {
				ours[row.ID] = true
			}
			row.Folder, row.Run, row.Target = p.Folder, shared(row.Run), shared(row.Target)
			if wanted[p.Folder] && !strings.HasPrefix(row.Item, strayPrefix) {
				g.rows[row.Item] = row
			}
		}
	}
	for id := range g.held {
		if !ours[id] {
			g.theirs[id] = true
		}
	}
	stay := func(yield func(checkpoints.Receipt) bool) { // what left the source is looked at when it is removed
		for item, row := range g.rows {
			if !d.departures.left[item] && !yield(row) {
				return
			}
		}
	}
	if err := confirm(ctx, g.open, g.held, g.spot.id, stay); err != nil {
		return errors.Join(at(g.folders[0].Path, sideTarget, err), g.open.Close())
	}
	return nil
}

// folder goes through the items of a folder.
func (g *group) folder(ctx context.Context, f *Folder) error {
	g.d.note(f, func(r *FolderResult) { // what is told once more is counted once
		r.Counted, r.Found, r.Taken, r.Changed, r.Conflicts, r.Refused, r.TooLarge, r.Lost = 0, 0, 0, 0, 0, 0, 0, 0
		r.Listed = nil
	})
	for item, err := range g.d.Source.Items(ctx, *f) {
		if err != nil {
			return at(f.Path, sideSource, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		g.d.note(f, func(r *FolderResult) { r.Counted++ })
		if err := g.item(ctx, f, &item); err != nil {
			return err
		}
	}
	if err := g.flushPuts(ctx, f); err != nil { // which may find that some are updates
		return err
	}
	return g.flushUpdates(ctx, f)
}

// save makes rows durable, and known to the attempt.
func (g *group) save(ctx context.Context, rows ...checkpoints.Receipt) error {
	if err := g.d.save(ctx, rows...); err != nil {
		return err
	}
	for _, row := range rows {
		before := g.rows[row.Item]
		before.Written, before.Run = row.Written, row.Run
		if row != before { // what is refused every time is no progress
			g.progress++
		}
		g.rows[row.Item] = row
	}
	return nil
}

// restore puts back what was known of items before they were going to be sent.
func (g *group) restore(ctx context.Context, all []pending) error {
	var rows []checkpoints.Receipt
	var drop []string
	for _, p := range all {
		if p.row.State == "" {
			drop = append(drop, p.item.ID)
			delete(g.rows, p.item.ID)
			continue
		}
		rows = append(rows, p.row)
	}
	if err := g.d.Receipts.SaveReceipts(context.WithoutCancel(ctx), g.d.key, rows); err != nil {
		return at("", sideReceipts, err)
	}
	return g.d.drop(ctx, drop...)
}

// mark keeps what the folder holds now, before something is sent to it.
func (g *group) mark(ctx context.Context, f *Folder) error {
	p := g.d.place(f.ID)
	p.Mark = g.open.Mark()
	return g.d.savePlace(ctx, p)
}
