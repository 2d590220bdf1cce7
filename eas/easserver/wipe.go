package easserver

import "github.com/airlift-eas/airlift/eas/wbxml"

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

func (w wipe) directive() wbxml.Element {
	if w == wipeAccount {
		return wbxml.Empty(wbxml.ProvisionAccountOnlyRemoteWipe)
	}
	return wbxml.Empty(wbxml.ProvisionRemoteWipe)
}

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

// wipeAcknowledged returns what the device says of a wipe, "" if it says nothing.
func wipeAcknowledged(doc *wbxml.Element) string {
	if s := doc.Value(wbxml.ProvisionRemoteWipe, wbxml.ProvisionStatus); s != "" {
		return s
	}
	return doc.Value(wbxml.ProvisionAccountOnlyRemoteWipe, wbxml.ProvisionStatus)
}

// wipeAnswer records what became of a wipe. MS-ASPROV 3.2.5.1.2.2, 3.2.5.1.2.3.
func (x *exchange) wipeAnswer(add func(status string, more ...wbxml.Element), acknowledged string) {
	d := x.device
	switch {
	case !d.wipe.pending() || !x.doc.Has(d.wipe.directive().Tag):
		x.violation("MS-ASPROV 3.1.5.1.2.2", "a wipe that was not asked for")
		add("2")
	case acknowledged != "1":
		add("2", d.wipe.directive())
	default:
		d.wipe, d.policyKey, d.collections = wipeDone, "", map[string]*syncState{}
		add("1")
	}
}
