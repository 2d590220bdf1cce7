package deliver

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// resolve finds out what became of what was sent from a folder and has no answer.
// Where found is not nil, it is called with each row of something that is there.
func (d *delivery) resolve(ctx context.Context, folder string, found func(row checkpoints.Receipt, kind Kind)) error {
	p := d.place(folder)
	var rows []checkpoints.Receipt
	for row, err := range d.Receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: folder}) {
		if err != nil {
			return at(p.Path, sideReceipts, err)
		}
		if row.State == checkpoints.Sending {
			rows = append(rows, row)
		}
	}
	t := d.targetOf(p.Class)
	if len(rows) == 0 || t < 0 {
		return nil
	}
	open, held, err := d.open(ctx, t, d.listedAt(spot{t, p.Target}, p))
	switch {
	case errors.Is(err, sinks.ErrNotExist):
		return d.unsent(ctx, rows)
	case err != nil:
		return at(p.Path, sideTarget, err)
	}
	defer func() { _ = open.Close() }() // nothing was put into it
	claimed, err := d.claims(ctx, spot{t, p.Target})
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, open.Batch()) {
		certain, err := d.resolveSome(ctx, p, open, held, claimed, chunk)
		if err != nil {
			return err
		}
		for _, c := range certain {
			d.tell(Event{
				Kind: c.kind, Folder: p.Path, Target: p.At, Class: p.Class, Item: itemOf(c.row.Item), Bytes: c.row.Size,
				Reason: "it was sent before, and the target has it",
			})
			if found != nil {
				found(c.row, c.kind)
			}
		}
	}
	return nil
}

func (d *delivery) listedAt(s spot, p checkpoints.Place) sinks.Place {
	if there, ok := d.listed[s]; ok {
		return there
	}
	return sinks.Place{ID: p.Target, Path: p.At, Class: p.Class}
}

// unsent resolves rows whose folder is not there any more: what was put is gone with it.
func (d *delivery) unsent(ctx context.Context, rows []checkpoints.Receipt) error {
	var gone []string
	var taken []checkpoints.Receipt
	for _, row := range rows {
		if row.ID == "" {
			gone = append(gone, row.Item)
			continue
		}
		row.State, row.Reason = checkpoints.Taken, "its folder is not at the target any more"
		taken = append(taken, row)
	}
	if err := d.save(ctx, taken...); err != nil {
		return err
	}
	return d.drop(ctx, gone...)
}

func (d *delivery) resolveSome(ctx context.Context, p checkpoints.Place, open sinks.TargetFolder, held map[string]sinks.Held,
	claimed map[string]bool, rows []checkpoints.Receipt,
) (there []resolved, err error) {
	asked := make([]*checkpoints.Receipt, len(rows))
	for i := range rows {
		asked[i] = &rows[i]
	}
	found, err := d.search(ctx, open, p.Mark, p.Path, asked)
	if err != nil {
		return nil, err
	}
	var keep []checkpoints.Receipt
	var drop []string
	var replaced []sinks.Held
	for i, row := range rows {
		own := row.ID
		h, ok := unclaimed(found[i], claimed)
		switch {
		case row.State != checkpoints.Sending: // what was sent cannot be had any more
		case ok:
			claimed[h.ID] = true
			kind := KindPut
			if strings.HasPrefix(row.Reason, fromPrefix) {
				kind = KindMoved
			}
			if own != "" { // it was put in the place of another one, which is perhaps still there
				replaced = append(replaced, sinks.Held{ID: own, State: row.Holds})
				kind = KindUpdated
			}
			row = settled(row, h)
			there = append(there, resolved{row, kind})
		case own == "":
			drop = append(drop, row.Item)
			continue
		default:
			if row, err = d.inPlace(ctx, p, open, held, row); err != nil { // it is told its marks once more, which tells of it
				return nil, err
			}
		}
		keep = append(keep, row)
	}
	if len(replaced) > 0 {
		if _, err := open.Delete(ctx, replaced); err != nil {
			return nil, at(p.Path, sideTarget, err)
		}
	}
	if err := d.save(ctx, keep...); err != nil {
		return nil, err
	}
	return there, d.drop(ctx, drop...)
}

// resolved is a row of which it is certain now that its item is there, and by what it came.
type resolved struct {
	row  checkpoints.Receipt
	kind Kind
}

