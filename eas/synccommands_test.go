package eas_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// folder is one that is synchronized, with the key of the last answer.
type folder struct {
	t *testing.T
	c *eas.Client
	q eas.SyncRequest
}

func (p *peer) sync(t *testing.T, v eas.Version, f *easserver.Folder, change func(*eas.SyncRequest)) *folder {
	t.Helper()
	c, _ := p.client(t, v, nil)
	class, _ := f.Type().Class()
	s := &folder{t: t, c: c, q: eas.SyncRequest{Key: eas.InitialKey, CollectionID: f.ID(), Class: class, Options: eas.SyncOptions{Bodies: []eas.BodyPreference{{Type: eas.BodyPlain}}}}}
	if !v.AtLeast(eas.Version120) {
		s.q.Options = eas.ArchiveOptions(class, v)
	}
	if change != nil {
		change(&s.q)
	}
	s.ask()
	s.ask()
	return s
}

// ask sends commands and returns what they came to, and what the server had to say.
func (f *folder) ask(commands ...eas.ClientCommand) (responses []eas.CommandResponse, said []string) {
	f.t.Helper()
	f.q.Commands = commands
	p, err := f.c.Sync(f.t.Context(), f.q)
	if err != nil {
		f.t.Fatal(f.c.Version(), err)
	}
	defer p.Close()
	for cmd, err := range p.Commands() {
		if err != nil {
			f.t.Fatal(f.c.Version(), err)
		}
		s := cmd.Op.String() + " " + string(cmd.ServerID)
		if cmd.Item != nil {
			s += " " + cmd.Item.Properties.Value(wbxml.EmailSubject) + cmd.Item.Properties.Value(wbxml.ContactsFileAs)
		}
		said = append(said, strings.TrimSpace(s))
	}
	f.q.Key = p.Key
	return p.Responses(), said
}

func contact(name string, more ...wbxml.Element) *wbxml.Element {
	e := wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.ContactsFileAs, name))
	e.Append(more...)
	return &e
}

func valueOf(f *easserver.Folder, tag wbxml.Tag) string {
	for _, it := range f.Items() {
		e := wbxml.E(wbxml.AirSyncApplicationData, it.Properties...)
		return e.Value(tag)
	}
	return ""
}

// TestConflict: both sides changed an item, and the client says whose change stays.
func TestConflict(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, who := range []eas.Conflict{eas.ClientWins, eas.ServerWins} {
			p := newPeer(t, easserver.Config{})
			contacts := p.alice.Folder("Contacts")
			id := contacts.Add(easserver.Item{Properties: contact("old").Children})
			f := p.sync(t, v, contacts, func(q *eas.SyncRequest) { q.Options.Conflict = &who })
			if err := contacts.Change(id, func(it *easserver.Item) { it.Properties = contact("server").Children }); err != nil {
				t.Fatal(err)
			}
			res, said := f.ask(eas.ClientCommand{Op: eas.OpChange, ServerID: id, Item: contact("client")})
			want, left := []int(nil), "client"
			if who == eas.ServerWins {
				want, left = []int{7}, "server"
			}
			var got []int
			for _, r := range res {
				got = append(got, codes(r.Err)...)
			}
			if d := cmp.Diff(want, got); d != "" || valueOf(contacts, wbxml.ContactsFileAs) != left || !slices.Equal(said, []string{"Change " + string(id) + " " + left}) {
				t.Errorf("%s, %d: %s, %v, %s stays", v, who, d, said, valueOf(contacts, wbxml.ContactsFileAs))
			}
		}
	}
}

