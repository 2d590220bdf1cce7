package imapdst

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// RenameFolder implements sinks.Target. sinks.ErrExist: there is such a folder; ErrRefused: it is the inbox, or another folder that has to
// be there.
func (t *Target) RenameFolder(ctx context.Context, p sinks.Place, path string) (renamed sinks.Place, err error) {
	err = t.control(ctx, func(c *conn) error {
		renamed, err = t.rename(ctx, c, p, path)
		return err
	})
	return renamed, folderErr(p.Path, err)
}

func (t *Target) rename(ctx context.Context, c *conn, p sinks.Place, path string) (renamed sinks.Place, err error) {
	name := t.naming.mailbox(path, "")
	switch {
	case p.ID == inbox || name == inbox:
		return renamed, fmt.Errorf("%w: the inbox keeps its name", sinks.ErrRefused)
	case name == p.ID:
		return t.find(ctx, c, name)
	}
	// A second try after a broken connection finds that the first was done.
	before, err := t.find(ctx, c, p.ID)
	if err != nil && !errors.Is(err, sinks.ErrNotExist) {
		return renamed, err
	}
	there, already := t.find(ctx, c, name)
	switch {
	case err != nil && already == nil:
		return there, nil
	case err != nil:
		return renamed, err
	case already == nil && !strings.EqualFold(name, p.ID):
		return renamed, sinks.ErrExist
	}
	for _, parent := range t.naming.parents(name) {
		if _, _, err := t.make(ctx, c, parent, 0, map[string]bool{}); err != nil && !errors.Is(err, sinks.ErrRefused) {
			return renamed, err
		}
	}
	below, err := t.below(ctx, c, p.ID)
	if err != nil {
		return renamed, err
	}
	err = c.run(ctx, "RENAME", func() error {
		return understand(c.c.Rename(p.ID, name, nil).Wait(), sinks.ErrRefused)
	})
	if err != nil {
		return renamed, err
	}
	for _, old := range append(below, before) {
		c.resubscribe(ctx, old.ID, name+strings.TrimPrefix(old.ID, p.ID))
	}
	return t.appears(ctx, c, name)
}

// resubscribe moves a subscription, which RENAME does not. That it cannot be done harms nobody.
func (c *conn) resubscribe(ctx context.Context, old, name string) {
	_ = c.run(ctx, "SUBSCRIBE", func() error {
		return errors.Join(c.c.Subscribe(name).Wait(), c.c.Unsubscribe(old).Wait())
	})
}

// below lists the folders in a folder.
func (t *Target) below(ctx context.Context, c *conn, name string) (below []sinks.Place, err error) {
	prefix := t.naming.delimited(name)
	if prefix == "" {
		return nil, nil
	}
	all, err := t.list(ctx, c, prefix+"*")
	for _, p := range all {
		if strings.HasPrefix(p.ID, prefix) {
			below = append(below, p)
		}
	}
	return below, err
}

// DeleteFolder implements sinks.Target. A folder with folders in it is not empty. IMAP cannot say "if it is empty": what is put there
// between the look and the DELETE is lost.
func (t *Target) DeleteFolder(ctx context.Context, p sinks.Place) error {
	return folderErr(p.Path, t.control(ctx, func(c *conn) error {
		if p.ID == inbox {
			return fmt.Errorf("%w: the inbox stays", sinks.ErrRefused)
		}
		now, err := t.find(ctx, c, p.ID)
		if err != nil {
			return err
		}
		below, err := t.below(ctx, c, p.ID)
		switch {
		case err != nil:
			return err
		case now.Items != 0 || len(below) > 0:
			return sinks.ErrNotEmpty
		}
		err = c.run(ctx, "DELETE", func() error {
			return understand(c.c.Delete(p.ID).Wait(), sinks.ErrRefused)
		})
		if err == nil {
			_ = c.run(ctx, "UNSUBSCRIBE", func() error { return c.c.Unsubscribe(p.ID).Wait() }) // a name that nothing has harms nobody
		}
		return err
	}))
}
