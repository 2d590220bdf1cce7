package eas

import (
	"context"
	"errors"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

const (
	policyWBXML = "MS-EAS-Provisioning-WBXML" // from 12.0 on
	policyWAP   = "MS-WAP-Provisioning-XML"   // 2.5; MS-ASPROV 2.2.2.43

	policyNone = 2 // status of a Policy: there is none for this client. MS-ASPROV 2.2.2.54.1

	noPolicyKey PolicyKey = "0"
)

// Provision asks for the server's policy and acknowledges it: two requests. MS-ASPROV 3.1.5.1. A server without a policy is a
// success with the key "0". The key is used from then on; it is worth storing. Commands do this by themselves when the server
// asks for it.
//
// To acknowledge means to tell the server that the policy is in force. A policy is about devices (screen locks, cameras); the
// caller answers for what it means on the machine this runs on.
func (c *Client) Provision(ctx context.Context) (PolicyKey, error) {
	c.provisioning.Lock()
	defer c.provisioning.Unlock()
	return c.provision(ctx)
}

// provisionSince provisions unless another request has done it since used was current.
func (c *Client) provisionSince(ctx context.Context, used PolicyKey) error {
	c.provisioning.Lock()
	defer c.provisioning.Unlock()
	if c.PolicyKey() != used {
		return nil
	}
	_, err := c.provision(ctx)
	return err
}

func (c *Client) provision(ctx context.Context) (PolicyKey, error) {
	kind := policyWBXML
	if !c.Version().AtLeast(Version120) {
		kind = policyWAP
	}
	ask := wbxml.E(wbxml.ProvisionProvision)
	if c.Version().AtLeast(Version141) { // MS-ASPROV 2.2.2.53: in the first request, and from 14.1 on only
		info, err := c.cfg.Device.element(c.Version())
		if err != nil {
			return "", err
		}
		ask.Append(info)
	}
	ask.Append(policies(wbxml.T(wbxml.ProvisionPolicyType, kind)))
	temporary, err := c.policy(ctx, ask, noPolicyKey)
	if err != nil {
		return "", err
	}
	if temporary == noPolicyKey {
		c.setPolicyKey(noPolicyKey)
		return noPolicyKey, nil
	}
	acknowledge := wbxml.E(wbxml.ProvisionProvision, policies(
		wbxml.T(wbxml.ProvisionPolicyType, kind),
		wbxml.T(wbxml.ProvisionPolicyKey, string(temporary)),
		wbxml.T(wbxml.ProvisionStatus, "1"),
	))
	final, err := c.policy(ctx, acknowledge, temporary)
	if err != nil {
		return "", err
	}
	c.setPolicyKey(final)
	return final, nil
}

func policies(policy ...wbxml.Element) wbxml.Element {
	return wbxml.E(wbxml.ProvisionPolicies, wbxml.E(wbxml.ProvisionPolicy, policy...))
}

// policy sends one of the two requests and returns the key in the answer.
func (c *Client) policy(ctx context.Context, doc wbxml.Element, key PolicyKey) (PolicyKey, error) {
	answer, err := c.provisionRequest(ctx, doc, key)
	if err != nil {
		return "", err
	}
	policy := answer.Child(wbxml.ProvisionPolicies).Child(wbxml.ProvisionPolicy)
	if code := number(policy, wbxml.ProvisionStatus); code == policyNone {
		return noPolicyKey, nil
	} else if code != absent {
		if err := status("Provision", "Policy", code); err != nil {
			return "", err
		}
	}
	next := PolicyKey(policy.Value(wbxml.ProvisionPolicyKey))
	if next == "" {
		return "", &ResponseError{Command: "Provision", Err: errors.New("neither a policy key nor a reason")}
	}
	return next, nil
}

func (c *Client) provisionRequest(ctx context.Context, doc wbxml.Element, key PolicyKey) (*wbxml.Element, error) {
	r, err := c.do(ctx, command{name: "Provision", doc: &doc, policyKey: &key})
	if err != nil {
		return nil, err
	}
	defer func() { r.close(err) }()
	answer, err := r.document(wbxml.ProvisionProvision)
	switch {
	case err != nil:
		return nil, err
	case answer == nil:
		return nil, r.malformed(errEmpty)
	case answer.Has(wbxml.ProvisionRemoteWipe):
		return nil, &RemoteWipeError{}
	case answer.Has(wbxml.ProvisionAccountOnlyRemoteWipe):
		return nil, &RemoteWipeError{AccountOnly: true}
	}
	if code := number(answer, wbxml.ProvisionStatus); code != absent {
		err = status("Provision", "Provision", code)
	}
	return answer, err
}

var errEmpty = errors.New("it is empty")

// RemoteWipeError says that the server asked for a remote wipe. Nothing has been acknowledged.
type RemoteWipeError struct {
	AccountOnly bool // AccountOnlyRemoteWipe, 16.1: only this mailbox's data
}

func (e *RemoteWipeError) Error() string {
	if e.AccountOnly {
		return "Provision: the server asks for a remote wipe of this account"
	}
	return "Provision: the server asks for a remote wipe"
}

// Is answers to ErrRemoteWipe.
func (e *RemoteWipeError) Is(target error) bool { return target == ErrRemoteWipe }

// AcknowledgeRemoteWipe tells the server what became of a remote wipe that it asked for: done or not. MS-ASPROV 3.1.5.1.2.2.
// It is never sent by itself.
func (c *Client) AcknowledgeRemoteWipe(ctx context.Context, wipe *RemoteWipeError, done bool) error {
	c.provisioning.Lock()
	defer c.provisioning.Unlock()
	tag, result := wbxml.ProvisionRemoteWipe, "2" // MS-ASPROV 2.2.2.54.3
	if wipe.AccountOnly {
		tag = wbxml.ProvisionAccountOnlyRemoteWipe
	}
	if done {
		result = "1"
	}
	doc := wbxml.E(wbxml.ProvisionProvision, wbxml.E(tag, wbxml.T(wbxml.ProvisionStatus, result)))
	_, err := c.provisionRequest(ctx, doc, noPolicyKey)
	if errors.Is(err, ErrRemoteWipe) { // the server repeats the directive in its answer
		return nil
	}
	return err
}
