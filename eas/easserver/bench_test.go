package easserver

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// discard is a ResponseWriter that counts.
type discard struct {
	header http.Header
	n      int64
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { d.n += int64(len(p)); return len(p), nil }

// largeFolder has n messages of 5 KB.
func largeFolder(n int) (*Store, *Folder) {
	store := NewStore()
	inbox := store.AddUser("alice").Folder("Inbox")
	text := bytes.Repeat([]byte("All work and no play makes Jack a dull boy, as the proverb goes.\r\n"), 76)
	for i := range n {
		inbox.Add(Item{Message: &Content{Bytes: append(message(i), text...)}, Received: time.Unix(int64(1700000000+i), 0)})
	}
	return store, inbox
}

// BenchmarkSyncMail pages through a folder of messages of 5 KB. What it reports is
// bytes of answers.
func BenchmarkSyncMail(b *testing.B) {
	const n = 20_000
	store, inbox := largeFolder(n)
	s := New(Config{Password: "secret"}, store)
	post := func(cmd string, doc wbxml.Element, w http.ResponseWriter) {
		body, err := wbxml.Marshal(&doc)
		if err != nil {
			b.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/?Cmd="+cmd+"&User=alice&DeviceId=dev1&DeviceType=test", bytes.NewReader(body))
		r.SetBasicAuth("alice", "secret")
		r.Header.Set("MS-ASProtocolVersion", "14.1")
		r.Header.Set("Content-Type", contentTypeWBXML)
		s.ServeHTTP(w, r)
	}
	post("FolderSync", wbxml.E(wbxml.FolderHierarchyFolderSync, wbxml.T(wbxml.FolderHierarchySyncKey, "0")), &discard{header: http.Header{}})
	id := string(inbox.ID())
	b.ReportAllocs()
	var size, items int64
	for b.Loop() {
		post("Sync", syncDoc(collection("0", id)), &discard{header: http.Header{}})
		for more := true; more; {
			w := &discard{header: http.Header{}}
			st := store.User("alice").devices["dev1"].collections[id]
			post("Sync", syncDoc(collection(st.key, id, window("512"), mimeOptions())), w)
			size += w.n
			more = st.page.more
			items += int64(len(st.page.ops))
		}
	}
	b.SetBytes(size / int64(b.N))
	b.ReportMetric(float64(items)/b.Elapsed().Seconds(), "items/s")
}

// TestSyncStateIsSmall holds the memory that a device's state of a large folder takes.
func TestSyncStateIsSmall(t *testing.T) {
	const n = 100_000
	store := NewStore()
	inbox := store.AddUser("alice").Folder("Inbox")
	content := &Content{Bytes: message(1)}
	for range n {
		inbox.Add(Item{Message: content, Received: time.Unix(1700000000, 0)})
	}
	c := newClient(t, Config{}, store)
	none := wbxml.E(wbxml.AirSyncOptions) // no bodies
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	id := string(inbox.ID())
	c.drain(c.prime(id), id, window("512"), none) // reads the headers
	before := heap()
	const devices = 10
	for i := range devices {
		c.device = fmt.Sprintf("other%d", i)
		c.folderSync("0")
		st := &syncState{folder: inbox, key: newKey(), options: defaultOptions()}
		store.User("alice").devices[c.device].collections[id] = st
		for st.pos < n {
			st.advance(st.plan(nil, filter{}, 512))
		}
	}
	if grown := (heap() - before) / devices; grown > 64<<10 {
		t.Errorf("a state of %d items takes %d KB", n, grown>>10)
	}
	runtime.KeepAlive(store)
}
