package easdst

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// DeleteFolder deletes a folder in which nothing is, and below which none is. What somebody puts there at that moment goes with it: the
// protocol has no deletion that asks.
func (t *Target) DeleteFolder(ctx context.Context, p sinks.Place) error {
	if err := t.deleteFolder(ctx, p); err != nil {
		return fmt.Errorf("folder %q: %w", p.Path, told(err))
	}
	return nil
}

func (t *Target) deleteFolder(ctx context.Context, p sinks.Place) error {
	items, err := t.countItems(ctx, p)
	if err != nil {
		return err
	}
	t.alone.RLock()
	twin, ok := t.tree.twin(eas.CollectionID(p.ID))
	t.alone.RUnlock()
	if ok {
		class, _ := twin.Type.Class()
		more, err := t.countItems(ctx, sinks.Place{ID: string(twin.ID), Class: string(class)})
		if err != nil && !errors.Is(err, sinks.ErrNotExist) {
			return err
		}
		items += more
	}
	t.alone.Lock()
	defer t.alone.Unlock()
	folder, err := t.folder(ctx, p)
	switch {
	case err != nil:
		return err
	case special(folder.Type):
		return fmt.Errorf("the mailbox's own %s: %w", folder.Type, errors.ErrUnsupported)
	case items > 0:
		return sinks.ErrNotEmpty
	}
	for _, below := range t.tree.folders {
		if below.ParentID == folder.ID {
			return sinks.ErrNotEmpty
		}
	}
	key, err := t.client.FolderDelete(ctx, t.tree.key, folder.ID)
	if status(err) == 4 {
		return sinks.ErrNotExist
	}
	if err != nil {
		t.tree.key = ""
		if carriedOut(err) {
			return t.undeleted(ctx, folder.ID, err)
		}
		return err
	}
	t.tree.key = key
	delete(t.tree.folders, folder.ID)
	return nil
}

// countItems counts what the server has in a folder.
func (t *Target) countItems(ctx context.Context, p sinks.Place) (int, error) {
	f, err := t.openFolder(ctx, p)
	if err != nil {
		return 0, err
	}
	n := f.c.count()
	if n == 0 && f.c.class == eas.ClassEmail {
		n, err = f.c.unlisted(ctx)
	}
	return n, errors.Join(err, f.Close())
}

// undeleted looks whether a folder is gone after all. QUIRK(SOGo 5.8): it answers HTTP 500 for those of contacts, which it cannot delete.
func (t *Target) undeleted(ctx context.Context, id eas.CollectionID, cause error) error {
	if err := t.readTree(ctx); err != nil {
		return errors.Join(cause, err)
	}
	if _, there := t.tree.folders[id]; !there {
		return nil
	}
	if broken(cause) {
		return fmt.Errorf("%w: %w", errors.ErrUnsupported, cause)
	}
	return cause
}
