package easserver

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestForbiddenSync sends what MS-ASCMD forbids and wants the status that it
// prescribes, and a report.
func TestForbiddenSync(t *testing.T) {
	fetches := func(n int) wbxml.Element {
		e := wbxml.E(wbxml.AirSyncCommands)
		for range n {
			e.Append(wbxml.E(wbxml.AirSyncFetch, wbxml.T(wbxml.AirSyncServerId, "1:0")))
		}
		return e
	}
	get := wbxml.Empty(wbxml.AirSyncGetChanges)
	for _, c := range []struct {
		name   string
		doc    func(key, id string) wbxml.Element
		status string
	}{
		{"elements out of order", func(k, id string) wbxml.Element { return syncDoc(collection(k, id, window("5"), get)) }, "4"},
		{"CollectionId before SyncKey", func(k, id string) wbxml.Element {
			return syncDoc(wbxml.E(wbxml.AirSyncCollection, wbxml.T(wbxml.AirSyncCollectionId, id), wbxml.T(wbxml.AirSyncSyncKey, k)))
		}, "4"},
		{"no CollectionId", func(k, _ string) wbxml.Element {
			return syncDoc(wbxml.E(wbxml.AirSyncCollection, wbxml.T(wbxml.AirSyncSyncKey, k)))
		}, "4"},
		{"no SyncKey", func(_, id string) wbxml.Element {
			return syncDoc(wbxml.E(wbxml.AirSyncCollection, wbxml.T(wbxml.AirSyncCollectionId, id)))
		}, "4"},
		{"Class in 14.1", func(k, id string) wbxml.Element {
			return syncDoc(wbxml.E(wbxml.AirSyncCollection, wbxml.T(wbxml.AirSyncClass, "Email"), wbxml.T(wbxml.AirSyncSyncKey, k), wbxml.T(wbxml.AirSyncCollectionId, id)))
		}, "4"},
		{"GetChanges with key 0", func(_, id string) wbxml.Element { return syncDoc(collection("0", id, get)) }, "4"},
		{"commands with key 0", func(_, id string) wbxml.Element { return syncDoc(collection("0", id, fetches(1))) }, "4"},
		{"201 commands", func(k, id string) wbxml.Element { return syncDoc(collection(k, id, fetches(201))) }, "4"},
		{"Commands without one", func(k, id string) wbxml.Element { return syncDoc(collection(k, id, fetches(0))) }, "4"},
		{"WindowSize that is no number", func(k, id string) wbxml.Element { return syncDoc(collection(k, id, window("x"))) }, "4"},
		{"FilterType 9", func(k, id string) wbxml.Element {
			return syncDoc(collection(k, id, mimeOptions(wbxml.T(wbxml.AirSyncFilterType, "9"))))
		}, "4"},
		{"BodyPreference without Type", func(k, id string) wbxml.Element {
			return syncDoc(collection(k, id, wbxml.E(wbxml.AirSyncOptions, wbxml.E(wbxml.AirSyncBaseBodyPreference))))
		}, "4"},
		{"Wait and HeartbeatInterval", func(k, id string) wbxml.Element {
			d := syncDoc(collection(k, id))
			d.Append(wbxml.T(wbxml.AirSyncWait, "5"), wbxml.T(wbxml.AirSyncHeartbeatInterval, "100"))
			return d
		}, "4"},
		{"Wait of an hour", func(k, id string) wbxml.Element {
			d := syncDoc(collection(k, id))
			d.Append(wbxml.T(wbxml.AirSyncWait, "60"))
			return d
		}, "14"},
		{"no collections", func(string, string) wbxml.Element { return wbxml.E(wbxml.AirSyncSync) }, "13"},
	} {
		store, inbox := inboxOf(1)
		cl := newClient(t, Config{}, store)
		id := string(inbox.ID())
		key := cl.prime(id)
		answer := cl.do("Sync", c.doc(key, id))
		if got := answer.Value(wbxml.AirSyncStatus); got != c.status || len(cl.violations) != 1 {
			t.Errorf("%s: status %q and %d reports, want %s and 1", c.name, got, len(cl.violations), c.status)
		}
		if limit := answer.Value(wbxml.AirSyncLimit); (limit != "") != (c.status == "14") || c.status == "14" && limit != "59" {
			t.Errorf("%s: Limit %q", c.name, limit)
		}
		if got := cl.sync(key, id).Value(wbxml.AirSyncStatus); got != "1" {
			t.Errorf("%s: the key is good no more: status %s", c.name, got)
		}
	}
}

