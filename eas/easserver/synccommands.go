package easserver

import (
	"slices"
	"strconv"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// result is what became of a command of the client.
type result struct {
	tag      wbxml.Tag // of the command
	clientID string
	serverID string
	instance string // InstanceId, of 16.0 and later
	status   int
	v        *version // for Fetch: the item; for Add of a draft: what the server made of it
}

// answered returns the results that the client is told: of Change and Delete only
// failures. MS-ASCMD 2.2.3.154.
func answered(all []result) []result {
	var said []result
	for _, res := range all {
		if res.status != 1 || res.tag == wbxml.AirSyncAdd || res.tag == wbxml.AirSyncFetch {
			said = append(said, res)
		}
	}
	return said
}

func (r *renderer) result(res result) {
	r.enc.Start(res.tag)
	defer r.enc.End()
	r.optional(wbxml.AirSyncClientId, res.clientID)
	r.optional(wbxml.AirSyncServerId, r.device.shownItem(res.serverID))
	r.optional(wbxml.AirSyncBaseInstanceId, res.instance)
	r.enc.Text(wbxml.AirSyncStatus, strconv.Itoa(res.status))
	if res.v == nil {
		return
	}
	r.enc.Start(wbxml.AirSyncApplicationData)
	if res.tag == wbxml.AirSyncAdd {
		r.conversation(res.v)
	} else {
		r.item(res.v)
	}
	r.enc.End()
}

// clientCommands carries out the commands of a collection.
func (x *exchange) clientCommands(c *collectionRequest, st *syncState) []result {
	var results []result
	for i := range c.commands {
		cmd := &c.commands[i]
		res := result{
			tag: cmd.Tag, clientID: cmd.Value(wbxml.AirSyncClientId), serverID: cmd.Value(wbxml.AirSyncServerId),
			instance: cmd.Value(wbxml.AirSyncBaseInstanceId), status: 1,
		}
		switch cmd.Tag {
		case wbxml.AirSyncAdd:
			x.clientAdd(st, cmd, &res)
		case wbxml.AirSyncChange:
			x.clientChange(st, cmd, &res)
		case wbxml.AirSyncDelete:
			x.clientDelete(c, st, &res)
		case wbxml.AirSyncFetch:
			if res.v = st.folder.item(res.serverID); res.v == nil {
				res.status = 8
			}
		}
		results = append(results, res)
	}
	if len(c.commands) > 0 {
		x.user.notify()
	}
	return x.unmentioned(results)
}

func (x *exchange) clientAdd(st *syncState, cmd *wbxml.Element, res *result) {
	data := cmd.Child(wbxml.AirSyncApplicationData)
	f := st.folder
	if f.class() == eas.ClassEmail {
		x.addDraft(st, cmd, res)
		return
	}
	if err := checkProperties(f.class(), x.protocol, data); err != nil {
		x.violation("MS-ASCMD 2.2.3.177.17", err.Error())
		res.status = 6
		return
	}
	if v := f.byClientUID(data.Value(wbxml.CalendarClientUid)); v != nil {
		res.serverID = f.serverID(v.num)
		return
	}
	if x.addBadly(st, cmd, res) {
		return
	}
	v := f.add(Item{Properties: x.newProperties(f.class(), x.spoiledAdd(res.clientID, canonical(data.Children)))}, x.device)
	st.have.add(v.num)
	res.serverID = f.serverID(v.num)
}

func (x *exchange) clientChange(st *syncState, cmd *wbxml.Element, res *result) {
	f := st.folder
	v := f.item(res.serverID)
	if v == nil {
		res.status = 8
		return
	}
	conflict := v.seq > st.pos && v.origin != x.device
	if conflict && st.options.conflict == 1 {
		res.status = 7
		return
	}
	it, err := x.changed(st, v, cmd.Child(wbxml.AirSyncApplicationData), res.instance)
	if err != nil {
		x.violation("MS-ASCMD 2.2.3.177.17", err.Error())
		res.status = 6
		return
	}
	origin := x.device
	if conflict {
		origin = nil // the device has not seen what the other side changed
	}
	v = f.replace(v, it, origin)
	if !cmd.Has(wbxml.Email2Send) {
		return
	}
	if f.typ != eas.FolderDrafts {
		x.violation("MS-ASEMAIL 2.2.2.69", "Send of what is no draft")
		res.status = 6
		return
	}
	x.sendDraft(st, v)
}

// clientDelete deletes an item, or moves it to Deleted Items, which holds only
// messages. A deletion wins over any change. MS-ASCMD 2.2.3.34, 2.2.3.43.
func (x *exchange) clientDelete(c *collectionRequest, st *syncState, res *result) {
	f := st.folder
	v := f.item(res.serverID)
	if v == nil {
		res.status = 8
		return
	}
	if res.instance != "" {
		it, err := v.withoutOccurrence(res.instance)
		if err != nil {
			res.status = 6
			return
		}
		f.replace(v, it, x.device)
		return
	}
	if !c.toTrash && x.hit(FaultKeepDeleted, res.serverID) != nil {
		res.status = 8
		return
	}
	st.have.remove(v.num)
	f.remove(v, x.device)
	if trash := x.user.byType(eas.FolderDeletedItems); c.toTrash && trash != f && trash != nil && v.Message != nil {
		trash.add(v.Item, nil)
	}
}

// changed returns the item as the client wants it.
func (x *exchange) changed(st *syncState, v *version, data *wbxml.Element, instance string) (Item, error) {
	if v.Message != nil {
		return x.changedMail(st.folder, v, data)
	}
	class := st.folder.class()
	if err := checkProperties(class, x.protocol, data); err != nil {
		return Item{}, err
	}
	if instance != "" {
		return v.withOccurrence(instance, data)
	}
	it := v.Item
	it.Properties = st.supported.merge(class, x.protocol, v.Properties, canonical(data.Children))
	return it, nil
}

// byClientUID finds the event that an Add with the ClientUid has made already.
// MS-ASCAL 2.2.2.13.
func (f *Folder) byClientUID(uid string) *version {
	if uid == "" {
		return nil
	}
	i := slices.IndexFunc(f.items, func(v *version) bool {
		return !v.deleted && itemValue(v.Properties, wbxml.CalendarClientUid) == uid
	})
	if i < 0 {
		return nil
	}
	return f.items[i]
}