// TestSupported: what the client does not manage stays as it is when a Change leaves it out.
func TestSupported(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, tc := range []struct {
			supported          []wbxml.Tag
			title, companyName string
		}{
			{nil, "", ""}, {[]wbxml.Tag{}, "Dr", "ACME"}, {[]wbxml.Tag{wbxml.ContactsFileAs, wbxml.ContactsTitle}, "", "ACME"},
		} {
			p := newPeer(t, easserver.Config{})
			contacts := p.alice.Folder("Contacts")
			id := contacts.Add(easserver.Item{Properties: contact("old", wbxml.T(wbxml.ContactsTitle, "Dr"), wbxml.T(wbxml.ContactsCompanyName, "ACME")).Children})
			f := p.sync(t, v, contacts, func(q *eas.SyncRequest) { q.Supported = tc.supported })
			if res, _ := f.ask(eas.ClientCommand{Op: eas.OpChange, ServerID: id, Item: contact("new")}); len(res) != 0 {
				t.Errorf("%s: %+v", v, res)
			}
			if title, company := valueOf(contacts, wbxml.ContactsTitle), valueOf(contacts, wbxml.ContactsCompanyName); title != tc.title || company != tc.companyName || valueOf(contacts, wbxml.ContactsFileAs) != "new" {
				t.Errorf("%s, supported %v: title %q, company %q", v, tc.supported, title, company)
			}
		}
	}
}

func TestDeletesAsMoves(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, moves := range []bool{false, true} {
			p := newPeer(t, easserver.Config{})
			inbox := p.alice.Folder("Inbox")
			id := inbox.AddMessage(note("x"))
			f := p.sync(t, v, inbox, func(q *eas.SyncRequest) { q.DeletesAsMoves = moves })
			f.ask(eas.ClientCommand{Op: eas.OpDelete, ServerID: id})
			if trash := p.alice.Folder("Deleted Items").Len(); inbox.Len() != 0 || (trash == 1) != moves {
				t.Errorf("%s, moves %v: %d left, %d in the trash", v, moves, inbox.Len(), trash)
			}
		}
	}
}

// TestCommandsOnly: the client's commands are carried out, and what the server has comes with the next request.
func TestCommandsOnly(t *testing.T) {
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{})
		contacts := p.alice.Folder("Contacts")
		f := p.sync(t, v, contacts, nil)
		contacts.Add(easserver.Item{Properties: contact("theirs").Children})
		f.q.CommandsOnly = true
		res, said := f.ask(eas.ClientCommand{Op: eas.OpAdd, ClientID: "c", Item: contact("ours")})
		if len(res) != 1 || res[0].Err != nil || said != nil || contacts.Len() != 2 {
			t.Errorf("%s: %+v %v", v, res, said)
		}
		f.q.CommandsOnly = false
		if _, said = f.ask(); !slices.Equal(said, []string{"Add " + string(contacts.ID()) + ":0 theirs"}) {
			t.Errorf("%s: %v", v, said)
		}
	}
}

