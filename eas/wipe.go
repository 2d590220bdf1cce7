package eas

import (
	"context"
	"errors"
	"fmt"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// RemoteWipeError says that the server asked for a remote wipe. From then on the client sends no command any more, and every one
// ends with this error.
type RemoteWipeError struct {
	AccountOnly  bool // AccountOnlyRemoteWipe, 16.1: only this mailbox's data
	Acknowledged bool // Config.Wipe had its say, and the server was told
}

func (e *RemoteWipeError) Error() string {
	if e.AccountOnly {
		return "Provision: the server asks for a remote wipe of this account"
	}
	return "Provision: the server asks for a remote wipe"
}

// Is answers to ErrRemoteWipe.
func (e *RemoteWipeError) Is(target error) bool { return target == ErrRemoteWipe }

// AcknowledgeRemoteWipe tells the server what became of a remote wipe that it asked for: done or not. MS-ASPROV 3.1.5.1.2.2,
// 3.1.5.1.2.3. By itself it is sent only after Config.Wipe.
func (c *Client) AcknowledgeRemoteWipe(ctx context.Context, wipe *RemoteWipeError, done bool) error {
	c.provisioning.Lock()
	defer c.provisioning.Unlock()
	return c.acknowledgeWipe(ctx, wipe, done)
}

const wipeFailed = 2 // MS-ASPROV 2.2.2.54.3, and what the server answers to it: 3.2.5.1.2.2

func (c *Client) acknowledgeWipe(ctx context.Context, wipe *RemoteWipeError, done bool) error {
	tag, result := wbxml.ProvisionRemoteWipe, "2"
	if wipe.AccountOnly {
		tag = wbxml.ProvisionAccountOnlyRemoteWipe
	}
	if done {
		result = "1"
	}
	doc := wbxml.E(wbxml.ProvisionProvision, wbxml.E(tag, wbxml.T(wbxml.ProvisionStatus, result)))
	_, err := c.provisionRequest(ctx, doc, noPolicyKey)
	var st *StatusError
	if errors.Is(err, ErrRemoteWipe) || errors.As(err, &st) && st.Code == wipeFailed && !done {
		return nil // the server repeats the directive in its answer
	}
	return err
}

// askWipe finds out which wipe a status 140 is about: a Provision without anything in it asks. MS-ASPROV 3.1.5.1.1. When that
// says nothing, the status is the answer.
func (c *Client) askWipe(ctx context.Context, asked error) error {
	c.provisioning.Lock()
	defer c.provisioning.Unlock()
	if wipe := c.wipeAsked(); wipe != nil {
		return wipe
	}
	_, err := c.provisionRequest(ctx, wbxml.E(wbxml.ProvisionProvision), noPolicyKey)
	var wipe *RemoteWipeError
	if !errors.As(err, &wipe) {
		return asked
	}
	return c.wiped(ctx, err)
}

// wiped tells the caller of a wipe, once, and the server what came of it. It is called with provisioning locked.
func (c *Client) wiped(ctx context.Context, err error) error {
	var wipe *RemoteWipeError
	if !errors.As(err, &wipe) {
		return err
	}
	if c.cfg.Wipe != nil {
		aerr := c.acknowledgeWipe(ctx, wipe, c.cfg.Wipe(ctx, wipe))
		if wipe.Acknowledged = aerr == nil; aerr != nil {
			err = fmt.Errorf("%w; the acknowledgement: %w", err, aerr)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wipe = wipe
	return err
}

// wipeAsked is what the server asked for, nil if it did not.
func (c *Client) wipeAsked() *RemoteWipeError {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wipe
}
