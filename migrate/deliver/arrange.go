package deliver

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// Folders that were made and that no folder of the source stands for have a Place, too, so that Undo knows of them: parents, and those
// that the items of a folder were moved away from.
const (
	parentPlace = "parent:"
	formerPlace = "former:"
)

func standsAlone(p checkpoints.Place) bool {
	return strings.HasPrefix(p.Folder, parentPlace) || strings.HasPrefix(p.Folder, formerPlace)
}

// arrange finds or makes the folder of the target for each folder of the source, and puts together those that share one.
func (d *delivery) arrange(ctx context.Context) (groups []*group, failed error) {
	byspot := map[spot]*group{}
	for i := range d.folders {
		f := &d.folders[i]
		if f.Gone {
			continue
		}
		d.note(f, func(*FolderResult) {})
		if d.targetOf(f.Class) < 0 {
			if err := d.unfitting(ctx, f); err != nil {
				failed = errors.Join(failed, err)
			}
			continue
		}
		p, wanted, err := d.settleFolder(ctx, f)
		if err != nil {
			d.note(f, func(r *FolderResult) { r.Problem = err.Error() })
			d.tell(Event{Kind: KindEnd, Folder: f.Path, Class: f.Class, Reason: err.Error()})
			failed = errors.Join(failed, err)
			if fatal(ctx, err) {
				return nil, failed
			}
			continue
		}
		d.note(f, func(r *FolderResult) { r.Target, r.Made = p.At, p.Made })
		if !wanted {
			continue
		}
		s := spot{d.targetOf(f.Class), p.Target}
		g := byspot[s]
		if g == nil {
			g = &group{d: d, spot: s, target: d.Targets[s.target], place: d.listed[s]}
			byspot[s] = g
			groups = append(groups, g)
		}
		g.folders = append(g.folders, f)
	}
	return groups, failed
}

// unfitting counts the items of a class that no target takes.
func (d *delivery) unfitting(ctx context.Context, f *Folder) error {
	n := 0
	for _, err := range d.Source.Items(ctx, *f) {
		if err != nil {
			return at(f.Path, sideSource, err)
		}
		n++
	}
	d.note(f, func(r *FolderResult) { r.Unfitting, r.Counted = true, n })
	return nil
}

// settleFolder returns the place of a folder, which is there afterwards. wanted is false if it is not there, since somebody removed
// it and there is nothing new to put into it.
func (d *delivery) settleFolder(ctx context.Context, f *Folder) (p checkpoints.Place, wanted bool, err error) {
	t := d.targetOf(f.Class)
	if err := d.finishRename(ctx, d.place(f.ID)); err != nil {
		return d.place(f.ID), false, err
	}
	p = d.place(f.ID)
	want := d.Mapping.path(*f, d.folders, d.placesOf(t))
	if p.Target != "" {
		gone, err := d.gone(ctx, spot{t, p.Target})
		if gone {
			err = d.vanished(ctx, &p)
		}
		if err != nil {
			return p, false, err
		}
	}
	switch {
	case p.Target == "" && p.At != "": // somebody removed it
		if fresh, err := d.fresh(ctx, f); err != nil || !fresh {
			return p, false, err
		}
	case p.Target != "" && p.Want == want:
		p.Path, p.Class, p.At = f.Path, f.Class, d.listed[spot{t, p.Target}].Path
		return p, true, d.savePlace(ctx, p)
	case p.Target != "":
		if p, err = d.follow(ctx, f, p, want); err != nil || p.Target != "" {
			return p, err == nil, err
		}
	}
	p, err = d.make(ctx, f, want)
	return p, err == nil, err
}

// placesOf returns the folders of a target.
func (d *delivery) placesOf(target int) []sinks.Place {
	var all []sinks.Place
	for s, p := range d.listed {
		if s.target == target {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b sinks.Place) int { return strings.Compare(a.ID, b.ID) })
	return all
}

func (d *delivery) find(target int, path, class string) (sinks.Place, bool) {
	for s, p := range d.listed {
		if s.target == target && p.Path == path && (class == "" || p.Class == class) {
			return p, true
		}
	}
	return sinks.Place{}, false
}

// gone tells whether a folder is not at the target any more. One that is not listed is looked for once more, after a while: QUIRK(SOGo 5.8): while it
// makes the folders of a user's first session, another one is told of some of them only.
func (d *delivery) gone(ctx context.Context, s spot) (bool, error) {
	if _, there := d.listed[s]; there {
		return false, nil
	}
	if err := d.Sleep(ctx, d.Backoff); err != nil {
		return false, err
	}
	err := d.list(ctx)
	_, there := d.listed[s]
	return err == nil && !there, err
}

