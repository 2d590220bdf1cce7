package easserver

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
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

// drain synchronizes until there is no more and returns the key.
func (c *client) drain(key, id string, more ...wbxml.Element) string {
	c.t.Helper()
	for range 1000 {
		a := c.sync(key, id, more...)
		if a == nil {
			return key
		}
		if s := a.Value(wbxml.AirSyncStatus); s != "1" {
			c.t.Fatalf("status %s", s)
		}
		key = a.Value(wbxml.AirSyncSyncKey)
		if !a.Has(wbxml.AirSyncMoreAvailable) {
			return key
		}
	}
	c.t.Fatal("MoreAvailable for ever")
	return ""
}

func TestSyncRepeatedKey(t *testing.T) {
	store, inbox := inboxOf(25)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	k0 := c.prime(id)
	first := c.sync(k0, id, window("10"), mimeOptions())
	// Meanwhile the mailbox changes. The page is the same all the same.
	if err := inbox.Delete(eas.ServerID(id + ":3")); err != nil {
		t.Fatal(err)
	}
	inbox.AddMessage(message(25))
	for range 3 {
		if diff := cmp.Diff(first, c.sync(k0, id, window("10"), mimeOptions())); diff != "" {
			t.Fatal(diff)
		}
	}
	k1 := first.Value(wbxml.AirSyncSyncKey)
	// A smaller window takes the page back and gives less of it, under another key.
	small := c.sync(k0, id, window("2"), mimeOptions())
	if diff := cmp.Diff(adds(id, 0, 2), said(small)); diff != "" || !small.Has(wbxml.AirSyncMoreAvailable) {
		t.Errorf("with a window of 2: %s", diff)
	}
	if a := c.sync(k1, id, window("10"), mimeOptions()); a.Value(wbxml.AirSyncStatus) != "3" || a.Value(wbxml.AirSyncSyncKey) != "0" {
		t.Errorf("the key of the page that was taken back gets %s", a.AppendXML(nil))
	}
	k2 := c.drain(small.Value(wbxml.AirSyncSyncKey), id, window("10"), mimeOptions())
	if a := c.sync(k0, id, window("10"), mimeOptions()); a.Value(wbxml.AirSyncStatus) != "3" {
		t.Errorf("an old key gets %s", a.AppendXML(nil))
	}
	if a := c.sync(k2, id, window("10"), mimeOptions()); a != nil {
		t.Errorf("after all: %s", a.AppendXML(nil))
	}
	c.strict()
}

// model is what a client has of a folder if it does what the server says.
type model map[string]string

func (m model) apply(t *testing.T, a *wbxml.Element) {
	t.Helper()
	cmds := a.Child(wbxml.AirSyncCommands)
	if cmds == nil {
		return
	}
	for i := range cmds.Children {
		e := &cmds.Children[i]
		id := e.Value(wbxml.AirSyncServerId)
		_, has := m[id]
		switch e.Tag {
		case wbxml.AirSyncAdd:
			if has {
				t.Errorf("Add of %s, which is there", id)
			}
			m[id] = e.Value(wbxml.AirSyncApplicationData, wbxml.EmailRead)
		case wbxml.AirSyncChange:
			if !has {
				t.Errorf("Change of %s, which is not there", id)
			}
			m[id] = e.Value(wbxml.AirSyncApplicationData, wbxml.EmailRead)
		case wbxml.AirSyncDelete, wbxml.AirSyncSoftDelete:
			if !has {
				t.Errorf("%s of %s, which is not there", e.Tag.Name(), id)
			}
			delete(m, id)
		}
	}
}

// TestSyncConverges changes a mailbox at random while a client pages through it,
// loses answers and changes its window and filter. In the end the client has what the
// folder holds.
func TestSyncConverges(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		store, inbox := inboxOf(30)
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		c := newClient(t, Config{Now: func() time.Time { return now }}, store)
		id := string(inbox.ID())
		key, has, filter := c.prime(id), model{}, "0"
		for range 60 {
			for range rnd.IntN(4) {
				mutate(rnd, inbox)
			}
			if rnd.IntN(9) == 0 {
				filter = []string{"0", "3", "5"}[rnd.IntN(3)]
			}
			now = now.Add(time.Duration(rnd.IntN(48)) * time.Hour)
			a := c.sync(key, id, window(fmt.Sprint(1+rnd.IntN(12))), mimeOptions(wbxml.T(wbxml.AirSyncFilterType, filter)))
			if a == nil || rnd.IntN(3) == 0 {
				continue // the answer is lost
			}
			has.apply(t, a)
			key = a.Value(wbxml.AirSyncSyncKey)
		}
		for {
			a := c.sync(key, id, mimeOptions(wbxml.T(wbxml.AirSyncFilterType, "0")))
			if a == nil {
				break
			}
			has.apply(t, a)
			key = a.Value(wbxml.AirSyncSyncKey)
		}
		want := model{}
		for id, it := range inbox.Items() {
			want[string(id)] = map[bool]string{true: "1", false: "0"}[it.Read]
		}
		if diff := cmp.Diff(want, has); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		c.strict()
	}
}

