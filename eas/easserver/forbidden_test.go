package easserver

import (
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestForbiddenCommands sends what MS-ASCMD forbids in commands that change a mailbox, and wants the status that it prescribes.
// Those that are only wrong about what is there are no violation.
func TestForbiddenCommands(t *testing.T) {
	source := func(tags ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.ComposeMailSource, tags...) }
	folder, item, longID := wbxml.T(wbxml.ComposeMailFolderId, "1"), wbxml.T(wbxml.ComposeMailItemId, "1:0"), wbxml.T(wbxml.ComposeMailLongId, "1:0")
	instance := func(s string) wbxml.Element { return wbxml.T(wbxml.ComposeMailInstanceId, s) }
	reply := func(s wbxml.Element) wbxml.Element { return sendDoc(wbxml.ComposeMailSmartReply, "1", written, s) }
	forwardees := wbxml.E(wbxml.ComposeMailForwardees, wbxml.E(wbxml.ComposeMailForwardee, wbxml.T(wbxml.ComposeMailEmail, "b@x")))
	forward := func(s wbxml.Element, more ...wbxml.Element) wbxml.Element {
		e := wbxml.E(wbxml.ComposeMailSmartForward, wbxml.T(wbxml.ComposeMailClientId, "1"), s)
		e.Append(more...)
		return e
	}
	event := source(wbxml.T(wbxml.ComposeMailFolderId, "7"), wbxml.T(wbxml.ComposeMailItemId, "7:0"))
	mime := wbxml.B(wbxml.ComposeMailMime, []byte(written))
	send := func(more ...wbxml.Element) wbxml.Element {
		e := wbxml.E(wbxml.ComposeMailSendMail, wbxml.T(wbxml.ComposeMailClientId, "1"))
		e.Append(more...)
		return e
	}
	account := wbxml.T(wbxml.ComposeMailAccountId, "2")
	meeting := func(more ...wbxml.Element) wbxml.Element {
		e := wbxml.E(wbxml.MeetingResponseRequest, wbxml.T(wbxml.MeetingResponseUserResponse, "1"))
		e.Append(more...)
		return wbxml.E(wbxml.MeetingResponseMeetingResponse, e)
	}
	at := func(folder, id string) []wbxml.Element {
		return []wbxml.Element{wbxml.T(wbxml.MeetingResponseCollectionId, folder), wbxml.T(wbxml.MeetingResponseRequestId, id)}
	}
	occurrence := func(s string) wbxml.Element { return wbxml.T(wbxml.MeetingResponseInstanceId, s) }
	const date, compact = "2026-03-01T10:00:00.000Z", "20260301T100000Z"
	start := wbxml.E(wbxml.MeetingResponseSendResponse, wbxml.T(wbxml.MeetingResponseProposedStartTime, compact))
	rename := []wbxml.Element{
		wbxml.T(wbxml.FolderHierarchyServerId, "10"), wbxml.T(wbxml.FolderHierarchyDisplayName, "x"), wbxml.T(wbxml.FolderHierarchyParentId, "0"),
	}
	for _, tc := range []struct {
		name, version string
		doc           wbxml.Element
		status        string
		violation     bool
	}{
		{"LongId and another id", "14.1", reply(source(folder, item, longID)), "103", true},
		{"a folder without an item", "14.1", reply(source(folder)), "103", true},
		{"an empty Source", "14.1", reply(source()), "103", true},
		{"InstanceId without punctuation", "14.1", reply(source(folder, item, instance(compact))), "104", true},
		{"Source behind the message", "14.1", wbxml.E(wbxml.ComposeMailSmartReply, wbxml.T(wbxml.ComposeMailClientId, "1"), mime, source(folder, item)), "103", true},
		{"Source of SendMail", "14.1", send(source(folder, item), mime), "103", true},
		{"ReplaceMime of SendMail", "14.1", send(wbxml.Empty(wbxml.ComposeMailReplaceMime), mime), "103", true},
		{"no message", "14.1", send(), "103", true},
		{"AccountId in 14.0", "14.0", send(account, mime), "103", true},
		{"an unknown AccountId", "14.1", send(account, mime), "166", false},
		{"an unknown template", "14.1", send(mime, wbxml.T(wbxml.RightsManagementTemplateID, "x")), "171", false},
		{"Forwardees in 14.1", "14.1", forward(event, forwardees), "103", true},
		{"Forwardees and a message", "16.1", forward(event, mime, forwardees), "103", true},
		{"Forwardees of a message", "16.1", forward(source(folder, item), forwardees), "103", true},
		{"a forwarded message without one", "16.1", forward(source(folder, item)), "103", true},
		{"elements of FolderUpdate in another order", "14.1", folderDoc(wbxml.FolderHierarchyFolderUpdate, "KEY", rename...), "10", true},
		{"Status in FolderUpdate", "14.1", folderDoc(wbxml.FolderHierarchyFolderUpdate, "KEY", rename[0], rename[2], rename[1], wbxml.T(wbxml.FolderHierarchyStatus, "1")), "10", true},
		{"no key of the hierarchy", "14.1", wbxml.E(wbxml.FolderHierarchyFolderDelete, rename[0]), "10", true},
		{"two destinations", "14.1", wbxml.E(wbxml.MoveMoveItems, wbxml.E(wbxml.MoveMove, wbxml.T(wbxml.MoveSrcMsgId, "1:0"), wbxml.T(wbxml.MoveSrcFldId, "1"),
			wbxml.T(wbxml.MoveDstFldId, "2"), wbxml.T(wbxml.MoveDstFldId, "4"))), "5", false},
		{"no destination", "14.1", wbxml.E(wbxml.MoveMoveItems, wbxml.E(wbxml.MoveMove, wbxml.T(wbxml.MoveSrcMsgId, "1:0"), wbxml.T(wbxml.MoveSrcFldId, "1"))), "103", true},
		{"InstanceId in 14.0", "14.0", meeting(append(at("7", "7:0"), occurrence(date))...), "2", true},
		{"InstanceId of a message", "14.1", meeting(append(at("1", "1:0"), occurrence(date))...), "2", false},
		{"InstanceId that is none", "14.1", meeting(append(at("7", "7:0"), occurrence("tomorrow"))...), "104", true},
		{"InstanceId of what does not recur", "14.1", meeting(append(at("7", "7:0"), occurrence(date))...), "146", false},
		{"one's own meeting", "14.1", meeting(at("7", "7:1")...), "2", false},
		{"an event in 14.0", "14.0", meeting(at("7", "7:0")...), "2", false},
		{"LongId and RequestId", "14.1", meeting(append(at("7", "7:0"), wbxml.T(wbxml.SearchLongId, "7:0"))...), "2", true},
		{"SendResponse in 14.1", "14.1", meeting(append(at("7", "7:0"), wbxml.Empty(wbxml.MeetingResponseSendResponse))...), "2", true},
		{"a proposal in 16.0", "16.0", meeting(append(at("7", "7:0"), start)...), "2", true},
		{"a proposal without an end", "16.1", meeting(append(at("7", "7:0"), start)...), "2", true},
	} {
		store, inbox := inboxOf(1)
		u := store.User("alice")
		u.AddFolder("Archive", inbox.Type())
		for _, organizer := range []string{"bob@example.com", "alice@example.com"} {
			u.Folder("Calendar").Add(Item{Properties: []wbxml.Element{wbxml.T(wbxml.CalendarSubject, "x"), wbxml.T(wbxml.CalendarOrganizerEmail, organizer)}})
		}
		c := newClient(t, Config{}, store)
		c.version = tc.version
		c.folderSync("0")
		if k := tc.doc.Child(wbxml.FolderHierarchySyncKey); k != nil {
			k.Text = c.folderKey
		}
		e := c.do(tc.doc.Tag.Name(), tc.doc)
		if got := statusIn(e); got != tc.status || len(c.violations) > 0 != tc.violation {
			t.Errorf("%s: status %s, want %s, %v", tc.name, got, tc.status, c.violations)
		}
		if inbox.Len() != 1 || u.Folder("Calendar").Len() != 2 || u.Folder("Archive") == nil || u.Folder("Sent Items").Len() != 0 {
			t.Errorf("%s: something was done", tc.name)
		}
	}
}

