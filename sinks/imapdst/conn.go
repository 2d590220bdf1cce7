package imapdst

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/airlift-eas/airlift/sinks"
)

// A conn is a connection that is logged in. One goroutine uses it at a time.
type conn struct {
	*wire
	c    *imapclient.Client
	caps imap.CapSet
	tags int // of APPEND
}

// connect opens a connection and logs in. A server that takes too long for it is unavailable.
func (s *settings) connect(ctx context.Context) (*conn, error) {
	late := fmt.Errorf("%w: no login within %s", sinks.ErrUnavailable, s.DialTimeout)
	limited, cancel := context.WithTimeoutCause(ctx, s.DialTimeout, late)
	defer cancel()
	c, err := s.begin(limited)
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case limited.Err() != nil:
		err = late
	}
	return nil, fmt.Errorf("%s: %w", s.address, err)
}

func (s *settings) begin(ctx context.Context) (*conn, error) {
	w, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	c := &conn{wire: w, c: imapclient.New(w, nil)}
	if err := c.start(ctx, s); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *conn) start(ctx context.Context, s *settings) error {
	return c.run(ctx, "login", func() (err error) {
		if err := c.c.WaitGreeting(); err != nil {
			return err
		}
		// Asked for here and not by Caps, which would answer with what was before the login.
		if c.caps, err = c.c.Capability().Wait(); err != nil {
			return err
		}
		if c.c.State() != imap.ConnStateNotAuthenticated {
			return nil // the server knows who it is (RFC 9051 7.1.4)
		}
		if err := s.login(ctx, c.c, c.caps); err != nil {
			return err
		}
		if c.caps, err = c.c.Capability().Wait(); err != nil {
			return err
		}
		if c.caps.Has(imap.CapID) {
			_, _ = c.c.ID(&imap.IDData{Name: "airlift"}).Wait() // RFC 2971: a courtesy, but some servers refuse who does not say it
		}
		return nil
	})
}

// run runs what waits for answers. A broken connection and a cancelled context are why the connection is over, which dead tells: its error
// is sinks.ErrUnavailable, or that of the context.
func (c *conn) run(ctx context.Context, what string, f func() error) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	over := c.wait()
	stop := context.AfterFunc(ctx, c.end)
	err := f()
	stopped := stop()
	over()
	switch {
	case err == nil:
		return nil
	case !stopped:
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
	if why := c.broken(err); why != nil {
		return fmt.Errorf("%s: %w: %w", what, sinks.ErrUnavailable, why)
	}
	return fmt.Errorf("%s: %w", what, understand(err, nil))
}

// broken tells why the connection is over, if it is.
func (c *conn) broken(err error) error {
	var answered *imap.Error
	var done *said
	if errors.As(err, &answered) || errors.As(err, &done) || errors.Is(err, sinks.ErrDenied) || errors.Is(err, errContent) {
		return nil
	}
	// The library ends before the reader when it does not understand an answer.
	select {
	case <-c.c.Closed():
	case <-c.done:
	default:
		return nil
	}
	c.wire.Close()
	if why := c.why(); why != nil && !errors.Is(why, net.ErrClosed) {
		return why
	}
	return err
}

// dead tells that the connection cannot be used any more.
func (c *conn) dead() bool {
	if c == nil {
		return true
	}
	select {
	case <-c.done:
		return true
	case <-c.c.Closed():
		return true
	default:
		return false
	}
}

// logout ends the connection in the way of the protocol, if it is quick.
func (c *conn) logout(patience time.Duration) error {
	if c == nil {
		return nil
	}
	if !c.dead() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_ = c.run(ctx, "logout", func() error { return c.c.Logout().Wait() }) // the connection is closed whatever comes
		cancel()
	}
	return c.Close()
}

// Close ends the connection at once.
func (c *conn) Close() error {
	err := c.wire.Close()
	_ = c.c.Close() // it waits for its reader, and tells what broke, which is known
	return err
}
