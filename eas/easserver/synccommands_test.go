package easserver

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas/wbxml"
)

func commands1(cmds ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.AirSyncCommands, cmds...) }

func change(id string, props ...wbxml.Element) wbxml.Element {
	return wbxml.E(wbxml.AirSyncChange, wbxml.T(wbxml.AirSyncServerId, id), wbxml.E(wbxml.AirSyncApplicationData, props...))
}

func addItem(clientID string, props ...wbxml.Element) wbxml.Element {
	return wbxml.E(wbxml.AirSyncAdd, wbxml.T(wbxml.AirSyncClientId, clientID), wbxml.E(wbxml.AirSyncApplicationData, props...))
}

// results lists the Responses: "Add c1 7:0 1".
func results(a *wbxml.Element) []string {
	var all []string
	if r := a.Child(wbxml.AirSyncResponses); r != nil {
		for i := range r.Children {
			e := &r.Children[i]
			s := e.Tag.Name()
			for _, tag := range []wbxml.Tag{wbxml.AirSyncClientId, wbxml.AirSyncServerId, wbxml.AirSyncStatus} {
				if v := e.Value(tag); v != "" {
					s += " " + v
				}
			}
			all = append(all, s)
		}
	}
	return all
}

func TestClientAdd(t *testing.T) {
	store, _ := inboxOf(0)
	c := newClient(t, Config{}, store)
	contacts := store.User("alice").Folder("Contacts")
	id := string(contacts.ID())
	key := c.drain(c.prime(id), id)
	name := wbxml.T(wbxml.ContactsFileAs, "Zoë")
	add := commands1(addItem("c1", name))
	a := c.sync(key, id, add)
	if diff := cmp.Diff([]string{"Add c1 " + id + ":0 1"}, results(a)); diff != "" {
		t.Error(diff)
	}
	if len(said(a)) > 0 {
		t.Error("the device is told of its own item")
	}
	// The answer got lost. The same request again does not make another contact.
	if diff := cmp.Diff(a, c.sync(key, id, add)); diff != "" {
		t.Error("the same request again: ", diff)
	}
	if n := contacts.Len(); n != 1 {
		t.Errorf("%d contacts", n)
	}
	next := a.Value(wbxml.AirSyncSyncKey)
	if a := c.sync(next, id); a != nil {
		t.Errorf("told later: %s", a.AppendXML(nil))
	}
	// What another device adds it is told.
	c2 := *c
	c2.device, c2.folderKey = "dev2", ""
	a2 := c2.sync(c2.prime(id), id, commands1(addItem("c1", wbxml.T(wbxml.ContactsFileAs, "Ann"))))
	if diff := cmp.Diff([]string{"Add " + id + ":0"}, said(a2)); diff != "" {
		t.Error("the other device: ", diff)
	}
	if diff := cmp.Diff([]string{"Add " + id + ":1"}, said(c.sync(next, id))); diff != "" {
		t.Error("the first device: ", diff)
	}
	c.strict()
}

func TestClientChangeOfFlags(t *testing.T) {
	store, inbox := inboxOf(2)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	key := c.drain(c.prime(id), id)
	flag := wbxml.E(wbxml.EmailFlag, wbxml.T(wbxml.EmailStatus, "2"), wbxml.T(wbxml.EmailFlagType, "for Follow Up"))
	a := c.sync(key, id, commands1(change(id+":0", wbxml.T(wbxml.EmailRead, "1"), flag), change(id+":9", wbxml.T(wbxml.EmailRead, "1"))))
	if diff := cmp.Diff([]string{"Change " + id + ":9 8"}, results(a)); diff != "" {
		t.Error(diff)
	}
	for sid, it := range inbox.Items() {
		if changed := string(sid) == id+":0"; it.Read != changed || (it.Flag != nil) != changed {
			t.Errorf("%s: read %v, flag %v", sid, it.Read, it.Flag)
		}
	}
	if a := c.sync(a.Value(wbxml.AirSyncSyncKey), id); a != nil {
		t.Errorf("told of its own change: %s", a.AppendXML(nil))
	}
	c.strict()
}

