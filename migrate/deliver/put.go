package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// flushPuts puts the items that wait for it.
func (g *group) flushPuts(ctx context.Context, f *Folder) error {
	batch := g.puts
	g.puts = nil
	batch, err := g.collide(ctx, f, batch)
	for err == nil && len(batch) > 0 {
		batch, err = g.put(ctx, f, batch)
	}
	return err
}

// put puts a batch, and returns those that are to be put once more, since one among them could not be read.
func (g *group) put(ctx context.Context, f *Folder, batch []pending) (again []pending, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := g.mark(ctx, f); err != nil {
		return nil, err
	}
	rows := make([]checkpoints.Receipt, len(batch))
	items := make([]sinks.TargetItem, len(batch))
	for i, p := range batch {
		rows[i] = newRow(f, g.spot.id, &p.item)
		rows[i].State = checkpoints.Sending
		items[i] = sinks.TargetItem{Key: p.item.ID, Event: p.item.Event, Contents: p.item.Contents}
		if p.beside {
			items[i].Key += "~" + p.item.SHA256[:min(8, len(p.item.SHA256))]
		}
	}
	if err := g.d.save(ctx, rows...); err != nil {
		return nil, err
	}
	// From here on nobody knows what the target has, until the rows say so.
	hand, done := g.d.inHand(ctx)
	defer done()
	guarded, faults := guard(items)
	placed, err := g.open.Put(hand, guarded)
	if len(placed) > len(batch) {
		return nil, fmt.Errorf("put %d items: %d answers came", len(batch), len(placed))
	}
	if err == nil && len(placed) < len(batch) || hand.Err() != nil {
		err = errors.Join(fmt.Errorf("%d of %d answers came: %w", len(placed), len(batch), sinks.ErrUncertain), err)
	}
	none, cause, serr := g.answered(ctx, f, batch, rows, placed)
	if serr != nil {
		return nil, serr
	}
	rest := batch[len(placed):]
	if err = errors.Join(err, cause); err == nil || errors.Is(err, sinks.ErrUncertain) {
		return nil, errors.Join(wrapPut(err, rest), g.restore(ctx, none))
	}
	// Nothing of the rest is there.
	if err := g.restore(ctx, append(none, rest...)); err != nil {
		return nil, err
	}
	for i := range rest {
		cause := faults.of(len(placed) + i)
		if cause == nil {
			continue
		}
		if err := g.unreadable(ctx, f, &rest[i], cause); err != nil {
			return nil, err
		}
		return slices.Delete(slices.Clone(rest), i, i+1), nil
	}
	return nil, wrapPut(err, rest)
}

// answered keeps what became of the items that the target answered for. none are those that it does not have for a reason that is no item's:
// cause.
func (g *group) answered(ctx context.Context, f *Folder, batch []pending, rows []checkpoints.Receipt, placed []sinks.Placed) (none []pending, cause, err error) {
	var certain []checkpoints.Receipt
	var of []int
	for i, p := range placed {
		switch {
		case errors.Is(p.Err, sinks.ErrUncertain):
			cause = errors.Join(cause, p.Err)
		case errors.Is(p.Err, sinks.ErrUnavailable), errors.Is(p.Err, sinks.ErrFull), errors.Is(p.Err, sinks.ErrDenied):
			none = append(none, batch[i])
			cause = errors.Join(cause, p.Err)
		default:
			certain, of = append(certain, outcome(rows[i], batch[i], p)), append(of, i)
		}
	}
	if err := g.save(ctx, certain...); err != nil {
		return nil, nil, err
	}
	for n, i := range of {
		g.arrived(f, &batch[i], certain[n], placed[i])
	}
	return none, cause, nil
}

func wrapPut(err error, rest []pending) error {
	if err == nil {
		return nil
	}
	switch len(rest) {
	case 0:
		return fmt.Errorf("put: %w", err)
	case 1:
		return fmt.Errorf("put %s: %w", rest[0].item.ID, err)
	}
	return fmt.Errorf("put %d items: %w", len(rest), err)
}

// outcome is the row of an item that the target answered for.
func outcome(row checkpoints.Receipt, p pending, placed sinks.Placed) checkpoints.Receipt {
	switch {
	case placed.Err == nil:
		return placedRow(row, placed)
	case p.row.State == checkpoints.Placed: // what was put before is still there
		p.row.Reason = "its newest version: " + placed.Err.Error()
		return p.row
	}
	row.State, row.Reason = checkpoints.Refused, placed.Err.Error()
	return row
}

// arrived tells what became of an item that was put.
func (g *group) arrived(f *Folder, p *pending, row checkpoints.Receipt, placed sinks.Placed) {
	if placed.Err != nil {
		g.d.item(f, &p.item, Event{Kind: KindRefused, Bytes: p.item.Size, Reason: row.Reason})
		g.tooLarge(f, placed.Err)
		return
	}
	g.held[placed.ID] = placed.Held
	g.d.item(f, &p.item, Event{Kind: KindPut, Bytes: p.item.Size, Altered: placed.Altered})
}

func (g *group) tooLarge(f *Folder, err error) {
	if errors.Is(err, sinks.ErrTooLarge) {
		g.d.note(f, func(r *FolderResult) { r.TooLarge++ })
	}
}

// unreadable notes an item that the source does not give.
func (g *group) unreadable(ctx context.Context, f *Folder, p *pending, cause error) error {
	row := p.row
	reason := sideSource + ": " + cause.Error()
	if row.State != checkpoints.Placed {
		row = newRow(f, g.spot.id, &p.item)
		row.State = checkpoints.Refused
	}
	row.Reason = reason
	if err := g.save(ctx, row); err != nil {
		return err
	}
	g.d.item(f, &p.item, Event{Kind: KindRefused, Reason: reason})
	return nil
}
