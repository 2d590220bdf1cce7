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
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

func numbers(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "%07d\n", i)
	}
	return b.Bytes()
}

// TestFetchDocument gets a document of a library, whole and in pieces, and every status that may be in the way.
func TestFetchDocument(t *testing.T) {
	const link = "https://library.example/docs/report.txt"
	content1, at := numbers(1000), time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for _, v := range versionsFrom(eas.Version120, eas.Version161) {
		store := easserver.NewStore()
		store.AddUser("alice")
		p := &peer{url: easservertest.StartChecked(t, easserver.Config{}, store, answered)}
		c, _ := p.client(t, v, nil)
		one := func(f eas.Fetch) (res eas.FetchResult, data []byte) {
			t.Helper()
			r, err := c.Fetch(t.Context(), []eas.Fetch{f}, v.AtLeast(eas.Version141))
			if err != nil {
				t.Fatal(v, err)
			}
			defer r.Close()
			for one, err := range r.Results() {
				if err != nil {
					t.Fatal(v, err)
				}
				if res = *one; one.Data != nil {
					data = content(t, one.Data)
				}
			}
			return res, data
		}
		if res, _ := one(eas.Fetch{LinkID: link}); codes(res.Err)[0] != 9 {
			t.Errorf("%s: no library: %v", v, res.Err)
		}
		store.AddDocument(easserver.Document{LinkID: link, Content: content1, Modified: at})
		store.AddDocument(easserver.Document{LinkID: `\\server\share\empty.txt`})
		store.AddDocument(easserver.Document{LinkID: `\\server\share\secret.txt`, Content: []byte("secret"), UserName: "alice", Password: "x"})
		res, data := one(eas.Fetch{LinkID: link})
		if res.Err != nil || !bytes.Equal(data, content1) || !res.Modified.Equal(at) || res.LinkID != link || res.Item != nil {
			t.Errorf("%s: %+v", v, res)
		}
		res, data = one(eas.Fetch{LinkID: link, Range: &[2]int64{16, 31}})
		if res.Err != nil || string(data) != "0000002\n0000003\n" || *res.Range != [2]int64{16, 31} || res.Total != 8000 {
			t.Errorf("%s: %+v %q", v, res, data)
		}
		for f, want := range map[*eas.Fetch]int{
			{LinkID: "report"}: 4, {LinkID: link + "x"}: 6, {LinkID: link, Range: &[2]int64{8000, 8001}}: 8, {LinkID: `\\server\share\empty.txt`}: 10,
			{LinkID: `\\server\share\secret.txt`}: 18,
		} {
			if res, _ := one(*f); codes(res.Err)[0] != want {
				t.Errorf("%s: %+v: %v", v, f, res.Err)
			}
		}
		secret := eas.Fetch{LinkID: `\\server\share\secret.txt`, UserName: "alice", Password: "y"}
		if !v.AtLeast(eas.Version121) {
			if _, err := c.Fetch(t.Context(), []eas.Fetch{secret}, false); !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s: %v", v, err)
			}
			continue
		}
		if res, _ := one(secret); codes(res.Err)[0] != 5 {
			t.Errorf("%s: a wrong password: %v", v, res.Err)
		}
		secret.Password = "x"
		if _, data := one(secret); string(data) != "secret" {
			t.Errorf("%s: %q", v, data)
		}
	}
}

