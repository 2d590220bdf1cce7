package deliver

import (
	"context"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// there is what the target holds of a receipt.
func (g *group) there(row checkpoints.Receipt) (there, sinks.Held) {
	h, ok := g.held[row.ID]
	switch {
	case !ok || row.Target != g.spot.id:
		return thereGone, sinks.Held{}
	case h.State != row.Holds:
		return thereChanged, h
	}
	return thereAsPut, h
}

func newsOf(class string, row checkpoints.Receipt, item *Item) news {
	switch {
	case row.SHA256 != item.SHA256:
		return newsContents
	case row.Marks == marksOf(class, &item.Event):
		return newsNone
	case class == email:
		return newsMarks
	}
	return newsContents
}

// item decides what is done with an item, and does it or puts it into its batch.
func (g *group) item(ctx context.Context, f *Folder, item *Item) error {
	row, err := g.precede(ctx, f, item, g.rows[item.ID])
	if err != nil {
		return err
	}
	return g.act(ctx, f, item, row)
}

// act does with an item what its receipt, its news and what the target holds come to.
func (g *group) act(ctx context.Context, f *Folder, item *Item, row checkpoints.Receipt) error {
	t, h := g.there(row)
	r := rules{conflict: g.d.Conflict, again: g.d.Again}
	if !item.Changed.IsZero() && !h.Changed.IsZero() {
		r.later = item.Changed.Compare(h.Changed)
	}
	n := newsOf(f.Class, row, item)
	act := decide(row.State, n, t, r)
	if t == thereChanged && row.State == checkpoints.Placed && n != newsNone && act != actConflict {
		g.d.tell(Event{
			Kind: KindConflict, Folder: f.Path, Target: g.place.Path, Class: f.Class, Item: item.ID, Subject: item.Subject,
			Reason: "changed on both sides: " + resolution(act),
		})
	}
	switch act {
	case actPut, actBeside:
		g.puts = append(g.puts, pending{item: *item, row: row, held: h, beside: act == actBeside})
		if len(g.puts) >= max(1, g.open.Batch()) {
			return g.flushPuts(ctx, f)
		}
	case actMarks, actContents:
		g.updates = append(g.updates, pending{item: *item, row: row, held: h, marks: act == actMarks})
		if len(g.updates) >= max(1, g.open.Batch()) {
			return g.flushUpdates(ctx, f)
		}
	case actTaken:
		row.State, row.Reason = checkpoints.Taken, "it is not in its folder any more"
		if err := g.save(ctx, row); err != nil {
			return err
		}
		g.d.item(f, item, Event{Kind: KindTaken, Reason: row.Reason})
	case actLeave:
		return g.leave(ctx, f, item, row, KindLeft, changedThere)
	case actConflict:
		return g.leave(ctx, f, item, row, KindConflict, changedBoth)
	default:
		if row.State == checkpoints.Placed && isChanged(row) { // somebody put it back
			row.Reason = ""
			return g.save(ctx, row)
		}
		g.d.note(f, func(r *FolderResult) {
			switch row.State {
			case checkpoints.Found:
				r.Found++
			case checkpoints.Taken:
				r.Taken++
			}
		})
	}
	return nil
}

// leave leaves an item as it is at the target, and has its receipt say why.
func (g *group) leave(ctx context.Context, f *Folder, item *Item, row checkpoints.Receipt, kind Kind, why string) error {
	if row.Reason != why {
		row.Reason = why
		if err := g.save(ctx, row); err != nil {
			return err
		}
	}
	g.d.item(f, item, Event{Kind: kind, Reason: why})
	return nil
}

func resolution(act action) string {
	if act == actBeside {
		return "the source's version is put beside"
	}
	return "the source's version replaces the target's"
}
