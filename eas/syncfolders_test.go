package eas_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

func TestRecordedSyncFolders(t *testing.T) {
	rec, c := replay(t, "sync-initial-multi-collections", eas.Version141)
	b := eas.SyncBatch{}
	ids := []eas.CollectionID{"mail%2Fef96e7299016036b8b02000083ecc375", "mail%2Fed96e7299016036b8b02000083ecc375", "vcard%2Fpersonal"}
	for _, id := range ids {
		b.Folders = append(b.Folders, eas.SyncRequest{Key: eas.InitialKey, CollectionID: id})
	}
	pages, err := c.SyncFolders(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	rec.same()
	var got []string
	for p, err := range pages.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(p.CollectionID, " ", p.Class, " ", p.Key, " ", p.Status, p.Err))
	}
	want := []string{fmt.Sprint(ids[0], " Email -1 1 <nil>"), fmt.Sprint(ids[1], " Email -1 1 <nil>"), fmt.Sprint(ids[2], " Contacts -1 1 <nil>")}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// folders keeps the keys of folders, and asks for all of them at once.
type folders struct {
	t    *testing.T
	c    *eas.Client
	b    eas.SyncBatch
	said []string // of the last answer: folder, ServerIDs and what is more
}

func (f *folders) ask() *eas.SyncPages {
	f.t.Helper()
	pages, err := f.c.SyncFolders(f.t.Context(), f.b)
	if err != nil {
		f.t.Fatal(f.c.Version(), err)
	}
	defer pages.Close()
	f.said = nil
	for p, err := range pages.Pages() {
		if err != nil {
			f.t.Fatal(f.c.Version(), err)
		}
		s := string(p.CollectionID)
		for cmd, err := range p.Commands() {
			if err != nil {
				f.t.Fatal(f.c.Version(), err)
			}
			s += " " + string(cmd.ServerID)
		}
		if p.MoreAvailable {
			s += " more"
		}
		if p.Err != nil {
			s += " " + p.Err.Error()
		}
		for i := range f.b.Folders {
			if q := &f.b.Folders[i]; q.CollectionID == p.CollectionID && p.Key != "" {
				q.Key = p.Key
			}
		}
		f.said = append(f.said, s)
	}
	return pages
}

func (f *folders) says(want ...string) {
	f.t.Helper()
	if d := cmp.Diff(want, f.said); d != "" {
		f.t.Errorf("%s: %s", f.c.Version(), d)
	}
}

// TestSyncFolders reads three folders together in every version, within a window for all of them.
func TestSyncFolders(t *testing.T) {
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{})
		inbox, sent, contacts := p.alice.Folder("Inbox"), p.alice.Folder("Sent Items"), p.alice.Folder("Contacts")
		for n := range 3 {
			inbox.AddMessage(note(fmt.Sprint(n)))
			sent.AddMessage(note(fmt.Sprint(n)))
		}
		contacts.Add(easserver.Item{Properties: []wbxml.Element{wbxml.T(wbxml.ContactsFileAs, "Carol")}})
		c, _ := p.client(t, v, nil)
		f := &folders{t: t, c: c}
		for _, folder := range []*easserver.Folder{inbox, sent, contacts} {
			class, _ := folder.Type().Class()
			f.b.Folders = append(f.b.Folders, eas.SyncRequest{Key: eas.InitialKey, CollectionID: folder.ID(), Class: class, Options: eas.ArchiveOptions(class, v)})
		}
		in, out, people := string(inbox.ID()), string(sent.ID()), string(contacts.ID())
		f.ask()
		f.says(in, out, people)
		f.b.WindowSize, f.b.Folders[0].WindowSize = 4, 2
		f.ask()
		f.says(in+" "+in+":0 "+in+":1 more", out+" "+out+":0 "+out+":1 more")
		f.ask()
		f.says(in+" "+in+":2", out+" "+out+":2", people+" "+people+":0")
		pages := f.ask()
		if v.AtLeast(eas.Version121) != pages.Empty {
			t.Errorf("%s: nothing new: %+v", v, pages)
		}
		// One folder's failure is none of the others.
		inbox.AddMessage(note("new"))
		f.b.Folders[1].Key, f.b.Folders[2].CollectionID = "nonsense", "99"
		f.ask()
		f.says(in+" "+in+":3", out+" Sync: Collection: status 3 (invalid synchronization key)", "99 Sync: Collection: status 12 (folder hierarchy has changed)")
	}
}

