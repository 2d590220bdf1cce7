package easserver

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestOnRequest counts requests, and answers one in the server's stead.
func TestOnRequest(t *testing.T) {
	store, inbox := inboxOf(1)
	var seen []string
	c := newClient(t, Config{OnRequest: func(r *Request) http.Handler {
		seen = append(seen, r.Command+" "+r.DeviceID+" "+r.Version)
		if r.Command == "Ping" {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusServiceUnavailable)
			})
		}
		if r.Command == "Sync" && r.Document.Child(wbxml.AirSyncCollections) == nil {
			t.Error("the hook has no document")
		}
		return nil
	}}, store)
	c.prime(string(inbox.ID()))
	if w := c.post("Ping", nil, contentTypeWBXML); w.Code != 503 || w.Header().Get("Retry-After") != "7" {
		t.Errorf("HTTP %d", w.Code)
	}
	if fmt.Sprint(seen) != "[FolderSync dev1 14.1 Sync dev1 14.1 Ping dev1 14.1]" {
		t.Errorf("seen %v", seen)
	}
}

// TestConcurrency synchronizes four folders on four devices while the mailbox changes.
// Its point is the race detector.
func TestConcurrency(t *testing.T) {
	store, inbox := inboxOf(50)
	u := store.User("alice")
	folders := []*Folder{inbox}
	for _, name := range []string{"A", "B", "C"} {
		f := u.AddFolder(name, eas.FolderUserMail)
		for i := range 50 {
			f.AddMessage(message(i))
		}
		folders = append(folders, f)
	}
	server := newClient(t, Config{}, store).server
	var wg sync.WaitGroup
	for i, f := range folders {
		wg.Go(func() {
			c := &client{t: t, server: server, user: "alice", device: fmt.Sprintf("dev%d", i), version: "14.1"}
			key := c.prime(string(f.ID()))
			for range 10 {
				key = c.drain(key, string(f.ID()), window("7"), mimeOptions())
				f.AddMessage(message(99))
				for id := range f.Items() {
					_ = f.SetRead(id, true)
					break
				}
			}
		})
	}
	for range 20 {
		for id := range inbox.Items() {
			_, _ = inbox.Move(id, folders[1])
			break
		}
		_ = u.AddFolder("New", eas.FolderUserMail).Path()
	}
	wg.Wait()
}

// TestNULInText sends a text with a NUL as OPAQUE.
func TestNULInText(t *testing.T) {
	store, _ := inboxOf(0)
	c := newClient(t, Config{}, store)
	c.prime("8")
	e := c.do("Sync", syncDoc(wbxml.E(wbxml.AirSyncCollection, wbxml.T(wbxml.AirSyncSyncKey, "1"), wbxml.B(wbxml.AirSyncCollectionId, []byte("8\x00")))))
	if e.Value(wbxml.AirSyncStatus) != "102" {
		t.Errorf("%s", e.AppendXML(nil))
	}
}
