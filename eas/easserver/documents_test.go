package easserver

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestOperationsOfAllKinds mixes them: they are done in their order, and answered in the order of the schema.
func TestOperationsOfAllKinds(t *testing.T) {
	store, inbox := inboxOf(2)
	inbox.AddMessage([]byte("Subject: talk\r\n\r\nnew\r\n> old\r\n"))
	sub := store.User("alice").AddFolder("Inbox/Sub", inbox.Type())
	sub.AddMessage(message(9))
	store.AddDocument(Document{LinkID: "https://x/doc", Content: []byte("document"), Modified: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
	c := newClient(t, Config{}, store)
	c.folderSync("0")
	options := func(more ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.ItemOperationsOptions, more...) }
	document := wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStore, "Document Library"), wbxml.T(wbxml.DocumentLibraryLinkId, "https://x/doc"),
		options(wbxml.T(wbxml.ItemOperationsRange, "2-4")))
	subFolder := string(sub.ID())
	e := c.do("ItemOperations", wbxml.E(wbxml.ItemOperationsItemOperations,
		fetchOf(subFolder, subFolder+":0", mimeFetchOptions()),
		wbxml.E(wbxml.ItemOperationsEmptyFolderContents, wbxml.T(wbxml.AirSyncCollectionId, subFolder)),
		fetchOf(subFolder, subFolder+":0", mimeFetchOptions()),
		document,
		fetchOf("1", "1:2", options(wbxml.E(wbxml.ItemOperationsSchema, wbxml.Empty(wbxml.EmailSubject)))),
		fetchOf("1", "1:2", options(wbxml.E(wbxml.AirSyncBaseBodyPartPreference, wbxml.T(wbxml.AirSyncBaseType, "2"), wbxml.T(wbxml.AirSyncBasePreview, "9")),
			wbxml.T(wbxml.RightsManagementRightsManagementSupport, "1"))),
		wbxml.E(wbxml.ItemOperationsMove, wbxml.B(wbxml.ItemOperationsConversationId, []byte("none")), wbxml.T(wbxml.ItemOperationsDstFldId, "1"), options(wbxml.Empty(wbxml.ItemOperationsMoveAlways)))))
	var got []string
	for _, r := range e.Child(wbxml.ItemOperationsResponse).Children {
		got = append(got, r.Tag.Name()+" "+r.Value(wbxml.ItemOperationsStatus))
	}
	if d := cmp.Diff([]string{"Move 6", "EmptyFolderContents 1", "Fetch 1", "Fetch 6", "Fetch 1", "Fetch 1", "Fetch 1"}, got); d != "" {
		t.Error(d)
	}
	c.strict()
	r := e.Child(wbxml.ItemOperationsResponse).Children
	p := func(i int) *wbxml.Element { return r[i].Child(wbxml.ItemOperationsProperties) }
	if p(4).Value(wbxml.ItemOperationsData) != "Y3Vt" || p(4).Value(wbxml.ItemOperationsTotal) != "8" || p(4).Value(wbxml.ItemOperationsVersion) != "2026-03-01T00:00:00.000Z" {
		t.Errorf("document: %s", p(4).AppendXML(nil))
	}
	if len(p(5).Children) != 1 || p(6).Value(wbxml.AirSyncBaseBodyPart, wbxml.AirSyncBasePreview) != "new\r\n" {
		t.Errorf("%s\n%s", p(5).AppendXML(nil), p(6).AppendXML(nil))
	}
}

// TestForbiddenOperations sends what MS-ASCMD 2.2.3.94 and the sections of its children forbid.
func TestForbiddenOperations(t *testing.T) {
	store, _ := inboxOf(1)
	root := func(e wbxml.Element) wbxml.Element { return wbxml.E(wbxml.ItemOperationsItemOperations, e) }
	options := func(more ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.ItemOperationsOptions, more...) }
	body := func(more ...wbxml.Element) wbxml.Element {
		return options(wbxml.E(wbxml.AirSyncBaseBodyPreference, more...))
	}
	html := wbxml.T(wbxml.AirSyncBaseType, "2")
	for name, tc := range map[string]struct {
		version string
		doc     wbxml.Element
		status  string
	}{
		"no Store":                     {"14.1", root(wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.AirSyncServerId, "1:0"))), "2"},
		"Move in 12.1":                 {"12.1", root(wbxml.E(wbxml.ItemOperationsMove, wbxml.B(wbxml.ItemOperationsConversationId, nil), wbxml.T(wbxml.ItemOperationsDstFldId, "1"))), "2"},
		"Move without a destination":   {"14.1", root(wbxml.E(wbxml.ItemOperationsMove, wbxml.B(wbxml.ItemOperationsConversationId, []byte("x")))), "2"},
		"a body of an attachment":      {"14.1", root(fetchFile("1:0:1", body(html))), "2"},
		"the Schema of a document":     {"14.1", root(wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStore, "DocumentLibrary"), wbxml.T(wbxml.DocumentLibraryLinkId, "x"), options(wbxml.Empty(wbxml.ItemOperationsSchema)))), "2"},
		"MoveAlways of a Fetch":        {"14.1", root(fetchOf("1", "1:0", options(wbxml.Empty(wbxml.ItemOperationsMoveAlways)))), "2"},
		"Range of EmptyFolderContents": {"14.1", root(wbxml.E(wbxml.ItemOperationsEmptyFolderContents, wbxml.T(wbxml.AirSyncCollectionId, "1"), options(wbxml.T(wbxml.ItemOperationsRange, "0-1")))), "2"},
		"a Type behind":                {"14.1", root(fetchOf("1", "1:0", body(wbxml.T(wbxml.AirSyncBaseAllOrNone, "1"), html))), "2"},
		"Preview in 12.1":              {"12.1", root(fetchOf("1", "1:0", body(html, wbxml.T(wbxml.AirSyncBasePreview, "1")))), "2"},
		"BodyPart in 14.0":             {"14.0", root(fetchOf("1", "1:0", options(wbxml.E(wbxml.AirSyncBaseBodyPartPreference, html)))), "2"},
		"BodyPart of text":             {"14.1", root(fetchOf("1", "1:0", options(wbxml.E(wbxml.AirSyncBaseBodyPartPreference, wbxml.T(wbxml.AirSyncBaseType, "1"))))), "164"},
		"RightsManagement in 14.0":     {"14.0", root(fetchOf("1", "1:0", options(wbxml.T(wbxml.RightsManagementRightsManagementSupport, "1")))), "2"},
		"credentials in 12.0":          {"12.0", root(wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStore, "DocumentLibrary"), options(wbxml.T(wbxml.ItemOperationsUserName, "x")))), "2"},
	} {
		c := newClient(t, Config{}, store)
		c.version = tc.version
		e := c.do("ItemOperations", tc.doc)
		if got := e.Value(wbxml.ItemOperationsStatus); got != tc.status || len(c.violations) != 1 && tc.status == "2" {
			t.Errorf("%s: status %s and %v", name, got, c.violations)
		}
	}
}