// TestSyncFoldersSends changes items of two folders in one request.
func TestSyncFoldersSends(t *testing.T) {
	p := newPeer(t, easserver.Config{})
	inbox, tasks := p.alice.Folder("Inbox"), p.alice.Folder("Tasks")
	id := inbox.AddMessage(note("x"))
	c, _ := p.client(t, eas.Version161, nil)
	f := &folders{t: t, c: c, b: eas.SyncBatch{Folders: []eas.SyncRequest{
		{Key: eas.InitialKey, CollectionID: inbox.ID(), Class: eas.ClassEmail}, {Key: eas.InitialKey, CollectionID: tasks.ID(), Class: eas.ClassTasks},
	}}}
	f.ask()
	f.ask()
	f.b.Folders[0].Commands = []eas.ClientCommand{{Op: eas.OpChange, ServerID: id, Item: &eas.Email{Read: new(true)}}, {Op: eas.OpDelete, ServerID: "1:77"}}
	f.b.Folders[1].Commands = []eas.ClientCommand{{Op: eas.OpAdd, ClientID: "t", Item: &eas.Task{Subject: "write", Complete: new(false)}}}
	pages, err := c.SyncFolders(t.Context(), f.b)
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	var got []string
	for p, err := range pages.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range p.Commands() {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range p.Responses() {
			got = append(got, fmt.Sprint(p.CollectionID, " ", r.Op, " ", r.ClientID, " ", r.ServerID, " ", r.Err != nil))
		}
	}
	if d := cmp.Diff([]string{"1 Delete  1:77 true", string(tasks.ID()) + " Add t " + string(tasks.ID()) + ":0 false"}, got); d != "" || tasks.Len() != 1 {
		t.Error(d)
	}
	for _, it := range inbox.Items() {
		if !it.Read {
			t.Error("it is unread")
		}
	}
}

// TestSyncAgain: an empty request and a partial one stand for the last, with its keys and its wait.
func TestSyncAgain(t *testing.T) {
	for _, v := range versionsFrom(eas.Version121, eas.Version161) {
		synctest.Test(t, func(t *testing.T) {
			store := easserver.NewStore()
			alice := store.AddUser("alice")
			inbox, sent := alice.Folder("Inbox"), alice.Folder("Sent Items")
			c := inbubble(t, v, easserver.New(easserver.Config{Password: "secret", OnViolation: func(v easserver.Violation) { t.Error(v) }}, store))
			f := &folders{t: t, c: c}
			for _, folder := range []*easserver.Folder{inbox, sent} {
				f.b.Folders = append(f.b.Folders, eas.SyncRequest{Key: eas.InitialKey, CollectionID: folder.ID(), Class: eas.ClassEmail})
			}
			f.ask()
			took := func(b eas.SyncBatch) time.Duration {
				t.Helper()
				whole := f.b
				defer func() { f.b = whole }()
				start := time.Now()
				f.b = b
				f.ask()
				return time.Since(start)
			}
			whole := f.b
			whole.Wait = 30 * time.Minute
			if d := took(whole); d != 30*time.Minute || f.said != nil {
				t.Errorf("%s: nothing: %v after %s", v, f.said, d)
			}
			time.AfterFunc(20*time.Minute, func() { sent.AddMessage(note("x")) })
			if d := took(eas.SyncBatch{}); d != 20*time.Minute {
				t.Errorf("%s: the same again: after %s", v, d)
			}
			f.says("4 4:0")
			// The other folder is as it was; what is said counts.
			if d := took(eas.SyncBatch{Partial: true, Folders: f.b.Folders[1:], Wait: 10 * time.Minute}); d != 0 {
				t.Errorf("%s: after %s", v, d)
			}
			f.says("4 4:0") // the key of before, the page of before
			time.AfterFunc(time.Minute, func() { inbox.AddMessage(note("y")) })
			pages, err := c.SyncFolders(t.Context(), eas.SyncBatch{Partial: true, Wait: 10 * time.Minute})
			if err != nil {
				t.Fatal(v, err)
			}
			pages.Close()
		})
	}
	c := connect(t, answer(nil), func(c *eas.Config) { c.Version = eas.Version120 })
	one := eas.SyncRequest{Key: "1", CollectionID: "1", Class: eas.ClassEmail}
	for _, b := range []eas.SyncBatch{{}, {Partial: true, Folders: []eas.SyncRequest{one}}, {Folders: []eas.SyncRequest{one}, Wait: time.Minute}} {
		if _, err := c.SyncFolders(t.Context(), b); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("12.0: %+v: %v", b, err)
		}
	}
	c = connect(t, answer(nil), nil)
	waiting := one
	waiting.Wait = time.Minute
	for name, b := range map[string]eas.SyncBatch{
		"Partial alone": {Partial: true}, "an empty request with a wait": {Wait: time.Minute}, "a folder twice": {Folders: []eas.SyncRequest{one, one}},
		"a folder that waits": {Folders: []eas.SyncRequest{waiting}}, "a large window": {Folders: []eas.SyncRequest{one}, WindowSize: 513},
	} {
		if _, err := c.SyncFolders(t.Context(), b); err == nil {
			t.Errorf("%s is sent", name)
		}
	}
}

