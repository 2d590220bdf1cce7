package easserver

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// Faults of the hierarchy.
const (
	FaultDeviceFolderIDs Fault = "device-folder-ids"
	FaultSameNames       Fault = "same-names"
)

var folderFaults = []FaultInfo{
	{FaultDeviceFolderIDs, "every device has ids of its own for the folders and what is in them, for as long as the server runs (Z-Push 2.7)"},
	{FaultSameNames, "folders side by side have one name (SOGo 5.8, Z-Push 2.7: a calendar and its tasks)"},
}

// folderIDs are the elements whose values are ids of folders.
var folderIDs = []wbxml.Tag{
	wbxml.AirSyncCollectionId, wbxml.GetItemEstimateCollectionId, wbxml.FolderHierarchyServerId, wbxml.FolderHierarchyParentId,
	wbxml.MoveSrcFldId, wbxml.MoveDstFldId, wbxml.PingId, wbxml.ItemOperationsDstFldId, wbxml.MeetingResponseCollectionId,
	wbxml.ComposeMailFolderId,
}

// itemIDs are the elements whose values are ids of items, which begin with that of the
// folder.
var itemIDs = []wbxml.Tag{
	wbxml.AirSyncServerId, wbxml.MoveSrcMsgId, wbxml.MeetingResponseRequestId, wbxml.SearchLongId, wbxml.AirSyncBaseFileReference,
	wbxml.ComposeMailItemId, wbxml.ComposeMailLongId,
}

// collectionOf returns the folder that a request or a part of it is about, or the item.
func collectionOf(e *wbxml.Element) string {
	for i := range e.Children {
		if c := &e.Children[i]; slices.Contains(folderIDs, c.Tag) || c.Tag == wbxml.AirSyncServerId {
			return e.Value(wbxml.AirSyncServerId) + " " + c.Text
		}
	}
	return ""
}

// shown returns the id by which the device knows a folder.
func (d *device) shown(id string) string {
	if !d.ownIDs || id == "0" || id == "" {
		return id
	}
	sum := sha256.Sum256([]byte(d.id + "\x00" + id))
	return hex.EncodeToString(sum[:5])
}

// shownItem returns the id by which the device knows an item.
func (d *device) shownItem(id string) string {
	folder, rest, ok := strings.Cut(id, ":")
	if !d.ownIDs || !ok {
		return id
	}
	return d.shown(folder) + ":" + rest
}

// ownFolderIDs puts the server's ids into a request with the device's. It is called
// with the lock held.
func (x *exchange) ownFolderIDs() {
	if x.command.name == "FolderSync" && x.doc.Value(wbxml.FolderHierarchySyncKey) == "0" && x.hit(FaultDeviceFolderIDs, x.device.id) != nil {
		x.device.ownIDs = true
	}
	if !x.device.ownIDs || x.doc == nil {
		return
	}
	ids := map[string]string{}
	for _, f := range x.user.folders {
		ids[x.device.shown(f.id)] = f.id
	}
	doc := withFolderIDs(*x.doc, ids)
	x.doc = &doc
}

// withFolderIDs returns a copy: the request itself may be in the hands of a hook.
func withFolderIDs(e wbxml.Element, ids map[string]string) wbxml.Element {
	folder, rest, isItem := strings.Cut(e.Text, ":")
	if id, ok := ids[folder]; ok {
		switch {
		case isItem && slices.Contains(itemIDs, e.Tag):
			e.Text = id + ":" + rest
		case !isItem && slices.Contains(folderIDs, e.Tag):
			e.Text = id
		}
	}
	e.Children = slices.Clone(e.Children)
	for i := range e.Children {
		e.Children[i] = withFolderIDs(e.Children[i], ids)
	}
	return e
}

// shownName returns the name of a folder as the device sees it: that of the first one
// beside it, if it is one that the server mixes up.
func (x *exchange) shownName(f *Folder) string {
	for _, g := range x.user.folders {
		if g == f {
			return f.name
		}
		if g.parent == f.parent && x.cfg.Faults.marked(FaultSameNames, x.command.name, x.user.name+" "+f.id) {
			x.cfg.Faults.count(FaultSameNames)
			return g.name
		}
	}
	return f.name
}
