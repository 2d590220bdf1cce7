package deliver

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// precede looks for what an item was put as before it came to its folder, and moves it. It returns the item's row then.
func (g *group) precede(ctx context.Context, f *Folder, item *Item, row checkpoints.Receipt) (checkpoints.Receipt, error) {
	dep := g.d.departures.predecessor(item, f.Class, row.State == "")
	if dep == nil {
		return row, nil
	}
	switch row.State {
	case "", checkpoints.Refused, checkpoints.Removed:
	default:
		return row, nil // it came already, and what is left of it where it was is removed at the end
	}
	if to := toPrefix + item.ID; dep.guessed && dep.row.Reason != to { // which nobody could tell any more once the item has a receipt of its own
		dep.row.Reason = to
		if err := g.d.save(ctx, dep.row); err != nil {
			return row, err
		}
	}
	switch {
	case dep.row.State == checkpoints.Taken && !g.d.Again:
		return g.follow(ctx, dep, takenRow(f, g.spot.id, item, dep))
	case dep.row.State != checkpoints.Placed || g.cannotMove():
		return row, nil
	}
	return g.move(ctx, f, item, row, dep)
}

// takenRow is the receipt of an item that somebody took before it was moved in the source.
func takenRow(f *Folder, target string, item *Item, dep *departure) checkpoints.Receipt {
	row := newRow(f, target, item)
	row.State, row.Reason = checkpoints.Taken, "it was not in its folder any more when it was moved in the source"
	row.SHA256, row.Marks = dep.row.SHA256, dep.row.Marks
	return row
}

// follow makes a row durable in the place of a departure's.
func (g *group) follow(ctx context.Context, dep *departure, row checkpoints.Receipt) (checkpoints.Receipt, error) {
	if err := g.save(ctx, row); err != nil {
		return row, err
	}
	// Until it is dropped the item has two receipts; the next run removes what the one names where the other's is Placed.
	if err := g.d.drop(ctx, dep.row.Item); err != nil {
		return row, err
	}
	g.d.departures.done(dep)
	return row, nil
}

// release gives up a guess: the item is a new one.
func (g *group) release(ctx context.Context, dep *departure) error {
	g.d.departures.release(dep)
	return g.d.save(ctx, dep.row)
}

func (g *group) cannotMove() bool {
	g.d.mu.Lock()
	defer g.d.mu.Unlock()
	return g.d.noMoves[g.spot.target]
}

// move moves an item at the target. Its row is Sending meanwhile and the departure's stays: what a crash leaves is either found here, or is
// still there.
func (g *group) move(ctx context.Context, f *Folder, item *Item, before checkpoints.Receipt, dep *departure) (checkpoints.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return before, err
	}
	if dep.row.Target == g.spot.id { // two folders of the source have one place
		if t, _ := g.there(dep.row); dep.guessed && t != thereAsPut {
			return before, g.release(ctx, dep)
		}
		row := dep.row
		row.Item, row.Folder, row.Reason = item.ID, f.ID, ""
		return g.follow(ctx, dep, row)
	}
	from, err := g.other(ctx, dep.row.Target)
	switch {
	case errors.Is(err, sinks.ErrNotExist) && dep.guessed:
		return before, g.release(ctx, dep)
	case errors.Is(err, sinks.ErrNotExist) && g.d.Again:
		return before, nil
	case errors.Is(err, sinks.ErrNotExist):
		return g.follow(ctx, dep, takenRow(f, g.spot.id, item, dep))
	case err != nil:
		return before, err
	}
	if err := g.mark(ctx, f); err != nil {
		return before, err
	}
	row := dep.row
	row.Item, row.Folder, row.Target = item.ID, f.ID, g.spot.id
	row.State, row.ID, row.Holds, row.Reason = checkpoints.Sending, "", "", fromPrefix+dep.row.Item
	if err := g.d.save(ctx, row); err != nil {
		return before, err
	}
	hand, done := g.d.inHand(ctx)
	defer done()
	h := sinks.Held{ID: dep.row.ID, State: dep.row.Holds}
	placed, err := from.open.Move(hand, h, g.place)
	changed := errors.Is(err, sinks.ErrChanged)
	if changed && !dep.guessed { // by somebody at the target; that it belongs to another folder now is true all the same
		if h, err = from.current(hand, dep.row.ID); err == nil {
			placed, err = from.open.Move(hand, h, g.place)
		}
	}
	if err == nil {
		err = placed.Err
	}
	prior := []pending{{item: *item, row: before}}
	switch {
	case err == nil:
	case dep.guessed && (errors.Is(err, sinks.ErrChanged) || errors.Is(err, sinks.ErrNotExist)): // somebody else's business, and no trace of this item
		if err := g.release(ctx, dep); err != nil {
			return before, err
		}
		return before, g.restore(ctx, prior)
	case errors.Is(err, sinks.ErrNotExist) && g.d.Again:
		return before, g.restore(ctx, prior)
	case errors.Is(err, sinks.ErrNotExist):
		return g.follow(ctx, dep, takenRow(f, g.spot.id, item, dep))
	case errors.Is(err, errors.ErrUnsupported):
		g.d.mu.Lock()
		g.d.noMoves[g.spot.target] = true
		g.d.mu.Unlock()
		return before, g.restore(ctx, prior)
	case errors.Is(err, sinks.ErrChanged), errors.Is(err, sinks.ErrRefused):
		return before, g.restore(ctx, prior) // it is put, and what is there is left or removed like anything else
	case definite(err):
		return before, errors.Join(fmt.Errorf("move %s: %w", item.ID, err), g.restore(ctx, prior))
	default:
		return before, fmt.Errorf("move %s: %w", item.ID, err)
	}
	altered := dep.row.Altered
	row = placedRow(row, placed)
	row.Altered = altered
	if len(placed.Altered) > 0 {
		row.Altered = alteredJSON(merged(alterations(dep.row), placed.Altered))
	}
	if changed {
		row.Holds = dep.row.Holds // so that it stays known as changed
	}
	g.held[placed.ID] = placed.Held
	if row, err = g.follow(ctx, dep, row); err != nil {
		return row, err
	}
	g.d.item(f, item, Event{Kind: KindMoved, Altered: placed.Altered, Reason: "from " + dep.path})
	return row, nil
}

// other opens a folder that items are moved from.
func (g *group) other(ctx context.Context, id string) (*otherFolder, error) {
	if o := g.others[id]; o != nil {
		return o, nil
	}
	p, ok := g.d.listed[spot{g.spot.target, id}]
	if !ok {
		return nil, fmt.Errorf("folder %s: %w", id, sinks.ErrNotExist)
	}
	open, err := g.target.Open(ctx, p)
	if err != nil {
		return nil, err
	}
	o := &otherFolder{open: open}
	g.others[id] = o
	return o, nil
}

// current returns what a folder holds of an item now.
func (o *otherFolder) current(ctx context.Context, id string) (sinks.Held, error) {
	if o.held == nil {
		o.held = map[string]sinks.Held{}
		for h, err := range o.open.Held(ctx) {
			if err != nil {
				o.held = nil
				return sinks.Held{}, err
			}
			o.held[h.ID] = h
		}
	}
	h, ok := o.held[id]
	if !ok {
		return sinks.Held{}, fmt.Errorf("item %s: %w", id, sinks.ErrNotExist)
	}
	return h, nil
}
