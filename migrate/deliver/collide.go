package deliver

import (
	"context"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// collide looks for items among what the target had before, and among what is going to be removed, and returns those that are to be put.
func (g *group) collide(ctx context.Context, f *Folder, batch []pending) ([]pending, error) {
	succeeding := g.succeeding(f)
	if g.d.Collision == CollisionCopy || len(g.theirs) == 0 && !succeeding || len(batch) == 0 {
		return batch, nil
	}
	items := make([]sinks.TargetItem, len(batch))
	for i, p := range batch {
		items[i] = sinks.TargetItem{Key: p.item.ID, Event: p.item.Event, Contents: p.item.Contents}
	}
	guarded, faults := guard(items)
	found, err := g.known(ctx, guarded)
	if i, cause := faults.first(); cause != nil && ctx.Err() == nil {
		if err := g.unreadable(ctx, f, &batch[i], cause); err != nil {
			return nil, err
		}
		return g.collide(ctx, f, slices.Delete(batch, i, i+1))
	}
	if err != nil {
		return nil, fmt.Errorf("look for %d items: %w", len(items), err)
	}
	var rest, replace []pending
	var rows []checkpoints.Receipt
	for i, p := range batch {
		if succeeding && p.row.State == "" {
			if dep := g.d.departures.named(&p.item, f.Class, g.spot, found[i]); dep != nil {
				if err := g.succeed(ctx, f, &p.item, dep); err != nil {
					return nil, err
				}
				continue
			}
		}
		var h sinks.Held
		if !p.beside {
			for _, c := range found[i] {
				if g.theirs[c.ID] || p.row.State == checkpoints.Found && c.ID == p.row.ID {
					h = c
					break
				}
			}
		}
		if h.ID == "" {
			rest = append(rest, p)
			continue
		}
		delete(g.theirs, h.ID)
		row := newRow(f, g.spot.id, &p.item)
		row.State, row.ID, row.Holds = checkpoints.Found, h.ID, h.State
		if g.d.Collision == CollisionReplace {
			p.row, p.held = row, h
			p.row.SHA256, p.row.Marks, p.row.Reason = "", "", wasHere
			replace = append(replace, p)
			continue
		}
		rows = append(rows, row)
		g.d.item(f, &p.item, Event{Kind: KindFound})
	}
	if err := g.save(ctx, rows...); err != nil {
		return nil, err
	}
	return rest, g.update(ctx, f, replace)
}

// succeeding tells whether an item may take the place of one that is going to be removed: a calendar cannot have two events of one name, and gets
// the same one anew when it is imported once more.
func (g *group) succeeding(f *Folder) bool {
	_, ok := g.open.(sinks.Recognizer)
	return ok && g.d.Deletes && f.Class != email && len(g.d.departures.leaving[g.spot]) > 0
}

// succeed makes an item the successor of one that left and has its name at the target: what is there is brought up to date.
func (g *group) succeed(ctx context.Context, f *Folder, item *Item, dep *departure) error {
	dep.row.Reason = toPrefix + item.ID // until both receipts are one
	if err := g.d.save(ctx, dep.row); err != nil {
		return err
	}
	row := dep.row
	row.Item, row.Folder, row.Reason = item.ID, f.ID, ""
	row, err := g.follow(ctx, dep, row)
	if err != nil {
		return err
	}
	return g.act(ctx, f, item, row)
}

// known looks for items in all that the folder holds: by what names them, and those without a Message-ID that have no such name there by
// their contents. What has a Message-ID and is the same has the same one.
func (g *group) known(ctx context.Context, items []sinks.TargetItem) ([][]sinks.Held, error) {
	r, ok := g.open.(sinks.Recognizer)
	if !ok {
		return g.open.Find(ctx, "", items)
	}
	found, err := r.Recognize(ctx, items)
	if err != nil {
		return nil, err
	}
	var unnamed []sinks.TargetItem
	var of []int
	for i := range items {
		if items[i].MessageID == "" && (i >= len(found) || len(found[i]) == 0) {
			unnamed, of = append(unnamed, items[i]), append(of, i)
		}
	}
	if len(unnamed) == 0 {
		return found, nil
	}
	same, err := g.open.Find(ctx, "", unnamed)
	if err != nil {
		return nil, err
	}
	found = append(found, make([][]sinks.Held, max(0, len(items)-len(found)))...)
	for i, held := range same[:min(len(same), len(of))] {
		found[of[i]] = held
	}
	return found, nil
}
