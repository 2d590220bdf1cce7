package easserver

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

const policyTypeWBXML = "MS-EAS-Provisioning-WBXML"

// needProvisioning is the HTTP status of MS-ASPROV 3.1.5.1.
const needProvisioning = 449

// wipe is where a device is on the way to be wiped.
type wipe int

const (
	wipeNone wipe = iota
	wipeDevice
	wipeAccount
	wipeDone
)

// pending tells whether the device is still to be told, or to say that it did.
func (w wipe) pending() bool { return w == wipeDevice || w == wipeAccount }

// RemoteWipe asks a device to wipe itself, or only the account, when it next asks
// for anything. MS-ASPROV 3.1.5.1.2.2.
func (u *User) RemoteWipe(deviceID string, accountOnly bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if d := u.devices[deviceID]; d != nil {
		d.wipe = wipeDevice
		if accountOnly {
			d.wipe = wipeAccount
		}
		u.notify()
	}
}

// provisioned checks that the device shows the key of the policy.
func (x *exchange) provisioned() bool {
	x.user.mu.Lock()
	wiping := x.device.wipe.pending()
	key := x.device.policyKey
	x.user.mu.Unlock()
	shown := x.query.policyKey
	switch {
	case wiping:
		return x.fail(140, needProvisioning)
	case x.cfg.Policy == nil || key != "" && shown == key:
		return true
	case shown == "" || shown == "0":
		return x.fail(142, needProvisioning)
	}
	return x.fail(144, needProvisioning)
}

// provision answers Provision. MS-ASPROV 3.2.5.1.
func (x *exchange) provision() {
	u := x.user
	u.mu.Lock()
	answer, ok := x.provisionLocked()
	u.mu.Unlock()
	if !ok {
		x.violation("MS-ASPROV 3.1.5.1", "an incomplete Provision")
	}
	x.reply(answer)
}

func (x *exchange) provisionLocked() (answer wbxml.Element, ok bool) {
	d := x.device
	answer = wbxml.E(wbxml.ProvisionProvision)
	if info := x.doc.Child(wbxml.SettingsDeviceInformation); info != nil && x.protocol >= 141 {
		if set := info.Child(wbxml.SettingsSet); set != nil {
			d.info = set.Children
		}
		answer.Append(wbxml.E(wbxml.SettingsDeviceInformation, wbxml.T(wbxml.SettingsStatus, "1")))
	}
	protocolError := wbxml.E(wbxml.ProvisionProvision, wbxml.T(wbxml.ProvisionStatus, "2"))
	policies := x.doc.Child(wbxml.ProvisionPolicies)
	acknowledged := wipeAcknowledged(x.doc)
	switch {
	case acknowledged != "" && d.wipe.pending():
		if acknowledged == "1" {
			d.wipe, d.policyKey, d.collections = wipeDone, "", map[string]*syncState{}
		}
		answer.Append(wbxml.T(wbxml.ProvisionStatus, "1"))
		return answer, true
	case d.wipe == wipeDevice:
		answer.Append(wbxml.T(wbxml.ProvisionStatus, "1"), wbxml.Empty(wbxml.ProvisionRemoteWipe))
		return answer, true
	case d.wipe == wipeAccount:
		answer.Append(wbxml.T(wbxml.ProvisionStatus, "1"), wbxml.Empty(wbxml.ProvisionAccountOnlyRemoteWipe))
		return answer, true
	case policies == nil:
		return protocolError, false
	}
	policy := policies.Child(wbxml.ProvisionPolicy)
	if policy == nil || !policy.Has(wbxml.ProvisionPolicyType) {
		return protocolError, false
	}
	answer.Append(wbxml.T(wbxml.ProvisionStatus, "1"), wbxml.E(wbxml.ProvisionPolicies, x.policy(policy)))
	return answer, true
}

func wipeAcknowledged(doc *wbxml.Element) string {
	if s := doc.Value(wbxml.ProvisionRemoteWipe, wbxml.ProvisionStatus); s != "" {
		return s
	}
	return doc.Value(wbxml.ProvisionAccountOnlyRemoteWipe, wbxml.ProvisionStatus)
}

// policy answers the request for the policy, or the acknowledgement of it.
func (x *exchange) policy(asked *wbxml.Element) wbxml.Element {
	d := x.device
	typ := asked.Value(wbxml.ProvisionPolicyType)
	answer := func(status int, more ...wbxml.Element) wbxml.Element {
		e := wbxml.E(wbxml.ProvisionPolicy, wbxml.T(wbxml.ProvisionPolicyType, typ), wbxml.T(wbxml.ProvisionStatus, strconv.Itoa(status)))
		e.Append(more...)
		return e
	}
	key := asked.Value(wbxml.ProvisionPolicyKey)
	switch {
	case typ != policyTypeWBXML && (typ != "MS-WAP-Provisioning-XML" || x.protocol >= 120):
		return answer(3)
	case x.cfg.Policy == nil:
		d.policyDemand = 0
		return answer(2)
	case !asked.Has(wbxml.ProvisionStatus):
		d.temporaryKey = newPolicyKey()
		doc := wbxml.E(wbxml.ProvisionEASProvisionDoc, slices.Clone(x.cfg.Policy.Settings)...)
		return answer(1, wbxml.T(wbxml.ProvisionPolicyKey, d.temporaryKey), wbxml.E(wbxml.ProvisionData, doc))
	case key == "" || key != d.temporaryKey:
		return answer(5)
	}
	// Only a device that applied the policy gets the key.
	d.temporaryKey = ""
	if s := asked.Value(wbxml.ProvisionStatus); s != "1" && s != "2" {
		d.policyKey = ""
		return answer(1)
	}
	d.policyKey, d.policyDemand = newPolicyKey(), 0
	return answer(1, wbxml.T(wbxml.ProvisionPolicyKey, d.policyKey))
}

// newPolicyKey returns a number that a client sends back, as a 32 bit value in the
// base64 form of the query; never 0, which means "no key".
func newPolicyKey() string {
	var b [4]byte
	for {
		_, _ = rand.Read(b[:]) // never fails
		if n := binary.LittleEndian.Uint32(b[:]); n != 0 {
			return strconv.FormatUint(uint64(n), 10)
		}
	}
}
