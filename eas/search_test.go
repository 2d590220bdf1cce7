package eas_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

func TestRecordedSearch(t *testing.T) {
	rec, c := replay(t, "search-gal-v14.1", eas.Version141)
	people, err := c.SearchGAL(t.Context(), eas.GALSearch{Query: "bob", SearchPart: eas.SearchPart{Range: &[2]int{0, 9}}})
	if err != nil {
		t.Fatal(err)
	}
	rec.same()
	if d := cmp.Diff(&eas.GALResults{Results: eas.Results{First: 0, Last: 0, Total: 1}, Entries: []eas.GALEntry{{EmailAddress: "bob@lab.example"}}}, people); d != "" {
		t.Error(d)
	}

	rec, c = replay(t, "search-mailbox-v14.1", eas.Version141)
	r, err := c.SearchMailbox(t.Context(), eas.MailboxSearch{
		Classes: []eas.Class{eas.ClassEmail}, Collections: []eas.CollectionID{inboxDave}, FreeText: "plain", Rebuild: true,
		SearchPart: eas.SearchPart{Range: &[2]int{0, 4}}, Options: eas.SyncOptions{Bodies: []eas.BodyPreference{{Type: eas.BodyPlain, TruncationSize: new(int64(100))}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rec.same()
	var got []string
	for _, it := range r.Items {
		m, err := it.Item.Email()
		if err != nil || it.Item.Class != eas.ClassEmail || it.CollectionID != inboxDave || it.Item.Body == nil || len(content(t, it.Item.Body.Data)) < 400 {
			t.Errorf("%+v, %v", it, err)
		}
		got = append(got, strings.TrimPrefix(it.LongID, inboxDave)+" "+m.Subject)
	}
	if d := cmp.Diff([]string{"+202 plain 201", "+201 plain 200", "+200 plain 199", "+199 plain 198", "+180 plain 179"}, got); d != "" || r.Results != (eas.Results{First: 0, Last: 4, Total: 39}) {
		t.Errorf("%+v %s", r.Results, d)
	}
}

// TestSearchMailbox finds what there is, in every version, and reads it as Sync would.
func TestSearchMailbox(t *testing.T) {
	for _, v := range versionsFrom(eas.Version120, eas.Version161) {
		p := newPeer(t, easserver.Config{})
		inbox := p.alice.Folder("Inbox")
		sub := p.alice.AddFolder("Inbox/Sub", inbox.Type())
		at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		add := func(f *easserver.Folder, n int, conversation string) {
			f.Add(easserver.Item{Received: at.AddDate(0, 0, n), Message: &easserver.Content{Bytes: fmt.Appendf(nil,
				"From: bob@example.com\r\nTo: alice@example.com\r\nSubject: %s\r\nMessage-ID: <%d@x>\r\nReferences: <%s@x>\r\n\r\nwords about fish %d\r\n", conversation, n, conversation, n)}})
		}
		for n := range 5 {
			add(inbox, n, "pond")
		}
		add(sub, 5, "lake")
		p.alice.Folder("Notes").Add(easserver.Item{Properties: []wbxml.Element{wbxml.T(wbxml.NotesSubject, "a note of fish")}})
		c, _ := p.client(t, v, nil)
		find := func(q eas.MailboxSearch) (string, *eas.MailboxResults) {
			t.Helper()
			r, err := c.SearchMailbox(t.Context(), q)
			if err != nil {
				t.Fatalf("%s: %+v: %v", v, q, err)
			}
			var ids []string
			for _, it := range r.Items {
				ids = append(ids, it.LongID)
			}
			r.Close()
			return fmt.Sprintf("%s %d-%d/%d %v", strings.Join(ids, ","), r.First, r.Last, r.Total, r.End), r
		}
		mail := []eas.Class{eas.ClassEmail}
		for _, tc := range []struct {
			name, want string
			q          eas.MailboxSearch
		}{
			{"words", "10:0,1:4,1:3,1:2,1:1,1:0 0-5/6 false", eas.MailboxSearch{Classes: mail, FreeText: "FISH"}},
			{"a part", "1:4,1:3 1-2/6 false", eas.MailboxSearch{Classes: mail, FreeText: "fish", SearchPart: eas.SearchPart{Range: &[2]int{1, 2}, Language: "de"}}},
			{"too many", "10:0,1:4,1:3,1:2,1:1,1:0 0-5/6 true", eas.MailboxSearch{Classes: mail, FreeText: "fish", SearchPart: eas.SearchPart{Range: &[2]int{0, 100}}}},
			{"all classes", "10:0,1:4,1:3,1:2,1:1,1:0,9:0 0-6/7 false", eas.MailboxSearch{FreeText: "fish"}},
			{"in a folder", "1:4,1:3,1:2,1:1,1:0 0-4/5 false", eas.MailboxSearch{Collections: []eas.CollectionID{"1"}, FreeText: "fish"}},
			{"and below", "10:0,1:4,1:3,1:2,1:1,1:0 0-5/6 false", eas.MailboxSearch{Collections: []eas.CollectionID{"1"}, FreeText: "fish", Deep: true, Rebuild: true}},
			{"dates", "1:3,1:2 0-1/2 false", eas.MailboxSearch{Classes: mail, After: at.AddDate(0, 0, 1), Before: at.AddDate(0, 0, 4)}},
			{"one of both", "10:0,1:4,1:0 0-2/3 false", eas.MailboxSearch{Any: true, After: at.AddDate(0, 0, 3), Before: at.AddDate(0, 0, 1)}},
			{"nothing", " 0--1/0 false", eas.MailboxSearch{FreeText: "fowl"}},
		} {
			if got, _ := find(tc.q); got != tc.want {
				t.Errorf("%s %s: %s, want %s", v, tc.name, got, tc.want)
			}
		}
		// Bodies, both that are spooled and that are text.
		whole := eas.MailboxSearch{Classes: mail, FreeText: "fish", Options: eas.SyncOptions{MIMESupport: eas.MIMEAlways, Bodies: []eas.BodyPreference{{Type: eas.BodyMIME}}}}
		r, err := c.SearchMailbox(t.Context(), whole)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range r.Items {
			message := inbox
			if it.CollectionID != inbox.ID() {
				message = sub
			}
			var want []byte
			for id, stored := range message.Items() {
				if string(id) == it.LongID {
					want = stored.Message.Bytes
				}
			}
			if got := content(t, it.Item.Body.Data); !bytes.Equal(got, want) || it.Item.Class != eas.ClassEmail || it.Item.Body.Type != eas.BodyMIME {
				t.Errorf("%s: %q of %+v", v, got, it)
			}
		}
		r.Close()
		r, err = c.SearchMailbox(t.Context(), eas.MailboxSearch{FreeText: "fish 5", Options: eas.SyncOptions{Bodies: []eas.BodyPreference{{Type: eas.BodyPlain}}}})
		if err != nil || len(r.Items) != 1 || !strings.HasPrefix(string(content(t, r.Items[0].Item.Body.Data)), "words about fish 5") {
			t.Errorf("%s: %+v, %v", v, r, err)
		}
		var conversation []byte
		if err == nil {
			m, _ := r.Items[0].Item.Email()
			conversation = m.ConversationID
			r.Close()
		}
		q := eas.MailboxSearch{ConversationID: conversation, Options: eas.SyncOptions{BodyParts: []eas.BodyPreference{{Type: eas.BodyHTML}}, RightsManagement: true}}
		if !v.AtLeast(eas.Version141) {
			if _, err := c.SearchMailbox(t.Context(), eas.MailboxSearch{ConversationID: []byte("x"), Options: q.Options}); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s: BodyPart: %v", v, err)
			}
			continue
		}
		if got, _ := find(q); got != "10:0 0-0/1 false" {
			t.Errorf("%s: the conversation is %s", v, got)
		}
		// A found item can be fetched by its LongID.
		f, err := c.Fetch(t.Context(), []eas.Fetch{{LongID: "10:0", Options: eas.ArchiveOptions(eas.ClassEmail, v)}}, false)
		if err != nil {
			t.Fatal(err)
		}
		for res, err := range f.Results() {
			if err != nil || res.Err != nil || !strings.Contains(string(content(t, res.Item.Body.Data)), "fish 5") {
				t.Errorf("%s: %+v, %v", v, res, err)
			}
		}
		f.Close()
	}
}

func TestSearchGAL(t *testing.T) {
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{})
		entry := eas.GALEntry{
			DisplayName: "Bob Example", Phone: "1", Office: "2", Title: "Dr", Company: "Example", Alias: "bob", FirstName: "Bob", LastName: "Example", HomePhone: "3", MobilePhone: "4",
			EmailAddress: "bob@example.com",
		}
		stored := entry
		stored.Picture = &eas.Picture{Data: []byte("\xff\xd8 a photo")}
		p.bob.SetEntry(stored)
		p.alice.SetEntry(eas.GALEntry{Picture: &eas.Picture{Data: make([]byte, 2000)}})
		c, _ := p.client(t, v, nil)
		r, err := c.SearchGAL(t.Context(), eas.GALSearch{Query: "exam", SearchPart: eas.SearchPart{Range: &[2]int{1, 5}}})
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		if d := cmp.Diff(&eas.GALResults{Results: eas.Results{First: 1, Last: 1, Total: 2}, Entries: []eas.GALEntry{entry}}, r); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		photos := func(o eas.PictureOptions) string {
			r, err := c.SearchGAL(t.Context(), eas.GALSearch{Query: "exam", Pictures: &o})
			if err != nil {
				return err.Error()
			}
			var got string
			for _, e := range r.Entries {
				var st *eas.StatusError
				if errors.As(e.Picture.Err, &st) {
					got += fmt.Sprintf("%s %s %d,", st.Command, st.Element, st.Code)
				} else {
					got += fmt.Sprintf("%d bytes,", len(e.Picture.Data))
				}
			}
			return got
		}
		if !v.AtLeast(eas.Version141) {
			if _, err := c.SearchGAL(t.Context(), eas.GALSearch{Query: "bob", Pictures: &eas.PictureOptions{}}); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s: photos: %v", v, err)
			}
			continue
		}
		for want, o := range map[string]eas.PictureOptions{
			"2000 bytes,10 bytes,": {}, "Search Picture 174,10 bytes,": {MaxSize: 1000}, "2000 bytes,Search Picture 175,": {MaxPictures: 1},
			"Search: pictures: 0 of 102401 bytes: at most 102400 bytes may be": {MaxSize: 102401},
		} {
			if got := photos(o); got != want {
				t.Errorf("%s %+v: %s", v, o, got)
			}
		}
		p.bob.SetEntry(entry)
		if got := photos(eas.PictureOptions{MaxSize: 10}); got != "Search Picture 174,Search Picture 173," {
			t.Errorf("%s: no photo: %s", v, got)
		}
	}
}

