package imapdst

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"github.com/airlift-eas/airlift/sinks"
)

const (
	classEmail = "Email"
	inbox      = "INBOX"
)

// logoutPatience is how long a server may take to say goodbye.
const logoutPatience = 2 * time.Second

// A Target is a mailbox of an IMAP server. It implements sinks.Target.
type Target struct {
	settings *settings
	slots    chan struct{} // one for each folder that is open

	turn   sync.Mutex // held by who uses the connection for folders
	ctl    *conn
	naming naming

	mu     sync.Mutex
	idle   []*conn // of folders that were closed
	closed bool
}

var _ sinks.Target = (*Target)(nil)

// Open connects to a server and logs in. sinks.ErrDenied: it does not take the credentials; sinks.ErrUnavailable: it cannot be reached.
func Open(ctx context.Context, cfg Config) (*Target, error) {
	s, err := cfg.check()
	if err != nil {
		return nil, err
	}
	t := &Target{settings: &s, slots: make(chan struct{}, s.Connections)}
	if err := t.control(ctx, func(*conn) error { return nil }); err != nil {
		return nil, err
	}
	return t, nil
}

// Takes implements sinks.Target.
func (*Target) Takes(class string) bool { return class == classEmail }

// Largest tells how large a message may be, if that is the same in all folders (RFC 7889); 0 = it is not known.
func (t *Target) Largest(class string) (limit int64) {
	if class != classEmail {
		return 0
	}
	_ = t.control(context.Background(), func(c *conn) error { // a connection that is there is asked nothing
		if all, ok := c.caps.AppendLimit(); ok && all != nil {
			limit = int64(*all)
		}
		return nil
	})
	return limit
}

// Close ends all connections but those of folders that are open.
func (t *Target) Close() error {
	t.mu.Lock()
	t.closed = true
	idle := t.idle
	t.idle = nil
	t.mu.Unlock()
	t.turn.Lock()
	defer t.turn.Unlock()
	err := t.ctl.logout(logoutPatience)
	for _, c := range idle {
		err = errors.Join(err, c.logout(logoutPatience))
	}
	t.ctl = nil
	return err
}

var errClosed = errors.New("the target is closed")

// control runs commands about folders on the connection that is kept for them. If that breaks they are run a second time, on a new one.
func (t *Target) control(ctx context.Context, f func(c *conn) error) error {
	t.turn.Lock()
	defer t.turn.Unlock()
	for again := false; ; again = true {
		if t.isClosed() {
			return errClosed
		}
		if t.ctl.dead() {
			if err := t.reconnect(ctx); err != nil {
				return err
			}
		}
		err := f(t.ctl)
		if err == nil || again || !t.ctl.dead() || ctx.Err() != nil {
			return err
		}
	}
}

func (t *Target) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

func (t *Target) reconnect(ctx context.Context) error {
	if t.ctl != nil {
		t.ctl.Close()
		t.ctl = nil
	}
	c, err := t.settings.connect(ctx)
	if err != nil {
		return err
	}
	n, err := askNaming(ctx, c)
	if err != nil {
		c.Close()
		return err
	}
	t.ctl, t.naming = c, n
	return nil
}

// take returns a connection for a folder.
func (t *Target) take(ctx context.Context) (*conn, error) {
	for {
		t.mu.Lock()
		closed := t.closed
		var c *conn
		if last := len(t.idle) - 1; last >= 0 {
			c, t.idle = t.idle[last], t.idle[:last]
		}
		t.mu.Unlock()
		switch {
		case closed:
			return nil, errClosed
		case c == nil:
			return t.settings.connect(ctx)
		case !c.dead():
			return c, nil
		}
		c.Close()
	}
}

// give takes back the connection of a folder.
func (t *Target) give(c *conn) error {
	if c == nil {
		return nil
	}
	if !t.isClosed() && !c.dead() && c.caps.Has(imap.CapUnselect) {
		ctx, cancel := context.WithTimeout(context.Background(), logoutPatience)
		defer cancel()
		if err := c.run(ctx, "UNSELECT", func() error { return c.c.Unselect().Wait() }); err == nil {
			t.mu.Lock()
			defer t.mu.Unlock()
			if !t.closed {
				t.idle = append(t.idle, c) // at most as many as there are slots
				return nil
			}
		}
	}
	return c.logout(logoutPatience)
}

// Open implements sinks.Target. It waits while as many folders are open as there are connections.
func (t *Target) Open(ctx context.Context, p sinks.Place) (sinks.TargetFolder, error) {
	select {
	case t.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	f := &folder{t: t, place: p}
	if _, err := f.conn(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("folder %s: %w", p.Path, err), f.Close())
	}
	return f, nil
}
