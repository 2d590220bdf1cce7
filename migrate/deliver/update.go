package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// flushUpdates brings the items that wait for it up to date.
func (g *group) flushUpdates(ctx context.Context, f *Folder) error {
	batch := g.updates
	g.updates = nil
	return g.update(ctx, f, batch)
}

// update brings items up to date that the target holds. One after the other, and all of their rows are Sending meanwhile: an item that gets
// another id is found by what it holds.
func (g *group) update(ctx context.Context, f *Folder, batch []pending) error {
	if len(batch) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := g.mark(ctx, f); err != nil {
		return err
	}
	sending := make([]checkpoints.Receipt, len(batch))
	for i, p := range batch {
		sending[i] = newRow(f, g.spot.id, &p.item)
		sending[i].State, sending[i].ID, sending[i].Holds = checkpoints.Sending, p.held.ID, p.held.State
		sending[i].Altered = p.row.Altered
		if p.row.Reason == wasHere {
			sending[i].Reason = wasHere
		}
	}
	if err := g.d.save(ctx, sending...); err != nil {
		return err
	}
	hand, done := g.d.inHand(ctx)
	defer done()
	for i := range batch {
		p := &batch[i]
		row, kind, altered, err := g.updateOne(hand, p, sending[i])
		switch {
		case err != nil && !definite(err):
			// What became of this one is not known, and the others were not begun.
			return errors.Join(fmt.Errorf("update %s: %w", p.item.ID, err), g.restore(ctx, batch[i+1:]))
		case err != nil && !errors.Is(err, sinks.ErrRefused) && !errors.Is(err, sinks.ErrTooLarge) && !errors.Is(err, errors.ErrUnsupported):
			return errors.Join(fmt.Errorf("update %s: %w", p.item.ID, err), g.restore(ctx, batch[i:]))
		}
		if serr := g.save(ctx, row); serr != nil {
			return serr
		}
		g.tooLarge(f, err)
		e := Event{Kind: kind, Reason: row.Reason, Altered: altered}
		if !p.marks {
			e.Bytes = p.item.Size
		}
		g.d.item(f, &p.item, e)
		if row.State == checkpoints.Found {
			g.d.note(f, func(r *FolderResult) { r.Found++ })
		}
		if ctx.Err() != nil {
			return errors.Join(ctx.Err(), g.restore(ctx, batch[i+1:]))
		}
	}
	return nil
}

// updateOne updates an item and returns its row. An error that is definite comes with the row that stays.
func (g *group) updateOne(ctx context.Context, p *pending, sending checkpoints.Receipt) (checkpoints.Receipt, Kind, []sinks.Alteration, error) {
	item := sinks.TargetItem{Key: p.item.ID, Event: p.item.Event, Contents: p.item.Contents}
	if g.place.Class == email {
		item.Event = told(item.Event)
	}
	if p.marks {
		item.Contents = nil
	}
	guarded, faults := guard([]sinks.TargetItem{item})
	placed, err := g.open.Update(ctx, p.held, guarded[0])
	if err == nil {
		err = placed.Err
	}
	row := p.row
	cause := faults.of(0)
	switch {
	case err == nil:
		row = placedRow(sending, placed)
		if p.marks {
			row.Altered = alteredJSON(merged(alterations(p.row), placed.Altered))
		}
		if sending.Reason == wasHere {
			row.State, row.Reason = checkpoints.Found, wasHere
		}
		if placed.ID != p.held.ID {
			delete(g.held, p.held.ID)
		}
		g.held[placed.ID] = placed.Held
		return row, KindUpdated, placed.Altered, nil
	case errors.Is(err, sinks.ErrNotExist):
		row.State, row.Reason = checkpoints.Taken, "it is not in its folder any more"
		return row, KindTaken, nil, nil
	case errors.Is(err, sinks.ErrChanged): // since it was listed; the next run finds it so
		return row, KindLeft, nil, nil
	case errors.Is(err, sinks.ErrRefused), errors.Is(err, sinks.ErrTooLarge), errors.Is(err, errors.ErrUnsupported):
		row.Reason = "its newest version: " + err.Error()
		return row, KindRefused, nil, err
	case cause != nil && !errors.Is(err, sinks.ErrUncertain):
		row.Reason = "its newest version: " + sideSource + ": " + cause.Error()
		return row, KindRefused, nil, nil
	}
	return row, "", nil, err
}

// told is what a target is told of an item that it was told something else of before: what the source says nothing of is not so.
func told(e sinks.Event) sinks.Event {
	if e.Read == nil {
		e.Read = new(bool)
	}
	if e.Categories == nil {
		e.Categories = []string{}
	}
	e.Flag = cmp.Or(e.Flag, "none")
	e.Importance = cmp.Or(e.Importance, "normal")
	return e
}