func TestConflict(t *testing.T) {
	for _, want := range []struct {
		conflict, result, subject string
	}{{"0", "", "of the client"}, {"1", "Change 6:0 7", "of the server"}} {
		store, _ := inboxOf(0)
		tasks := store.User("alice").Folder("Tasks")
		task := func(s string) []wbxml.Element { return []wbxml.Element{wbxml.T(wbxml.TasksSubject, s)} }
		sid := tasks.Add(Item{Properties: task("before")})
		c := newClient(t, Config{}, store)
		id := string(tasks.ID())
		key := c.drain(c.prime(id), id)
		if err := tasks.Change(sid, func(it *Item) { it.Properties = task("of the server") }); err != nil {
			t.Fatal(err)
		}
		a := c.sync(key, id, wbxml.E(wbxml.AirSyncOptions, wbxml.T(wbxml.AirSyncConflict, want.conflict)), commands1(change(string(sid), task("of the client")...)))
		var result []string
		if want.result != "" {
			result = []string{want.result}
		}
		if diff := cmp.Diff(result, results(a)); diff != "" {
			t.Errorf("Conflict %s: %s", want.conflict, diff)
		}
		// Either way the device is sent what is there now: it has not seen all of it.
		if diff := cmp.Diff([]string{"Change " + string(sid)}, said(a)); diff != "" {
			t.Errorf("Conflict %s: %s", want.conflict, diff)
		}
		for _, it := range tasks.Items() {
			if got := itemValue(it.Properties, wbxml.TasksSubject); got != want.subject {
				t.Errorf("Conflict %s keeps the change %s", want.conflict, got)
			}
		}
	}
}

func TestClientDelete(t *testing.T) {
	store, inbox := inboxOf(3)
	trash := store.User("alice").Folder("Deleted Items")
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	key := c.drain(c.prime(id), id)
	remove := func(n string) wbxml.Element {
		return commands1(wbxml.E(wbxml.AirSyncDelete, wbxml.T(wbxml.AirSyncServerId, id+":"+n)))
	}
	a := c.sync(key, id, remove("0"))
	a = c.sync(a.Value(wbxml.AirSyncSyncKey), id, wbxml.T(wbxml.AirSyncDeletesAsMoves, "0"), remove("1"))
	if inbox.Len() != 1 || trash.Len() != 1 {
		t.Errorf("%d in the Inbox, %d in Deleted Items", inbox.Len(), trash.Len())
	}
	a = c.sync(a.Value(wbxml.AirSyncSyncKey), id, remove("1"))
	if diff := cmp.Diff([]string{"Delete " + id + ":1 8"}, results(a)); diff != "" {
		t.Error(diff)
	}
	c.strict()
}

func TestFetchInSync(t *testing.T) {
	store, inbox := inboxOf(1)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	key := c.drain(c.prime(id), id, mimeOptions())
	fetch := func(n string) wbxml.Element {
		return wbxml.E(wbxml.AirSyncFetch, wbxml.T(wbxml.AirSyncServerId, id+":"+n))
	}
	a := c.sync(key, id, commands1(fetch("0"), fetch("7")))
	if diff := cmp.Diff([]string{"Fetch " + id + ":0 1", "Fetch " + id + ":7 8"}, results(a)); diff != "" {
		t.Fatal(diff)
	}
	data := a.Child(wbxml.AirSyncResponses).Children[0].Child(wbxml.AirSyncApplicationData)
	if got := data.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData); got != string(message(0)) {
		t.Errorf("fetched %q", got)
	}
}

