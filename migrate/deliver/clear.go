package deliver

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/sinks"
)

// clear removes folders that were made for the migration, that are not needed any more, and that are empty: those whose items were
// moved to another place, and, where deletions are wanted, those that are gone from the source.
func (d *delivery) clear(ctx context.Context) error {
	gone := map[string]bool{}
	for _, f := range d.folders {
		gone[f.ID] = f.Gone && d.Deletes
	}
	for _, p := range d.deepestFirst() {
		if !strings.HasPrefix(p.Folder, formerPlace) && !gone[p.Folder] {
			continue
		}
		why, err := d.deleteFolder(ctx, p)
		if err != nil {
			return err
		}
		if why != "" {
			d.tell(Event{Kind: KindKept, Folder: p.Path, Target: p.At, Class: p.Class, Reason: why})
		}
	}
	return nil
}

// deepestFirst returns the folders that were made for the migration, each before those that it is in.
func (d *delivery) deepestFirst() []checkpoints.Place {
	all := slices.DeleteFunc(d.sortedPlaces(), func(p checkpoints.Place) bool { return !p.Made || p.Target == "" })
	slices.SortStableFunc(all, func(a, b checkpoints.Place) int {
		return cmp.Compare(len(sinks.SplitPath(b.At)), len(sinks.SplitPath(a.At)))
	})
	return all
}

// deleteFolder removes a folder that was made for the migration. kept says why it is still there; "" = it is not.
func (d *delivery) deleteFolder(ctx context.Context, p checkpoints.Place) (kept string, err error) {
	t := d.targetOf(p.Class)
	if t < 0 {
		return "no target takes its class", nil
	}
	s := spot{t, p.Target}
	if there, ok := d.listed[s]; ok {
		if d.needed(p, s, there.Path) {
			return "it is the place of another folder, or of one below it", nil
		}
		err := d.retry(ctx, p.Path, func() error { return at(p.Path, sideTarget, d.Targets[t].DeleteFolder(ctx, there)) })
		if kept, err = keptFor(ctx, err); kept != "" || err != nil {
			return kept, err
		}
		delete(d.listed, s)
	}
	p.Target, p.At, p.Want, p.Next, p.Made, p.Mark = "", "", "", "", false, ""
	return "", d.savePlace(ctx, p)
}

// keptFor tells why a folder was not removed, so that one does not keep the others; an error is for all of them.
func keptFor(ctx context.Context, err error) (string, error) {
	switch {
	case errors.Is(err, sinks.ErrNotEmpty):
		return "something is in it", nil
	case errors.Is(err, errors.ErrUnsupported):
		return "the target removes no folders", nil
	case errors.Is(err, sinks.ErrNotExist):
		return "", nil
	case fatal(ctx, err):
		return "", err
	}
	return text(err), nil
}

// text is what an error says, if there is one.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// needed tells whether a folder is still the place of a folder of the source, or above one.
func (d *delivery) needed(p checkpoints.Place, s spot, path string) bool {
	for _, q := range d.sortedPlaces() {
		if q.Folder == p.Folder || standsAlone(q) || q.Target == "" || d.targetOf(q.Class) != s.target {
			continue
		}
		if there, ok := d.listed[spot{s.target, q.Target}]; ok {
			if _, in := below(there.Path, path); in && (q.Target == s.id || there.Path != path) {
				return true
			}
		}
	}
	return false
}
