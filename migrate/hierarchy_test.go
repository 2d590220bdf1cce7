package migrate_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
)

// TestNoFolders: a server that lost its mailboxes for a while, and lists no folder to who begins anew, has deleted nothing. Nor is a
// mailbox done of which it lists none at first.
func TestNoFolders(t *testing.T) {
	down := true
	l := newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if !down || r.Command != "FolderSync" {
			return nil
		}
		status := "9" // invalid key, MS-ASCMD 2.2.3.177.4
		if r.Document.Value(wbxml.FolderHierarchySyncKey) == "0" {
			status = "1"
		}
		doc := wbxml.E(wbxml.FolderHierarchyFolderSync, wbxml.T(wbxml.FolderHierarchyStatus, status),
			wbxml.T(wbxml.FolderHierarchySyncKey, "1"), wbxml.E(wbxml.FolderHierarchyChanges, wbxml.T(wbxml.FolderHierarchyCount, "0")))
		return answer(&doc)
	}}, "alice")
	fails := func() {
		t.Helper()
		sum, err := migrate.Run(t.Context(), l.options("alice"))
		if sum.Result != migrate.ResultFailed || err == nil || !strings.Contains(err.Error(), "alice@example.com: source: FolderSync") {
			t.Errorf("%+v, %v", sum, err)
		}
		if !migrate.Temporary(err) || sum.ItemsDeleted != 0 {
			t.Errorf("temporary: %v, %d deleted: %v", migrate.Temporary(err), sum.ItemsDeleted, err)
		}
	}
	fails()
	down = false
	l.run(l.options("alice"))
	down = true
	fails()
	l.check("alice")
	down = false
	l.run(l.options("alice"))
	l.check("alice")
}

// TestFolderNotListed: a full listing of the folders that lacks one, while the server still has what is in it, deletes nothing.
func TestFolderNotListed(t *testing.T) {
	lack := false
	var l *lab
	l = newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if !lack || r.Command != "FolderSync" {
			return nil
		}
		if r.Document.Value(wbxml.FolderHierarchySyncKey) != "0" {
			doc := wbxml.E(wbxml.FolderHierarchyFolderSync, wbxml.T(wbxml.FolderHierarchyStatus, "9"))
			return answer(&doc)
		}
		list := wbxml.E(wbxml.FolderHierarchyChanges)
		for _, f := range l.store.User("alice").Folders() {
			if path := f.Path(); path != "Archive" && !strings.Contains(path, "/") {
				list.Append(wbxml.E(wbxml.FolderHierarchyAdd, wbxml.T(wbxml.FolderHierarchyServerId, string(f.ID())),
					wbxml.T(wbxml.FolderHierarchyParentId, "0"), wbxml.T(wbxml.FolderHierarchyDisplayName, path),
					wbxml.T(wbxml.FolderHierarchyType, strconv.Itoa(int(f.Type())))))
			}
		}
		doc := wbxml.E(wbxml.FolderHierarchyFolderSync, wbxml.T(wbxml.FolderHierarchyStatus, "1"), wbxml.T(wbxml.FolderHierarchySyncKey, "1"), list)
		return answer(&doc)
	}}, "alice")
	l.run(l.options("alice"))
	lack = true
	u := l.store.User("alice")
	u.Folder("Archive").AddMessage(message("alice", "Archive", 888))
	if err := u.RemoveFolder(u.Folder("Inbox/Projects/Bücher & Hefte")); err != nil { // one that is gone indeed
		t.Fatal(err)
	}
	if sum := l.run(l.options("alice")); sum.ItemsStored != 1 || sum.ItemsDeleted != 12 {
		t.Errorf("%+v", sum)
	}
	l.check("alice")
	lack = false
	if sum := l.run(l.options("alice")); sum.ItemsStored+sum.ItemsDeleted != 0 {
		t.Errorf("%+v", sum)
	}
	l.check("alice")
}
