package eas

import (
	"context"
	"strconv"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// FolderType says what a folder is for. MS-ASCMD 2.2.3.186.3.
type FolderType int

const (
	FolderUserGeneric    FolderType = 1
	FolderInbox          FolderType = 2
	FolderDrafts         FolderType = 3
	FolderDeletedItems   FolderType = 4
	FolderSentItems      FolderType = 5
	FolderOutbox         FolderType = 6
	FolderTasks          FolderType = 7
	FolderCalendar       FolderType = 8
	FolderContacts       FolderType = 9
	FolderNotes          FolderType = 10
	FolderJournal        FolderType = 11
	FolderUserMail       FolderType = 12
	FolderUserCalendar   FolderType = 13
	FolderUserContacts   FolderType = 14
	FolderUserTasks      FolderType = 15
	FolderUserJournal    FolderType = 16
	FolderUserNotes      FolderType = 17
	FolderUnknown        FolderType = 18
	FolderRecipientCache FolderType = 19
)

// Class is the class of the items in such a folder; false for folders that do not synchronize items of the five classes
// (journals and the recipient cache) and for types that say nothing.
func (t FolderType) Class() (Class, bool) {
	switch t {
	case FolderUserGeneric, FolderInbox, FolderDrafts, FolderDeletedItems, FolderSentItems, FolderOutbox, FolderUserMail:
		return ClassEmail, true
	case FolderContacts, FolderUserContacts:
		return ClassContacts, true
	case FolderCalendar, FolderUserCalendar:
		return ClassCalendar, true
	case FolderTasks, FolderUserTasks:
		return ClassTasks, true
	case FolderNotes, FolderUserNotes:
		return ClassNotes, true
	}
	return "", false
}

var folderTypeNames = [...]string{
	1: "generic folder", 2: "inbox", 3: "drafts", 4: "deleted items", 5: "sent items", 6: "outbox", 7: "tasks", 8: "calendar",
	9: "contacts", 10: "notes", 11: "journal", 12: "mail folder", 13: "calendar folder", 14: "contacts folder",
	15: "tasks folder", 16: "journal folder", 17: "notes folder", 18: "unknown", 19: "recipient cache",
}

func (t FolderType) String() string {
	if t > 0 && int(t) < len(folderTypeNames) {
		return folderTypeNames[t]
	}
	return "folder type " + strconv.Itoa(int(t))
}

// Folder is a folder of the hierarchy. Two folders may have one name.
type Folder struct {
	ID       CollectionID `wbxml:"FolderHierarchy:ServerId"`
	ParentID CollectionID `wbxml:"FolderHierarchy:ParentId"` // "0" = the root
	Name     string       `wbxml:"FolderHierarchy:DisplayName"`
	Type     FolderType   `wbxml:"FolderHierarchy:Type"`
}

// FolderChanges is what changed of the hierarchy since a SyncKey.
type FolderChanges struct {
	Key    SyncKey // to ask with next
	Add    []Folder
	Update []Folder // renamed or moved
	Delete []CollectionID
}

// FolderSync asks for the changes of the folder hierarchy since key; InitialKey asks for the whole. MS-ASCMD 2.2.1.5. A key
// that the server does not know is a StatusError with code 9 (Exchange, Z-Push) or an empty answer (SOGo 5.8).
func (c *Client) FolderSync(ctx context.Context, key SyncKey) (*FolderChanges, error) {
	doc := wbxml.E(wbxml.FolderHierarchyFolderSync, wbxml.T(wbxml.FolderHierarchySyncKey, string(key)))
	answer, err := c.call(ctx, command{name: "FolderSync", doc: &doc}, func(e *wbxml.Element) error {
		return status("FolderSync", "FolderSync", number(e, wbxml.FolderHierarchyStatus))
	})
	if err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, &ResponseError{Command: "FolderSync", Err: errEmpty}
	}
	changes := &FolderChanges{Key: SyncKey(answer.Value(wbxml.FolderHierarchySyncKey))}
	if changes.Key == "" {
		return nil, &ResponseError{Command: "FolderSync", Err: errNoKey}
	}
	list := answer.Child(wbxml.FolderHierarchyChanges)
	if list == nil {
		return changes, nil
	}
	for i := range list.Children {
		if err := changes.take(&list.Children[i]); err != nil {
			return nil, &ResponseError{Command: "FolderSync", Err: err}
		}
	}
	return changes, nil
}

func (f *FolderChanges) take(e *wbxml.Element) error {
	var folder Folder
	if err := wbxml.Decode(e, &folder); err != nil {
		return err
	}
	switch e.Tag {
	case wbxml.FolderHierarchyAdd:
		f.Add = append(f.Add, folder)
	case wbxml.FolderHierarchyUpdate:
		f.Update = append(f.Update, folder)
	case wbxml.FolderHierarchyDelete:
		f.Delete = append(f.Delete, folder.ID)
	}
	return nil
}
