package easserver

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

func mimeFetchOptions() wbxml.Element {
	return wbxml.E(wbxml.ItemOperationsOptions, wbxml.T(wbxml.AirSyncMIMESupport, "2"), wbxml.E(wbxml.AirSyncBaseBodyPreference, wbxml.T(wbxml.AirSyncBaseType, "4")))
}

func fetchOf(folder, item string, more ...wbxml.Element) wbxml.Element {
	e := wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStore, "Mailbox"), wbxml.T(wbxml.AirSyncCollectionId, folder), wbxml.T(wbxml.AirSyncServerId, item))
	e.Append(more...)
	return e
}

func fetchFile(ref string, more ...wbxml.Element) wbxml.Element {
	e := wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStore, "Mailbox"), wbxml.T(wbxml.AirSyncBaseFileReference, ref))
	e.Append(more...)
	return e
}

// attached is a message with two attachments: one of all byte values, and a message.
func attached() (msg []byte, content string) {
	var b strings.Builder
	for i := range 1000 {
		b.WriteByte(byte(i))
	}
	m := messageWriter{unique: "attached"}
	m.header("From", "bob@example.com")
	m.header("Subject", "files")
	m.body("see files", "", []file{{"Größe.bin", "application/octet-stream", b.String()}, {"inner.eml", "message/rfc822", "Subject: inner\r\n\r\ntext\r\n"}})
	return m.bytes(), b.String()
}

func TestItemOperationsFetch(t *testing.T) {
	store, inbox := inboxOf(3)
	msg, content := attached()
	inbox.AddMessage(msg)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	c.prime(id)

	// Where attachments are is said with the text of a message.
	e := c.do("ItemOperations", wbxml.E(wbxml.ItemOperationsItemOperations, fetchOf(id, id+":3",
		wbxml.E(wbxml.ItemOperationsOptions, wbxml.E(wbxml.AirSyncBaseBodyPreference, wbxml.T(wbxml.AirSyncBaseType, "1"))))))
	props := e.Child(wbxml.ItemOperationsResponse).Child(wbxml.ItemOperationsFetch).Child(wbxml.ItemOperationsProperties)
	var listed []string
	var refs []string
	for a := range props.Child(wbxml.AirSyncBaseAttachments).All(wbxml.AirSyncBaseAttachment) {
		listed = append(listed, strings.Join([]string{a.Value(wbxml.AirSyncBaseDisplayName), a.Value(wbxml.AirSyncBaseMethod), a.Value(wbxml.AirSyncBaseEstimatedDataSize)}, " "))
		refs = append(refs, a.Value(wbxml.AirSyncBaseFileReference))
	}
	if diff := cmp.Diff([]string{"Größe.bin 1 1000", "inner.eml 5 24"}, listed); diff != "" {
		t.Fatal(diff)
	}

	part := wbxml.E(wbxml.ItemOperationsOptions, wbxml.T(wbxml.ItemOperationsRange, "990-2000"))
	beyond := wbxml.E(wbxml.ItemOperationsOptions, wbxml.T(wbxml.ItemOperationsRange, "1000-1001"))
	doc := wbxml.E(wbxml.ItemOperationsItemOperations,
		fetchOf(id, id+":0", mimeFetchOptions()), fetchOf(id, id+":99", mimeFetchOptions()), fetchFile(refs[0]), fetchFile(refs[0], part),
		fetchFile(refs[0], beyond), fetchFile("nonsense"), fetchFile(""), fetchOf("4", id+":0"),
		wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStore, "DocumentLibrary")),
		wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStore, "Mailbox"), wbxml.T(wbxml.SearchLongId, id+":1"), mimeFetchOptions()))
	type fetchedItem struct{ Status, Data, Range, Total string }
	want := []fetchedItem{
		{"1", string(message(0)), "", ""},
		{"6", "", "", ""},
		{"1", content, "", ""},
		{"1", content[990:], "990-999", "1000"},
		{"8", "", "", ""},
		{"15", "", "", ""},
		{"15", "", "", ""},
		{"6", "", "", ""},
		{"9", "", "", ""},
		{"1", string(message(1)), "", ""},
	}
	read := func(e *wbxml.Element, data func(p *wbxml.Element) string) []fetchedItem {
		var got []fetchedItem
		for f := range e.Child(wbxml.ItemOperationsResponse).All(wbxml.ItemOperationsFetch) {
			item := fetchedItem{Status: f.Value(wbxml.ItemOperationsStatus)}
			if p := f.Child(wbxml.ItemOperationsProperties); p != nil {
				item.Data, item.Range, item.Total = data(p), p.Value(wbxml.ItemOperationsRange), p.Value(wbxml.ItemOperationsTotal)
			}
			got = append(got, item)
		}
		return got
	}
	inline := read(c.do("ItemOperations", doc), func(p *wbxml.Element) string {
		if s := p.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData); s != "" {
			return s
		}
		b, err := base64.StdEncoding.DecodeString(p.Value(wbxml.ItemOperationsData))
		if err != nil {
			t.Error(err)
		}
		return string(b)
	})
	if diff := cmp.Diff(want, inline); diff != "" {
		t.Error("inline: ", diff)
	}

	c.multipart = true
	body, err := wbxml.Marshal(&doc)
	if err != nil {
		t.Fatal(err)
	}
	w := c.post("ItemOperations", body, contentTypeWBXML)
	if ct := w.Header().Get("Content-Type"); ct != contentTypeMultipart {
		t.Errorf("Content-Type is %s", ct)
	}
	parts := splitParts(t, w.Body.Bytes())
	first, err := wbxml.Unmarshal([]byte(parts[0]), wbxml.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	inParts := read(first, func(p *wbxml.Element) string {
		n := p.Value(wbxml.ItemOperationsPart) + p.Value(wbxml.AirSyncBaseBody, wbxml.ItemOperationsPart)
		return parts[n[0]-'0']
	})
	if diff := cmp.Diff(want, inParts); diff != "" {
		t.Error("in parts: ", diff)
	}
	c.strict()
}

