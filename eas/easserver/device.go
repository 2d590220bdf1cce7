package easserver

import (
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// device is what the server knows of a device of a user. It is guarded by the lock
// of the mailbox.
type device struct {
	id, typ   string
	userAgent string
	info      []wbxml.Element // Settings DeviceInformation Set
	password  string          // for who forgets it

	policyKey    string // the key that commands must show
	temporaryKey string // the key that the next acknowledgement must show
	compliance   string // what it said of the policy: MS-ASPROV 2.2.2.54.1
	wipe         wipe

	hierarchy   hierarchyState
	collections map[string]*syncState // by CollectionId

	// What faults leave behind.
	policyDemand int             // the status that all gets until the device has provisioned
	doubted      map[string]bool // CollectionIds that are unknown until the next FolderSync
	ownIDs       bool            // it knows folders by ids of its own

	lastSync *wbxml.Element // what an empty Sync request stands for
	ping     pingState
	findID   string          // SearchId of the last Find
	sent     map[string]bool // ClientIds of messages that were sent
}

// pingState is what a Ping may leave out because it was said before.
type pingState struct {
	heartbeat time.Duration
	folders   []string
}

// device returns the state of a device, which is made when it is first seen; nil if
// the mailbox has the most devices already. It is called with the lock held.
func (u *User) device(id, typ string, most int) *device {
	d := u.devices[id]
	if d == nil {
		if len(u.devices) >= most {
			return nil
		}
		d = &device{id: id, typ: typ, collections: map[string]*syncState{}, doubted: map[string]bool{}, sent: map[string]bool{}}
		u.devices[id] = d
	}
	return d
}

// Device is what a test may know of a device.
type Device struct {
	ID, Type, UserAgent string
	Information         []wbxml.Element // the children of DeviceInformation Set, as the device sent them
	Password            string          // DevicePassword Set
	Compliance          string          // what it said of the policy, "" if nothing
	Wiped               bool            // a remote wipe was acknowledged
}

// Devices returns the devices that have asked for the mailbox.
func (u *User) Devices() []Device {
	u.mu.Lock()
	defer u.mu.Unlock()
	var all []Device
	for _, d := range u.devices {
		all = append(all, Device{ID: d.id, Type: d.typ, UserAgent: d.userAgent, Information: d.info, Password: d.password, Compliance: d.compliance, Wiped: d.wipe == wipeDone})
	}
	return all
}

// RemoveDevice forgets a device with all its keys, as an administrator does.
func (u *User) RemoveDevice(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.devices, id)
}