// TestDownload gets a document in pieces, breaks off and goes on.
func TestDownload(t *testing.T) {
	const link = "https://library.example/docs/report.txt"
	whole := numbers(1000)
	store := easserver.NewStore()
	inbox := store.AddUser("alice").Folder("Inbox")
	store.AddDocument(easserver.Document{LinkID: link, Content: whole})
	store.AddDocument(easserver.Document{LinkID: link + ".empty"})
	requests, fail := 0, 0
	p := &peer{url: easservertest.StartChecked(t, easserver.Config{OnRequest: func(*easserver.Request) http.Handler {
		if requests++; requests == fail {
			return http.NotFoundHandler()
		}
		return nil
	}}, store, answered)}
	id := inbox.AddMessage(attached)
	c, _ := p.client(t, eas.Version141, nil)
	for chunk, want := range map[int64]int{0: 1, 8000: 1, 7999: 2, 1000: 8, 999: 9} {
		requests = 0
		var got bytes.Buffer
		next, err := c.Download(t.Context(), eas.Download{Fetch: eas.Fetch{LinkID: link}, Chunk: chunk}, &got)
		if err != nil || next != 8000 || !bytes.Equal(got.Bytes(), whole) || requests != want {
			t.Errorf("pieces of %d: %d bytes to %d in %d requests: %v", chunk, got.Len(), next, requests, err)
		}
	}
	requests, fail = 0, 4
	var got bytes.Buffer
	d := eas.Download{Fetch: eas.Fetch{LinkID: link}, Chunk: 1000}
	next, err := c.Download(t.Context(), d, &got)
	if next != 3000 || err == nil || got.Len() != 3000 {
		t.Errorf("%d, %v", next, err)
	}
	d.Offset = next
	if next, err = c.Download(t.Context(), d, &got); err != nil || next != 8000 || !bytes.Equal(got.Bytes(), whole) {
		t.Errorf("%d, %v", next, err)
	}
	d.Offset = 8000
	if next, err = c.Download(t.Context(), d, &got); err != nil || next != 8000 || got.Len() != 8000 {
		t.Errorf("nothing is left: %d, %v", next, err)
	}
	got.Reset()
	if next, err = c.Download(t.Context(), eas.Download{Fetch: eas.Fetch{FileReference: string(id) + ":1"}, Chunk: 3}, &got); err != nil || next != 4 || got.String() != "data" {
		t.Errorf("an attachment: %q %d, %v", got.String(), next, err)
	}
	got.Reset()
	if next, err = c.Download(t.Context(), eas.Download{Fetch: eas.Fetch{LinkID: link + ".empty"}}, &got); err != nil || next != 0 {
		t.Errorf("an empty document: %d, %v", next, err)
	}
	if _, err = c.Download(t.Context(), eas.Download{Fetch: eas.Fetch{CollectionID: "1", ServerID: "1:0"}}, &got); err == nil {
		t.Error("an item has no ranges")
	}
}

// TestDownloadAnswers: servers send other ranges than were asked for, or none.
func TestDownloadAnswers(t *testing.T) {
	result := func(status, begin, total, data string) string {
		return `<ItemOperations xmlns="ItemOperations"><Status>1</Status><Response><Fetch><Status>` + status + `</Status><FileReference xmlns="AirSyncBase">f</FileReference>` +
			`<Properties xmlns="ItemOperations">` + begin + total + `<Data>` + data + `</Data></Properties></Fetch></Response></ItemOperations>`
	}
	for _, tc := range []struct {
		name    string
		offset  int64
		answers []string
		want    string
		ok      bool
	}{
		{"the whole in spite of the range", 0, []string{result("1", "", "", "MDEyMzQ1")}, "012345", true},
		{"the whole again", 4, []string{result("1", "", "", "MDEyMzQ1")}, "45", true},
		{"an earlier beginning", 2, []string{result("1", "<Range>1-3</Range>", "<Total>4</Total>", "MTIz")}, "23", true},
		{"a gap", 2, []string{result("1", "<Range>3-5</Range>", "<Total>6</Total>", "MzQ1")}, "", false},
		{"no total, an end beyond", 0, []string{result("1", "<Range>0-3</Range>", "", "MDEyMw=="), result("8", "", "", "")}, "0123", true},
		{"a total, an end before", 0, []string{result("1", "<Range>0-3</Range>", "<Total>9</Total>", "MDEyMw=="), result("8", "", "", "")}, "0123", false},
		{"no total, a short piece", 0, []string{result("1", "<Range>0-2</Range>", "", "MDEy")}, "012", true},
		{"no progress", 0, []string{result("1", "<Range>0-0</Range>", "<Total>9</Total>", "")}, "", false},
	} {
		n := 0
		h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			doc, err := wbxml.ParseXML(strings.NewReader(tc.answers[min(n, len(tc.answers)-1)]), wbxml.Limits{})
			if err != nil {
				t.Error(err)
			}
			n++
			b, _ := wbxml.Marshal(doc)
			_, _ = w.Write(b)
		})
		var got bytes.Buffer
		next, err := connect(t, h, nil).Download(t.Context(), eas.Download{Fetch: eas.Fetch{FileReference: "f"}, Offset: tc.offset, Chunk: 4}, &got)
		if got.String() != tc.want || (err == nil) != tc.ok || next != tc.offset+int64(got.Len()) || n != len(tc.answers) {
			t.Errorf("%s: %q to %d in %d requests: %v", tc.name, got.String(), next, n, err)
		}
	}
}