// TestConversationMode: an old message comes with a new one of its conversation.
func TestConversationMode(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, v := range versionsFrom(eas.Version140, eas.Version161) {
		p := newPeer(t, easserver.Config{Now: func() time.Time { return now }})
		inbox := p.alice.Folder("Inbox")
		for _, m := range []struct {
			text string
			age  int
		}{{"Message-ID: <1@x>\r\nSubject: talk", 100}, {"Message-ID: <2@x>\r\nSubject: other", 100}, {"Message-ID: <3@x>\r\nReferences: <1@x>\r\nIn-Reply-To: <1@x>\r\nSubject: talk", 1}} {
			inbox.Add(easserver.Item{Message: &easserver.Content{Bytes: []byte(m.text + "\r\n\r\nx\r\n")}, Received: now.AddDate(0, 0, -m.age)})
		}
		for whole, want := range map[bool]int{false: 1, true: 2} {
			c, _ := p.client(t, v, func(c *eas.Config) { c.DeviceID += eas.DeviceID(map[bool]string{true: "w"}[whole]) })
			q := eas.SyncRequest{Key: eas.InitialKey, CollectionID: inbox.ID(), Class: eas.ClassEmail, Options: eas.SyncOptions{FilterType: eas.FilterOneWeek}, ConversationMode: whole}
			page, err := c.Sync(t.Context(), q)
			if err != nil {
				t.Fatal(v, err)
			}
			q.Key = page.Key
			page.Close()
			est, err := c.GetItemEstimate(t.Context(), []eas.EstimateRequest{{CollectionID: inbox.ID(), Class: eas.ClassEmail, Key: q.Key, FilterType: eas.FilterOneWeek, ConversationMode: whole}})
			if err != nil || est[0].Err != nil || est[0].Count != want {
				t.Errorf("%s, whole %v: estimate %+v, %v", v, whole, est, err)
			}
			n := 0
			if page, err = c.Sync(t.Context(), q); err != nil {
				t.Fatal(v, err)
			}
			commands(t, page, func(*eas.Command) { n++ })
			if page.Close(); n != want {
				t.Errorf("%s, whole %v: %d messages", v, whole, n)
			}
		}
	}
	p := newPeer(t, easserver.Config{OnViolation: func(easserver.Violation) {}})
	c, _ := p.client(t, eas.Version161, nil)
	q := eas.SyncRequest{Key: "1", CollectionID: p.alice.Folder("Tasks").ID(), Class: eas.ClassTasks, ConversationMode: true}
	if _, err := c.Sync(t.Context(), q); codes(err)[0] != 4 {
		t.Errorf("conversations of tasks: %v", err)
	}
	c, _ = p.client(t, eas.Version121, nil)
	if _, err := c.Sync(t.Context(), q); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := c.GetItemEstimate(t.Context(), []eas.EstimateRequest{{CollectionID: "1", ConversationMode: true}}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
}

// TestDrafts makes, changes and sends drafts, which is the only mail that a client can add.
func TestDrafts(t *testing.T) {
	for _, v := range versionsFrom(eas.Version160, eas.Version161) {
		p := newPeer(t, easserver.Config{})
		drafts, sent, bob := p.alice.Folder("Drafts"), p.alice.Folder("Sent Items"), p.bob.Folder("Inbox")
		f := p.sync(t, v, drafts, nil)
		res, _ := f.ask(eas.ClientCommand{Op: eas.OpAdd, ClientID: "d", Item: &eas.Email{
			To: "bob@example.com", Subject: "first", Body: &eas.InlineBody{Type: eas.BodyPlain, Data: "hello"},
			Attachments: &eas.Attachments{Add: []eas.AttachmentAdd{{ClientID: "a", Method: eas.AttachNormal, DisplayName: "a.txt", Content: []byte("data")}}},
		}})
		if len(res) != 1 || res[0].Err != nil || res[0].Item == nil || drafts.Len() != 1 {
			t.Fatalf("%s: %+v", v, res)
		}
		if m, err := res[0].Item.Email(); err != nil || len(m.ConversationID) == 0 || len(m.ConversationIndex) == 0 { // MS-ASEMAIL 2.2.2.21, 2.2.2.22
			t.Errorf("%s: %+v %v", v, m, err)
		}
		id := res[0].ServerID
		if res, _ = f.ask(eas.ClientCommand{Op: eas.OpChange, ServerID: id, Item: &eas.Email{To: "bob@example.com", Subject: "second", Body: &eas.InlineBody{Type: eas.BodyPlain, Data: "hello"}}}); len(res) > 0 && res[0].Err != nil {
			t.Errorf("%s: %+v", v, res)
		}
		if bob.Len() != 0 {
			t.Errorf("%s: a draft was sent", v)
		}
		f.ask(eas.ClientCommand{Op: eas.OpChange, ServerID: id, Send: true})
		f.ask(eas.ClientCommand{Op: eas.OpAdd, ClientID: "e", Item: &eas.Email{Body: &eas.InlineBody{Type: eas.BodyMIME, Data: string(note("third"))}}, Send: true})
		var subjects []string
		for _, m := range messages(bob) {
			_, rest, _ := strings.Cut(m, "Subject: ")
			subject, _, _ := strings.Cut(rest, "\r\n")
			subjects = append(subjects, subject)
		}
		if d := cmp.Diff([]string{"second", "third"}, subjects); d != "" || drafts.Len() != 0 || sent.Len() != 2 {
			t.Errorf("%s: %d drafts, %d sent, %s", v, drafts.Len(), sent.Len(), d)
		}
	}
	p := newPeer(t, easserver.Config{OnViolation: func(easserver.Violation) {}})
	f := p.sync(t, eas.Version161, p.alice.Folder("Inbox"), nil)
	if res, _ := f.ask(eas.ClientCommand{Op: eas.OpAdd, ClientID: "x", Item: &eas.Email{Subject: "import"}}); len(res) != 1 || codes(res[0].Err)[0] != 6 {
		t.Errorf("a message is added to the inbox: %+v", res)
	}
}

// TestOccurrences changes and deletes one occurrence of an event, from 16.0 on, and adds an event once.
func TestOccurrences(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	for _, v := range versionsFrom(eas.Version160, eas.Version161) {
		p := newPeer(t, easserver.Config{})
		calendar := p.alice.Folder("Calendar")
		f := p.sync(t, v, calendar, nil)
		event := &eas.Appointment{
			Subject: "Daily", StartTime: at, EndTime: at.Add(time.Hour), ClientUID: "mine",
			Recurrence: &eas.Recurrence{Type: new(eas.RecursDaily), Interval: 1, Occurrences: 5},
		}
		res, _ := f.ask(eas.ClientCommand{Op: eas.OpAdd, ClientID: "1", Item: event})
		again, _ := f.ask(eas.ClientCommand{Op: eas.OpAdd, ClientID: "2", Item: event})
		if len(res) != 1 || res[0].Err != nil || len(again) != 1 || again[0].ServerID != res[0].ServerID || calendar.Len() != 1 {
			t.Fatalf("%s: %+v, %+v", v, res, again)
		}
		id := res[0].ServerID
		res, _ = f.ask(
			eas.ClientCommand{Op: eas.OpChange, ServerID: id, InstanceID: at.AddDate(0, 0, 1), Item: &eas.Appointment{Subject: "Late"}},
			eas.ClientCommand{Op: eas.OpDelete, ServerID: id, InstanceID: at.AddDate(0, 0, 2)},
			eas.ClientCommand{Op: eas.OpDelete, ServerID: "7:99", InstanceID: at},
		)
		if len(res) != 1 || codes(res[0].Err)[0] != 8 || !res[0].InstanceID.Equal(at) {
			t.Errorf("%s: %+v", v, res)
		}
		var got []string
		for _, it := range calendar.Items() {
			e := wbxml.E(wbxml.AirSyncApplicationData, it.Properties...)
			for x := range e.Child(wbxml.CalendarExceptions).All(wbxml.CalendarException) {
				got = append(got, x.Value(wbxml.CalendarExceptionStartTime)+" "+x.Value(wbxml.CalendarSubject)+x.Value(wbxml.CalendarDeleted))
			}
		}
		if d := cmp.Diff([]string{"20261202T100000Z Late", "20261203T100000Z 1"}, got); d != "" {
			t.Errorf("%s: %s", v, d)
		}
	}
}

// TestSyncNeedsVersion: what a version does not have is not sent.
func TestSyncNeedsVersion(t *testing.T) {
	asked := false
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true })
	html := []eas.BodyPreference{{Type: eas.BodyHTML}}
	for name, tc := range map[string]struct {
		q     eas.SyncRequest
		since eas.Version
	}{
		"Wait":             {eas.SyncRequest{Wait: time.Minute}, eas.Version121},
		"ConversationMode": {eas.SyncRequest{ConversationMode: true}, eas.Version140},
		"SMS":              {eas.SyncRequest{SMS: &eas.SyncOptions{}}, eas.Version140},
		"MaxItems":         {eas.SyncRequest{Options: eas.SyncOptions{MaxItems: 1}}, eas.Version140},
		"Preview":          {eas.SyncRequest{Options: eas.SyncOptions{Bodies: []eas.BodyPreference{{Type: eas.BodyHTML, Preview: 1}}}}, eas.Version140},
		"Class":            {eas.SyncRequest{Commands: []eas.ClientCommand{{Op: eas.OpAdd, Class: eas.ClassSMS}}}, eas.Version140},
		"BodyParts":        {eas.SyncRequest{Options: eas.SyncOptions{BodyParts: html}}, eas.Version141},
		"RightsManagement": {eas.SyncRequest{Options: eas.SyncOptions{RightsManagement: true}}, eas.Version141},
		"InstanceID":       {eas.SyncRequest{Commands: []eas.ClientCommand{{Op: eas.OpDelete, InstanceID: time.Unix(0, 0)}}}, eas.Version160},
		"Send":             {eas.SyncRequest{Commands: []eas.ClientCommand{{Op: eas.OpChange, Send: true}}}, eas.Version160},
	} {
		for _, v := range eas.Versions() {
			c := connect(t, h, func(c *eas.Config) { c.Version = v })
			q := tc.q
			q.Key, q.CollectionID, q.Class, asked = "1", "1", eas.ClassEmail, false
			p, err := c.Sync(t.Context(), q)
			if err == nil {
				p.Close()
			}
			if may := v.AtLeast(tc.since); asked != may || may != (err == nil) || !may && !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s in %s: asked %v, %v", name, v, asked, err)
			}
		}
	}
}

