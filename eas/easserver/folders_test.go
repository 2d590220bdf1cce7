package easserver

import (
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// changes lists what a FolderSync says: "Add 10 0 Archive 12".
func changes(e *wbxml.Element) []string {
	all := []string{}
	cs := e.Child(wbxml.FolderHierarchyChanges)
	for i := range cs.Children {
		c := &cs.Children[i]
		if c.Tag == wbxml.FolderHierarchyCount {
			continue
		}
		s := c.Tag.Name()
		for _, tag := range []wbxml.Tag{wbxml.FolderHierarchyServerId, wbxml.FolderHierarchyParentId, wbxml.FolderHierarchyDisplayName, wbxml.FolderHierarchyType} {
			if c.Has(tag) {
				s += " " + c.Value(tag)
			}
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

func TestFolderSync(t *testing.T) {
	store, _ := inboxOf(0)
	u := store.User("alice")
	c := newClient(t, Config{}, store)
	want := []string{
		"Add 1 0 Inbox 2", "Add 2 0 Drafts 3", "Add 3 0 Deleted Items 4", "Add 4 0 Sent Items 5", "Add 5 0 Outbox 6", "Add 6 0 Tasks 7",
		"Add 7 0 Calendar 8", "Add 8 0 Contacts 9", "Add 9 0 Notes 10",
	}
	if diff := cmp.Diff(want, changes(c.folderSync("0"))); diff != "" {
		t.Fatal(diff)
	}
	k0 := c.folderKey
	if diff := cmp.Diff([]string{}, changes(c.folderSync(k0))); diff != "" || c.folderKey != k0 {
		t.Errorf("nothing changed: %s", diff)
	}
	f := u.AddFolder("Inbox/Sub/Deep", eas.FolderUserMail)
	want = []string{"Add 10 1 Sub 12", "Add 11 10 Deep 12"}
	for range 3 { // the answer is lost, twice
		if diff := cmp.Diff(want, changes(c.folderSync(k0))); diff != "" {
			t.Fatal(diff)
		}
	}
	if err := u.MoveFolder(f, nil, "Shallow"); err != nil {
		t.Fatal(err)
	}
	if err := u.RemoveFolder(u.Folder("Inbox/Sub")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Delete 10", "Update 11 0 Shallow 12"}, changes(c.folderSync(c.folderKey))); diff != "" {
		t.Error(diff)
	}
	if e := c.folderSync(k0); e.Value(wbxml.FolderHierarchyStatus) != "9" {
		t.Errorf("an old key: %s", e.AppendXML(nil))
	}
	if err := u.MoveFolder(u.Folder("Inbox"), u.AddFolder("Inbox/Below", eas.FolderUserMail), "Inbox"); err == nil {
		t.Error("a folder was moved below itself")
	}
	c.strict()
}

func folderDoc(root wbxml.Tag, key string, more ...wbxml.Element) wbxml.Element {
	e := wbxml.E(root, wbxml.T(wbxml.FolderHierarchySyncKey, key))
	e.Append(more...)
	return e
}

func TestFolderCommands(t *testing.T) {
	store, _ := inboxOf(0)
	u := store.User("alice")
	c := newClient(t, Config{}, store)
	c.folderSync("0")
	id := func(v string) wbxml.Element { return wbxml.T(wbxml.FolderHierarchyServerId, v) }
	parent := func(v string) wbxml.Element { return wbxml.T(wbxml.FolderHierarchyParentId, v) }
	name := func(v string) wbxml.Element { return wbxml.T(wbxml.FolderHierarchyDisplayName, v) }
	typ := func(v string) wbxml.Element { return wbxml.T(wbxml.FolderHierarchyType, v) }
	for _, r := range []struct {
		cmd    string
		more   []wbxml.Element
		status string
	}{
		{"FolderCreate", []wbxml.Element{parent("0"), name("Archive"), typ("12")}, "1"}, // 10
		{"FolderCreate", []wbxml.Element{parent("10"), name("Größe"), typ("12")}, "1"},  // 11
		{"FolderCreate", []wbxml.Element{parent("0"), name("Archive"), typ("12")}, "2"},
		{"FolderCreate", []wbxml.Element{parent("77"), name("X"), typ("12")}, "5"},
		{"FolderCreate", []wbxml.Element{parent("0"), name("X"), typ("2")}, "10"},
		{"FolderCreate", []wbxml.Element{parent("0"), typ("12")}, "10"},
		{"FolderUpdate", []wbxml.Element{id("11"), parent("0"), name("Moved")}, "1"},
		{"FolderUpdate", []wbxml.Element{id("10"), parent("0"), name("Moved")}, "2"},
		{"FolderUpdate", []wbxml.Element{id("1"), parent("0"), name("Mine")}, "2"},
		{"FolderUpdate", []wbxml.Element{id("77"), parent("0"), name("X")}, "4"},
		{"FolderUpdate", []wbxml.Element{id("10"), parent("77"), name("X")}, "5"},
		{"FolderUpdate", []wbxml.Element{id("10"), parent("10"), name("X")}, "5"},
		{"FolderDelete", []wbxml.Element{id("1")}, "3"},
		{"FolderDelete", []wbxml.Element{id("77")}, "4"},
		{"FolderDelete", []wbxml.Element{id("10")}, "1"},
		{"FolderDelete", nil, "10"},
	} {
		root, _ := wbxml.Lookup("FolderHierarchy", r.cmd)
		e := c.do(r.cmd, folderDoc(root, c.folderKey, r.more...))
		if got := e.Value(wbxml.FolderHierarchyStatus); got != r.status {
			t.Errorf("%s %v: status %s, want %s", r.cmd, r.more, got, r.status)
		}
		if key := e.Value(wbxml.FolderHierarchySyncKey); (key != "") != (r.status == "1") {
			t.Errorf("%s: status %s and key %q", r.cmd, r.status, key)
		} else if key != "" {
			c.folderKey = key
		}
	}
	if u.Folder("Moved") == nil || u.Folder("Archive") != nil {
		t.Error("the folders are not as they should be")
	}
	if diff := cmp.Diff([]string{}, changes(c.folderSync(c.folderKey))); diff != "" {
		t.Errorf("told of its own changes: %s", diff)
	}
	for _, key := range []string{"0", "nonsense"} {
		if e := c.do("FolderDelete", folderDoc(wbxml.FolderHierarchyFolderDelete, key, id("11"))); e.Value(wbxml.FolderHierarchyStatus) != "9" {
			t.Errorf("key %s: %s", key, e.AppendXML(nil))
		}
	}
}

func TestMoveItems(t *testing.T) {
	store, inbox := inboxOf(3)
	drafts := store.User("alice").Folder("Drafts")
	c := newClient(t, Config{}, store)
	key := c.drain(c.prime("1"), "1")
	move := func(id, from, to string) wbxml.Element {
		return wbxml.E(wbxml.MoveMove, wbxml.T(wbxml.MoveSrcMsgId, id), wbxml.T(wbxml.MoveSrcFldId, from), wbxml.T(wbxml.MoveDstFldId, to))
	}
	e := c.do("MoveItems", wbxml.E(wbxml.MoveMoveItems, move("1:0", "1", "2"), move("1:9", "1", "2"), move("1:1", "77", "2"), move("1:1", "1", "77"),
		move("1:1", "1", "8"), move("1:1", "1", "1")))
	var got []string
	for r := range e.All(wbxml.MoveResponse) {
		got = append(got, r.Value(wbxml.MoveSrcMsgId)+" "+r.Value(wbxml.MoveStatus)+" "+r.Value(wbxml.MoveDstMsgId))
	}
	if diff := cmp.Diff([]string{"1:0 3 2:0", "1:9 1 ", "1:1 1 ", "1:1 2 ", "1:1 2 ", "1:1 4 "}, got); diff != "" {
		t.Error(diff)
	}
	if inbox.Len() != 2 || drafts.Len() != 1 {
		t.Errorf("%d and %d messages", inbox.Len(), drafts.Len())
	}
	if diff := cmp.Diff([]string{"Delete 1:0"}, said(c.sync(key, "1"))); diff != "" {
		t.Error(diff)
	}
	doc := wbxml.E(wbxml.MoveMoveItems)
	for range 1001 {
		doc.Append(move("1:1", "1", "2"))
	}
	if e := c.do("MoveItems", doc); e.Value(wbxml.MoveStatus) != "103" || len(c.violations) != 1 {
		t.Errorf("1001 moves: %s, %v", e.AppendXML(nil), c.violations)
	}
}

func TestGetItemEstimate(t *testing.T) {
	store, inbox := inboxOf(20)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	ask := func(key, id string, more ...wbxml.Element) string {
		col := wbxml.E(wbxml.GetItemEstimateCollection, wbxml.T(wbxml.AirSyncSyncKey, key), wbxml.T(wbxml.GetItemEstimateCollectionId, id))
		col.Append(more...)
		e := c.do("GetItemEstimate", wbxml.E(wbxml.GetItemEstimateGetItemEstimate, wbxml.E(wbxml.GetItemEstimateCollections, col)))
		r := e.Child(wbxml.GetItemEstimateResponse)
		return r.Value(wbxml.GetItemEstimateStatus) + " " + r.Value(wbxml.GetItemEstimateCollection, wbxml.GetItemEstimateEstimate)
	}
	c.folderSync("0")
	want := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	want(ask("0", id), "3 ")
	want(ask("x", id), "3 ")
	key := c.prime(id)
	want(ask(key, id), "1 20")
	want(ask("x", id), "4 ")
	want(ask("x", "99"), "2 ")
	next := c.sync(key, id, window("15")).Value(wbxml.AirSyncSyncKey)
	want(ask(next, id), "1 5")
	want(ask(key, id), "1 20") // the page that a repeat of the key gets, and the rest
	c.strict()
	// Before 14.0 the class comes first and the key last.
	c.version = "12.1"
	e := c.do("GetItemEstimate", wbxml.E(wbxml.GetItemEstimateGetItemEstimate, wbxml.E(wbxml.GetItemEstimateCollections, wbxml.E(wbxml.GetItemEstimateCollection,
		wbxml.T(wbxml.GetItemEstimateClass, "Email"), wbxml.T(wbxml.GetItemEstimateCollectionId, id), wbxml.T(wbxml.AirSyncFilterType, "0"), wbxml.T(wbxml.AirSyncSyncKey, next)))))
	want(e.Child(wbxml.GetItemEstimateResponse).Value(wbxml.GetItemEstimateCollection, wbxml.GetItemEstimateEstimate), "5")
	c.strict()
}

// TestTellsUpgrade: the answer to key 0, and no other, says what the server speaks. MS-ASHTTP 3.2.5.1, R1202.
func TestTellsUpgrade(t *testing.T) {
	store, _ := inboxOf(0)
	c := newClient(t, Config{Versions: []string{"14.1", "16.1"}}, store)
	ask := func(key string) (http.Header, string) {
		doc := wbxml.E(wbxml.FolderHierarchyFolderSync, wbxml.T(wbxml.FolderHierarchySyncKey, key))
		body, err := wbxml.Marshal(&doc)
		if err != nil {
			t.Fatal(err)
		}
		w := c.post("FolderSync", body, contentTypeWBXML)
		answer, err := wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return w.Header(), answer.Value(wbxml.FolderHierarchySyncKey)
	}
	h, key := ask("0")
	if h.Get("X-MS-RP") != "14.1,16.1" || h.Get("MS-ASProtocolVersions") != "14.1,16.1" || h.Get("MS-ASProtocolCommands") == "" {
		t.Errorf("key 0: %v", h)
	}
	if h, _ = ask(key); h.Get("X-MS-RP") != "" {
		t.Errorf("key %s: %v", key, h)
	}
}