// TestGhosting holds Supported against MS-ASCMD 2.2.3.179.
func TestGhosting(t *testing.T) {
	for _, c := range []struct {
		name      string
		supported *wbxml.Element
		kept      bool
	}{
		{"no list: nothing is ghosted", nil, false},
		{"an empty list: all is ghosted", &wbxml.Element{Tag: wbxml.AirSyncSupported}, true},
		{"in the list: not ghosted", &wbxml.Element{Tag: wbxml.AirSyncSupported, Children: []wbxml.Element{wbxml.Empty(wbxml.ContactsJobTitle)}}, false},
		{"not in the list: ghosted", &wbxml.Element{Tag: wbxml.AirSyncSupported, Children: []wbxml.Element{wbxml.Empty(wbxml.ContactsFileAs)}}, true},
	} {
		store, _ := inboxOf(0)
		contacts := store.User("alice").Folder("Contacts")
		sid := contacts.Add(Item{Properties: []wbxml.Element{wbxml.T(wbxml.ContactsFileAs, "Ann"), wbxml.T(wbxml.ContactsJobTitle, "Boss")}})
		cl := newClient(t, Config{}, store)
		id := string(contacts.ID())
		cl.folderSync("0")
		var more []wbxml.Element
		if c.supported != nil {
			more = append(more, *c.supported)
		}
		key := cl.drain(cl.sync("0", id, more...).Value(wbxml.AirSyncSyncKey), id)
		cl.sync(key, id, commands1(change(string(sid), wbxml.T(wbxml.ContactsFileAs, "Ann B."))))
		for _, it := range contacts.Items() {
			if got := itemValue(it.Properties, wbxml.ContactsJobTitle); (got == "Boss") != c.kept {
				t.Errorf("%s: JobTitle is %q", c.name, got)
			}
			if got := itemValue(it.Properties, wbxml.ContactsFileAs); got != "Ann B." {
				t.Errorf("%s: FileAs is %q", c.name, got)
			}
		}
		cl.strict()
	}
}