// TestFetchOptions asks for a part of the properties, the part of a body that is new, and rights management.
func TestFetchOptions(t *testing.T) {
	for _, v := range versionsFrom(eas.Version120, eas.Version161) {
		p := newPeer(t, easserver.Config{})
		inbox := p.alice.Folder("Inbox")
		id := inbox.AddMessage([]byte("From: bob@example.com\r\nSubject: talk\r\n\r\nnew\r\n> old\r\n"))
		c, _ := p.client(t, v, nil)
		get := func(f eas.Fetch) (*eas.Item, error) {
			t.Helper()
			f.CollectionID, f.ServerID = inbox.ID(), id
			r, err := c.Fetch(t.Context(), []eas.Fetch{f}, false)
			if err != nil {
				return nil, err
			}
			defer r.Close()
			for res, err := range r.Results() {
				if err != nil || res.Err != nil {
					t.Fatal(v, err, res)
				}
				own := *res.Item
				own.Properties = own.Properties.Clone()
				return &own, nil
			}
			return nil, errors.New("no result")
		}
		item, err := get(eas.Fetch{Schema: []wbxml.Tag{wbxml.EmailSubject, wbxml.EmailFrom}})
		var got []string
		if err == nil {
			for _, e := range item.Properties.Children {
				got = append(got, e.Tag.Name()+"="+e.Text)
			}
		}
		if d := cmp.Diff([]string{`From="bob@example.com" <bob@example.com>`, "Subject=talk"}, got); err != nil || d != "" {
			t.Errorf("%s: %v %s", v, err, d)
		}
		r, err := c.Fetch(t.Context(), []eas.Fetch{{LongID: string(id), Options: eas.ArchiveOptions(eas.ClassEmail, v)}, {LongID: "1:99"}}, false)
		if err != nil {
			t.Fatal(v, err)
		}
		var said []string
		for res, err := range r.Results() {
			if err != nil {
				t.Fatal(v, err)
			}
			said = append(said, fmt.Sprint(res.LongID, codes(res.Err), res.Item != nil && res.Item.Body.Type == eas.BodyMIME))
		}
		r.Close()
		if d := cmp.Diff([]string{string(id) + "[0] true", "1:99[6] false"}, said); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		html := []eas.BodyPreference{{Type: eas.BodyHTML, Preview: 3}}
		for _, f := range []eas.Fetch{{Options: eas.SyncOptions{BodyParts: html}}, {Options: eas.SyncOptions{RightsManagement: true}}, {RemoveProtection: true}} {
			item, err := get(f)
			if v.AtLeast(eas.Version141) != (err == nil) || err != nil && !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s: %+v: %v", v, f, err)
			}
			if err != nil || len(f.Options.BodyParts) == 0 {
				continue
			}
			m, err := item.Email()
			if err != nil || m.BodyPart == nil || !strings.Contains(m.BodyPart.Data, "new") || strings.Contains(m.BodyPart.Data, "old") || m.BodyPart.Preview != "new" || m.BodyPart.Type != eas.BodyHTML {
				t.Errorf("%s: %+v %v", v, m.BodyPart, err)
			}
		}
		for _, o := range []eas.SyncOptions{
			{Bodies: []eas.BodyPreference{{Type: eas.BodyPlain}, {Type: eas.BodyPlain}}}, {Bodies: []eas.BodyPreference{{Type: eas.BodyPlain, Preview: 256}}},
		} {
			if _, err := get(eas.Fetch{Options: o}); err == nil {
				t.Errorf("%s: %+v", v, o)
			}
		}
		if _, err := c.Fetch(t.Context(), []eas.Fetch{{FileReference: "1:0:0", Schema: []wbxml.Tag{wbxml.EmailSubject}}}, false); err == nil {
			t.Errorf("%s: the properties of an attachment", v)
		}
	}
}