// TestSyncRemembersNothing: a device whose last request the server does not know.
func TestSyncRemembersNothing(t *testing.T) {
	p := newPeer(t, easserver.Config{})
	c, _ := p.client(t, eas.Version161, nil)
	if _, err := c.SyncFolders(t.Context(), eas.SyncBatch{}); codes(err)[0] != 13 {
		t.Error(err)
	}
}

// TestSyncLimits: a wait, or a number of folders, that the server does not bear.
func TestSyncLimits(t *testing.T) {
	for _, v := range versionsFrom(eas.Version121, eas.Version161) {
		p := newPeer(t, easserver.Config{OnViolation: func(easserver.Violation) {}})
		c, _ := p.client(t, v, nil)
		q := eas.SyncRequest{Key: eas.InitialKey, CollectionID: "1", Class: eas.ClassEmail}
		for wait, want := range map[time.Duration]time.Duration{2 * time.Hour: 59 * time.Minute, time.Second: time.Minute} {
			if v == eas.Version121 && wait == time.Second {
				continue // it is a minute there, the least that can be said
			}
			q.Wait = wait
			_, err := c.Sync(t.Context(), q)
			var limit *eas.WaitLimitError
			if !errors.As(err, &limit) || limit.Wait != want || limit.MaxFolders != 0 || codes(err)[0] != 14 {
				t.Errorf("%s: %s: %v", v, wait, err)
			}
			_, err = c.SyncFolders(t.Context(), eas.SyncBatch{Folders: []eas.SyncRequest{{Key: "0", CollectionID: "1", Class: eas.ClassEmail}}, Wait: wait})
			if !errors.As(err, &limit) || limit.Wait != want {
				t.Errorf("%s: %s: %v", v, wait, err)
			}
		}
	}
	c := connect(t, answer(parse(t, `<Sync xmlns="AirSync"><Status>15</Status><Limit>25</Limit></Sync>`)), nil)
	var limit *eas.WaitLimitError
	if _, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "1"}); !errors.As(err, &limit) || limit.MaxFolders != 25 || limit.Wait != 0 {
		t.Error(err)
	}
}

