package eas

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// rootFolder is the ParentID of a folder at the top. MS-ASCMD 2.2.3.129.
const rootFolder CollectionID = "0"

const maxFolderName = 256 // characters. MS-ASCMD 2.2.3.49.3

// FolderCreate makes a folder. Its Type is one that users make: FolderUserMail and its siblings, or FolderUserGeneric; ParentID ""
// is the root. key is the hierarchy's, and what comes back is the next one, to go on with: with it, the next FolderSync does not
// repeat this change. MS-ASCMD 2.2.1.3.
//
// A name that is there already is a StatusError with code 2. QUIRK(SOGo 5.8): HTTP 500.
func (c *Client) FolderCreate(ctx context.Context, key SyncKey, f Folder) (CollectionID, SyncKey, error) {
	if err := checkFolderName(f.Name); err != nil {
		return "", "", fmt.Errorf("FolderCreate: %w", err)
	}
	doc := wbxml.E(wbxml.FolderHierarchyFolderCreate, folderKey(key), parentOf(f), wbxml.T(wbxml.FolderHierarchyDisplayName, f.Name),
		wbxml.T(wbxml.FolderHierarchyType, strconv.Itoa(int(f.Type))))
	answer, next, err := c.folderChange(ctx, "FolderCreate", doc)
	if err != nil {
		return "", "", err
	}
	id := CollectionID(answer.Value(wbxml.FolderHierarchyServerId))
	if id == "" {
		return "", "", &ResponseError{Command: "FolderCreate", Err: errors.New("no id of the new folder")}
	}
	return id, next, nil
}

// FolderUpdate renames a folder, or moves it under another: ID names it, ParentID ("" = the root) and Name are what it shall
// have. The key is as in FolderCreate. MS-ASCMD 2.2.1.6.
func (c *Client) FolderUpdate(ctx context.Context, key SyncKey, f Folder) (SyncKey, error) {
	if err := checkFolderName(f.Name); err != nil {
		return "", fmt.Errorf("FolderUpdate: %w", err)
	}
	doc := wbxml.E(wbxml.FolderHierarchyFolderUpdate, folderKey(key), wbxml.T(wbxml.FolderHierarchyServerId, string(f.ID)), parentOf(f),
		wbxml.T(wbxml.FolderHierarchyDisplayName, f.Name))
	_, next, err := c.folderChange(ctx, "FolderUpdate", doc)
	return next, err
}

// FolderDelete deletes a folder with all that is in it, and below it. The key is as in FolderCreate. MS-ASCMD 2.2.1.4.
func (c *Client) FolderDelete(ctx context.Context, key SyncKey, id CollectionID) (SyncKey, error) {
	doc := wbxml.E(wbxml.FolderHierarchyFolderDelete, folderKey(key), wbxml.T(wbxml.FolderHierarchyServerId, string(id)))
	_, next, err := c.folderChange(ctx, "FolderDelete", doc)
	return next, err
}

func folderKey(key SyncKey) wbxml.Element {
	return wbxml.T(wbxml.FolderHierarchySyncKey, string(key))
}

func parentOf(f Folder) wbxml.Element {
	id := f.ParentID
	if id == "" {
		id = rootFolder
	}
	return wbxml.T(wbxml.FolderHierarchyParentId, string(id))
}

func checkFolderName(name string) error {
	if n := utf8.RuneCountInString(name); n == 0 || n > maxFolderName {
		return fmt.Errorf("a folder name of %d characters: 1 to %d may be", n, maxFolderName)
	}
	return nil
}

// folderChange sends one of the three commands and returns the hierarchy's next key. MS-ASCMD 2.2.3.181.1.
func (c *Client) folderChange(ctx context.Context, name string, doc wbxml.Element) (*wbxml.Element, SyncKey, error) {
	answer, err := c.call(ctx, command{name: name, doc: &doc}, func(e *wbxml.Element) error {
		return status(name, name, number(e, wbxml.FolderHierarchyStatus))
	})
	if answer, err = answered(name, answer, err); err != nil {
		return nil, "", err
	}
	key := SyncKey(answer.Value(wbxml.FolderHierarchySyncKey))
	if key == "" {
		return nil, "", &ResponseError{Command: name, Err: errNoKey}
	}
	return answer, key, nil
}
