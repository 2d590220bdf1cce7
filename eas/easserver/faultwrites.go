package easserver

import (
	"net/http"
	"slices"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Faults of what a server makes of items that a client adds or deletes. Which of those that are added have one is decided by their
// ClientId, once.
const (
	FaultAddLost     Fault = "add-lost"
	FaultAddNoID     Fault = "add-no-id"
	FaultAddNoAnswer Fault = "add-no-answer"
	FaultAddRefused  Fault = "add-refused"
	FaultAddPoison   Fault = "add-poison"
	FaultAddFull     Fault = "add-full"
	FaultAddDrops    Fault = "add-drops-property"
	FaultAddCutsBody Fault = "add-cuts-body"
	FaultAddSameUID  Fault = "add-same-uid"
	FaultAddUTCDays  Fault = "add-utc-days"
	FaultKeepDeleted Fault = "keep-deleted"
)

var writeFaults = []FaultInfo{
	{FaultAddLost, "an item that is added gets status 1 and a ServerId, and is not stored"},
	{FaultAddNoID, "an item that is added gets status 1 and no ServerId; it is stored (Z-Push 2.7 says the same of what it did not store)"},
	{FaultAddNoAnswer, "an item that is added is stored, and the answer does not mention it"},
	{FaultAddRefused, "an item that is added is refused with status 6"},
	{FaultAddPoison, "an item that breaks every request that adds it: HTTP 500, and none of the request is carried out"},
	{FaultAddFull, "a request that adds items gets HTTP 507; it is not carried out"},
	{FaultAddDrops, "an item that is added is stored without its last property"},
	{FaultAddCutsBody, "an item that is added is stored with half of its body"},
	{FaultAddUTCDays, "an event of whole days that is added is on the dates that its times have in UTC, whatever its time zone (SOGo 5.8)"},
	{FaultKeepDeleted, "an item that is deleted stays, with status 8, unless it may go to Deleted Items (Z-Push 2.7)"},
	{FaultAddSameUID, "an event that is added with the UID of another replaces it (SOGo 5.8)"},
}

// Writes tells that only a client that changes the mailbox meets the fault.
func (f Fault) Writes() bool {
	return slices.ContainsFunc(slices.Concat(writeFaults, mailAddFaults), func(i FaultInfo) bool { return i.Fault == f })
}

// adds yields the names of the items that the request adds.
func (x *exchange) adds(yield func(clientID string) bool) {
	if x.doc == nil || x.command.name != "Sync" {
		return
	}
	for c := range x.doc.Child(wbxml.AirSyncCollections).All(wbxml.AirSyncCollection) {
		for add := range c.Child(wbxml.AirSyncCommands).All(wbxml.AirSyncAdd) {
			if !yield(add.Value(wbxml.AirSyncClientId)) {
				return
			}
		}
	}
}

// addsBadly decides of an item that is added.
func (x *exchange) addsBadly(fault Fault, clientID string) bool {
	if !x.cfg.Faults.marked(fault, x.command.name, x.user.name+" "+clientID) {
		return false
	}
	x.cfg.Faults.count(fault)
	return true
}

// refusedAdds returns the HTTP status with which a request that adds items fails as a whole, 0 if it does not.
func (x *exchange) refusedAdds(scope string) int {
	for clientID := range x.adds {
		if x.addsBadly(FaultAddPoison, clientID) {
			return http.StatusInternalServerError
		}
	}
	for range x.adds {
		if x.hit(FaultAddFull, scope) != nil {
			return http.StatusInsufficientStorage
		}
		break
	}
	return 0
}

// addBadly is clientAdd with what is wrong with it. It is false if nothing is.
func (x *exchange) addBadly(st *syncState, cmd *wbxml.Element, res *result) bool {
	f, id := st.folder, res.clientID
	if x.cfg.Faults == nil || f.class() == eas.ClassEmail {
		return false
	}
	data := cmd.Child(wbxml.AirSyncApplicationData)
	switch {
	case x.addsBadly(FaultAddRefused, id):
		res.status = 6
		return true
	case x.addsBadly(FaultAddLost, id):
		res.serverID = f.serverID(uint32(len(f.items) + 1000))
		return true
	}
	if uid := itemValue(data.Children, wbxml.CalendarUID); uid != "" {
		at := slices.IndexFunc(f.items, func(v *version) bool { return !v.deleted && itemValue(v.Properties, wbxml.CalendarUID) == uid })
		if at >= 0 && x.addsBadly(FaultAddSameUID, id) {
			v := f.items[at]
			f.replace(v, Item{Properties: x.newProperties(f.class(), data.Children)}, x.device)
			res.serverID = f.serverID(v.num)
			return true
		}
	}
	return false
}

// spoiledAdd is an item that is added as it is stored.
func (x *exchange) spoiledAdd(clientID string, props []wbxml.Element) []wbxml.Element {
	if x.cfg.Faults == nil {
		return props
	}
	if len(props) > 1 && x.addsBadly(FaultAddDrops, clientID) {
		props = props[:len(props)-1]
	}
	if itemValue(props, wbxml.CalendarAllDayEvent) == "1" && x.addsBadly(FaultAddUTCDays, clientID) {
		props = inUTC(props)
	}
	at := slices.IndexFunc(props, func(e wbxml.Element) bool { return e.Tag == wbxml.AirSyncBaseBody })
	if at >= 0 && x.addsBadly(FaultAddCutsBody, clientID) {
		data := props[at].Value(wbxml.AirSyncBaseData)
		props = slices.Clone(props)
		props[at] = textBody(cutBytes(data, int64(len(data)/2)))
	}
	return props
}

// inUTC returns an event of whole days as its times have them in UTC.
func inUTC(props []wbxml.Element) []wbxml.Element {
	var all []wbxml.Element
	for _, e := range props {
		switch e.Tag {
		case wbxml.CalendarTimezone:
			continue
		case wbxml.CalendarStartTime, wbxml.CalendarEndTime:
			if t, err := wbxml.ParseTime(e.Text); err == nil {
				e.Text = t.Truncate(24 * time.Hour).Format(wbxml.CompactDateTime)
			}
		}
		all = append(all, e)
	}
	return all
}

// unmentioned takes out of results what the answer does not say.
func (x *exchange) unmentioned(results []result) []result {
	if x.cfg.Faults == nil {
		return results
	}
	for i := range results {
		if res := &results[i]; res.tag == wbxml.AirSyncAdd && res.status == 1 && x.addsBadly(FaultAddNoID, res.clientID) {
			res.serverID = ""
		}
	}
	return slices.DeleteFunc(results, func(res result) bool {
		return res.tag == wbxml.AirSyncAdd && res.status == 1 && x.addsBadly(FaultAddNoAnswer, res.clientID)
	})
}