// vanished notes that a folder of the target's is not there any more: what was put into it was taken with it.
func (d *delivery) vanished(ctx context.Context, p *checkpoints.Place) error {
	var rows []checkpoints.Receipt
	for row, err := range d.Receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: p.Folder}) {
		if err != nil {
			return at(p.Path, sideReceipts, err)
		}
		if row.Target == p.Target && (row.State == checkpoints.Placed || row.State == checkpoints.Found) {
			row.State, row.Reason = checkpoints.Taken, "its folder is not at the target any more"
			rows = append(rows, row)
		}
	}
	for chunk := range slices.Chunk(rows, rowsAtOnce) {
		if err := d.save(ctx, chunk...); err != nil {
			return err
		}
	}
	p.Target, p.Made, p.Mark = "", false, ""
	return d.savePlace(ctx, *p)
}

// rowsAtOnce bounds the rows of one transaction.
const rowsAtOnce = 1000

// fresh tells whether a folder has an item without a receipt.
func (d *delivery) fresh(ctx context.Context, f *Folder) (bool, error) {
	known := map[string]bool{}
	for row, err := range d.Receipts.Receipts(ctx, checkpoints.FolderKey{Key: d.key, Folder: f.ID}) {
		if err != nil {
			return false, at(f.Path, sideReceipts, err)
		}
		known[row.Item] = row.State == checkpoints.Taken && !d.Again
	}
	n := 0
	for item, err := range d.Source.Items(ctx, *f) {
		if err != nil {
			return false, at(f.Path, sideSource, err)
		}
		if !known[item.ID] {
			return true, nil
		}
		n++
	}
	d.note(f, func(r *FolderResult) { r.Counted, r.Taken = n, n })
	return false, nil
}

// make finds or makes the folder of a path, with its parents. That it is going to be made is durable before it is.
func (d *delivery) make(ctx context.Context, f *Folder, want string) (checkpoints.Place, error) {
	if err := d.makeParents(ctx, f, want); err != nil {
		return checkpoints.Place{}, err
	}
	t := d.targetOf(f.Class)
	p := checkpoints.Place{Folder: f.ID, Path: f.Path, Class: f.Class, Want: want}
	before := d.place(f.ID)
	if before.Want != want {
		if err := d.keepFormer(ctx, before); err != nil {
			return checkpoints.Place{}, err
		}
		before = checkpoints.Place{}
	}
	if there, ok := d.find(t, want, f.Class); ok {
		p.Target, p.At, p.Made = there.ID, there.Path, before.Made
		return p, d.savePlace(ctx, p)
	}
	typ := f.Type
	if _, said := d.Mapping.said(f.Path); said {
		typ = 0 // a target finds its own folder of a type, whatever path it is asked for
	}
	p, err := d.makeOne(ctx, t, before, p, typ)
	return p, at(f.Path, sideTarget, err)
}

// makeParents makes the folders above a path.
func (d *delivery) makeParents(ctx context.Context, f *Folder, want string) error {
	t := d.targetOf(f.Class)
	names := sinks.SplitPath(want)
	for i := 1; i < len(names); i++ {
		p := checkpoints.Place{Class: f.Class, Want: sinks.JoinPath(names[:i]...)}
		if _, there := d.find(t, p.Want, ""); there {
			continue
		}
		p.Folder = parentPlace + p.Class + ":" + p.Want
		if _, err := d.makeOne(ctx, t, d.place(p.Folder), p, 0); err != nil {
			return at(f.Path, sideTarget, err)
		}
	}
	return nil
}

// makeOne makes a folder. before is what is known of it from an earlier try.
func (d *delivery) makeOne(ctx context.Context, t int, before, p checkpoints.Place, typ int) (checkpoints.Place, error) {
	if err := ctx.Err(); err != nil {
		return p, err
	}
	tried := before.Made // and nobody heard what came of it
	p.Made = true
	if err := d.savePlace(ctx, p); err != nil {
		return p, err
	}
	var there sinks.Place
	var isNew bool
	err := d.retry(ctx, p.Path, func() (err error) {
		there, isNew, err = d.Targets[t].MakeFolder(ctx, sinks.Place{Path: p.Want, Class: p.Class, Type: typ, Items: -1})
		if err != nil {
			tried = true
		}
		return at(p.Path, sideTarget, err)
	})
	if err != nil {
		return p, err
	}
	d.listed[spot{t, there.ID}] = there
	p.Target, p.At, p.Made = there.ID, there.Path, tried || isNew
	return p, d.savePlace(ctx, p)
}

// finishMaking finds the folders that were going to be made when a run ended, and were.
func (d *delivery) finishMaking(ctx context.Context) error {
	for _, p := range d.sortedPlaces() {
		t := d.targetOf(p.Class)
		if !p.Made || p.Target != "" || t < 0 {
			continue
		}
		there, ok := d.find(t, p.Want, p.Class)
		if !ok {
			continue
		}
		p.Target, p.At = there.ID, there.Path
		if err := d.savePlace(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// keepFormer keeps in mind a folder that was made and is not the place of its folder any more.
func (d *delivery) keepFormer(ctx context.Context, p checkpoints.Place) error {
	if !p.Made {
		return nil
	}
	if p.Target == "" { // it was going to be made, and was not
		return nil
	}
	p.Folder, p.Mark = formerPlace+p.Class+":"+p.Target, ""
	return d.savePlace(ctx, p)
}