func TestWindowAbove512(t *testing.T) {
	store, inbox := inboxOf(600)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	a := c.sync(c.prime(id), id, window("1000"))
	if n := len(said(a)); n != 512 || len(c.violations) != 1 {
		t.Errorf("%d items, %v", n, c.violations)
	}
	a = c.sync(a.Value(wbxml.AirSyncSyncKey), id)
	if n := len(said(a)); n != 88 {
		t.Errorf("%d items in the rest", n)
	}
}

// TestUnknown asks for folders, keys and devices that the server does not know.
func TestUnknown(t *testing.T) {
	store, inbox := inboxOf(1)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	if got := c.sync("0", id).Value(wbxml.AirSyncStatus); got != "12" {
		t.Errorf("Sync before FolderSync: status %s", got)
	}
	key := c.prime(id)
	if got := c.sync("0", "99").Value(wbxml.AirSyncStatus); got != "12" {
		t.Errorf("an unknown collection: status %s", got)
	}
	if got := c.sync("nonsense", id).Value(wbxml.AirSyncStatus); got != "3" {
		t.Errorf("an unknown key: status %s", got)
	}
	if e := c.folderSync("nonsense"); e.Value(wbxml.FolderHierarchyStatus) != "9" {
		t.Errorf("an unknown key of the hierarchy: %s", e.AppendXML(nil))
	}
	c.device = "another"
	c.folderSync("0")
	if got := c.sync(key, id).Value(wbxml.AirSyncStatus); got != "3" {
		t.Errorf("the key of another device: status %s", got)
	}
	c.strict()
}

