package easserver

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// client sends raw requests to a server: these tests hold the server against the
// specification and not against the client of this module.
type client struct {
	t          *testing.T
	server     *Server
	user       string
	device     string
	version    string
	policyKey  string
	multipart  bool
	violations []Violation
	folderKey  string
	edit       func(*http.Request)
	faulty     bool // its answers are not held against the schemas
}

func newClient(t *testing.T, cfg Config, store *Store) *client {
	t.Helper()
	c := &client{t: t, user: "alice", device: "dev1", version: "14.1"}
	cfg.Password = "secret"
	cfg.OnViolation = func(v Violation) { c.violations = append(c.violations, v) }
	c.server = New(cfg, store)
	return c
}

// post sends a request and returns what came back.
func (c *client) post(cmd string, body []byte, contentType string) *httptest.ResponseRecorder {
	c.t.Helper()
	q := url.Values{"Cmd": {cmd}, "User": {c.user}, "DeviceId": {c.device}, "DeviceType": {"test"}}
	r := httptest.NewRequest(http.MethodPost, "/Microsoft-Server-ActiveSync?"+q.Encode(), bytes.NewReader(body))
	r.SetBasicAuth(c.user, "secret")
	r.Header.Set("MS-ASProtocolVersion", c.version)
	r.Header.Set("Content-Type", contentType)
	if c.policyKey != "" {
		r.Header.Set("X-MS-PolicyKey", c.policyKey)
	}
	if c.multipart {
		r.Header.Set("MS-ASAcceptMultiPart", "T")
	}
	if c.edit != nil {
		c.edit(r)
	}
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	return w
}

// do sends a document and returns the one that answers it, nil if none did.
func (c *client) do(cmd string, doc wbxml.Element) *wbxml.Element {
	c.t.Helper()
	body, err := wbxml.Marshal(&doc)
	if err != nil {
		c.t.Fatal(err)
	}
	w := c.post(cmd, body, contentTypeWBXML)
	if w.Code != http.StatusOK {
		c.t.Fatalf("%s: HTTP %d %s", cmd, w.Code, w.Body)
	}
	if w.Body.Len() == 0 {
		return nil
	}
	e, err := wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{})
	if err != nil {
		c.t.Fatalf("%s: %v", cmd, err)
	}
	if p, _ := parseProtocol(c.version); p >= 140 && !c.faulty {
		keep(c.t, e.AppendXML(nil))
	}
	return e
}

// strict fails the test if the server complained about a request.
func (c *client) strict() {
	c.t.Helper()
	for _, v := range c.violations {
		c.t.Errorf("violation: %s", v)
	}
}

// folderSync synchronizes the folders and returns the answer.
func (c *client) folderSync(key string) *wbxml.Element {
	c.t.Helper()
	e := c.do("FolderSync", wbxml.E(wbxml.FolderHierarchyFolderSync, wbxml.T(wbxml.FolderHierarchySyncKey, key)))
	if k := e.Value(wbxml.FolderHierarchySyncKey); k != "" {
		c.folderKey = k
	}
	return e
}

// collection builds a Collection of a Sync request for version 14.1.
func collection(key, id string, more ...wbxml.Element) wbxml.Element {
	e := wbxml.E(wbxml.AirSyncCollection, wbxml.T(wbxml.AirSyncSyncKey, key), wbxml.T(wbxml.AirSyncCollectionId, id))
	e.Append(more...)
	return e
}

func syncDoc(collections ...wbxml.Element) wbxml.Element {
	return wbxml.E(wbxml.AirSyncSync, wbxml.E(wbxml.AirSyncCollections, collections...))
}

// sync sends one collection and returns its answer, nil for an empty one.
func (c *client) sync(key, id string, more ...wbxml.Element) *wbxml.Element {
	c.t.Helper()
	e := c.do("Sync", syncDoc(collection(key, id, more...)))
	if e == nil {
		return nil
	}
	answer := e.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
	if answer == nil {
		c.t.Fatalf("Sync: %s", e.AppendXML(nil))
	}
	return answer
}

// prime begins the synchronization of a folder and returns the key.
func (c *client) prime(id string) string {
	c.t.Helper()
	if c.folderKey == "" {
		c.folderSync("0")
	}
	a := c.sync("0", id)
	if s := a.Value(wbxml.AirSyncStatus); s != "1" {
		c.t.Fatalf("status %s to key 0", s)
	}
	return a.Value(wbxml.AirSyncSyncKey)
}

func window(n string) wbxml.Element { return wbxml.T(wbxml.AirSyncWindowSize, n) }

// mimeOptions asks for whole messages.
func mimeOptions(more ...wbxml.Element) wbxml.Element {
	e := wbxml.E(wbxml.AirSyncOptions)
	e.Append(more...)
	e.Append(wbxml.T(wbxml.AirSyncMIMESupport, "2"), wbxml.E(wbxml.AirSyncBaseBodyPreference, wbxml.T(wbxml.AirSyncBaseType, "4")))
	return e
}
