package eas

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

const (
	policyWBXML = "MS-EAS-Provisioning-WBXML" // from 12.0 on
	policyWAP   = "MS-WAP-Provisioning-XML"   // 2.5; MS-ASPROV 2.2.2.43

	policyNone = 2 // status of a Policy: there is none for this client. MS-ASPROV 2.2.2.54.1

	legacyDevice = 141 // the server wants a policy key of every device, and there was none. MS-ASPROV 3.1.5.2

	noPolicyKey PolicyKey = "0"
)

// Provision asks for the server's policy and acknowledges it: two requests. MS-ASPROV 3.1.5.1. A server without a policy is a
// success with the key "0". The key is used from then on; it is worth storing. Commands do this by themselves when the server
// asks for it.
//
// To acknowledge means to tell the server how far the policy is in force: Config.Policy decides that. A policy is about devices
// (screen locks, cameras); the caller answers for what it means on the machine this runs on.
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

// wantsPolicy tells whether err says that Provision is what the server waits for. used is the key that it was shown.
func wantsPolicy(err error, used PolicyKey) bool {
	var st *StatusError
	return errors.Is(err, ErrPolicyRequired) || errors.As(err, &st) && st.Code == legacyDevice && used == ""
}

func (c *Client) provision(ctx context.Context) (PolicyKey, error) {
	if wipe := c.wipeAsked(); wipe != nil {
		return "", wipe
	}
	key, err := c.exchangePolicy(ctx)
	if err != nil {
		return "", c.wiped(ctx, err)
	}
	c.setPolicyKey(key)
	return key, nil
}

// exchangePolicy is the two requests.
func (c *Client) exchangePolicy(ctx context.Context) (PolicyKey, error) {
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
	answer, err := c.policy(ctx, ask, noPolicyKey, kind)
	if err != nil {
		return "", err
	}
	if answer == nil {
		return noPolicyKey, nil
	}
	temporary := PolicyKey(answer.Value(wbxml.ProvisionPolicyKey))
	if temporary == "" {
		return "", &ResponseError{Command: "Provision", Err: errNoPolicy}
	}
	compliance, err := c.decide(ctx, readPolicy(answer))
	if err != nil {
		return "", err
	}
	return c.acknowledgePolicy(ctx, kind, temporary, compliance)
}

// acknowledgePolicy says how far a policy is in force. MS-ASPROV 3.1.5.1.2.1.
func (c *Client) acknowledgePolicy(ctx context.Context, kind string, temporary PolicyKey, compliance Compliance) (PolicyKey, error) {
	acknowledge := wbxml.E(wbxml.ProvisionProvision, policies(
		wbxml.T(wbxml.ProvisionPolicyType, kind),
		wbxml.T(wbxml.ProvisionPolicyKey, string(temporary)),
		wbxml.T(wbxml.ProvisionStatus, strconv.Itoa(int(compliance))),
	))
	answer, err := c.policy(ctx, acknowledge, temporary, kind)
	if err != nil {
		return "", err
	}
	key := PolicyKey(answer.Value(wbxml.ProvisionPolicyKey))
	switch {
	case answer == nil: // the policy has gone meanwhile
		return noPolicyKey, nil
	case key == "" && compliance != PolicyApplied:
		return "", fmt.Errorf("Provision: the server gives no key to a device that says: policy %s: %w", compliance, ErrBlocked)
	case key == "":
		return "", &ResponseError{Command: "Provision", Err: errNoPolicy}
	}
	return key, nil
}

func policies(policy ...wbxml.Element) wbxml.Element {
	return wbxml.E(wbxml.ProvisionPolicies, wbxml.E(wbxml.ProvisionPolicy, policy...))
}

// policy sends one of the two requests and returns the Policy of the kind that was asked for; nil when there is none for this
// client. Policies of other kinds are left alone (MS-ASPROV 3.1.5.1.1), unless there is no other: QUIRK(SOGo 5.8): in 2.5 it says
// that there is no policy of the kind that only later versions have.
func (c *Client) policy(ctx context.Context, doc wbxml.Element, key PolicyKey, kind string) (*wbxml.Element, error) {
	answer, err := c.provisionRequest(ctx, doc, key)
	if err != nil {
		return nil, err
	}
	policies := answer.Child(wbxml.ProvisionPolicies)
	policy := policies.Child(wbxml.ProvisionPolicy)
	for p := range policies.All(wbxml.ProvisionPolicy) {
		if p.Value(wbxml.ProvisionPolicyType) == kind {
			policy = p
			break
		}
	}
	switch code := number(policy, wbxml.ProvisionStatus); code {
	case policyNone:
		return nil, nil
	case absent:
	default:
		if err := status("Provision", "Policy", code); err != nil {
			return nil, err
		}
	}
	if policy == nil {
		return nil, &ResponseError{Command: "Provision", Err: errNoPolicy}
	}
	return policy, nil
}

var errNoPolicy = errors.New("neither a policy key nor a reason")

func (c *Client) provisionRequest(ctx context.Context, doc wbxml.Element, key PolicyKey) (answer *wbxml.Element, err error) {
	r, err := c.do(ctx, command{name: "Provision", doc: &doc, policyKey: &key})
	if err != nil {
		return nil, err
	}
	defer func() { r.close(err) }()
	answer, err = r.document(wbxml.ProvisionProvision)
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
