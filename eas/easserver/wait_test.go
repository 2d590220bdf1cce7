package easserver

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

func pingDoc(heartbeat string, ids ...eas.CollectionID) wbxml.Element {
	e := wbxml.E(wbxml.PingPing, wbxml.T(wbxml.PingHeartbeatInterval, heartbeat))
	if len(ids) > 0 {
		folders := wbxml.E(wbxml.PingFolders)
		for _, id := range ids {
			folders.Append(wbxml.E(wbxml.PingFolder, wbxml.T(wbxml.PingId, string(id)), wbxml.T(wbxml.PingClass, "Email")))
		}
		e.Append(folders)
	}
	return e
}

// after runs f when a time has passed.
func after(d time.Duration, f func()) *time.Timer { return time.AfterFunc(d, f) }

func TestPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, inbox := inboxOf(1)
		drafts := store.User("alice").Folder("Drafts")
		c := newClient(t, Config{MaxPingFolders: 2}, store)
		key := c.prime(string(inbox.ID()))
		ping := func(doc *wbxml.Element) (status string, folders []string, took time.Duration, e *wbxml.Element) {
			start := time.Now()
			if doc == nil { // the parameters of the last Ping
				w := c.post("Ping", nil, "")
				var err error
				if e, err = wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{}); err != nil {
					t.Fatal(err)
				}
			} else {
				e = c.do("Ping", *doc)
			}
			if fs := e.Child(wbxml.PingFolders); fs != nil {
				for f := range fs.All(wbxml.PingFolder) {
					folders = append(folders, f.Text)
				}
			}
			return e.Value(wbxml.PingStatus), folders, time.Since(start), e
		}
		// There is a message that the device does not have.
		status, folders, took, _ := ping(new(pingDoc("60", inbox.ID(), drafts.ID())))
		if diff := cmp.Diff([]string{string(inbox.ID())}, folders); status != "2" || diff != "" || took != 0 {
			t.Errorf("pending: status %s after %v, %s", status, took, diff)
		}
		key = c.drain(key, string(inbox.ID()))
		if status, _, took, _ := ping(new(pingDoc("60", inbox.ID(), drafts.ID()))); status != "1" || took != time.Minute {
			t.Errorf("nothing: status %s after %v", status, took)
		}
		after(20*time.Second, func() { inbox.AddMessage(message(1)) })
		if status, folders, took, _ := ping(nil); status != "2" || took != 20*time.Second || len(folders) != 1 {
			t.Errorf("a message, with the parameters of the last Ping: status %s after %v, %v", status, took, folders)
		}
		// Its own change tells a device nothing.
		key = c.drain(key, string(inbox.ID()))
		sid := string(inbox.ID()) + ":0"
		after(10*time.Second, func() {
			c2 := *c
			c2.sync(key, string(inbox.ID()), commands1(change(sid, wbxml.T(wbxml.EmailRead, "1"))))
		})
		if status, _, took, _ := ping(nil); status != "1" || took != time.Minute {
			t.Errorf("its own change: status %s after %v", status, took)
		}
		after(5*time.Second, func() { drafts.AddMessage(message(2)) })
		if status, folders, took, _ := ping(nil); status != "2" || took != 5*time.Second || folders[0] != string(drafts.ID()) {
			t.Errorf("a folder that was never synchronized: status %s after %v, %v", status, took, folders)
		}
		c.strict()

		sent := store.User("alice").Folder("Sent Items")
		for _, r := range []struct {
			doc           wbxml.Element
			status, limit string
		}{
			{pingDoc("59", inbox.ID()), "5", "60"},
			{pingDoc("3541", inbox.ID()), "5", "3540"},
			{pingDoc("x", inbox.ID()), "4", ""},
			{pingDoc("60", inbox.ID(), drafts.ID(), sent.ID()), "6", "2"},
			{pingDoc("60", "99"), "7", ""},
			{pingDoc("60", inbox.ID(), inbox.ID()), "4", ""},
			{wbxml.E(wbxml.PingPing), "4", ""},
			{wbxml.E(wbxml.PingPing, wbxml.E(wbxml.PingFolders)), "4", ""},
		} {
			status, _, took, e := ping(&r.doc)
			if limit := e.Value(wbxml.PingHeartbeatInterval) + e.Value(wbxml.PingMaxFolders); status != r.status || limit != r.limit || took != 0 {
				t.Errorf("%s: status %s, limit %q after %v", r.doc.AppendXML(nil), status, limit, took)
			}
		}
		c.device = "dev2"
		if status, _, _, _ := ping(nil); status != "3" {
			t.Errorf("a first Ping without parameters: status %s", status)
		}
	})
}

func TestSyncWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, inbox := inboxOf(1)
		c := newClient(t, Config{}, store)
		id := string(inbox.ID())
		key := c.drain(c.prime(id), id)
		doc := syncDoc(collection(key, id))
		doc.Append(wbxml.T(wbxml.AirSyncWait, "2"))
		start := time.Now()
		if e := c.do("Sync", doc); e != nil || time.Since(start) != 2*time.Minute {
			t.Errorf("nothing: %v after %v", e, time.Since(start))
		}
		after(30*time.Second, func() { inbox.AddMessage(message(1)) })
		start = time.Now()
		// An empty request stands for the last one.
		w := c.post("Sync", nil, contentTypeWBXML)
		if w.Body.Len() == 0 || time.Since(start) != 30*time.Second {
			t.Errorf("a message: HTTP %d, %d bytes after %v", w.Code, w.Body.Len(), time.Since(start))
		}
		c.device = "dev2"
		if e, err := wbxml.Unmarshal(c.post("Sync", nil, contentTypeWBXML).Body.Bytes(), wbxml.Limits{}); err != nil || e.Value(wbxml.AirSyncStatus) != "13" {
			t.Errorf("an empty request that stands for nothing: %v", err)
		}
	})
}

// TestWaitEnds ends a Ping with the server, and with the client.
func TestWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, inbox := inboxOf(0)
		c := newClient(t, Config{}, store)
		c.prime(string(inbox.ID()))
		after(time.Second, c.server.Close)
		start := time.Now()
		if e := c.do("Ping", pingDoc("600", inbox.ID())); e.Value(wbxml.PingStatus) != "1" || time.Since(start) != time.Second {
			t.Errorf("status %s after %v", e.Value(wbxml.PingStatus), time.Since(start))
		}
		c = newClient(t, Config{}, store)
		c.prime(string(inbox.ID()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		doc := pingDoc("600", inbox.ID())
		body, err := wbxml.Marshal(&doc)
		if err != nil {
			t.Fatal(err)
		}
		start = time.Now()
		c.edit = func(r *http.Request) { *r = *r.WithContext(ctx) }
		c.post("Ping", body, contentTypeWBXML)
		if took := time.Since(start); took != time.Second {
			t.Errorf("ended after %v", took)
		}
	})
}

// TestPingHierarchy: a device whose folders are not those of the server any more is told so, until it has read them.
func TestPingHierarchy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, inbox := inboxOf(0)
		u := store.User("alice")
		c := newClient(t, Config{}, store)
		c.drain(c.prime(string(inbox.ID())), string(inbox.ID()))
		key := c.folderSync("0").Value(wbxml.FolderHierarchySyncKey)
		var made atomic.Pointer[Folder] // each change is a goroutine's of its own
		for _, change := range []struct {
			name string
			do   func() error
		}{
			{"made", func() error { made.Store(u.AddFolder("Made", eas.FolderUserMail)); return nil }},
			{"renamed", func() error { return u.MoveFolder(made.Load(), nil, "Named") }},
			{"removed", func() error { return u.RemoveFolder(made.Load()) }},
		} {
			after(20*time.Second, func() {
				if err := change.do(); err != nil {
					t.Error(err)
				}
			})
			for _, want := range []time.Duration{20 * time.Second, 0} { // at once, and again until it was read
				start := time.Now()
				if e := c.do("Ping", pingDoc("60", inbox.ID())); e.Value(wbxml.PingStatus) != "7" || time.Since(start) != want {
					t.Errorf("%s: status %s after %v", change.name, e.Value(wbxml.PingStatus), time.Since(start))
				}
			}
			key = c.folderSync(key).Value(wbxml.FolderHierarchySyncKey)
			if e := c.do("Ping", pingDoc("60", inbox.ID())); e.Value(wbxml.PingStatus) != "1" {
				t.Errorf("%s, and read: status %s", change.name, e.Value(wbxml.PingStatus))
			}
		}
		c.strict()
	})
}
