package imapdst

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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
	if p, err = t.appears(ctx, c, name); errors.Is(err, sinks.ErrNotExist) {
		if exists {
			if p, err = t.findFold(ctx, c, name); err == nil {
				return p, false, nil
			}
			return p, false, fmt.Errorf("%w: it is there, and no messages can be put into it", sinks.ErrRefused)
		}
		return p, false, fmt.Errorf("%w: the server made it under another name, or not at all", sinks.ErrRefused)
	}
	return p, !exists, err
}

// appears finds a mailbox that is there by what the server says. QUIRK(Dovecot 2.3): while another session makes some, as one does whose connection
// broke in between, LIST may lack it for a moment.
func (t *Target) appears(ctx context.Context, c *conn, name string) (p sinks.Place, err error) {
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		if p, err = t.find(ctx, c, name); !errors.Is(err, sinks.ErrNotExist) || wait > appearing {
			return p, err
		}
		if err := pause(ctx, wait); err != nil {
			return p, err
		}
	}
}

// appearing bounds the longest wait of appears.
const appearing = 800 * time.Millisecond

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

// findFold looks for a mailbox that is the same for a server to which names have no case.
func (t *Target) findFold(ctx context.Context, c *conn, name string) (sinks.Place, error) {
	places, err := t.list(ctx, c, name)
	if len(places) == 1 && strings.EqualFold(places[0].ID, name) {
		return places[0], nil
	}
	return sinks.Place{}, errors.Join(err, sinks.ErrNotExist)
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
