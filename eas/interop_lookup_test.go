//go:build interop

package eas_test

import (
	"bytes"
	"errors"
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

// TestInteropUnserved is the list of what SOGo 5.8 does not serve, with what it does instead.
func TestInteropUnserved(t *testing.T) {
	l := newLab(t)
	c := l.client(t, eas.Version141, "unserved")
	at := time.Now()
	http500 := func(err error) bool {
		var he *eas.HTTPError
		return errors.As(err, &he) && he.Code == 500
	}
	empty := func(err error) bool { return err != nil && strings.Contains(err.Error(), "it is empty") }
	leftOut := func(err error) bool { return errors.Is(err, errors.ErrUnsupported) }
	settings := func(q eas.SettingsRequest, which func(*eas.SettingsResponse) error) func() error {
		return func() error {
			r, err := c.Settings(t.Context(), q)
			if err != nil {
				return err
			}
			return which(r)
		}
	}
	oof := func(r *eas.SettingsResponse) error { return r.OofErr }
	for _, tc := range []struct {
		what    string
		ask     func() error
		instead func(error) bool
	}{
		{"Search with Or", func() error {
			_, err := c.SearchMailbox(t.Context(), eas.MailboxSearch{Any: true, FreeText: "x"})
			return err
		}, http500},
		{"Search of documents", func() error { _, err := c.SearchDocuments(t.Context(), eas.DocumentSearch{Link: `\\a\b`}); return err }, http500},
		{"ResolveRecipients without availability", func() error {
			_, err := c.ResolveRecipients(t.Context(), eas.ResolveRequest{To: []string{"bob"}})
			return err
		}, empty},
		{"certificates of recipients", func() error {
			r, err := c.ResolveRecipients(t.Context(), eas.ResolveRequest{To: []string{"bob"}, Certificates: eas.CertificatesFull, Start: at, End: at.Add(time.Hour)})
			if err == nil && r[0].Recipients[0].Certificates == nil {
				err = errors.ErrUnsupported
			}
			return err
		}, leftOut},
		{"Oof, which needs a Sieve server", settings(eas.SettingsRequest{GetOof: eas.OofText}, oof), leftOut},
		{"setting Oof", settings(eas.SettingsRequest{SetOof: &eas.Oof{State: eas.OofGlobal}}, oof), leftOut},
		{"device passwords", settings(eas.SettingsRequest{DevicePassword: new("1")}, func(r *eas.SettingsResponse) error { return r.DevicePasswordErr }), leftOut},
		{"rights management", settings(eas.SettingsRequest{Rights: true}, func(r *eas.SettingsResponse) error { return r.RightsErr }), leftOut},
		{"Find, of 16.1", func() error { _, err := c.FindMailbox(t.Context(), eas.FindMailbox{FreeText: "x"}); return err }, leftOut},
	} {
		if err := tc.ask(); !tc.instead(err) {
			t.Errorf("%s: %v", tc.what, err)
		}
	}
	// A policy or a wipe it never demands: TestInteropProvision. Photos it has none of.
	people, err := c.SearchGAL(t.Context(), eas.GALSearch{Query: "bob", Pictures: &eas.PictureOptions{}})
	if err != nil || len(people.Entries) != 1 {
		t.Fatalf("%+v, %v", people, err)
	}
	t.Logf("a photo: %+v", people.Entries[0].Picture)
}
