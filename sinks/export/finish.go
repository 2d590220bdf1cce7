package export

import (
	"context"
	"errors"
	"os"
	"path"
	"slices"

	"golang.org/x/sync/errgroup"
)

// finish removes what earlier exports wrote and this one did not, flushes everything to the disk, and puts the manifest in
// its place. The context ends it between files.
func (t *tree) finish(ctx context.Context, sum *Summary) error {
	for _, name := range t.before {
		if err := t.removeStale(ctx, name, sum); err != nil {
			return err
		}
	}
	if err := t.note(lastLine{sum}); err != nil {
		return err
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	// The export is done here: before this line a crash leaves one that the same call completes.
	if err := t.root.Rename(logName, ManifestName); err != nil {
		return err
	}
	return errors.Join(t.flushDir("."), t.clean())
}

// removeStale removes the files that a manifest names and the new one does not, if they still are what was written. Where the
// archive is damaged they may be all that is left of something: they stay, and the new manifest names them.
func (t *tree) removeStale(ctx context.Context, manifest string, sum *Summary) error {
	for l, err := range t.readManifest(manifest) {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if _, named := t.fates[t.sumOf(l.Path+l.In)]; named || l.Path+l.In == "" {
			continue
		}
		if l.In != "" {
			if sum.Damaged > 0 {
				err = t.note(l.Line)
			}
		} else if same, serr := t.same(l.Line); serr != nil || !same {
			err = serr
		} else if sum.Damaged > 0 {
			err = t.add(sum, l.Line, fateKept)
		} else {
			err = t.remove(l.Path)
			sum.Removed++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// remove removes a file, and the directories that are empty then.
func (t *tree) remove(name string) error {
	if err := t.root.Remove(name); err != nil {
		return err
	}
	for dir := path.Dir(name); dir != "." && t.root.Remove(dir) == nil; dir = path.Dir(dir) {
		delete(t.made, dir)
	}
	return nil
}

// flush makes what the manifest names durable, and then the manifest. What an export wrote that came to its end is durable
// already.
func (t *tree) flush(ctx context.Context) error {
	cutOff := slices.ContainsFunc(t.before, func(name string) bool { return name != ManifestName })
	var g errgroup.Group
	g.SetLimit(8) // disks flush several files in the time of one
	dirs := map[string]bool{".": true}
	err := func() error {
		for l, err := range t.readManifest(logName) {
			if err = errors.Join(err, ctx.Err()); err != nil {
				return err
			}
			if l.Path == "" || t.fates[t.sumOf(l.Path)] == fateKept && !cutOff {
				continue
			}
			for dir := path.Dir(l.Path); !dirs[dir]; dir = path.Dir(dir) {
				dirs[dir] = true
			}
			g.Go(func() error { return t.flushFile(l.Path) })
		}
		return nil
	}()
	if err := errors.Join(err, g.Wait()); err != nil {
		return err
	}
	for dir := range dirs {
		if err := t.flushDir(dir); err != nil {
			return err
		}
	}
	err = errors.Join(t.log.Sync(), t.log.Close())
	t.log = nil
	return err
}

func (t *tree) flushFile(name string) error {
	f, err := t.root.OpenFile(name, os.O_RDWR, 0) // Windows flushes what may be written
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// flushDir makes the names in a directory durable, as far as the system can.
func (t *tree) flushDir(dir string) error {
	d, err := t.root.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // Windows flushes no directories, and some network file systems neither
	return d.Close()
}
