package easserver

import (
	"maps"
	"strconv"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// folderCommand answers a command that changes the hierarchy: change does it, and
// returns a status. The device learns of its own change with the new key.
func (x *exchange) folderCommand(change func() (status int, f *Folder)) {
	key := x.doc.Value(wbxml.FolderHierarchySyncKey)
	x.user.mu.Lock()
	status, f := 10, (*Folder)(nil)
	h := &x.device.hierarchy
	err := x.protocol.wellFormed(x.doc)
	switch {
	case err != nil, key == "":
	case key == "0" || !h.accepts(key):
		status = 9
	default:
		status, f = change()
	}
	answer := wbxml.E(x.command.root, wbxml.T(wbxml.FolderHierarchyStatus, strconv.Itoa(status)))
	if status == 1 {
		known := maps.Clone(h.known)
		h.learn(known, x.user.folders, f)
		answer.Append(wbxml.T(wbxml.FolderHierarchySyncKey, h.advance(known)))
		x.user.notify()
	}
	x.user.mu.Unlock()
	if status == 10 {
		detail := "a malformed " + x.command.name
		if err != nil {
			detail = err.Error()
		}
		x.violation("MS-ASCMD 2.2.3.177", detail)
	}
	if status == 1 && x.command.root == wbxml.FolderHierarchyFolderCreate {
		answer.Append(wbxml.T(wbxml.FolderHierarchyServerId, x.device.shown(f.id)))
	}
	x.reply(answer)
}

// learn makes known say of one folder, and of those that are gone, what is so.
func (h *hierarchyState) learn(known map[string]folderInfo, folders []*Folder, f *Folder) {
	if f != nil {
		known[f.id] = f.info()
		return
	}
	there := map[string]bool{}
	for _, f := range folders {
		there[f.id] = true
	}
	maps.DeleteFunc(known, func(id string, _ folderInfo) bool { return !there[id] })
}

// maxFolders is how many folders a mailbox may get from clients. MS-ASCMD 2.2.2.
const maxFolders = 1000

// folderCreate answers FolderCreate. MS-ASCMD 2.2.1.3.
func (x *exchange) folderCreate() {
	x.folderCommand(func() (int, *Folder) {
		name := x.doc.Value(wbxml.FolderHierarchyDisplayName)
		typ, err := strconv.Atoi(x.doc.Value(wbxml.FolderHierarchyType))
		if !folderName(name) || err != nil || !creatable(eas.FolderType(typ)) {
			return 10, nil
		}
		parent, status := x.parent()
		if status != 1 {
			return status, nil
		}
		if x.user.child(parent, name) != nil {
			return 2, nil
		}
		if len(x.user.folders) >= maxFolders {
			return 151, nil // TooManyFolders, MS-ASCMD 2.2.2
		}
		return 1, x.user.addFolder(parent, name, eas.FolderType(typ))
	})
}

// parent returns the folder that ParentId names, nil for the top.
func (x *exchange) parent() (*Folder, int) {
	switch id := x.doc.Value(wbxml.FolderHierarchyParentId); id {
	case "":
		return nil, 10
	case "0":
		return nil, 1
	default:
		if f := x.user.byID(id); f != nil {
			return f, 1
		}
		return nil, 5
	}
}

// folderDelete answers FolderDelete. MS-ASCMD 2.2.1.4.
func (x *exchange) folderDelete() {
	x.folderCommand(func() (int, *Folder) {
		f, status := x.folderToChange(3)
		if status == 1 {
			x.user.removeFolder(f)
		}
		return status, nil
	})
}

// folderUpdate answers FolderUpdate. MS-ASCMD 2.2.1.6.
func (x *exchange) folderUpdate() {
	x.folderCommand(func() (int, *Folder) {
		f, status := x.folderToChange(2)
		if status != 1 {
			return status, nil
		}
		name := x.doc.Value(wbxml.FolderHierarchyDisplayName)
		parent, status := x.parent()
		if !folderName(name) {
			status = 10
		}
		if status != 1 {
			return status, nil
		}
		if parent != nil && parent.within(f) {
			return 5, nil
		}
		if g := x.user.child(parent, name); g != nil && g != f {
			return 2, nil
		}
		f.parent, f.name = parent, name
		return 1, f
	})
}

// folderToChange returns the folder that ServerId names, or the status: ofSpecial
// for one that the mailbox needs.
func (x *exchange) folderToChange(ofSpecial int) (*Folder, int) {
	id := x.doc.Value(wbxml.FolderHierarchyServerId)
	if id == "" {
		return nil, 10
	}
	f := x.user.byID(id)
	switch {
	case f == nil:
		return nil, 4
	case special(f.typ):
		return nil, ofSpecial
	}
	return f, 1
}

// folderName tells whether a folder may have the name. MS-ASCMD 2.2.3.49.3.
func folderName(s string) bool {
	n := utf8.RuneCountInString(s)
	return n > 0 && n <= 256
}