// TestPagesAreStreams: the first page can be read while the second is not written yet, and what is left unread is skipped.
func TestPagesAreStreams(t *testing.T) {
	one, err := wbxml.Marshal(element(t, twoFolders))
	if err != nil {
		t.Fatal(err)
	}
	cut := bytes.Index(one, []byte("second"))
	read := make(chan struct{})
	c := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(one[:cut])
		w.(http.Flusher).Flush()
		select {
		case <-read:
		case <-r.Context().Done():
		}
		_, _ = w.Write(one[cut:])
	}), nil)
	pages, err := c.SyncFolders(t.Context(), batchOf("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	defer pages.Close()
	var got []string
	for p, err := range pages.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		for cmd, err := range p.Commands() {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, string(p.CollectionID)+string(cmd.ServerID)); len(got) == 1 {
				close(read)
				break
			}
		}
	}
	if d := cmp.Diff([]string{"a1", "b3"}, got); d != "" {
		t.Error(d)
	}
}

const twoFolders = `<Sync xmlns="AirSync"><Collections>` +
	`<Collection><SyncKey>2</SyncKey><CollectionId>a</CollectionId><Status>1</Status><Commands>` +
	`<Delete><ServerId>1</ServerId></Delete><Delete><ServerId>2</ServerId></Delete></Commands></Collection>` +
	`<Collection><SyncKey>second</SyncKey><CollectionId>b</CollectionId><Status>1</Status><Commands><Delete><ServerId>3</ServerId></Delete></Commands></Collection>` +
	`</Collections></Sync>`

func batchOf(ids ...eas.CollectionID) eas.SyncBatch {
	var b eas.SyncBatch
	for _, id := range ids {
		b.Folders = append(b.Folders, eas.SyncRequest{Key: "1", CollectionID: id})
	}
	return b
}

// TestPagesAnswers: an answer is whole, or it is none.
func TestPagesAnswers(t *testing.T) {
	whole := parse(t, twoFolders)
	collection := func(s string) []byte {
		return parse(t, `<Sync xmlns="AirSync"><Collections>`+s+`</Collections></Sync>`)
	}
	const a = `<Collection><SyncKey>2</SyncKey><CollectionId>a</CollectionId><Status>1</Status></Collection>`
	for name, tc := range map[string]struct {
		doc   []byte
		ok    bool
		pages string
	}{
		"whole":             {whole, true, "a b"},
		"cut in the second": {whole[:len(whole)-8], false, "a b"},
		"cut at the end":    {whole[:len(whole)-1], false, "a b"},
		"cut in the first":  {whole[:bytes.Index(whole, []byte("second"))-10], false, "a"},
		"a folder twice":    {collection(a + a), false, "a"},
		"another folder":    {collection(strings.Replace(a, ">a<", ">c<", 1)), false, ""},
		"no id":             {collection(`<Collection><SyncKey>2</SyncKey><Status>1</Status></Collection>`), false, ""},
		"no key":            {collection(`<Collection><CollectionId>a</CollectionId><Status>1</Status></Collection>`), false, ""},
		"no status":         {collection(`<Collection><SyncKey>2</SyncKey><CollectionId>a</CollectionId></Collection>`), false, ""},
		"none":              {collection(``), true, ""},
		"a status for all":  {parse(t, `<Sync xmlns="AirSync"><Status>110</Status></Sync>`), false, ""},
	} {
		c := connect(t, answer(tc.doc), nil)
		pages, err := c.SyncFolders(t.Context(), batchOf("a", "b"))
		var got []string
		if err == nil {
			for p, e := range pages.Pages() {
				if e != nil {
					err = e
					break
				}
				got = append(got, string(p.CollectionID))
			}
			if pages.Empty != (name == "none") {
				t.Errorf("%s: empty %v", name, pages.Empty)
			}
			pages.Close()
			for _, e := range pages.Pages() { // once more: the same end
				if e == nil {
					t.Errorf("%s: a page after Close", name)
				}
			}
		}
		if (err == nil) != tc.ok || strings.Join(got, " ") != tc.pages {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	c := connect(t, answer(whole), nil)
	pages, err := c.SyncFolders(t.Context(), batchOf("a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	for range pages.Pages() {
		break
	}
	pages.Close()
	for _, e := range pages.Pages() {
		if e == nil {
			t.Error("abandoned pages go on")
		}
	}
}