func mutate(rnd *rand.Rand, f *Folder) {
	var ids []eas.ServerID
	for id := range f.Items() {
		ids = append(ids, id)
	}
	switch n := rnd.IntN(10); {
	case n < 5 || len(ids) == 0:
		f.Add(Item{Message: &Content{Bytes: message(rnd.IntN(1000))}, Received: time.Date(2026, 2, 1+rnd.IntN(90), 0, 0, 0, 0, time.UTC)})
	case n < 8:
		_ = f.SetRead(ids[rnd.IntN(len(ids))], n == 7)
	default:
		_ = f.Delete(ids[rnd.IntN(len(ids))])
	}
}

func TestSyncChanges(t *testing.T) {
	store, inbox := inboxOf(4)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	key := c.drain(c.prime(id), id, mimeOptions())
	for _, err := range []error{inbox.SetRead(eas.ServerID(id+":0"), true), inbox.SetFlag(eas.ServerID(id+":1"), true), inbox.Delete(eas.ServerID(id + ":2"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := inbox.Move(eas.ServerID(id+":3"), store.User("alice").Folder("Drafts")); err != nil {
		t.Fatal(err)
	}
	a := c.sync(key, id, mimeOptions())
	if diff := cmp.Diff([]string{"Change " + id + ":0", "Change " + id + ":1", "Delete " + id + ":2", "Delete " + id + ":3"}, said(a)); diff != "" {
		t.Error(diff)
	}
	// A change of flags sends the flags and nothing else.
	flagged := a.Child(wbxml.AirSyncCommands).Children[1].Child(wbxml.AirSyncApplicationData)
	if flagged.Value(wbxml.EmailFlag, wbxml.EmailStatus) != "2" || flagged.Has(wbxml.AirSyncBaseBody) || flagged.Has(wbxml.EmailSubject) {
		t.Errorf("the change of a flag is %s", flagged.AppendXML(nil))
	}
	c.strict()
}

func TestSyncFilter(t *testing.T) {
	store, inbox := inboxOf(0)
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for day := range 10 { // received at noon of the 1st to the 10th
		inbox.Add(Item{Message: &Content{Bytes: message(day)}, Received: now.AddDate(0, 0, day-9)})
	}
	c := newClient(t, Config{Now: func() time.Time { return now }}, store)
	id := string(inbox.ID())
	threeDays := mimeOptions(wbxml.T(wbxml.AirSyncFilterType, "2"))
	a := c.sync(c.prime(id), id, threeDays)
	if diff := cmp.Diff(adds(id, 6, 10), said(a)); diff != "" {
		t.Error("three days: ", diff)
	}
	now = now.AddDate(0, 0, 2)
	a = c.sync(a.Value(wbxml.AirSyncSyncKey), id, threeDays)
	if diff := cmp.Diff([]string{"SoftDelete " + id + ":6", "SoftDelete " + id + ":7"}, said(a)); diff != "" {
		t.Error("two days later: ", diff)
	}
	a = c.sync(a.Value(wbxml.AirSyncSyncKey), id, mimeOptions(wbxml.T(wbxml.AirSyncFilterType, "0")))
	if diff := cmp.Diff(adds(id, 0, 8), said(a)); diff != "" {
		t.Error("no filter: ", diff)
	}
	if a := c.sync(a.Value(wbxml.AirSyncSyncKey), id, mimeOptions(wbxml.T(wbxml.AirSyncFilterType, "8"))); a.Value(wbxml.AirSyncStatus) != "4" {
		t.Errorf("incomplete messages are answered with %s", a.AppendXML(nil))
	}
}