// splitParts reads the structure of MS-ASCMD 2.2.1.10.1.1.
func splitParts(t *testing.T, b []byte) []string {
	t.Helper()
	n := int(binary.LittleEndian.Uint32(b))
	var parts []string
	next := uint32(4 + 8*n)
	for i := range n {
		offset, length := binary.LittleEndian.Uint32(b[4+8*i:]), binary.LittleEndian.Uint32(b[8+8*i:])
		if offset != next {
			t.Errorf("part %d begins at %d and not at %d", i, offset, next)
		}
		next = offset + length
		parts = append(parts, string(b[offset:next]))
	}
	if int(next) != len(b) {
		t.Errorf("%d bytes behind the parts", len(b)-int(next))
	}
	return parts
}

func TestItemOperationsLimit(t *testing.T) {
	store, inbox := inboxOf(1)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	c.prime(id)
	doc := wbxml.E(wbxml.ItemOperationsItemOperations)
	for range 101 {
		doc.Append(fetchOf(id, id+":0"))
	}
	if e := c.do("ItemOperations", doc); e.Value(wbxml.ItemOperationsStatus) != "11" || len(c.violations) != 1 {
		t.Errorf("101 operations: %s", e.AppendXML(nil))
	}
}

func TestEmptyFolderAndMoveConversation(t *testing.T) {
	store, inbox := inboxOf(3)
	u := store.User("alice")
	sub := u.AddFolder("Inbox/Sub", eas.FolderUserMail)
	sub.AddMessage(message(7))
	archive := u.AddFolder("Archive", eas.FolderUserMail)
	reply := strings.Replace(string(message(8)), "Message-ID: <8@x>", "Message-ID: <8@x>\r\nIn-Reply-To: <1@x>", 1)
	sub.AddMessage([]byte(reply))
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	a := c.sync(c.prime(id), id)
	conversation := a.Child(wbxml.AirSyncCommands).Children[1].Value(wbxml.AirSyncApplicationData, wbxml.Email2ConversationId)
	move := func(more ...wbxml.Element) wbxml.Element {
		e := wbxml.E(wbxml.ItemOperationsMove, wbxml.B(wbxml.ItemOperationsConversationId, []byte(conversation)), wbxml.T(wbxml.ItemOperationsDstFldId, string(archive.ID())))
		e.Append(more...)
		return wbxml.E(wbxml.ItemOperationsItemOperations, e)
	}
	always := wbxml.E(wbxml.ItemOperationsOptions, wbxml.Empty(wbxml.ItemOperationsMoveAlways))
	status := func(e *wbxml.Element) string {
		return e.Child(wbxml.ItemOperationsResponse).Children[0].Value(wbxml.ItemOperationsStatus)
	}
	if got := status(c.do("ItemOperations", move())); got != "155" {
		t.Errorf("Move without MoveAlways: %s", got)
	}
	if got := status(c.do("ItemOperations", move(always))); got != "1" || archive.Len() != 2 || inbox.Len() != 2 || sub.Len() != 1 {
		t.Errorf("Move: %s, %d in the archive, %d and %d left", got, archive.Len(), inbox.Len(), sub.Len())
	}
	empty := func(more ...wbxml.Element) wbxml.Element {
		e := wbxml.E(wbxml.ItemOperationsEmptyFolderContents, wbxml.T(wbxml.AirSyncCollectionId, id))
		e.Append(more...)
		return wbxml.E(wbxml.ItemOperationsItemOperations, e)
	}
	if got := status(c.do("ItemOperations", empty())); got != "1" || inbox.Len() != 0 || u.Folder("Inbox/Sub") == nil {
		t.Errorf("EmptyFolderContents: %s, %d left", got, inbox.Len())
	}
	c.do("ItemOperations", empty(wbxml.E(wbxml.ItemOperationsOptions, wbxml.Empty(wbxml.ItemOperationsDeleteSubFolders))))
	if u.Folder("Inbox/Sub") != nil {
		t.Error("the subfolder is still there")
	}
}
