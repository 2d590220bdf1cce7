package eas_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// canned is a server's answer without a network.
type canned []byte

func (b canned) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Status: "200 OK", Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(b)), ContentLength: int64(len(b)), Request: req,
	}, nil
}

func fuzzClient(t *testing.T, doc []byte) *eas.Client {
	c, err := eas.New(eas.Config{
		URL: "mail.example", User: "u", DeviceID: "d", Version: eas.Version141, Transport: canned(doc), SpoolDir: t.TempDir(), SpoolMemory: 256,
		Limits: wbxml.Limits{Memory: 1 << 20, Elements: 1 << 12},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func use(t *testing.T, i *eas.Item) {
	if i == nil {
		return
	}
	_ = i.XML()
	_, _ = i.Email()
	_, _ = i.Appointment()
	if i.Body != nil && i.Body.Data != nil {
		content(t, i.Body.Data)
		i.Body.Data.SHA256()
	}
}

// FuzzSync: whatever a server sends, a page ends, with an error or with a key to go on with.
func FuzzSync(f *testing.F) {
	f.Fuzz(func(t *testing.T, doc []byte) {
		p, err := fuzzClient(t, doc).Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c", Class: eas.ClassEmail, Options: wholeMail})
		if err != nil {
			return
		}
		defer p.Close()
		for cmd, err := range p.Commands() {
			if err != nil {
				return
			}
			if cmd.ServerID == "" || (cmd.Op == eas.OpAdd || cmd.Op == eas.OpChange) && cmd.Item == nil {
				t.Fatalf("%+v", cmd)
			}
			use(t, cmd.Item)
		}
		if p.Key == "" {
			t.Fatal("a page without a key")
		}
	})
}

// FuzzSyncFolders: the same for several folders, read whole or in part.
func FuzzSyncFolders(f *testing.F) {
	f.Add(parse(f, strings.NewReplacer("<CollectionId>a<", "<CollectionId>c<").Replace(twoFolders)), 1)
	f.Add((&recorded{t: f, name: "sync-initial-multi-collections"}).file(".response.wbxml"), 0)
	f.Fuzz(func(t *testing.T, doc []byte, leave int) {
		b := eas.SyncBatch{Partial: true, Folders: []eas.SyncRequest{{Key: "1", CollectionID: "c", Class: eas.ClassEmail, Options: wholeMail}}}
		pages, err := fuzzClient(t, doc).SyncFolders(t.Context(), b)
		if err != nil {
			return
		}
		defer pages.Close()
		for p, err := range pages.Pages() {
			if err != nil {
				return
			}
			n := 0
			for cmd, err := range p.Commands() {
				if err != nil {
					break
				}
				use(t, cmd.Item)
				if n++; n == leave {
					break
				}
			}
		}
	})
}

// FuzzFetch: the same for ItemOperations, inline and in parts.
func FuzzFetch(f *testing.F) {
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := fuzzClient(t, doc).Fetch(t.Context(), []eas.Fetch{{CollectionID: "c", ServerID: "1"}}, true)
		if err != nil {
			return
		}
		defer r.Close()
		for res, err := range r.Results() {
			if err != nil {
				return
			}
			use(t, res.Item)
			if res.Data != nil {
				content(t, res.Data)
			}
		}
	})
}

// FuzzSearch: the same for items that were found, whose bodies are spooled while the answer is read.
func FuzzSearch(f *testing.F) {
	f.Fuzz(func(t *testing.T, doc []byte) {
		r, err := fuzzClient(t, doc).SearchMailbox(t.Context(), eas.MailboxSearch{FreeText: "x", Options: eas.SyncOptions{MIMESupport: eas.MIMEAlways}})
		if err != nil {
			return
		}
		for i := range r.Items {
			use(t, r.Items[i].Item)
		}
		r.Close()
	})
}
