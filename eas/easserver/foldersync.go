package easserver

import (
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// hierarchyState is what a device knows of the folders. As with items, the key
// before the last is good for another try.
type hierarchyState struct {
	key, prev       string
	known, previous map[string]folderInfo // by id
}

type folderInfo struct {
	parent, name string
	typ          eas.FolderType
}

func (f *Folder) info() folderInfo {
	i := folderInfo{parent: "0", name: f.name, typ: f.typ}
	if f.parent != nil {
		i.parent = f.parent.id
	}
	return i
}

// accepts tells whether the device may go on from key, and takes the last answer
// back if key is the one before.
func (h *hierarchyState) accepts(key string) bool {
	switch key {
	case "":
		return false
	case h.prev:
		h.key, h.known, h.prev, h.previous = h.prev, h.previous, "", nil
		return true
	}
	return key == h.key
}

// advance makes known what the device knows now.
func (h *hierarchyState) advance(known map[string]folderInfo) string {
	h.prev, h.previous = h.key, h.known
	h.key, h.known = newKey(), known
	return h.key
}

// folderSync answers FolderSync. MS-ASCMD 2.2.1.5.
func (x *exchange) folderSync() {
	key := x.doc.Child(wbxml.FolderHierarchySyncKey)
	if key == nil || key.Text == "" {
		x.violation("MS-ASCMD 2.2.3.181.2", "no SyncKey")
		x.status(10)
		return
	}
	x.user.mu.Lock()
	answer, ok := x.hierarchyChanges(key.Text)
	x.user.mu.Unlock()
	if !ok {
		x.status(9)
		return
	}
	if key.Text == "0" { // MS-ASHTTP 3.2.5.1, and section 6 of what Exchange does
		h := x.w.Header()
		h.Set("X-MS-RP", strings.Join(x.cfg.Versions, ","))
		x.tellProtocol()
	}
	x.reply(answer)
}

func (x *exchange) hierarchyChanges(key string) (wbxml.Element, bool) {
	h := &x.device.hierarchy
	clear(x.device.doubted)
	if key != "0" && x.hit(FaultForgetHierarchy, "") != nil {
		*h = hierarchyState{}
	}
	if key == "0" {
		*h = hierarchyState{}
	} else if !h.accepts(key) {
		return wbxml.Element{}, false
	}
	changes := wbxml.E(wbxml.FolderHierarchyChanges, wbxml.Empty(wbxml.FolderHierarchyCount))
	var update, remove, add []wbxml.Element
	now := map[string]folderInfo{}
	for _, f := range x.user.folders {
		i := f.info()
		i.name = x.shownName(f)
		now[f.id] = i
		if old, ok := h.known[f.id]; !ok {
			add = append(add, folderElement(wbxml.FolderHierarchyAdd, x.device, f.id, i))
		} else if old != i {
			update = append(update, folderElement(wbxml.FolderHierarchyUpdate, x.device, f.id, i))
		}
	}
	for id := range h.known {
		if _, ok := now[id]; !ok {
			remove = append(remove, wbxml.E(wbxml.FolderHierarchyDelete, wbxml.T(wbxml.FolderHierarchyServerId, x.device.shown(id))))
		}
	}
	for _, e := range [][]wbxml.Element{update, remove, add} {
		changes.Append(e...)
	}
	changes.Children[0].Text = strconv.Itoa(len(changes.Children) - 1)
	if len(changes.Children) > 1 || key == "0" {
		h.advance(now)
	}
	return wbxml.E(wbxml.FolderHierarchyFolderSync,
		wbxml.T(wbxml.FolderHierarchyStatus, "1"), wbxml.T(wbxml.FolderHierarchySyncKey, h.key), changes), true
}

func folderElement(tag wbxml.Tag, d *device, id string, i folderInfo) wbxml.Element {
	return wbxml.E(tag,
		wbxml.T(wbxml.FolderHierarchyServerId, d.shown(id)), wbxml.T(wbxml.FolderHierarchyParentId, d.shown(i.parent)),
		wbxml.T(wbxml.FolderHierarchyDisplayName, i.name), wbxml.T(wbxml.FolderHierarchyType, strconv.Itoa(int(i.typ))))
}
