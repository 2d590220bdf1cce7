package easdst

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// clean removes what a trial made. What cannot be removed is named.
func (a *attempt) clean(ctx context.Context, place sinks.Place) {
	left := func(what string, err error) {
		if err != nil {
			a.trial.Left = append(a.trial.Left, fmt.Sprintf("%s: %v", what, err))
		}
	}
	if a.f != nil {
		left("the message in "+place.Path, a.cleanFolder(ctx, a.f.c))
		left(place.Path, a.f.Close())
		if trash, ok := a.t.deletedItems(); ok && a.o != nil {
			left("the message in "+trash.Path, a.cleanTrash(ctx, trash))
		}
	}
	err := a.persist(ctx, func() error {
		if a.made { // whatever is in it
			return a.t.dropFolder(ctx, place)
		}
		return a.t.DeleteFolder(ctx, place)
	})
	if errors.Is(err, sinks.ErrNotExist) {
		err = nil
	}
	left("the folder "+place.Path, err)
}

// dropFolder deletes a folder with what is in it.
func (t *Target) dropFolder(ctx context.Context, p sinks.Place) error {
	t.alone.Lock()
	defer t.alone.Unlock()
	f, err := t.folder(ctx, p)
	if err != nil {
		return told(err)
	}
	key, err := t.client.FolderDelete(ctx, t.tree.key, f.ID)
	if err != nil {
		t.tree.key = ""
		return told(err)
	}
	t.tree.key = key
	delete(t.tree.folders, f.ID)
	return nil
}

// persist tries again what a server that is starting anew refuses.
func (a *attempt) persist(ctx context.Context, do func() error) (err error) {
	for n := 1; n <= maxTries; n++ {
		if err = do(); !errors.Is(err, sinks.ErrUnavailable) {
			return err
		}
		if werr := wait(ctx, a.t.o.Settle/2); werr != nil {
			break
		}
	}
	return err
}

// cleanTrash removes what went to Deleted Items. QUIRK(SOGo 5.8): there goes what is to be deleted for good, too.
func (a *attempt) cleanTrash(ctx context.Context, trash sinks.Place) error {
	return a.persist(ctx, func() error {
		f, err := a.t.openFolder(ctx, trash)
		if err != nil {
			return told(err)
		}
		return errors.Join(a.cleanFolder(ctx, f.c), f.Close())
	})
}

func (t *Target) deletedItems() (sinks.Place, bool) {
	t.alone.RLock()
	defer t.alone.RUnlock()
	all := t.tree.places()
	i := slices.IndexFunc(all, func(p sinks.Place) bool { return eas.FolderType(p.Type) == eas.FolderDeletedItems })
	if i < 0 {
		return sinks.Place{}, false
	}
	return all[i], true
}

// cleanFolder removes the messages of this trial and of earlier ones, of those of the trial's folder all that is new.
func (a *attempt) cleanFolder(ctx context.Context, c *collection) error {
	return a.persist(ctx, func() error {
		defer c.lock()()
		if err := c.current(ctx); err != nil {
			return told(err)
		}
		var all []sinks.Held
		for id, one := range c.held {
			if _, old := a.before[id]; c == a.f.c && a.before != nil && !old || isCanary(one.mail) {
				all = append(all, sinks.Held{ID: string(id), State: one.state})
			}
		}
		gone, err := c.remove(ctx, all)
		if err == nil && len(gone) < len(all) {
			err = fmt.Errorf("%d of %d deleted", len(gone), len(all))
		}
		return err
	})
}

// unlisted counts the messages of a folder that never listed any, by the server's estimate: see ways.shows. Where the estimate is too high, for some
// count what was deleted, the folder stays.
func (c *collection) unlisted(ctx context.Context) (int, error) {
	defer c.lock()()
	if _, shows := c.t.ways.shows.Load(c.id); shows {
		return 0, nil
	}
	c.key = eas.InitialKey
	if _, err := c.ask(ctx, nil); err != nil {
		return 0, err
	}
	key := c.key
	c.key = "" // it is not shown again: the folder starts anew
	all, err := c.t.client.GetItemEstimate(ctx, []eas.EstimateRequest{{CollectionID: c.id, Class: c.class, Key: key}})
	if err != nil {
		return 0, err
	}
	return all[0].Count, all[0].Err
}
