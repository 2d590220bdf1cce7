package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// errNotDone says that a target reported a change and did not make it.
var errNotDone = errors.New("the target says that it is done, and it is not")

// follow gives a folder of the target's the path that its folder in the source leads to now. One that was made for the migration, and is
// nobody else's place, is renamed; from any other one the items are moved to where they belong, and the place that is returned has no
// Target yet.
func (d *delivery) follow(ctx context.Context, f *Folder, p checkpoints.Place, want string) (checkpoints.Place, error) {
	t := d.targetOf(f.Class)
	_, taken := d.find(t, want, f.Class)
	_, inside := below(want, p.At)
	if p.Made && !taken && !inside && !d.shared(p) {
		if err := d.makeParents(ctx, f, want); err != nil {
			return p, err
		}
		var q checkpoints.Place
		err := d.retry(ctx, f.Path, func() (err error) {
			q, err = d.rename(ctx, f, d.place(f.ID), want)
			return at(f.Path, sideTarget, err)
		})
		if !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, sinks.ErrExist) {
			return q, err
		}
	}
	if err := d.keepFormer(ctx, p); err != nil {
		return p, err
	}
	p.Target, p.At, p.Want, p.Made, p.Mark = "", "", "", false, ""
	return p, d.savePlace(ctx, p)
}

// shared tells whether a folder of the target's is the place of several folders.
func (d *delivery) shared(p checkpoints.Place) bool {
	n := 0
	for _, q := range d.sortedPlaces() {
		if q.Target == p.Target && d.targetOf(q.Class) == d.targetOf(p.Class) && !standsAlone(q) {
			n++
		}
	}
	return n > 1
}

// rename renames a folder, and with it those below it. Where each of them is going to be is durable before.
func (d *delivery) rename(ctx context.Context, f *Folder, p checkpoints.Place, want string) (checkpoints.Place, error) {
	t := d.targetOf(f.Class)
	old := d.listed[spot{t, p.Target}]
	var moving []string
	for _, q := range d.sortedPlaces() {
		rest, below := below(q.At, old.Path)
		if q.Target == "" || !below || d.targetOf(q.Class) != t || len(rest) == 0 && q.Target != p.Target {
			continue
		}
		q.Next = join(want, rest)
		if err := d.savePlace(ctx, q); err != nil {
			return p, err
		}
		moving = append(moving, q.Folder)
	}
	_, err := d.Targets[t].RenameFolder(ctx, old, want)
	switch {
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, sinks.ErrExist):
		for _, folder := range moving {
			q := d.place(folder)
			q.Next = ""
			if err := d.savePlace(ctx, q); err != nil {
				return p, err
			}
		}
		return p, err
	case err != nil && !passing(err):
		return p, err
	}
	// Whether it was done is seen by what is there.
	if err := d.list(ctx); err != nil {
		return p, err
	}
	if err := d.finishRenames(ctx); err != nil {
		return p, err
	}
	p = d.place(f.ID)
	if p.Want != want {
		return p, fmt.Errorf("rename %s to %s: %w", old.Path, want, cmp.Or(err, errNotDone))
	}
	p.Path = f.Path
	return p, d.savePlace(ctx, p)
}

// finishRenames finds the folders again that were being renamed.
func (d *delivery) finishRenames(ctx context.Context) error {
	for _, p := range d.sortedPlaces() {
		if err := d.finishRename(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (d *delivery) finishRename(ctx context.Context, p checkpoints.Place) error {
	t := d.targetOf(p.Class)
	if p.Next == "" || t < 0 {
		return nil
	}
	there, ok := d.listed[spot{t, p.Target}]
	switch {
	case ok && there.Path == p.At: // it was not done
		p.Next = ""
		return d.savePlace(ctx, p)
	case ok: // the target has the same name for it as before
	default:
		err := d.retry(ctx, p.Path, func() (err error) {
			there, _, err = d.Targets[t].MakeFolder(ctx, sinks.Place{Path: p.Next, Class: p.Class, Items: -1})
			return at(p.Path, sideTarget, err)
		})
		if err != nil {
			return err
		}
		d.listed[spot{t, there.ID}] = there
		if err := d.retry(ctx, p.Path, func() error { return d.rematch(ctx, p, there) }); err != nil {
			return err
		}
	}
	p.Target, p.At, p.Want, p.Next, p.Mark = there.ID, there.Path, p.Next, "", ""
	return d.savePlace(ctx, p)
}

// rematch finds the items of a folder again that has another name at the target now.
func (d *delivery) rematch(ctx context.Context, p checkpoints.Place, there sinks.Place) error {
	t := d.targetOf(p.Class)
	var rows []checkpoints.Receipt
	for row, err := range d.Receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: p.Folder}) {
		if err != nil {
			return at(p.Path, sideReceipts, err)
		}
		if row.Target == p.Target {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	open, held, err := d.open(ctx, t, there)
	if err != nil {
		return at(p.Path, sideTarget, err)
	}
	defer func() { _ = open.Close() }() // nothing was put into it
	claimed, err := d.claims(ctx, spot{t, there.ID})
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, open.Batch()) {
		var lost []*checkpoints.Receipt
		for i := range chunk {
			row := &chunk[i]
			row.Target = there.ID
			switch {
			case row.ID == "", row.State != checkpoints.Placed && row.State != checkpoints.Found && row.State != checkpoints.Sending:
			case held[row.ID].State == row.Holds && row.Holds != "" && !claimed[row.ID]:
				claimed[row.ID] = true
			default:
				lost = append(lost, row)
			}
		}
		found, err := d.search(ctx, open, "", p.Path, lost)
		if err != nil {
			return err
		}
		// Of several that are the same each row gets the one that is as it was put, if there is one.
		for i, row := range lost {
			found[i] = slices.DeleteFunc(found[i], func(h sinks.Held) bool { return claimed[h.ID] })
			slices.SortStableFunc(found[i], func(a, b sinks.Held) int { return cmp.Compare(exact(row, b), exact(row, a)) })
			if len(found[i]) > 0 && exact(row, found[i][0]) > 0 {
				found[i] = found[i][:1]
				claimed[found[i][0].ID] = true
				row.ID = found[i][0].ID
			}
		}
		for i, row := range lost {
			if len(found[i]) == 1 && row.ID == found[i][0].ID {
				continue
			}
			h, ok := unclaimed(found[i], claimed)
			switch {
			case ok:
				claimed[h.ID] = true
				row.ID = h.ID // and it holds what it held
			case row.State != checkpoints.Sending:
				row.State, row.Reason = checkpoints.Taken, "it is not in its folder any more"
			}
		}
		if err := d.save(ctx, chunk...); err != nil {
			return err
		}
	}
	return nil
}

func exact(row *checkpoints.Receipt, h sinks.Held) int {
	if h.State == row.Holds {
		return 1
	}
	return 0
}

func unclaimed(found []sinks.Held, claimed map[string]bool) (sinks.Held, bool) {
	i := slices.IndexFunc(found, func(h sinks.Held) bool { return !claimed[h.ID] })
	if i < 0 {
		return sinks.Held{}, false
	}
	return found[i], true
}
