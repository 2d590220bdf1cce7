package imapdst

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// MakeFolder implements sinks.Target. A delimiter in a folder's name, and what the server refuses in one, becomes a character that
// looks like it. What is made is subscribed to, with its parents.
func (t *Target) MakeFolder(ctx context.Context, want sinks.Place) (p sinks.Place, made bool, err error) {
	if want.Class != classEmail {
		return p, false, folderErr(want.Path, fmt.Errorf("%w: of class %s", sinks.ErrRefused, want.Class))
	}
	sent := map[string]bool{} // what was created on a connection that then broke
	err = t.control(ctx, func(c *conn) error {
		var tried string
		for _, refused := range refusable {
			name := t.naming.mailbox(want.Path, refused)
			if name == tried {
				continue
			}
			tried = name
			if p, made, err = t.make(ctx, c, name, want.Type, sent); !errors.Is(err, sinks.ErrRefused) {
				return err
			}
		}
		return err
	})
	return p, made, folderErr(want.Path, err)
}

// make makes a mailbox with its parents, or finds it. sent are those that an earlier try has asked for.
func (t *Target) make(ctx context.Context, c *conn, name string, typ int, sent map[string]bool) (p sinks.Place, made bool, err error) {
	if p, err = t.find(ctx, c, name); !errors.Is(err, sinks.ErrNotExist) {
		return p, err == nil && sent[name], err
	}
	for _, parent := range t.naming.parents(name) {
		if _, err := t.find(ctx, c, parent); errors.Is(err, sinks.ErrNotExist) {
			err = t.create(ctx, c, parent, 0)
			if errors.Is(err, sinks.ErrExist) { // not selectable, which is no obstacle
				err = nil
			}
			if err != nil {
				return p, false, err
			}
		} else if err != nil {
			return p, false, err
		}
	}
	sent[name] = true
	err = t.create(ctx, c, name, typ)
	exists := errors.Is(err, sinks.ErrExist)
	if err != nil && !exists {
		return p, false, err
	}
	if p, err = t.find(ctx, c, name); errors.Is(err, sinks.ErrNotExist) {
		if exists {
			return p, false, fmt.Errorf("%w: it is there, and no messages can be put into it", sinks.ErrRefused)
		}
		return p, false, fmt.Errorf("%w: the server made it under another name, or not at all", sinks.ErrRefused)
	}
	return p, !exists, err
}

// find looks for a mailbox that messages can be put into.
func (t *Target) find(ctx context.Context, c *conn, name string) (sinks.Place, error) {
	places, err := t.list(ctx, c, name) // with "%" or "*" in it, it matches itself among others
	if err != nil {
		return sinks.Place{}, err
	}
	for _, p := range places {
		if p.ID == name {
			return p, nil
		}
	}
	return sinks.Place{}, sinks.ErrNotExist
}

func (t *Target) create(ctx context.Context, c *conn, name string, typ int) error {
	var o *imap.CreateOptions
	if use, ok := specialUse[typ]; ok && c.caps.Has(imap.CapCreateSpecialUse) {
		o = &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{use}}
	}
	err := c.run(ctx, "CREATE", func() error {
		err := c.c.Create(name, o).Wait()
		var e *imap.Error
		if o != nil && errors.As(err, &e) && e.Code != imap.ResponseCodeAlreadyExists {
			err = c.c.Create(name, nil).Wait() // the use is another's already
		}
		return understand(err, sinks.ErrRefused)
	})
	if err != nil {
		return err
	}
	return c.run(ctx, "SUBSCRIBE", func() error {
		err := c.c.Subscribe(name).Wait()
		var e *imap.Error
		if errors.As(err, &e) {
			return nil // the folder is there, and that is what counts
		}
		return err
	})
}

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
	return t.find(ctx, c, name)
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
