package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// removal is a departure that is to be removed from a folder of the target.
type removal struct {
	dep   *departure
	moved bool // what is left of it where it was, since it is somewhere else now
}

// remove ends the departures: what was moved is removed from where it was, and what was deleted is removed if that is wanted. complete
// says that all folders were read: otherwise nothing counts as deleted.
func (d *delivery) remove(ctx context.Context, complete bool) error {
	from := map[spot][]removal{}
	var forget []string
	for _, dep := range d.departures.sorted() {
		act, err := d.removable(ctx, dep, complete)
		if err != nil {
			return err
		}
		switch act {
		case actForget:
			forget = append(forget, dep.row.Item)
		case actRemove:
			from[dep.spot] = append(from[dep.spot], removal{dep, dep.successor != ""})
		}
	}
	for chunk := range slices.Chunk(forget, rowsAtOnce) {
		if err := d.drop(ctx, chunk...); err != nil {
			return err
		}
	}
	spots := make([]spot, 0, len(from))
	for s := range from {
		spots = append(spots, s)
	}
	slices.SortFunc(spots, func(a, b spot) int { return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.id, b.id)) })
	var failed error
	for _, s := range spots {
		err := d.retry(ctx, from[s][0].dep.path, func() error { return d.removeFrom(ctx, s, from[s]) })
		failed = errors.Join(failed, err)
		if err != nil && fatal(ctx, err) {
			return failed
		}
	}
	return failed
}

func (ds *departures) sorted() []*departure {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	all := make([]*departure, 0, len(ds.rows))
	for _, dep := range ds.rows {
		all = append(all, dep)
	}
	slices.SortFunc(all, func(a, b *departure) int { return strings.Compare(a.row.Item, b.row.Item) })
	return all
}

// removable decides what is done with a departure: actNothing, actForget or actRemove, which the target's state is to be seen for.
func (d *delivery) removable(ctx context.Context, dep *departure, complete bool) (action, error) {
	if dep.successor != "" {
		row, err := d.Receipts.Receipt(ctx, d.key, dep.successor)
		switch {
		case errors.Is(err, checkpoints.ErrNotFound):
			return actNothing, nil
		case err != nil:
			return actNothing, at(dep.path, sideReceipts, err)
		case row.State == checkpoints.Sending, row.State == checkpoints.Refused && dep.row.State == checkpoints.Placed:
			return actNothing, nil // what is where it was is all that the target has of it
		case dep.row.State != checkpoints.Placed, row.Target == dep.row.Target && row.ID == dep.row.ID:
			return actForget, nil
		}
		return actRemove, nil
	}
	if !dep.left || !complete || d.departures.elsewhere(dep.item) {
		return actNothing, nil
	}
	return decideLeft(dep.row.State, thereAsPut, rules{deletes: d.Deletes}), nil
}

// removeFrom removes items from a folder of the target, unless they were changed there.
func (d *delivery) removeFrom(ctx context.Context, s spot, all []removal) error {
	path := all[0].dep.path
	p, ok := d.listed[s]
	if !ok {
		return d.removed(ctx, all, nil, true)
	}
	open, held, err := d.open(ctx, s.target, p)
	if err != nil {
		return at(path, sideTarget, err)
	}
	defer func() { _ = open.Close() }() // nothing was put into it
	rows := make([]checkpoints.Receipt, len(all))
	for i, r := range all {
		rows[i] = r.dep.row
	}
	if err := confirm(ctx, open, held, s.id, slices.Values(rows)); err != nil {
		return at(path, sideTarget, err)
	}
	for chunk := range slices.Chunk(all, max(1, open.Batch())) {
		if err := ctx.Err(); err != nil {
			return err
		}
		var items []sinks.Held
		gone := map[string]bool{}
		for _, r := range chunk {
			if _, there := held[r.dep.row.ID]; !there {
				gone[r.dep.row.ID] = true
				continue
			}
			items = append(items, sinks.Held{ID: r.dep.row.ID, State: r.dep.row.Holds})
		}
		hand, done := d.inHand(ctx)
		var removed []sinks.Held
		var err error
		if len(items) > 0 {
			removed, err = open.Delete(hand, items)
		}
		done()
		for _, h := range removed {
			gone[h.ID] = true
		}
		// What was removed before an error is told; of the rest the next try sees what is there.
		if serr := d.removed(ctx, chunk, gone, err == nil); serr != nil {
			return serr
		}
		if err != nil {
			return at(path, sideTarget, fmt.Errorf("remove %d items: %w", len(items), err))
		}
	}
	return nil
}

// removed keeps what became of removals. gone are those that are not there any more; nil: all. certain: the others are still there.
func (d *delivery) removed(ctx context.Context, all []removal, gone map[string]bool, certain bool) error {
	var rows []checkpoints.Receipt
	var drop []string
	var events []Event
	for _, r := range all {
		dep := r.dep
		e := Event{Kind: KindRemoved, Folder: dep.path, Class: dep.class, Item: dep.item, Target: d.listed[dep.spot].Path}
		isGone := gone == nil || gone[dep.row.ID]
		switch {
		case !isGone && !certain:
			continue
		case !isGone:
			e.Kind, e.Reason = KindLeft, changedLeft
			if dep.row.Reason != changedLeft && dep.successor == "" {
				dep.row.Reason = changedLeft
				rows = append(rows, dep.row)
			}
		case r.moved:
			drop = append(drop, dep.row.Item)
			d.departures.done(dep)
			continue
		default:
			row := dep.row
			row.State, row.Reason = checkpoints.Removed, "it left the source"
			rows = append(rows, row)
			d.departures.done(dep)
		}
		events = append(events, e)
	}
	if err := d.save(ctx, rows...); err != nil {
		return err
	}
	if err := d.drop(ctx, drop...); err != nil {
		return err
	}
	for _, e := range events {
		d.departed(e)
	}
	return nil
}

// departed notes what became of an item that left, in the result of its folder if that is still wanted.
func (d *delivery) departed(e Event) {
	for i := range d.folders {
		f := &d.folders[i]
		if f.Path != e.Folder || f.Class != e.Class {
			continue
		}
		d.note(f, func(r *FolderResult) {
			if e.Kind == KindRemoved {
				r.Removed++
			} else if len(r.Listed) < maxListed {
				r.Listed = append(r.Listed, Listed{Item: e.Item, Kind: e.Kind, Reason: e.Reason})
			} else {
				d.excess++
			}
		})
		break
	}
	d.tell(e)
}
