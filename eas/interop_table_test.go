//go:build interop

package eas_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// sentToSOGo is the test that sends a command to SOGo 5.8, in every version from 2.5 to 14.1 that has it. nil: SOGo serves nothing of
// the command, and unserved says what it does instead. Autodiscover, which it does not serve either, is tried in that package.
var sentToSOGo = map[string]func(*testing.T){
	"Sync": TestInteropMail, "FolderSync": TestInteropMail, "GetItemEstimate": TestInteropMail, "ItemOperations": TestInteropMail,
	"SendMail": TestInteropSendMail, "SmartReply": TestInteropSendMail, "SmartForward": TestInteropSendMail,
	"GetAttachment": TestInteropGetAttachment,
	"FolderCreate":  TestInteropFolders, "FolderUpdate": TestInteropFolders, "FolderDelete": TestInteropFolders, "MoveItems": TestInteropFolders,
	"MeetingResponse": TestInteropMeetingResponse, "Ping": TestInteropPing, "Provision": TestInteropProvision,
	"Search": TestInteropSearch, "Settings": TestInteropSettings, "ResolveRecipients": TestInteropResolve, "ValidateCert": TestInteropValidateCert,
	"Find": nil,
}

// TestInteropTable: every command that there is in some version is in the table.
func TestInteropTable(t *testing.T) {
	p := newPeer(t, easserver.Config{})
	known := map[string]bool{}
	for _, v := range eas.Versions() {
		c, _ := p.client(t, v, nil)
		info, err := c.Options(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range info.Commands {
			known[command] = true
		}
	}
	if d := cmp.Diff(slices.Sorted(maps.Keys(known)), slices.Sorted(maps.Keys(sentToSOGo))); d != "" {
		t.Errorf("commands of the protocol, and those of the table: %s", d)
	}
}

// asking is what an entry of the table asks with.
type asking struct {
	*eas.Client
	mail eas.SyncRequest // of a folder that was read to its end
	item eas.ServerID    // in it
}

// unserved is what a client can send and SOGo 5.8 does not serve, how it says so, and what shows it: an error, or what came instead.
var unserved = []struct {
	command, what, instead string
	ask                    func(*testing.T, asking) error
}{
	{"OPTIONS", "16.0 and 16.1: drafts, Send, InstanceId, ClientUid, Forwardees, SendResponse, and Find", "it offers 2.5 to 14.1", func(t *testing.T, c asking) error {
		info, err := c.Options(t.Context())
		if err == nil && !slices.Contains(info.Versions, eas.Version160) {
			err = fmt.Errorf("it has %v", info.Versions)
		}
		return err
	}},
	{"Find", "all of it, which is of 16.1", "the version is not offered", func(t *testing.T, c asking) error {
		_, err := c.FindMailbox(t.Context(), eas.FindMailbox{FreeText: "x"})
		return err
	}},
	{"Provision", "a policy, or a wipe", "it demands none", func(t *testing.T, c asking) error {
		key, err := c.Provision(t.Context())
		if err == nil && key == "0" {
			err = errors.New("no policy")
		}
		return err
	}},
	{"Sync", "an empty request", "status 13: it remembers no request", func(t *testing.T, c asking) error {
		_, err := c.SyncFolders(t.Context(), eas.SyncBatch{})
		return err
	}},
	{"Sync", "a request in part", "status 13: it remembers no request", func(t *testing.T, c asking) error {
		_, err := c.SyncFolders(t.Context(), eas.SyncBatch{Partial: true, Wait: time.Minute})
		return err
	}},
	{"ItemOperations", "Move", "HTTP 500", func(t *testing.T, c asking) error {
		_, err := c.Operations(t.Context(), []eas.Operation{{MoveConversation: []byte("0123456789abcdef"), To: c.mail.CollectionID}})
		return err
	}},
	{"ItemOperations", "Fetch of a document, and so Ranges", "success, with an empty item of folder (null)", func(t *testing.T, c asking) error {
		_, err := c.Download(t.Context(), eas.Download{Fetch: eas.Fetch{LinkID: "https://library.example/x"}}, io.Discard)
		return err
	}},
	{"ItemOperations", "a Schema", "it sends all properties", func(t *testing.T, c asking) error {
		r, err := c.Fetch(t.Context(), []eas.Fetch{{CollectionID: c.mail.CollectionID, ServerID: c.item, Schema: []wbxml.Tag{wbxml.EmailSubject}}}, false)
		if err != nil {
			return err
		}
		defer r.Close()
		for res, err := range r.Results() {
			if err != nil || len(res.Item.Properties.Children) > 1 {
				return errors.Join(err, fmt.Errorf("%d properties", len(res.Item.Properties.Children)))
			}
		}
		return nil
	}},
	{"MeetingResponse", "LongId", "a result for (null)", func(t *testing.T, c asking) error {
		got, err := c.MeetingResponse(t.Context(), []eas.MeetingReply{{Response: eas.MeetingAccept, LongID: string(c.mail.CollectionID) + "+" + string(c.item)}})
		if err != nil {
			return err
		}
		return got[0].Err
	}},
	{"Search", "Or", "HTTP 500", func(t *testing.T, c asking) error {
		_, err := c.SearchMailbox(t.Context(), eas.MailboxSearch{Any: true, FreeText: "x"})
		return err
	}},
	{"Search", "documents", "HTTP 500", func(t *testing.T, c asking) error {
		_, err := c.SearchDocuments(t.Context(), eas.DocumentSearch{Link: `\\a\b`})
		return err
	}},
	{"Search", "photos", "none has one", func(t *testing.T, c asking) error {
		people, err := c.SearchGAL(t.Context(), eas.GALSearch{Query: "bob", Pictures: &eas.PictureOptions{}})
		if err == nil && len(people.Entries) == 1 && (people.Entries[0].Picture == nil || len(people.Entries[0].Picture.Data) == 0) {
			err = errors.New("no photo")
		}
		return err
	}},
	{"ResolveRecipients", "a request without availability", "an empty answer", func(t *testing.T, c asking) error {
		_, err := c.ResolveRecipients(t.Context(), eas.ResolveRequest{To: []string{"bob"}})
		return err
	}},
	{"ResolveRecipients", "certificates", "they are left out", func(t *testing.T, c asking) error {
		at := time.Now()
		r, err := c.ResolveRecipients(t.Context(), eas.ResolveRequest{To: []string{"bob"}, Certificates: eas.CertificatesFull, Start: at, End: at.Add(time.Hour)})
		if err == nil && r[0].Recipients[0].Certificates == nil {
			err = errors.New("no certificates")
		}
		return err
	}},
	{"Settings", "Oof", "it is left out: it needs a Sieve server", func(t *testing.T, c asking) error {
		r, err := c.Settings(t.Context(), eas.SettingsRequest{GetOof: eas.OofText})
		return setting(r, err, func() error { return r.OofErr })
	}},
	{"Settings", "setting Oof", "it is left out", func(t *testing.T, c asking) error {
		r, err := c.Settings(t.Context(), eas.SettingsRequest{SetOof: &eas.Oof{State: eas.OofGlobal}})
		return setting(r, err, func() error { return r.OofErr })
	}},
	{"Settings", "a device's password", "it is left out", func(t *testing.T, c asking) error {
		r, err := c.Settings(t.Context(), eas.SettingsRequest{DevicePassword: new("1")})
		return setting(r, err, func() error { return r.DevicePasswordErr })
	}},
	{"Settings", "rights management", "it is left out", func(t *testing.T, c asking) error {
		r, err := c.Settings(t.Context(), eas.SettingsRequest{Rights: true})
		return setting(r, err, func() error { return r.RightsErr })
	}},
}

// setting is err, or else that of a property of the answer.
func setting(r *eas.SettingsResponse, err error, of func() error) error {
	if err != nil || r == nil {
		return err
	}
	return of()
}

// TestInteropUnserved: what the table says of SOGo is true.
func TestInteropUnserved(t *testing.T) {
	l := newLab(t)
	l.seed(t, message(1, 100))
	c := asking{Client: l.client(t, eas.Version141, "unserved")}
	f := l.find(t, c.Client, func(f eas.Folder) bool { return f.Name == l.folder })
	o := eas.HeadersOnly(eas.ClassEmail, eas.Version141)
	key := drain(t, c.Client, f, eas.ClassEmail, o, 10, func(cmd *eas.Command) { c.item = cmd.ServerID })
	c.mail = eas.SyncRequest{Key: key, CollectionID: f.ID, Class: eas.ClassEmail, Options: o}
	for _, n := range unserved {
		if err := n.ask(t, c); err == nil {
			t.Errorf("%s: %s is served; the table says: %s", n.command, n.what, n.instead)
		} else {
			t.Logf("%s: %s: %s: %v", n.command, n.what, n.instead, err)
		}
	}
}
