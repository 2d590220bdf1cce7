package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// Undone is what Undo did and left.
type Undone struct {
	Removed int      // items
	Gone    int      // items that were not there any more
	Left    []Listed // items that stay, at most 1,000
	Excess  int      // more of them
	Folders []string // paths of the folders that were removed
	Kept    []Kept   // folders that were made for the migration and stay
}

// Kept is a folder that Undo left.
type Kept struct{ Path, Why string }

// Undo removes what the receipts say was put and is still as it was put, and then the folders that were made for the migration and are
// empty. What was changed at the target stays, and is listed; what was there before is left alone. The receipts say what was removed: a second
// Undo does nothing, and a Run after it begins anew. The Source is asked for what a crash left uncertain, and may be nil.
func Undo(ctx context.Context, o Options) (Undone, error) {
	d, end, err := begin(ctx, o)
	if err != nil {
		return Undone{}, err
	}
	var u Undone
	err = d.undo(ctx, &u)
	return u, errors.Join(d.named(err), end())
}

func (d *delivery) undo(ctx context.Context, u *Undone) error {
	if err := d.settle(ctx); err != nil {
		return err
	}
	var failed error
	for _, p := range d.sortedPlaces() {
		if standsAlone(p) || d.targetOf(p.Class) < 0 {
			continue
		}
		if err := d.undoFolder(ctx, p, u); err != nil {
			failed = errors.Join(failed, err)
			if fatal(ctx, err) {
				return failed
			}
		}
	}
	if failed != nil {
		return failed
	}
	// A folder that was made and is the place of several is made by one of them only: none of them needs it any more.
	made := d.deepestFirst()
	for _, p := range made {
		path := p.At
		why, err := d.undoPlace(ctx, p)
		switch {
		case err != nil:
			return err
		case why != "":
			u.Kept = append(u.Kept, Kept{path, why})
		default:
			u.Folders = append(u.Folders, path)
		}
	}
	return nil
}

// undoPlace removes a folder, and forgets that it was anybody's place.
func (d *delivery) undoPlace(ctx context.Context, p checkpoints.Place) (why string, err error) {
	s := spot{d.targetOf(p.Class), p.Target}
	if there, ok := d.listed[s]; ok {
		err := d.retry(ctx, p.Path, func() error { return at(p.Path, sideTarget, d.Targets[s.target].DeleteFolder(ctx, there)) })
		if why, err = keptFor(ctx, err); why != "" || err != nil {
			return why, err
		}
		delete(d.listed, s)
	}
	for _, q := range d.sortedPlaces() {
		if q.Target != p.Target || d.targetOf(q.Class) != s.target {
			continue
		}
		q.Target, q.At, q.Want, q.Next, q.Made, q.Mark = "", "", "", "", false, ""
		if err := d.savePlace(ctx, q); err != nil {
			return "", err
		}
	}
	return "", nil
}

// undoFolder removes what was put from a folder of the source.
func (d *delivery) undoFolder(ctx context.Context, p checkpoints.Place, u *Undone) error {
	byTarget := map[string][]checkpoints.Receipt{}
	var forget []string
	for row, err := range d.Receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: p.Folder}) {
		switch {
		case err != nil:
			return at(p.Path, sideReceipts, err)
		case row.State == checkpoints.Placed:
			byTarget[row.Target] = append(byTarget[row.Target], row)
		case row.State == checkpoints.Found && row.Reason == wasHere:
			u.leave(row, "it was there before, and was replaced")
		case row.State == checkpoints.Refused && strings.HasPrefix(row.Reason, lostPrefix):
			u.leave(row, row.Reason)
			forget = append(forget, row.Item)
		case row.State == checkpoints.Removed, row.State == checkpoints.Sending:
		default:
			forget = append(forget, row.Item)
		}
	}
	for target, rows := range byTarget {
		if err := d.retry(ctx, p.Path, func() error { return d.undoRows(ctx, p, spot{d.targetOf(p.Class), target}, &rows, u) }); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(forget, rowsAtOnce) {
		if err := d.drop(ctx, chunk...); err != nil {
			return err
		}
	}
	return nil
}

// undoRows removes the items of rows from a folder of the target, and takes those from rows that are done with.
func (d *delivery) undoRows(ctx context.Context, p checkpoints.Place, s spot, rows *[]checkpoints.Receipt, u *Undone) error {
	there, ok := d.listed[s]
	if !ok {
		u.Gone += len(*rows)
		return d.undone(ctx, *rows)
	}
	open, held, err := d.open(ctx, s.target, there)
	if err != nil {
		return at(p.Path, sideTarget, err)
	}
	defer func() { _ = open.Close() }() // nothing was put into it
	if err := confirm(ctx, open, held, s.id, slices.Values(*rows)); err != nil {
		return at(p.Path, sideTarget, err)
	}
	for len(*rows) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk := (*rows)[:min(len(*rows), max(1, open.Batch()))]
		var items []sinks.Held
		for _, row := range chunk {
			if _, here := held[row.ID]; here {
				items = append(items, sinks.Held{ID: row.ID, State: row.Holds})
			}
		}
		hand, done := d.inHand(ctx)
		var removed []sinks.Held
		if len(items) > 0 {
			removed, err = open.Delete(hand, items)
		}
		done()
		if err != nil {
			return at(p.Path, sideTarget, fmt.Errorf("remove %d items: %w", len(items), err))
		}
		gone := map[string]bool{}
		for _, h := range removed {
			gone[h.ID] = true
		}
		var finished []checkpoints.Receipt
		for _, row := range chunk {
			_, here := held[row.ID]
			switch {
			case !here:
				u.Gone++
			case gone[row.ID]:
				u.Removed++
			default:
				u.leave(row, "it was changed at the target")
				continue
			}
			finished = append(finished, row)
		}
		if err := d.undone(ctx, finished); err != nil {
			return err
		}
		*rows = (*rows)[len(chunk):]
	}
	return nil
}

func (d *delivery) undone(ctx context.Context, rows []checkpoints.Receipt) error {
	var keep []checkpoints.Receipt
	var drop []string
	for _, row := range rows {
		if itemOf(row.Item) != row.Item {
			drop = append(drop, row.Item)
			continue
		}
		row.State, row.Reason = checkpoints.Removed, "undone"
		keep = append(keep, row)
	}
	if err := d.save(ctx, keep...); err != nil {
		return err
	}
	return d.drop(ctx, drop...)
}

func (u *Undone) leave(row checkpoints.Receipt, why string) {
	if len(u.Left) >= maxListed {
		u.Excess++
		return
	}
	u.Left = append(u.Left, Listed{Item: itemOf(row.Item), Kind: KindLeft, Reason: why})
}
