package easserver

import (
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// emptyFolder deletes the items of a folder. MS-ASCMD 2.2.3.58.
func (x *exchange) emptyFolder(e *wbxml.Element) int {
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	f := x.user.byID(e.Value(wbxml.AirSyncCollectionId))
	if f == nil {
		return 6
	}
	for _, v := range f.items {
		if !v.deleted {
			f.remove(v, nil)
		}
	}
	if o := e.Child(wbxml.ItemOperationsOptions); o != nil && o.Has(wbxml.ItemOperationsDeleteSubFolders) {
		for g := x.user.below(f); g != nil; g = x.user.below(f) {
			x.user.removeFolder(g)
		}
	}
	x.user.notify()
	return 1
}

// below returns a child of the folder, or nil.
func (u *User) below(f *Folder) *Folder {
	for _, g := range u.folders {
		if g.parent == f {
			return g
		}
	}
	return nil
}

// moveConversation moves all messages of a conversation. MS-ASCMD 2.2.3.117.1.
func (x *exchange) moveConversation(e *wbxml.Element) int {
	if o := e.Child(wbxml.ItemOperationsOptions); o == nil || !o.Has(wbxml.ItemOperationsMoveAlways) {
		x.violation("MS-ASCMD 2.2.3.112", "Move without MoveAlways")
		return 155
	}
	x.user.mu.Lock()
	defer x.user.mu.Unlock()
	to := x.user.byID(e.Value(wbxml.ItemOperationsDstFldId))
	if to == nil || to.class() != eas.ClassEmail {
		return 156
	}
	conversation, found := e.Value(wbxml.ItemOperationsConversationId), false
	for _, f := range x.user.folders {
		for _, v := range f.items {
			if v.deleted || v.Message == nil || string(v.header().conversationID()) != conversation {
				continue
			}
			found = true
			if f != to {
				f.remove(v, nil)
				to.add(v.Item, nil)
			}
		}
	}
	x.user.notify()
	if !found {
		return 6
	}
	return 1
}
