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

// PlannedFolder is what a run is going to do with a folder of the source.
type PlannedFolder struct {
	ID, Path, Class string
	Target          string // path at the target; "" = no target takes the class
	Made            bool   // it is not there, and is going to be made
	There           int    // items that are in it; -1 = it is not known
	Items           int    // live items of the source
	Bytes           int64
	New             int   // have no receipt yet, or one that says that they are not there
	NewBytes        int64 //
	Changed         int   // were put, and changed in the source since
	Left            int   // were put, and left the source
	// Unfitting counts what does not fit; the first 1,000 are listed.
	Unfitting int
	Listed    []Listed
}

// Plan says what a run would do, and changes nothing. It reads the source, the receipts and the target's folders, but not what they hold: what
// was changed at the target meanwhile is not in it.
func Plan(ctx context.Context, o Options) ([]PlannedFolder, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if o.Source == nil {
		return nil, errors.New("deliver: Source is needed")
	}
	d := &delivery{Options: o, key: checkpoints.Key{Job: o.Job, Mailbox: o.Mailbox}}
	plan, err := d.plan(ctx)
	return plan, d.named(err)
}

func (d *delivery) plan(ctx context.Context) ([]PlannedFolder, error) {
	var err error
	if d.places, err = d.Receipts.Places(ctx, d.key); err != nil {
		return nil, at("", sideReceipts, err)
	}
	if err := d.list(ctx); err != nil {
		return nil, err
	}
	if d.folders, err = d.Source.Folders(ctx); err != nil {
		return nil, at("", sideSource, err)
	}
	var plan []PlannedFolder
	for i := range d.folders {
		f := &d.folders[i]
		if f.Gone {
			continue
		}
		p, err := d.planFolder(ctx, f)
		if err != nil {
			return nil, err
		}
		plan = append(plan, p)
	}
	slices.SortFunc(plan, func(a, b PlannedFolder) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Class, b.Class), cmp.Compare(a.ID, b.ID))
	})
	return plan, nil
}

func (d *delivery) planFolder(ctx context.Context, f *Folder) (PlannedFolder, error) {
	p := PlannedFolder{ID: f.ID, Path: f.Path, Class: f.Class, There: -1}
	t := d.targetOf(f.Class)
	var largest int64
	if t >= 0 {
		p.Target = d.Mapping.path(*f, d.folders, d.placesOf(t))
		there, ok := d.listed[spot{t, d.place(f.ID).Target}]
		if !ok || d.place(f.ID).Want != p.Target {
			there, ok = d.find(t, p.Target, f.Class)
		}
		if p.Made = !ok; ok {
			p.Target, p.There = there.Path, there.Items
		}
		if b, ok := d.Targets[t].(sinks.Bounded); ok {
			largest = b.Largest(f.Class)
		}
	}
	rows := map[string]checkpoints.Receipt{}
	for row, err := range d.Receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: f.ID}) {
		if err != nil {
			return p, at(f.Path, sideReceipts, err)
		}
		rows[row.Item] = row
	}
	for item, err := range d.Source.Items(ctx, *f) {
		if err != nil {
			return p, at(f.Path, sideSource, err)
		}
		p.Items++
		p.Bytes += item.Size
		row := rows[item.ID]
		switch {
		case t < 0:
			p.unfit(&item, "no target takes "+f.Class)
			continue
		case largest > 0 && item.Size > largest:
			p.unfit(&item, fmt.Sprintf("%d bytes, and the target takes %d", item.Size, largest))
		}
		switch {
		case row.State == checkpoints.Placed, row.State == checkpoints.Found, row.State == checkpoints.Sending:
			if newsOf(f.Class, row, &item) != newsNone {
				p.Changed++
			}
		case row.State == checkpoints.Taken && !d.Again:
		default:
			p.New++
			p.NewBytes += item.Size
		}
	}
	for l, err := range d.Source.Left(ctx, *f) {
		if err != nil {
			return p, at(f.Path, sideSource, err)
		}
		if rows[l.ID].State == checkpoints.Placed {
			p.Left++
		}
	}
	return p, nil
}

func (p *PlannedFolder) unfit(item *Item, why string) {
	if p.Unfitting++; len(p.Listed) < maxListed {
		p.Listed = append(p.Listed, Listed{Item: item.ID, Kind: KindRefused, Reason: why})
	}
}