func TestSearchDocuments(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	library := []easserver.Document{
		{LinkID: `\\files\team`, IsFolder: true, Created: at, Modified: at},
		{LinkID: `\\files\team\plan.txt`, Created: at, Modified: at.Add(time.Hour), Hidden: true, Content: []byte("hello, world"), ContentType: "text/plain"},
		{LinkID: `\\files\team\old`, IsFolder: true, Created: at, Modified: at},
		{LinkID: `\\files\team\old\plan.txt`, Created: at, Modified: at},
		{LinkID: `\\files\board`, Created: at, Modified: at, UserName: "alice", Password: "open"},
	}
	store := easserver.NewStore()
	store.AddUser("alice")
	for _, d := range library {
		store.AddDocument(d)
	}
	want := []eas.Document{
		{LinkID: library[0].LinkID, DisplayName: "team", IsFolder: true, CreationDate: at, LastModifiedDate: at},
		{LinkID: library[1].LinkID, DisplayName: "plan.txt", CreationDate: at, LastModifiedDate: at.Add(time.Hour), IsHidden: true, ContentLength: new(int64(12)), ContentType: "text/plain"},
		{LinkID: library[2].LinkID, DisplayName: "old", IsFolder: true, CreationDate: at, LastModifiedDate: at},
	}
	for _, v := range versionsFrom(eas.Version120, eas.Version161) {
		c := served(t, v, easserver.Config{}, store, nil)
		r, err := c.SearchDocuments(t.Context(), eas.DocumentSearch{Link: library[0].LinkID, SearchPart: eas.SearchPart{Range: &[2]int{0, 999}}})
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		if d := cmp.Diff(&eas.DocumentResults{Results: eas.Results{Last: 2, Total: 3}, Documents: want}, r); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		r, err = c.SearchDocuments(t.Context(), eas.DocumentSearch{Link: library[1].LinkID})
		if err != nil || len(r.Documents) != 1 || r.Total != 1 {
			t.Errorf("%s: %+v, %v", v, r, err)
		}
		var st *eas.StatusError
		if _, err = c.SearchDocuments(t.Context(), eas.DocumentSearch{Link: `\\files\nothing`}); !errors.As(err, &st) || *st != (eas.StatusError{Command: "Search", Element: "Store", Code: 6}) {
			t.Errorf("%s: %v", v, err)
		}
		if !v.AtLeast(eas.Version121) {
			continue
		}
		locked := eas.DocumentSearch{Link: library[4].LinkID}
		if _, err = c.SearchDocuments(t.Context(), locked); !errors.As(err, &st) || st.Code != 14 {
			t.Errorf("%s: %v", v, err)
		}
		locked.UserName, locked.Password = "alice", "open"
		r, err = c.SearchDocuments(t.Context(), locked)
		if err != nil || len(r.Documents) != 1 {
			t.Errorf("%s: %+v, %v", v, r, err)
		}
	}
}

