package eas_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// TestBase64QueryExample: the two requests that MS-ASHTTP 2.2.1.1.1 calls equivalent. The user is a parameter, which the
// example leaves out: tag 8 behind the rest. MS-ASHTTP 2.2.1.1.1.1.3.
func TestBase64QueryExample(t *testing.T) {
	const plain, short = "Cmd=Sync&User=rmjones&DeviceId=v140Device&DeviceType=SmartPhone", "jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l"
	for _, form := range []eas.QueryForm{eas.QueryPlain, eas.QueryBase64} {
		var got *http.Request
		h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r })
		c := connect(t, h, func(c *eas.Config) {
			c.Version, c.User, c.DeviceID, c.DeviceType, c.Query = eas.Version140, "rmjones", "v140Device", "SmartPhone", form
		})
		p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "1"})
		if err != nil {
			t.Fatal(err)
		}
		p.Close()
		want := plain
		if form == eas.QueryBase64 {
			want = short + base64.StdEncoding.EncodeToString([]byte("\x08\x07rmjones"))
		}
		if got.URL.RawQuery != want {
			t.Errorf("%s, want %s", got.URL.RawQuery, want)
		}
		if v := got.Header.Get("MS-ASProtocolVersion"); (v == "14.0") != (form == eas.QueryPlain) {
			t.Errorf("MS-ASProtocolVersion %q", v)
		}
	}
}

// TestBase64Query sends commands with parameters in both forms: the server understands the same.
func TestBase64Query(t *testing.T) {
	for _, v := range eas.Versions() {
		var seen [2][]string
		for i, form := range []eas.QueryForm{eas.QueryPlain, eas.QueryBase64} {
			cfg := easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
				if r.Command != "FolderSync" {
					seen[i] = append(seen[i], strings.Join([]string{
						r.Command, r.User, r.DeviceID, r.DeviceType, r.Version, r.PolicyKey,
						r.Query.Get("CollectionId"), r.Query.Get("ItemId"), r.Query.Get("LongId"), r.Query.Get("Occurrence"), r.Query.Get("AttachmentName"),
					}, "|"))
				}
				if short := r.Header.Get("MS-ASProtocolVersion") == ""; short != (form == eas.QueryBase64 && v.AtLeast(eas.Version121)) {
					t.Errorf("%s, form %d: short %v", v, form, short)
				}
				return nil
			}}
			p := newPeer(t, cfg)
			inbox := p.alice.Folder("Inbox")
			id := inbox.AddMessage(attached)
			c, _ := p.client(t, v, func(c *eas.Config) { c.Query, c.PolicyKey = form, "3942919513" })
			q := eas.SmartRequest{Outgoing: eas.Outgoing{Message: eas.Bytes(note("x")), SaveInSentItems: true}, Original: eas.Original{CollectionID: inbox.ID(), ServerID: id}}
			if err := c.SmartReply(t.Context(), q); err != nil {
				t.Fatal(v, form, err)
			}
			if p.alice.Folder("Sent Items").Len() != 1 {
				t.Errorf("%s, form %d: SaveInSent is lost", v, form)
			}
			if !v.AtLeast(eas.Version140) {
				if a, err := c.GetAttachment(t.Context(), string(id)+":1"); err != nil || string(content(t, a.Data)) != "data" {
					t.Errorf("%s, form %d: %v", v, form, err)
				}
			}
			if v.AtLeast(eas.Version120) {
				r, err := c.Fetch(t.Context(), []eas.Fetch{{CollectionID: inbox.ID(), ServerID: id, Options: wholeMail}}, true)
				if err != nil {
					t.Fatal(err)
				}
				for res, err := range r.Results() {
					if err != nil || res.Item.Body.Part != 1 {
						t.Errorf("%s, form %d: no multipart answer: %+v %v", v, form, res, err)
					}
				}
				r.Close()
			}
		}
		if d := cmp.Diff(seen[0], seen[1]); d != "" {
			t.Errorf("%s (-plain +base64): %s", v, d)
		}
	}
}

// attached is a message with an attachment of four bytes, its second leaf.
var attached = []byte("From: bob@example.com\r\nSubject: files\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=BB\r\n\r\n" +
	"--BB\r\nContent-Type: text/plain\r\n\r\ntext\r\n--BB\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\ndata\r\n--BB--\r\n")

// TestBase64Provision: the key of a policy travels in the query.
func TestBase64Provision(t *testing.T) {
	p := newPeer(t, easserver.Config{Policy: &easserver.Policy{Settings: []wbxml.Element{wbxml.T(wbxml.ProvisionDevicePasswordEnabled, "0")}}})
	for _, v := range versionsFrom(eas.Version121, eas.Version161) {
		c, _ := p.client(t, v, func(c *eas.Config) { c.Query = eas.QueryBase64 })
		if c.PolicyKey() == "" {
			t.Errorf("%s: no policy was asked for", v)
		}
		if err := c.SendMail(t.Context(), eas.Outgoing{Message: eas.Bytes(note("x"))}); err != nil {
			t.Error(v, err)
		}
	}
}

// TestQueryThatDoesNotFit is plain: a field of the base64 form has a length of one byte.
func TestQueryThatDoesNotFit(t *testing.T) {
	var got *http.Request
	h := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r })
	c := connect(t, h, func(c *eas.Config) { c.Query = eas.QueryBase64; c.User = strings.Repeat("u", 256) })
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "1"})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if !strings.HasPrefix(got.URL.RawQuery, "Cmd=Sync&User=uuu") || got.Header.Get("MS-ASProtocolVersion") != "14.1" {
		t.Errorf("%s %v", got.URL.RawQuery, got.Header)
	}
}
