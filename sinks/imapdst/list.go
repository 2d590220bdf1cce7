package imapdst

import (
	"context"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// maxFolders is how many folders a mailbox can have.
const maxFolders = 100_000

// Types of folders, MS-ASCMD 2.2.3.186.3.
const (
	typeInbox  = 2
	typeDrafts = 3
	typeTrash  = 4
	typeSent   = 5
	typeUser   = 12
)

// Folders implements sinks.Target. Those that are views of others (\All, \Flagged) and those that others share are not among them.
func (t *Target) Folders(ctx context.Context) (places []sinks.Place, err error) {
	err = t.control(ctx, func(c *conn) error {
		places, err = t.list(ctx, c, "*")
		return err
	})
	return places, err
}

// list lists mailboxes with the number of their messages. t.turn is held.
func (t *Target) list(ctx context.Context, c *conn, pattern string) ([]sinks.Place, error) {
	var found []*imap.ListData
	o := &imap.ListOptions{ReturnSpecialUse: c.caps.Has(imap.CapSpecialUse) && c.caps.Has(imap.CapListExtended)}
	status := c.caps.Has(imap.CapListStatus)
	if status {
		o.ReturnStatus = &imap.StatusOptions{NumMessages: true}
	}
	err := c.run(ctx, "LIST", func() error {
		cmd := c.c.List("", pattern, o)
		for d := cmd.Next(); d != nil; d = cmd.Next() {
			if len(found) < maxFolders && selectable(d.Attrs) && t.naming.own(d.Mailbox) {
				found = append(found, d)
			}
		}
		return cmd.Close()
	})
	if err != nil {
		return nil, err
	}
	if len(found) == maxFolders {
		return nil, fmt.Errorf("LIST: %w: more than %d folders", ErrProtocol, maxFolders)
	}
	if !status {
		if err := count(ctx, c, found); err != nil {
			return nil, err
		}
	}
	places := make([]sinks.Place, 0, len(found))
	for _, d := range found {
		p := sinks.Place{ID: d.Mailbox, Path: t.naming.path(d.Mailbox), Class: classEmail, Type: typeOf(d), Items: -1}
		if d.Status != nil && d.Status.NumMessages != nil {
			p.Items = int(*d.Status.NumMessages)
		}
		places = append(places, p)
	}
	return places, nil
}

// count asks how many messages each mailbox has, many at a time. One that does not say it may have gone.
func count(ctx context.Context, c *conn, found []*imap.ListData) error {
	const together = 50
	for some := range slices.Chunk(found, together) {
		err := c.run(ctx, "STATUS", func() error {
			wait := make([]func() (*imap.StatusData, error), len(some))
			for i, d := range some {
				wait[i] = c.c.Status(d.Mailbox, &imap.StatusOptions{NumMessages: true}).Wait
			}
			for i, d := range some {
				if data, err := wait[i](); err == nil {
					d.Status = data
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// selectable tells whether messages can be put into a mailbox with these attributes.
func selectable(attrs []imap.MailboxAttr) bool {
	for _, a := range attrs {
		switch a {
		case imap.MailboxAttrNoSelect, imap.MailboxAttrNonExistent, imap.MailboxAttrAll, imap.MailboxAttrFlagged, imap.MailboxAttrRemote:
			return false
		}
	}
	return true
}

// typeOf tells what a mailbox is for, by its special use. RFC 6154.
func typeOf(d *imap.ListData) int {
	if d.Mailbox == inbox {
		return typeInbox
	}
	for _, a := range d.Attrs {
		for typ, use := range specialUse {
			if a == use {
				return typ
			}
		}
	}
	return typeUser
}

var specialUse = map[int]imap.MailboxAttr{
	typeDrafts: imap.MailboxAttrDrafts,
	typeTrash:  imap.MailboxAttrTrash,
	typeSent:   imap.MailboxAttrSent,
}
