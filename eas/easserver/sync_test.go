package easserver

import (
	"fmt"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/google/go-cmp/cmp"
)

func message(n int) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf("From: Bob <bob@example.com>\nTo: alice@example.com\nSubject: message %d\n"+
		"Date: Mon, 02 Mar 2026 10:00:00 +0100\nMessage-ID: <%d@x>\n\nplain body %d\n", n, n, n), "\n", "\r\n"))
}

func inboxOf(n int) (*Store, *Folder) {
	store := NewStore()
	inbox := store.AddUser("alice").Folder("Inbox")
	for i := range n {
		inbox.AddMessage(message(i))
	}
	return store, inbox
}

// said lists the commands of a page: "Add 2:0".
func said(a *wbxml.Element) []string {
	var all []string
	if c := a.Child(wbxml.AirSyncCommands); c != nil {
		for i := range c.Children {
			all = append(all, c.Children[i].Tag.Name()+" "+c.Children[i].Value(wbxml.AirSyncServerId))
		}
	}
	return all
}

func adds(id string, from, to int) []string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, fmt.Sprintf("Add %s:%d", id, i))
	}
	return all
}

func TestSyncPages(t *testing.T) {
	store, inbox := inboxOf(25)
	c := newClient(t, Config{}, store)
	key := c.prime(string(inbox.ID()))
	for _, want := range []struct {
		from, to int
		more     bool
	}{{0, 10, true}, {10, 20, true}, {20, 25, false}} {
		a := c.sync(key, string(inbox.ID()), window("10"), mimeOptions())
		if diff := cmp.Diff(adds(string(inbox.ID()), want.from, want.to), said(a)); diff != "" {
			t.Fatal(diff)
		}
		if a.Has(wbxml.AirSyncMoreAvailable) != want.more {
			t.Errorf("MoreAvailable after %d: %v", want.to, !want.more)
		}
		for i := range a.Child(wbxml.AirSyncCommands).Children {
			data := a.Child(wbxml.AirSyncCommands).Children[i].Child(wbxml.AirSyncApplicationData)
			if got := data.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData); got != string(message(want.from+i)) {
				t.Errorf("message %d is %q", want.from+i, got)
			}
		}
		key = a.Value(wbxml.AirSyncSyncKey)
	}
	if a := c.sync(key, string(inbox.ID()), window("10"), mimeOptions()); a != nil {
		t.Errorf("no changes are answered with %s", a.AppendXML(nil))
	}
	c.strict()
}