// TestSyncOptionsOfTwoClasses: text messages have options of their own, and each of the two says of which class it is.
func TestSyncOptionsOfTwoClasses(t *testing.T) {
	var got *wbxml.Element
	p := newPeer(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if r.Command == "Sync" {
			got = r.Document
		}
		return nil
	}})
	html := []eas.BodyPreference{{Type: eas.BodyHTML, Preview: 20}}
	f := p.sync(t, eas.Version161, p.alice.Folder("Inbox"), func(q *eas.SyncRequest) {
		q.SMS, q.Options = &eas.SyncOptions{FilterType: eas.FilterOneDay}, eas.SyncOptions{Bodies: html, BodyParts: html, RightsManagement: true}
	})
	f.ask()
	collection := got.Child(wbxml.AirSyncCollections).Child(wbxml.AirSyncCollection)
	var said []string
	for o := range collection.All(wbxml.AirSyncOptions) {
		s := ""
		for _, c := range o.Children {
			s += c.Tag.Name() + "=" + c.Text + " "
		}
		said = append(said, s)
	}
	want := []string{"Class=Email FilterType=0 MIMESupport=0 BodyPreference= BodyPartPreference= RightsManagementSupport=1 ", "Class=SMS FilterType=1 "}
	if d := cmp.Diff(want, said); d != "" {
		t.Error(d)
	}
}

// TestCommandsNeedAKey: the initial key brings no command to the server, so a request that has both is not sent.
func TestCommandsNeedAKey(t *testing.T) {
	c := connect(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			t.Errorf("sent %s", r.URL.Query().Get("Cmd"))
		}
	}), nil)
	q := eas.SyncRequest{Key: eas.InitialKey, CollectionID: "1", Commands: []eas.ClientCommand{{Op: eas.OpDelete, ServerID: "1:1"}}}
	const want = "commands with the initial key"
	if _, err := c.Sync(t.Context(), q); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Sync: %v", err)
	}
	if _, err := c.SyncFolders(t.Context(), eas.SyncBatch{Folders: []eas.SyncRequest{q}}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("SyncFolders: %v", err)
	}
}