// TestVersion16 holds what 16.1 does otherwise: MS-ASCAL 2.2.2.13, 2.2.2.27,
// MS-ASAIRS 2.2.2.27, MS-ASEMAIL 2.2.2.39.
func TestVersion16(t *testing.T) {
	store, _ := inboxOf(0)
	u := store.AddUser("alice")
	store.AddUser("bob")
	calendar, drafts := u.Folder("Calendar"), u.Folder("Drafts")
	c := newClient(t, Config{}, store)
	c.version = "16.1"
	id := string(calendar.ID())
	key := c.drain(c.prime(id), id)
	event := []wbxml.Element{
		wbxml.T(wbxml.CalendarSubject, "Stand-up"), wbxml.T(wbxml.CalendarStartTime, "20260302T090000Z"), wbxml.T(wbxml.CalendarEndTime, "20260302T091500Z"),
		wbxml.T(wbxml.CalendarClientUid, "mine-1"), wbxml.E(wbxml.AirSyncBaseLocation, wbxml.T(wbxml.AirSyncBaseDisplayName, "Quay")),
		wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "0"), wbxml.T(wbxml.CalendarInterval, "1")),
	}
	a := c.sync(key, id, commands1(addItem("1", event...), addItem("2", event...)))
	if diff := cmp.Diff([]string{"Add 1 " + id + ":0 1", "Add 2 " + id + ":0 1"}, results(a)); diff != "" {
		t.Error("one ClientUid twice: ", diff)
	}
	c.strict()
	a = c.sync(a.Value(wbxml.AirSyncSyncKey), id, commands1(addItem("3", append(event[:3:3], wbxml.T(wbxml.CalendarUID, "x"))...)))
	if diff := cmp.Diff([]string{"Add 3 6"}, results(a)); diff != "" || len(c.violations) != 1 {
		t.Errorf("UID in a request: %s, %v", diff, c.violations)
	}
	occurrence := func(tag wbxml.Tag, more ...wbxml.Element) wbxml.Element {
		e := wbxml.E(tag, wbxml.T(wbxml.AirSyncServerId, id+":0"), wbxml.T(wbxml.AirSyncBaseInstanceId, "2026-03-04T09:00:00.000Z"))
		e.Append(more...)
		return e
	}
	c.sync(a.Value(wbxml.AirSyncSyncKey), id, commands1(occurrence(wbxml.AirSyncChange,
		wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.CalendarSubject, "Stand-up, late")))))
	c.device = "dev2"
	c.folderSync("0")
	page := c.sync(c.prime(id), id)
	data := page.Child(wbxml.AirSyncCommands).Children[0].Child(wbxml.AirSyncApplicationData)
	exception := data.Child(wbxml.CalendarExceptions).Child(wbxml.CalendarException)
	if exception.Value(wbxml.AirSyncBaseInstanceId) != "2026-03-04T09:00:00.000Z" || exception.Value(wbxml.CalendarSubject) != "Stand-up, late" {
		t.Errorf("the changed occurrence is %s", exception.AppendXML(nil))
	}
	if data.Value(wbxml.AirSyncBaseLocation, wbxml.AirSyncBaseDisplayName) != "Quay" || data.Value(wbxml.CalendarUID) == "" || data.Has(wbxml.CalendarClientUid) {
		t.Errorf("the event is %s", data.AppendXML(nil))
	}
	// An older version has the same event in its own form.
	c.version = "14.1"
	c.device = "dev3"
	c.folderSync("0")
	data = c.sync(c.prime(id), id).Child(wbxml.AirSyncCommands).Children[0].Child(wbxml.AirSyncApplicationData)
	if got := data.Value(wbxml.CalendarExceptions, wbxml.CalendarException, wbxml.CalendarExceptionStartTime); got != "20260304T090000Z" ||
		data.Value(wbxml.CalendarLocation) != "Quay" {
		t.Errorf("for 14.1 the event is %s", data.AppendXML(nil))
	}

	c.version, c.device = "16.1", "dev4"
	c.folderSync("0")
	id = string(drafts.ID())
	draft := addItem("d", wbxml.T(wbxml.EmailTo, `"Bob" <bob@example.com>`), wbxml.T(wbxml.EmailSubject, "Grüße"),
		wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, "Hallo")))
	a = c.sync(c.drain(c.prime(id), id), id, commands1(draft))
	if drafts.Len() != 1 || a.Child(wbxml.AirSyncResponses).Child(wbxml.AirSyncAdd).Value(wbxml.AirSyncApplicationData, wbxml.Email2ConversationId) == "" {
		t.Errorf("a draft is answered with %s", a.AppendXML(nil))
	}
	draft.Append(wbxml.Empty(wbxml.Email2Send))
	c.sync(a.Value(wbxml.AirSyncSyncKey), id, commands1(draft))
	inbox := store.User("bob").Folder("Inbox")
	if drafts.Len() != 1 || inbox.Len() != 1 || u.Folder("Sent Items").Len() != 1 {
		t.Errorf("after sending: %d drafts, %d received, %d sent", drafts.Len(), inbox.Len(), u.Folder("Sent Items").Len())
	}
	for _, it := range inbox.Items() {
		if h := parseHeader(it.Message.header()); h.subject != "Grüße" || it.Message.body().text != "Hallo\r\n" {
			t.Errorf("received %q", it.Message.Bytes)
		}
	}
}

func TestAddOfMail(t *testing.T) {
	store, inbox := inboxOf(0)
	c := newClient(t, Config{}, store)
	id := string(inbox.ID())
	a := c.sync(c.prime(id), id, commands1(addItem("m", wbxml.T(wbxml.EmailSubject, "imported"))))
	if diff := cmp.Diff([]string{"Add m 6"}, results(a)); diff != "" || inbox.Len() != 0 || len(c.violations) != 1 {
		t.Errorf("%s, %d messages, %v", diff, inbox.Len(), c.violations)
	}
}
