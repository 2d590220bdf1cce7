package easdst

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// ways are habits of a server that what it does shows, for as long as it is used.
type ways struct {
	// byUID: QUIRK(SOGo 5.8): an event that is added is named by its UID. One of more than 64 characters, as Exchange makes them, is listed under
	// another name, each time another, by which it cannot be fetched; by the UID it can be fetched, changed and deleted. MS-ASCMD
	// 2.2.3.166 allows 64 characters.
	byUID atomic.Int32 // of these:

	// utcDays: QUIRK(SOGo 5.8): of an event of whole days it takes the date that its begin has in UTC, whatever the time zone. It gets
	// midnights in UTC, as those of 16.0 are.
	utcDays atomic.Bool

	// noFetch: QUIRK(SOGo 5.8): in 2.5 an item cannot be had but by listing its folder.
	noFetch atomic.Bool

	// trash: QUIRK(Z-Push 2.7): what is to be deleted for good stays, with status 8. It goes to Deleted Items, where such a server has that.
	trash atomic.Bool

	// shows has the mail folders of which anything was listed. QUIRK(SOGo 5.8): a folder for which the mail server was never told to count
	// changes (CONDSTORE) looks empty, whatever is in it.
	shows sync.Map
}

const (
	notKnown int32 = iota
	isSo
	isNot
)

const maxServerID = 64

// named is the name of an event whose UID is too long for one: the UID, if the server is known to name it by that. Else the UID is
// returned to be remembered, until it is known.
func (c *collection) named(id eas.ServerID, uid string) (name eas.ServerID, remember string) {
	switch c.t.ways.byUID.Load() {
	case isSo:
		c.real[id] = eas.ServerID(uid)
		return eas.ServerID(uid), ""
	case notKnown:
		return id, uid
	}
	return id, ""
}

// maxProbes is how many events are asked for by their UID to know whether the server names them so: others than a client of EAS may have
// added some.
const maxProbes = 5

// findNames finds out whether the server names events by their UID, once there are some whose name in the listing may be another.
func (c *collection) findNames(ctx context.Context) error {
	if c.t.ways.byUID.Load() == isNot {
		return nil
	}
	var long []eas.ServerID // by the listing
	for id, one := range c.held {
		if one.long != "" {
			long = append(long, id)
		}
	}
	known := c.version().AtLeast(eas.Version120) // else there is nothing to ask with
	for i := 0; known && i < len(long) && i < maxProbes && c.t.ways.byUID.Load() == notKnown; i++ {
		uid := eas.ServerID(c.held[long[i]].long)
		found := map[eas.ServerID]*wbxml.Element{}
		if _, err := c.fetchByOperations(ctx, []eas.ServerID{uid}, found); err != nil && !notFetched(err) {
			return err
		}
		if props := found[uid]; props != nil && props.Value(wbxml.CalendarUID) == string(uid) {
			c.t.ways.byUID.Store(isSo)
		}
	}
	if len(long) > 0 && c.t.ways.byUID.Load() == notKnown {
		c.t.ways.byUID.Store(isNot)
	}
	for _, id := range long {
		one := c.held[id]
		uid := eas.ServerID(one.long)
		if one.long = ""; c.t.ways.byUID.Load() != isSo {
			c.held[id] = one
			continue
		}
		c.drop(id)
		c.held[uid], c.uids[one.uid], c.real[id] = one, uid, uid
	}
	return nil
}

// learnName notes by what name an event that was added is known.
func (c *collection) learnName(o *outgoing) {
	if len(o.id) > maxServerID && string(o.id) == o.uid {
		c.t.ways.byUID.Store(isSo)
	}
}
