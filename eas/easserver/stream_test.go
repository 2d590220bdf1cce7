package easserver

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestHugeMessage reads a message of 150 MB by Sync, and by ItemOperations inline and
// in parts, over a connection. Nobody holds it in memory.
func TestHugeMessage(t *testing.T) {
	store, inbox := inboxOf(0)
	inbox.Add(Item{Message: huge()})
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	key := c.prime(id)
	ts := httptest.NewServer(c.server)
	defer ts.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fetch := wbxml.E(wbxml.ItemOperationsItemOperations, fetchOf(id, id+":0", mimeFetchOptions()))
	for _, r := range []struct {
		name, cmd string
		doc       wbxml.Element
		multipart string
	}{
		{"Sync", "Sync", syncDoc(collection(key, id, mimeOptions())), "F"},
		{"Fetch inline", "ItemOperations", fetch, "F"},
		{"Fetch in parts", "ItemOperations", fetch, "T"},
	} {
		doc, err := wbxml.Marshal(&r.doc)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ts.URL+"/?Cmd="+r.cmd+"&User=alice&DeviceId=dev1&DeviceType=test", strings.NewReader(string(doc)))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("alice", "secret")
		req.Header.Set("MS-ASProtocolVersion", "14.1")
		req.Header.Set("Content-Type", contentTypeWBXML)
		req.Header.Set("MS-ASAcceptMultiPart", r.multipart)
		res, err := ts.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil || n < hugeSize || n > hugeSize+2000 {
			t.Errorf("%s: %d bytes, %v", r.name, n, err)
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 20<<20 {
		t.Errorf("%d MB allocated", grown>>20)
	}
}

// TestBrokenSource cuts the connection when a message cannot be read to its end: half
// a document is none.
func TestBrokenSource(t *testing.T) {
	store, inbox := inboxOf(0)
	content := huge()
	open := content.Open
	content.Open = func() (io.ReadCloser, error) {
		r, err := open()
		return struct {
			io.Reader
			io.Closer
		}{io.MultiReader(io.LimitReader(r, 1<<20), errorReader{io.ErrUnexpectedEOF}), r}, err
	}
	inbox.Add(Item{Message: content})
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	key := c.prime(id)
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("the handler ended with %v", err)
		}
	}()
	doc := syncDoc(collection(key, id, mimeOptions()))
	body, err := wbxml.Marshal(&doc)
	if err != nil {
		t.Fatal(err)
	}
	c.post("Sync", body, contentTypeWBXML)
	t.Error("the handler finished")
}