// settled is a row whose item is there as it was sent.
func settled(row checkpoints.Receipt, h sinks.Held) checkpoints.Receipt {
	row.State, row.ID, row.Holds = checkpoints.Placed, h.ID, h.State
	if row.Reason == wasHere {
		row.State = checkpoints.Found
		return row
	}
	row.Reason = ""
	return row
}

// inPlace resolves a row whose item was being changed where it is.
func (d *delivery) inPlace(ctx context.Context, p checkpoints.Place, open sinks.TargetFolder, held map[string]sinks.Held,
	row checkpoints.Receipt,
) (checkpoints.Receipt, error) {
	now, there := held[row.ID]
	if !there {
		row.State, row.Reason = checkpoints.Taken, "it is not in its folder any more"
		return row, nil
	}
	found, err := d.search(ctx, open, "", p.Path, []*checkpoints.Receipt{&row})
	if err != nil || row.State != checkpoints.Sending {
		return row, err
	}
	has := slices.ContainsFunc(found[0], func(h sinks.Held) bool { return h.ID == row.ID })
	before := row.Holds
	sent := row.SHA256
	row = settled(row, now)
	row.Marks = "" // they are told once more
	if !has {
		// It has other contents than were sent: those from before, or somebody else's.
		row.SHA256, row.Holds = "", before
		return row, nil
	}
	row.SHA256 = sent
	return row, nil
}

// search looks for what rows in Sending say was sent. Those whose contents cannot be had any more become Refused, and nothing is found
// for them.
func (d *delivery) search(ctx context.Context, open sinks.TargetFolder, mark, path string, rows []*checkpoints.Receipt) ([][]sinks.Held, error) {
	found := make([][]sinks.Held, len(rows))
	var items []sinks.TargetItem
	var of []int
	for i, row := range rows {
		item, err := d.sent(ctx, row)
		switch {
		case err == nil:
			items, of = append(items, sinks.TargetItem{Key: itemOf(row.Item), Event: item.Event, Contents: item.Contents}), append(of, i)
		case errors.Is(err, sinks.ErrNotExist), errors.Is(err, sinks.ErrCorrupt):
			d.lose(row, path, err)
		default:
			return nil, at(path, sideSource, err)
		}
	}
	for len(items) > 0 {
		guarded, faults := guard(items)
		got, err := open.Find(ctx, mark, guarded)
		if i, cause := faults.first(); cause != nil && ctx.Err() == nil {
			d.lose(rows[of[i]], path, cause)
			items, of = slices.Delete(items, i, i+1), slices.Delete(of, i, i+1)
			continue
		}
		if err != nil {
			return nil, at(path, sideTarget, err)
		}
		for i, held := range got[:min(len(got), len(of))] {
			found[of[i]] = held
		}
		break
	}
	return found, nil
}

// lose notes that nobody can find out what became of what was sent.
func (d *delivery) lose(row *checkpoints.Receipt, path string, err error) {
	row.State = checkpoints.Refused
	row.Reason = lostPrefix + err.Error()
	d.tell(Event{Kind: KindLost, Folder: path, Item: itemOf(row.Item), Reason: row.Reason})
}

// sent returns an item as it was sent.
func (d *delivery) sent(ctx context.Context, row *checkpoints.Receipt) (Item, error) {
	item, folder := itemOf(row.Item), row.Folder
	if from, ok := strings.CutPrefix(row.Reason, fromPrefix); ok && row.State == checkpoints.Sending {
		before, err := d.Receipts.Receipt(ctx, d.key, from)
		switch {
		case errors.Is(err, checkpoints.ErrNotFound):
		case err != nil:
			return Item{}, at("", sideReceipts, err)
		default:
			item, folder = itemOf(from), before.Folder
		}
	}
	if d.Source == nil {
		return Item{}, sinks.ErrNotExist
	}
	found, err := d.Source.Version(ctx, folder, item, row.SHA256)
	// What was moved and changed before the target was told has the bytes under the name that it had before.
	for hop := 0; errors.Is(err, sinks.ErrNotExist) && hop < maxHops; hop++ {
		from, oerr := d.origin(ctx, item)
		switch {
		case oerr != nil:
			return Item{}, oerr
		case from.item == "":
			return Item{}, err
		}
		item = from.item
		found, err = d.Source.Version(ctx, from.folder, item, row.SHA256)
	}
	return found, err
}
