//go:build interop

package eas_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
)

// TestInteropSearch finds people, and messages that IMAP put there, whose bytes are those that were put.
func TestInteropSearch(t *testing.T) {
	l := newLab(t)
	var all [][]byte
	for n := range 5 {
		all = append(all, message(n, 100))
	}
	l.seed(t, all...)
	for _, v := range labVersions() {
		c := l.client(t, v, "search")
		people, err := c.SearchGAL(t.Context(), eas.GALSearch{Query: "bob", SearchPart: eas.SearchPart{Range: &[2]int{0, 9}}})
		if err != nil || len(people.Entries) != 1 || !strings.HasPrefix(people.Entries[0].EmailAddress, "bob@") || people.Results != (eas.Results{Total: 1}) {
			t.Errorf("%s: %+v, %v", v, people, err)
		}
		if nobody, err := c.SearchGAL(t.Context(), eas.GALSearch{Query: "zzz"}); err != nil || len(nobody.Entries) != 0 || nobody.Last != -1 {
			t.Errorf("%s: %+v, %v", v, nobody, err)
		}
		if !v.AtLeast(eas.Version120) {
			continue
		}
		f := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
		r, err := c.SearchMailbox(t.Context(), eas.MailboxSearch{
			Classes: []eas.Class{eas.ClassEmail}, Collections: []eas.CollectionID{f.ID}, FreeText: "Grüße", Rebuild: true,
			SearchPart: eas.SearchPart{Range: &[2]int{1, 3}}, Options: eas.SyncOptions{MIMESupport: eas.MIMEAlways, Bodies: []eas.BodyPreference{{Type: eas.BodyMIME}}},
		})
		if err != nil || len(r.Items) != 3 || r.First != 1 || r.Last != 3 || r.Total != 5 {
			t.Errorf("%s: %+v, %v", v, r, err)
			continue
		}
		for _, it := range r.Items {
			m, err := it.Item.Email()
			if err != nil || !strings.HasPrefix(m.Subject, "Grüße ☃") || it.CollectionID != f.ID || it.Item.Class != eas.ClassEmail {
				t.Errorf("%s: %+v, %v", v, it, err)
			}
			if b := it.Item.Body; b == nil || b.Data == nil || !l.messages[b.Data.SHA256()] {
				t.Errorf("%s: body %+v", v, b)
			}
			l.fetchFound(t, c, it.LongID, v)
		}
		r.Close()
		one, err := c.SearchMailbox(t.Context(), eas.MailboxSearch{Collections: []eas.CollectionID{f.ID}, FreeText: "Sender 1", Options: eas.SyncOptions{Bodies: []eas.BodyPreference{{Type: eas.BodyPlain}}}})
		if err != nil || len(one.Items) != 1 || string(bytes.TrimSpace(content(t, one.Items[0].Item.Body.Data))) != "hello" {
			t.Errorf("%s: %+v, %v", v, one, err)
		}
		if err == nil {
			one.Close()
		}
	}
}

// fetchFound fetches a found message by its LongID.
func (l *lab) fetchFound(t *testing.T, c *eas.Client, longID string, v eas.Version) {
	t.Helper()
	r, err := c.Fetch(t.Context(), []eas.Fetch{{LongID: longID, Options: eas.ArchiveOptions(eas.ClassEmail, v)}}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for res, err := range r.Results() {
		n++
		if err != nil || res.Err != nil || res.LongID != longID || !l.messages[res.Item.Body.Data.SHA256()] {
			t.Errorf("%s: %+v, %v", v, res, err)
		}
	}
	if n != 1 {
		t.Errorf("%s: %d results", v, n)
	}
}

// TestInteropResolve asks for people and when they have time.
func TestInteropResolve(t *testing.T) {
	l := newLab(t)
	at := time.Now().UTC().Add(24 * time.Hour).Truncate(time.Hour)
	for _, v := range labVersions() {
		c := l.client(t, v, "resolve")
		if !v.AtLeast(eas.Version140) {
			continue
		}
		got, err := c.ResolveRecipients(t.Context(), eas.ResolveRequest{To: []string{"bob", "nobody-there"}, Start: at, End: at.Add(75 * time.Minute)})
		slot := func(from, to int) eas.FreeBusySlot {
			return eas.FreeBusySlot{Start: at.Add(time.Duration(from) * time.Minute), End: at.Add(time.Duration(to) * time.Minute)}
		}
		want := []eas.Resolved{{To: "bob", Count: 1, Recipients: []eas.Recipient{{
			Type: eas.RecipientGAL, DisplayName: "Bob Example", EmailAddress: "bob@lab.example",
			Availability: &eas.Availability{Slots: []eas.FreeBusySlot{slot(0, 30), slot(30, 60), slot(60, 75)}},
		}}}}
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v %s", v, err, d)
		}
	}
}

func TestInteropSettings(t *testing.T) {
	l := newLab(t)
	for _, v := range labVersions()[1:] {
		c := l.client(t, v, "settings")
		got, err := c.Settings(t.Context(), eas.SettingsRequest{User: true})
		want := eas.Account{Addresses: []string{"erin@lab.example"}}
		if v.AtLeast(eas.Version141) {
			want = eas.Account{UserDisplayName: "Erin Example", Addresses: []string{}, PrimaryAddress: "erin@lab.example"}
		}
		if err != nil || got.UserErr != nil {
			t.Errorf("%s: %+v, %v", v, got, err)
		} else if d := cmp.Diff([]eas.Account{want}, got.User.Accounts); d != "" {
			t.Errorf("%s: %s", v, d)
		}
	}
}

func TestInteropValidateCert(t *testing.T) {
	l := newLab(t)
	for _, v := range labVersions() {
		got, err := l.client(t, v, "validate").ValidateCert(t.Context(), eas.CertificateCheck{Certificates: [][]byte{[]byte("no certificate")}})
		if err != nil || len(got) != 1 || code(got[0]) != "Certificate 17" { // Exchange and MS-ASCMD 2.2.3.177.18 say 10
			t.Errorf("%s: %v, %v", v, got, err)
		}
	}
}