// TestForbiddenRequests holds the common statuses (MS-ASCMD 2.2.2), and the HTTP codes
// that versions before 14.0 get in their place.
func TestForbiddenRequests(t *testing.T) {
	good, err := wbxml.Marshal(&wbxml.Element{Tag: wbxml.FolderHierarchyFolderSync, Children: []wbxml.Element{wbxml.T(wbxml.FolderHierarchySyncKey, "0")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		body        []byte
		contentType string
		edit        func(*http.Request)
		status      string // from 14.0 on
		code        int    // before
	}{
		{"a good request", good, contentTypeWBXML, nil, "1", 200},
		{"no body", nil, contentTypeWBXML, nil, "101", 400},
		{"another content type", good, "text/xml", nil, "101", 400},
		{"no WBXML", []byte("<FolderSync/>"), contentTypeWBXML, nil, "102", 400},
		{"WBXML that breaks off", good[:len(good)-1], contentTypeWBXML, nil, "102", 400},
		{"another root element", []byte("\x03\x01\x6a\x00\x05"), contentTypeWBXML, nil, "103", 400},
		{"a device id with a hyphen", good, contentTypeWBXML, query1("DeviceId", "a-b"), "108", 400},
		{"a long device id", good, contentTypeWBXML, query1("DeviceId", strings.Repeat("a", 33)), "108", 400},
		{"no device type", good, contentTypeWBXML, query1("DeviceType", ""), "109", 400},
	} {
		for _, version := range []string{"14.1", "12.1"} {
			w, reports := forbidden(t, version, c.body, c.contentType, c.edit)
			if version == "12.1" {
				if w.Code != c.code {
					t.Errorf("%s, %s: HTTP %d, want %d", c.name, version, w.Code, c.code)
				}
				continue
			}
			e, err := wbxml.Unmarshal(w.Body.Bytes(), wbxml.Limits{})
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if got := e.Value(wbxml.FolderHierarchyStatus); got != c.status || reports != min(len(c.status), 3)/3 {
				t.Errorf("%s: status %s and %d reports, want %s", c.name, got, reports, c.status)
			}
		}
	}
	for _, c := range []struct {
		name string
		edit func(*http.Request)
		code int
	}{
		{"no credentials", func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		{"a wrong password", func(r *http.Request) { r.SetBasicAuth("alice", "x") }, 401},
		{"another user's mailbox", query1("User", "bob"), 403},
		{"an unknown command", query1("Cmd", "Nonsense"), 501},
		{"an unknown version", func(r *http.Request) { r.Header.Set("MS-ASProtocolVersion", "17.0") }, 400},
		{"no version", func(r *http.Request) { r.Header.Del("MS-ASProtocolVersion") }, 400},
		{"GET", func(r *http.Request) { r.Method = http.MethodGet }, 501},
	} {
		if w, _ := forbidden(t, "14.1", good, contentTypeWBXML, c.edit); w.Code != c.code {
			t.Errorf("%s: HTTP %d, want %d", c.name, w.Code, c.code)
		}
	}
}

func query1(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		q := r.URL.Query()
		q.Set(name, value)
		r.URL.RawQuery = q.Encode()
	}
}

func forbidden(t *testing.T, version string, body []byte, contentType string, edit func(*http.Request)) (*httptest.ResponseRecorder, int) {
	store, _ := inboxOf(0)
	store.AddUser("bob")
	reports := 0
	s := New(Config{Password: "secret", OnViolation: func(Violation) { reports++ }}, store)
	r := httptest.NewRequest(http.MethodPost, "/?Cmd=FolderSync&User=alice&DeviceId=d&DeviceType=t", strings.NewReader(string(body)))
	r.SetBasicAuth("alice", "secret")
	r.Header.Set("MS-ASProtocolVersion", version)
	r.Header.Set("Content-Type", contentType)
	if edit != nil {
		edit(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w, reports
}

// TestBase64Query reads the example of MS-ASHTTP 2.2.1.1.1, which is the same as
// Cmd=Sync&DeviceId=v140Device&DeviceType=SmartPhone with version 14.0.
func TestBase64Query(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/Microsoft-Server-ActiveSync?jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l", nil)
	q, err := parseQuery(r)
	if err != nil {
		t.Fatal(err)
	}
	if q.version != "14.0" || q.command != "Sync" || q.deviceID != "v140Device" || q.deviceType != "SmartPhone" || q.policyKey != "" {
		t.Errorf("%+v", q)
	}
	for _, raw := range []string{"jAAJBAp2MTQwRGV", "jA", "%"} {
		if _, err := parseQuery(&http.Request{URL: &url.URL{Path: "/", RawQuery: raw}, Header: http.Header{}}); err == nil {
			t.Errorf("%q is taken", raw)
		}
	}
}

func TestOptions(t *testing.T) {
	store, _ := inboxOf(0)
	s := New(Config{Password: "secret"}, store)
	r := httptest.NewRequest(http.MethodOptions, "/", nil)
	r.SetBasicAuth("alice", "secret")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if got := w.Header().Get("MS-ASProtocolVersions"); got != "2.5,12.0,12.1,14.0,14.1,16.0,16.1" {
		t.Errorf("versions %s", got)
	}
	for _, cmd := range []string{
		"Sync", "SendMail", "SmartForward", "SmartReply", "GetAttachment", "FolderSync", "FolderCreate", "FolderDelete", "FolderUpdate",
		"MoveItems", "GetItemEstimate", "MeetingResponse", "Search", "Settings", "Ping", "ItemOperations", "Provision", "ResolveRecipients", "ValidateCert",
	} {
		if !strings.Contains(","+w.Header().Get("MS-ASProtocolCommands")+",", ","+cmd+",") {
			t.Errorf("%s is missing", cmd)
		}
	}
}

// TestEveryRequestHasRules: a command whose requests are held against no table would take anything.
func TestEveryRequestHasRules(t *testing.T) {
	others := map[string]string{
		"Settings":      "each property is checked where it is read",
		"GetAttachment": "it has no document",
	}
	for _, c := range commands {
		_, in := requestRules[c.root]
		_, lookup := lookupRules[c.root]
		_, other := others[c.name]
		n := 0
		for _, has := range []bool{in, lookup, other} {
			if has {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s: in the table %v, in that of lookups %v, elsewhere %v", c.name, in, lookup, other)
		}
	}
	for tag, rules := range requestRules {
		for _, r := range rules {
			if r.tag == tag {
				t.Errorf("%s in itself", tag)
			}
		}
	}
	p := protocol(161)
	nested := wbxml.E(wbxml.PingPing, wbxml.E(wbxml.PingHeartbeatInterval, wbxml.T(wbxml.PingId, "1")))
	if err := p.wellFormed(&nested); err == nil {
		t.Error("a number with a child")
	}
}