// statusIn finds the first Status in an answer, "" in none.
func statusIn(e *wbxml.Element) string {
	if e == nil {
		return ""
	}
	if e.Tag.Name() == "Status" {
		return e.Text
	}
	for i := range e.Children {
		if s := statusIn(&e.Children[i]); s != "" {
			return s
		}
	}
	return ""
}

// TestForbiddenSyncOptions: what belongs to other versions, folders or places in Sync.
func TestForbiddenSyncOptions(t *testing.T) {
	html := wbxml.T(wbxml.AirSyncBaseType, "2")
	options := func(more ...wbxml.Element) wbxml.Element { return wbxml.E(wbxml.AirSyncOptions, more...) }
	email := options(wbxml.T(wbxml.AirSyncClass, "Email"))
	occurrence := wbxml.T(wbxml.AirSyncBaseInstanceId, "20260301T100000Z")
	event := wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.CalendarSubject, "x"))
	beside := func(e wbxml.Element, more ...wbxml.Element) wbxml.Element {
		e.Append(more...)
		return e
	}
	for _, tc := range []struct {
		name, version string
		folder        eas.FolderType
		more          []wbxml.Element // of the Collection
		root          []wbxml.Element // of Sync
		status        string          // of Sync, the Collection or the command
	}{
		{"InstanceId in 14.1", "14.1", eas.FolderCalendar, []wbxml.Element{commands1(wbxml.E(wbxml.AirSyncChange, wbxml.T(wbxml.AirSyncServerId, "7:0"), occurrence, event))}, nil, "4"},
		{"Send in 14.1", "14.1", eas.FolderInbox, []wbxml.Element{commands1(beside(change("1:0"), wbxml.Empty(wbxml.Email2Send)))}, nil, "4"},
		{"Send of what is no draft", "16.1", eas.FolderInbox, []wbxml.Element{commands1(beside(change("1:0"), wbxml.Empty(wbxml.Email2Send)))}, nil, "6"},
		{"Send in ApplicationData", "16.1", eas.FolderDrafts, []wbxml.Element{commands1(addItem("d", wbxml.Empty(wbxml.Email2Send)))}, nil, "6"},
		{"the recipient beside MIME", "16.1", eas.FolderDrafts, []wbxml.Element{commands1(addItem("d", wbxml.T(wbxml.EmailTo, "b@x"), wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "4"))))}, nil, "6"},
		{"From of a draft", "16.1", eas.FolderDrafts, []wbxml.Element{commands1(addItem("d", wbxml.T(wbxml.EmailFrom, "b@x")))}, nil, "6"},
		{"a Fetch with more", "14.1", eas.FolderInbox, []wbxml.Element{commands1(wbxml.E(wbxml.AirSyncFetch, wbxml.T(wbxml.AirSyncServerId, "1:0"), event))}, nil, "4"},
		{"SoftDelete by a client", "14.1", eas.FolderInbox, []wbxml.Element{commands1(wbxml.E(wbxml.AirSyncSoftDelete, wbxml.T(wbxml.AirSyncServerId, "1:0")))}, nil, "4"},
		{"a Change without ApplicationData", "14.1", eas.FolderInbox, []wbxml.Element{commands1(wbxml.E(wbxml.AirSyncChange, wbxml.T(wbxml.AirSyncServerId, "1:0")))}, nil, "4"},
		{"two Options of a class", "14.1", eas.FolderInbox, []wbxml.Element{email, email}, nil, "4"},
		{"three Options", "14.1", eas.FolderInbox, []wbxml.Element{email, options(wbxml.T(wbxml.AirSyncClass, "SMS")), options()}, nil, "4"},
		{"a body preference twice", "14.1", eas.FolderInbox, []wbxml.Element{options(preference(2), preference(2))}, nil, "4"},
		{"BodyPart in 14.0", "14.0", eas.FolderInbox, []wbxml.Element{options(wbxml.E(wbxml.AirSyncBaseBodyPartPreference, html))}, nil, "4"},
		{"BodyPart of text", "14.1", eas.FolderInbox, []wbxml.Element{options(wbxml.E(wbxml.AirSyncBaseBodyPartPreference, wbxml.T(wbxml.AirSyncBaseType, "1")))}, nil, "164"},
		{"RightsManagement in 14.0", "14.0", eas.FolderInbox, []wbxml.Element{options(wbxml.T(wbxml.RightsManagementRightsManagementSupport, "1"))}, nil, "4"},
		{"ConversationMode of events", "14.1", eas.FolderCalendar, []wbxml.Element{wbxml.T(wbxml.AirSyncConversationMode, "1")}, nil, "4"},
		{"HeartbeatInterval in 12.1", "12.1", eas.FolderInbox, nil, []wbxml.Element{wbxml.T(wbxml.AirSyncHeartbeatInterval, "60")}, "4"},
		{"an element of another command", "14.1", eas.FolderInbox, nil, []wbxml.Element{wbxml.T(wbxml.PingHeartbeatInterval, "60")}, "4"},
	} {
		store, _ := inboxOf(1)
		u := store.User("alice")
		u.Folder("Calendar").Add(Item{Properties: []wbxml.Element{wbxml.T(wbxml.CalendarSubject, "x")}})
		c := newClient(t, Config{}, store)
		c.version = tc.version
		id := string(u.byType(tc.folder).ID())
		doc := syncDoc(collection(c.drain(c.prime(id), id), id, tc.more...))
		doc.Append(tc.root...)
		e := c.do("Sync", doc)
		got := e.Value(wbxml.AirSyncStatus)
		if got == "" {
			a := e.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
			if got = a.Value(wbxml.AirSyncStatus); got == "1" {
				got = statusIn(a.Child(wbxml.AirSyncResponses))
			}
		}
		if got != tc.status || len(c.violations) != 1 && tc.status != "164" {
			t.Errorf("%s: status %s, want %s, %v\n%s", tc.name, got, tc.status, c.violations, e.AppendXML(nil))
		}
	}
	// Partial alone says nothing, MS-ASCMD 2.2.3.131.
	store, inbox := inboxOf(0)
	c := newClient(t, Config{}, store)
	c.prime(string(inbox.ID()))
	if e := c.do("Sync", wbxml.E(wbxml.AirSyncSync, wbxml.Empty(wbxml.AirSyncPartial))); e.Value(wbxml.AirSyncStatus) == "1" || len(c.violations) != 1 {
		t.Errorf("Partial alone: %s, %v", e.AppendXML(nil), c.violations)
	}
}