// TestSearchRefused has what the client does not send.
func TestSearchRefused(t *testing.T) {
	c := connect(t, http.NotFoundHandler(), nil)
	far := eas.SearchPart{Range: &[2]int{0, 1000}}
	for name, search := range map[string]func() error{
		"a mailbox for nothing": func() error { _, err := c.SearchMailbox(t.Context(), eas.MailboxSearch{}); return err },
		"a far range": func() error {
			_, err := c.SearchMailbox(t.Context(), eas.MailboxSearch{FreeText: "x", SearchPart: far})
			return err
		},
		"a part of no conversation": func() error {
			_, err := c.SearchMailbox(t.Context(), eas.MailboxSearch{FreeText: "x", Options: eas.SyncOptions{BodyParts: []eas.BodyPreference{{}}}})
			return err
		},
		"a directory for nothing": func() error { _, err := c.SearchGAL(t.Context(), eas.GALSearch{}); return err },
		"a range backwards": func() error {
			_, err := c.SearchGAL(t.Context(), eas.GALSearch{Query: "x", SearchPart: eas.SearchPart{Range: &[2]int{2, 1}}})
			return err
		},
		"no link": func() error { _, err := c.SearchDocuments(t.Context(), eas.DocumentSearch{}); return err },
		"long credentials": func() error {
			_, err := c.SearchDocuments(t.Context(), eas.DocumentSearch{Link: "x", UserName: strings.Repeat("x", 101)})
			return err
		},
	} {
		var he *eas.HTTPError
		if err := search(); err == nil || errors.As(err, &he) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := eas.New(eas.Config{URL: "http://mail.example", AllowHTTP: true, User: "u", DeviceID: "d", Version: eas.Version141, Transport: canned(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SearchDocuments(t.Context(), eas.DocumentSearch{Link: "x", Password: "x"}); err == nil || !strings.Contains(err.Error(), "plain HTTP") {
		t.Errorf("credentials in the clear: %v", err)
	}
	if _, err := c.Fetch(t.Context(), []eas.Fetch{{LinkID: "x", Password: "x"}}, false); err == nil || !strings.Contains(err.Error(), "plain HTTP") {
		t.Errorf("credentials in the clear: %v", err)
	}
}

// TestSearchAnswers reads what servers may send.
func TestSearchAnswers(t *testing.T) {
	for _, tc := range []struct{ name, xml, want string }{
		{"a status alone", `<Search xmlns="Search"><Status>3</Status></Search>`, "Search: status 3 (server error)"},
		{"a store's status", `<Search xmlns="Search"><Status>1</Status><Response><Store><Status>11</Status></Store></Response></Search>`, "Search: Store: status 11 (FolderSync required)"},
		{"no status of the whole", `<Search xmlns="Search"><Response><Store><Status>1</Status></Store></Response></Search>`, "0 {0 -1 0 false}"},
		{"no store", `<Search xmlns="Search"><Status>1</Status></Search>`, "Search: malformed answer: it has no results, nor a reason"},
		{"a body of no item", `<Search xmlns="Search"><Status>1</Status><Response><Store><Status>1</Status><Result><Body xmlns="AirSyncBase"><Type>4</Type><Data>x</Data></Body></Result></Store></Response></Search>`, "Search: malformed answer: there are bodies of no item"},
	} {
		r, err := connect(t, answer(parse(t, tc.xml)), nil).SearchMailbox(t.Context(), eas.MailboxSearch{FreeText: "x"})
		if err == nil {
			err = errors.New(fmt.Sprint(len(r.Items), r.Results))
		}
		if err.Error() != tc.want {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
