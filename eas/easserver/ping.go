package easserver

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// ping answers Ping: when one of the folders has something for the device to Sync, or
// when the interval is over. MS-ASCMD 2.2.1.13.
func (x *exchange) ping() {
	u := x.user
	u.mu.Lock()
	p, refusal := x.pingParameters()
	watched := x.watch(p.folders)
	hierarchy := x.device.hierarchy.key
	u.mu.Unlock()
	if refusal != nil {
		x.reply(*refusal)
		return
	}
	if watched == nil || hierarchy == "" {
		x.reply(pingAnswer(7))
		return
	}
	w := newWaiter(x, p.heartbeat)
	defer w.stop()
	for {
		u.mu.Lock()
		changed := u.changed
		ids, current := x.withNews(watched)
		current = current && x.knowsFolders()
		wiping := x.device.wipe.pending()
		u.mu.Unlock()
		switch {
		case wiping:
			x.fail(140, needProvisioning)
			return
		case !current:
			x.reply(pingAnswer(7))
			return
		case len(ids) > 0:
			folders := wbxml.E(wbxml.PingFolders)
			for _, id := range ids {
				folders.Append(wbxml.T(wbxml.PingFolder, x.device.shown(id)))
			}
			x.reply(pingAnswer(2, folders))
			return
		}
		if !w.wait(changed) {
			x.reply(pingAnswer(1))
			return
		}
	}
}

func pingAnswer(status int, more ...wbxml.Element) wbxml.Element {
	e := wbxml.E(wbxml.PingPing, wbxml.T(wbxml.PingStatus, strconv.Itoa(status)))
	e.Append(more...)
	return e
}

// pingParameters reads the request. What it leaves out is as it was in the last one.
func (x *exchange) pingParameters() (pingState, *wbxml.Element) {
	p := x.device.ping
	refuse := func(status int, rule, detail string, more ...wbxml.Element) (pingState, *wbxml.Element) {
		x.violation(rule, detail)
		e := pingAnswer(status, more...)
		return p, &e
	}
	if x.doc != nil {
		if err := x.protocol.wellFormed(x.doc); err != nil {
			return refuse(4, "MS-ASCMD 2.2.3.136", err.Error())
		}
		if len(x.doc.Children) == 0 {
			return refuse(4, "MS-ASCMD 2.2.1.13", "a Ping with nothing in it")
		}
		if h := x.doc.Child(wbxml.PingHeartbeatInterval); h != nil {
			n, err := strconv.Atoi(h.Text)
			if err != nil {
				return refuse(4, "MS-ASCMD 2.2.3.88.1", "HeartbeatInterval is "+h.Text)
			}
			p.heartbeat = time.Duration(n) * time.Second
			if nearest := min(max(p.heartbeat, x.cfg.MinHeartbeat), x.cfg.MaxHeartbeat); nearest != p.heartbeat {
				return refuse(5, "MS-ASCMD 2.2.3.88.1", fmt.Sprintf("HeartbeatInterval is %d", n),
					wbxml.T(wbxml.PingHeartbeatInterval, strconv.Itoa(int(nearest/time.Second))))
			}
		}
		if fs := x.doc.Child(wbxml.PingFolders); fs != nil {
			p.folders = nil
			for f := range fs.All(wbxml.PingFolder) {
				id, class := f.Value(wbxml.PingId), f.Value(wbxml.PingClass)
				switch {
				case slices.Contains(p.folders, id):
					return refuse(4, "MS-ASCMD 2.2.3.90", "folder "+id+" twice")
				case !x.watchable(class):
					return refuse(4, "MS-ASCMD 2.2.3.27.4", "a Folder of class "+class)
				}
				p.folders = append(p.folders, id)
			}
		}
	}
	switch {
	case p.heartbeat == 0 || len(p.folders) == 0:
		return refuse(3, "MS-ASCMD 2.2.3.177.11", "a Ping without parameters, and none before")
	case len(p.folders) > x.cfg.MaxPingFolders:
		return refuse(6, "MS-ASCMD 2.2.3.102", fmt.Sprintf("%d folders", len(p.folders)), wbxml.T(wbxml.PingMaxFolders, strconv.Itoa(x.cfg.MaxPingFolders)))
	}
	x.device.ping = p
	return p, nil
}

// watchable tells whether a folder of the class may be watched. MS-ASCMD 2.2.3.27.4.
func (x *exchange) watchable(class string) bool {
	switch eas.Class(class) {
	case eas.ClassEmail, eas.ClassCalendar, eas.ClassContacts, eas.ClassTasks:
		return true
	}
	return eas.Class(class) == eas.ClassNotes && x.protocol >= 140
}

// watched is a folder of a Ping. One that the device never synchronized is watched
// from the Ping on.
type watched struct {
	folder *Folder
	from   int
}

// watch returns nil if one of the folders is not there.
func (x *exchange) watch(ids []string) []watched {
	var all []watched
	for _, id := range ids {
		f := x.user.byID(id)
		if f == nil {
			return nil
		}
		all = append(all, watched{f, len(f.log)})
	}
	return all
}

// knowsFolders tells whether the folders are as the device has them. MS-ASCMD
// 2.2.3.177.11, status 7.
func (x *exchange) knowsFolders() bool {
	known := x.device.hierarchy.known
	if len(known) != len(x.user.folders) {
		return false
	}
	for _, f := range x.user.folders {
		i := f.info()
		if x.cfg.Faults != nil { // it may have been shown another name
			i.name = known[f.id].name
		}
		if known[f.id] != i {
			return false
		}
	}
	return true
}

// withNews returns the folders that have something for the device; current is false
// when one of them is gone.
func (x *exchange) withNews(all []watched) (ids []string, current bool) {
	for _, w := range all {
		if x.user.byID(w.folder.id) != w.folder {
			return nil, false
		}
		st := x.device.collections[w.folder.id]
		if st == nil {
			if len(w.folder.log) > w.from {
				ids = append(ids, w.folder.id)
			}
			continue
		}
		if p := st.plan(x.device, x.filter(st.folder, st.options.filter, st.whole), 1); len(p.ops) > 0 {
			ids = append(ids, w.folder.id)
		}
	}
	return ids, true
}
