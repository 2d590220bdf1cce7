package twoway_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/twoway"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestNewServerIDs: the mailbox was moved to a server that gives every item the ServerId of another. Each is found by its content,
// what changed on either side since then is brought over, and nothing is doubled.
func TestNewServerIDs(t *testing.T) {
	for _, v := range versions {
		before := newWorld(t, 1, v, "Contacts", easserver.Config{})
		for i := range 10 {
			before.local.m[fmt.Sprint(i)] = contact(fmt.Sprint("c", i), "v")
		}
		before.quiet()
		after := newWorld(t, 1, v, "Contacts", easserver.Config{})
		for i := range 9 { // c9 was deleted meanwhile
			value := "v"
			if i == 0 {
				value = "theirs"
			}
			after.server.Add(easserver.Item{Properties: contact(fmt.Sprint("c", 8-i), value).Children})
		}
		after.local.m, after.store, after.folder.Store = before.local.m, before.store, before.store
		after.setHere("c3", wbxml.ContactsJobTitle, "ours")
		for id, e := range after.local.m {
			if name(e) == "c4" {
				delete(after.local.m, id)
			}
		}
		if res := after.quiet(); res.Restarts != 1 || res.Changed != 1 || res.Erased != 1 || res.Added != 0 {
			t.Errorf("%s: %+v", v, res)
		}
		after.same(t, wbxml.ContactsJobTitle, "c0=v", "c1=v", "c2=v", "c3=ours", "c5=v", "c6=v", "c7=v", "c8=theirs")
	}
}

// TestAddsOnce: the answer to an Add gets lost, and what comes then: the same answer again, a server that carried it out a second
// time, one that has forgotten the key, one that has changed what it was sent as well.
func TestAddsOnce(t *testing.T) {
	for what, happens := range map[string]func(*world, *easserver.Faults){
		"nothing": func(*world, *easserver.Faults) {},
		"carried out twice": func(w *world, _ *easserver.Faults) {
			w.server.Add(easserver.Item{Properties: contact("x", "v").Children})
		},
		"key forgotten":              func(_ *world, f *easserver.Faults) {},
		"key forgotten, and changed": func(w *world, _ *easserver.Faults) { w.set("x", wbxml.ContactsJobTitle, "theirs") },
	} {
		for _, v := range versions {
			forget := easserver.FaultRule{Fault: easserver.FaultForgetKey, Skip: 3, Limit: 1}
			if what == "nothing" || what == "carried out twice" {
				forget.Skip = 1000
			}
			faults := easserver.NewFaults(1, forget)
			w := newWorld(t, 1, v, "Contacts", easserver.Config{Faults: faults})
			w.quiet()
			w.local.m["a"] = contact("x", "v")
			lost := &lossy{base: w.net.base}
			w.net.base = lost
			lost.next = true
			asked := 0
			w.net.before = func() {
				if asked++; asked == 1 {
					lost.next = false // the first is the question what is new
				} else if asked == 2 {
					lost.next = true
				}
			}
			if _, err := twoway.Sync(t.Context(), w.client, w.folder); !errors.Is(err, errLost) {
				t.Fatalf("%s in %s: %v", what, v, err)
			}
			if w.server.Len() != 1 {
				t.Fatalf("%s in %s: %d items", what, v, w.server.Len())
			}
			w.net.before, lost.next = nil, false
			happens(w, faults)
			w.quiet()
			w.quiet()
			want := "x=v"
			if what == "key forgotten, and changed" {
				want = "x=theirs"
			}
			if got := w.there(wbxml.ContactsJobTitle); !slices.Equal(got, []string{want}) || !slices.Equal(w.here(wbxml.ContactsJobTitle), got) {
				t.Errorf("%s in %s: %v there, %v here", what, v, got, w.here(wbxml.ContactsJobTitle))
			}
		}
	}
}

var errLost = errors.New("the answer got lost")

// lossy loses the next answer.
type lossy struct {
	base http.RoundTripper
	next bool
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.base.RoundTrip(r)
	if err != nil || !l.next {
		return res, err
	}
	_ = res.Body.Close()
	return nil, errLost
}

// TestSilentServer: a server that takes an item and does not say under which name. It is told once a Sync, and not sent again.
func TestSilentServer(t *testing.T) {
	w := newWorld(t, 1, eas.Version141, "Contacts", easserver.Config{})
	w.quiet()
	w.local.m["a"] = contact("x", "v")
	w.net.base = silent{w.net.base}
	for range 3 {
		res := w.sync()
		if len(res.Failures) > 1 || w.server.Len() != 1 {
			t.Fatalf("%+v, %d there", res, w.server.Len())
		}
	}
	if res := w.sync(); len(res.Failures) != 1 || !errors.Is(res.Failures[0], twoway.ErrUnconfirmed) {
		t.Errorf("%+v", res)
	}
}

// silent leaves out what became of the client's commands.
type silent struct{ base http.RoundTripper }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := s.base.RoundTrip(r)
	if err != nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	if doc, err := wbxml.Unmarshal(body, wbxml.Limits{}); err == nil {
		for c := range doc.Child(wbxml.AirSyncCollections).All(wbxml.AirSyncCollection) {
			c.Children = slices.DeleteFunc(c.Children, func(e wbxml.Element) bool { return e.Tag == wbxml.AirSyncResponses })
		}
		if body, err = wbxml.Marshal(doc); err != nil {
			return nil, err
		}
	}
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return res, nil
}
