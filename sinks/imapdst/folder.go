package imapdst

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

// A folder is a mailbox that is selected on a connection of its own.
type folder struct {
	t     *Target
	place sinks.Place
	c     *conn

	validity  uint32
	next      imap.UID // no message there has this UID or a higher one
	empty     bool
	since     time.Time // of the connection
	broke     bool      // there was another one before
	permanent []imap.Flag
	limit     int64 // bytes of a message; 0 = not known
	room      room

	names   names
	reading bool     // Held is under way
	spool   *os.File // what Read read last
	closed  bool
}

var errBusy = errors.New("the folder is being listed")

// conn returns the connection, with the folder selected.
func (f *folder) conn(ctx context.Context) (*conn, error) {
	switch {
	case f.closed:
		return nil, errClosed
	case f.reading:
		return nil, errBusy
	case !f.c.dead():
		return f.c, nil
	}
	if f.c != nil {
		f.c.Close()
		f.c, f.broke = nil, true
	}
	c, err := f.t.take(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.choose(ctx, c); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	f.c, f.since = c, time.Now()
	return c, nil
}

// choose selects the folder.
func (f *folder) choose(ctx context.Context, c *conn) error {
	err := c.run(ctx, "SELECT", func() error {
		d, err := c.c.Select(f.place.ID, &imap.SelectOptions{CondStore: c.caps.Has(imap.CapCondStore)}).Wait()
		if err != nil {
			return understand(err, sinks.ErrNotExist)
		}
		if d.UIDNext == 0 { // QUIRK(Courier 5.0): SELECT does not tell
			now, err := c.c.Status(f.place.ID, &imap.StatusOptions{UIDNext: true}).Wait()
			if err != nil {
				return err
			}
			d.UIDNext = now.UIDNext
		}
		if d.UIDValidity == 0 || d.UIDNext == 0 {
			return fmt.Errorf("%w: it does not tell UIDVALIDITY and UIDNEXT", ErrProtocol)
		}
		if d.UIDValidity != f.validity || d.UIDNext > f.next {
			f.next = d.UIDNext
		}
		f.validity, f.permanent, f.empty = d.UIDValidity, d.PermanentFlags, d.NumMessages == 0
		return nil
	})
	if err != nil {
		return err
	}
	if f.limit, err = c.appendLimit(ctx, f.place.ID); err != nil {
		return err
	}
	return f.askRoom(ctx, c)
}

// appendLimit asks for the size of the largest message. RFC 7889.
func (c *conn) appendLimit(ctx context.Context, mailbox string) (limit int64, err error) {
	all, ok := c.caps.AppendLimit()
	switch {
	case !ok:
		return 0, nil
	case all != nil:
		return int64(*all), nil
	}
	err = c.run(ctx, "STATUS", func() error {
		d, err := c.c.Status(mailbox, &imap.StatusOptions{AppendLimit: true}).Wait()
		if err == nil && d.AppendLimit != nil && *d.AppendLimit != ^uint32(0) {
			limit = int64(*d.AppendLimit)
		}
		return err
	})
	if err != nil && !c.dead() {
		err = nil // some servers refuse STATUS of what is selected; then it is found out
	}
	return limit, err
}

// again runs what changes nothing when it is run twice: a second time if the connection breaks.
func (f *folder) again(ctx context.Context, run func(c *conn) error) error {
	for again := false; ; again = true {
		c, err := f.conn(ctx)
		if err != nil {
			return err
		}
		if err = run(c); err == nil || again || !c.dead() || ctx.Err() != nil {
			return err
		}
	}
}

// Mark implements sinks.TargetFolder: "<UIDVALIDITY>.<UIDNEXT>".
func (f *folder) Mark() string {
	if f.empty {
		return ""
	}
	return f.id(f.next)
}

// settle waits until the server has stored what an earlier connection may have left it with. waited: it was not so long ago.
func (f *folder) settle(ctx context.Context) (waited bool, err error) {
	left := f.t.settings.settle - time.Since(f.since)
	if left <= 0 {
		return false, nil
	}
	return true, pause(ctx, left)
}

func (f *folder) id(uid imap.UID) string { return fmt.Sprintf("%d.%d", f.validity, uid) }

// parseID reads the name of a message, or a mark.
func parseID(id string) (validity uint32, uid imap.UID, err error) {
	a, b, _ := strings.Cut(id, ".")
	v, err1 := strconv.ParseUint(a, 10, 32)
	u, err2 := strconv.ParseUint(b, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		return 0, 0, fmt.Errorf("%q: %w", cut(id), sinks.ErrFormat)
	}
	return uint32(v), imap.UID(u), nil
}

// uid returns the UID of an item that is held. sinks.ErrNotExist: it is of a folder that was there before this one.
func (f *folder) uid(id string) (imap.UID, error) {
	validity, uid, err := parseID(id)
	if err == nil && validity != f.validity {
		err = sinks.ErrNotExist
	}
	return uid, err
}

// Held implements sinks.TargetFolder. Nothing else can be asked of the folder meanwhile.
func (f *folder) Held(ctx context.Context) iter.Seq2[sinks.Held, error] {
	return func(yield func(sinks.Held, error) bool) {
		c, err := f.conn(ctx)
		if err != nil {
			yield(sinks.Held{}, f.wrap(err))
			return
		}
		f.reading = true
		defer func() { f.reading = false }()
		on := true
		err = c.look(ctx, all(1), lookFor{}, func(m *seen) error {
			if on && !yield(sinks.Held{ID: f.id(m.uid), State: m.flags.state()}, nil) {
				on = false
			}
			return nil
		})
		if err != nil && on {
			yield(sinks.Held{}, f.wrap(err))
		}
	}
}

// all is the set of all UIDs from one on.
func all(from imap.UID) imap.UIDSet { return imap.UIDSet{{Start: from}} }

func (f *folder) wrap(err error) error { return folderErr(f.place.Path, err) }

// Close implements sinks.TargetFolder.
func (f *folder) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	err := f.t.give(f.c)
	f.c = nil
	<-f.t.slots
	return errors.Join(err, f.removeSpool())
}
