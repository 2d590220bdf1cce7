package eas_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

const recordings = "wbxml/testdata/sogo" // of SOGo 5.8, made by another client

// recorded is one exchange of the recordings.
type recorded struct {
	t    testing.TB
	name string
	got  []byte // the last request's body
	url  string
	head http.Header
}

func (rec *recorded) file(suffix string) []byte {
	rec.t.Helper()
	b, err := os.ReadFile(filepath.Join(recordings, rec.name+suffix))
	if errors.Is(err, os.ErrNotExist) && suffix != ".txt" {
		return nil // the request, or the answer, has no body
	}
	if err != nil {
		rec.t.Fatal(err)
	}
	return b
}

// ServeHTTP answers as the server did when it was recorded.
func (rec *recorded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec.got, _ = io.ReadAll(r.Body)
	rec.url, rec.head = r.URL.String(), r.Header
	s := bufio.NewScanner(bytes.NewReader(rec.file(".txt")))
	s.Buffer(nil, 1<<20)
	status := 0
	for s.Scan() {
		line := s.Text()
		if code, ok := strings.CutPrefix(line, "HTTP "); ok {
			status = int(code[0]-'0')*100 + int(code[1]-'0')*10 + int(code[2]-'0')
			continue
		}
		if status != 0 && line == "" {
			break
		}
		if name, value, ok := strings.Cut(line, ": "); ok && status != 0 && name != "Connection" && name != "Date" && name != "Content-Length" {
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(rec.file(".response.wbxml"))
}

func replay(t *testing.T, name string, v eas.Version) (*recorded, *eas.Client) {
	rec := &recorded{t: t, name: name}
	return rec, connect(t, rec, func(c *eas.Config) { c.Version = v })
}

// same checks that the client sent what was recorded, byte for byte.
func (rec *recorded) same() {
	rec.t.Helper()
	want := rec.file(".request.wbxml")
	if !bytes.Equal(rec.got, want) {
		w, _ := wbxml.Unmarshal(want, wbxml.Limits{})
		g, err := wbxml.Unmarshal(rec.got, wbxml.Limits{})
		rec.t.Errorf("%s: request (-recorded +sent), %v:\n%s", rec.name, err, cmp.Diff(w, g))
	}
}

const (
	inboxAlice = "mail%2F4227fd29571b036b5a51000083ecc375"
	inboxDave  = "mail%2F9243ab259016036b7e02000083ecc375"
)

func TestRecordedFolderSync(t *testing.T) {
	rec, c := replay(t, "foldersync-initial", eas.Version141)
	got, err := c.FolderSync(t.Context(), "0")
	if err != nil {
		t.Fatal(err)
	}
	rec.same()
	if want := "/Microsoft-Server-ActiveSync?Cmd=FolderSync&User=alice&DeviceId=dev1&DeviceType=airlift"; rec.url != want {
		t.Errorf("URL %s", rec.url)
	}
	want := &eas.FolderChanges{Key: "vm_78f5_30b34c5d_0", Add: []eas.Folder{
		{ID: "mail%2F795d8706dd14036b4e5e000083ecc375", ParentID: "0", Name: "INBOX", Type: eas.FolderInbox},
		{ID: "mail%2F765d8706dd14036b4e5e000083ecc375", ParentID: "0", Name: "Drafts", Type: eas.FolderDrafts},
		{ID: "mail%2F775d8706dd14036b4e5e000083ecc375", ParentID: "0", Name: "Sent", Type: eas.FolderSentItems},
		{ID: "mail%2F785d8706dd14036b4e5e000083ecc375", ParentID: "0", Name: "Trash", Type: eas.FolderDeletedItems},
		{ID: "mail%2F755d8706dd14036b4e5e000083ecc375", ParentID: "0", Name: "Junk", Type: eas.FolderUserMail},
		{ID: "mail%2Fa09a030ddd14036b4e5e000083ecc375", ParentID: "0", Name: "Templates", Type: eas.FolderUserMail},
		{ID: "vevent%2Fpersonal", ParentID: "0", Name: "Personal Calendar", Type: eas.FolderCalendar},
		{ID: "vtodo%2Fpersonal", ParentID: "0", Name: "Personal Calendar", Type: eas.FolderTasks},
		{ID: "vcard%2Fpersonal", ParentID: "0", Name: "Personal Address Book", Type: eas.FolderContacts},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRecordedInitialSync(t *testing.T) {
	for _, v := range []eas.Version{"2.5", "12.0", "12.1", "14.0", "14.1"} {
		rec, c := replay(t, "sync-initial-email-v"+string(v), v)
		p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "0", CollectionID: inboxAlice, Class: eas.ClassEmail, Options: eas.ArchiveOptions(eas.ClassEmail, v)})
		if err != nil {
			t.Fatal(err)
		}
		rec.same()
		if p.Key != "-1" || p.Class != eas.ClassEmail || p.MoreAvailable || p.Empty {
			t.Errorf("%s: %+v", v, p)
		}
		commands(t, p, func(*eas.Command) { t.Error("an item with the first key") })
		p.Close()
	}
}

// TestRecordedMail reads a page of nine mails in each version. The bytes expected are those in the recording, between the
// token of the body and the NUL that ends it.
func TestRecordedMail(t *testing.T) {
	for _, v := range []eas.Version{"2.5", "12.0", "12.1", "14.0", "14.1"} {
		rec, c := replay(t, "sync-page-email-v"+string(v), v)
		p, err := c.Sync(t.Context(), eas.SyncRequest{
			Key: "-1", CollectionID: inboxAlice, Class: eas.ClassEmail, WindowSize: 9,
			Options: eas.SyncOptions{MIMESupport: eas.MIMEAlways, Bodies: []eas.BodyPreference{{Type: eas.BodyMIME}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		rec.same()
		if p.Key != "1-2" || !p.MoreAvailable || p.Class != eas.ClassEmail {
			t.Errorf("%s: %+v", v, p)
		}
		raw := rec.file(".response.wbxml")
		var subjects []string
		commands(t, p, func(cmd *eas.Command) {
			m, err := cmd.Item.Email()
			if err != nil || cmd.Op != eas.OpAdd || string(cmd.ServerID) != string(rune('1'+len(subjects))) {
				t.Errorf("%s: %+v %v", v, cmd, err)
			}
			subjects = append(subjects, m.Subject)
			b := cmd.Item.Body
			if b == nil || b.Type != eas.BodyMIME || b.Truncated {
				t.Fatalf("%s %s: body %+v", v, cmd.ServerID, b)
			}
			data := content(t, b.Data)
			if i := bytes.Index(raw, data); len(data) < 400 || i < 0 || raw[i-1] != 3 || raw[i+len(data)] != 0 {
				t.Errorf("%s %s: %d bytes are not those of the recording", v, cmd.ServerID, len(data))
			}
			if b.Data.SHA256() != sha256.Sum256(data) {
				t.Errorf("%s %s: wrong hash", v, cmd.ServerID)
			}
			if xml := string(cmd.Item.XML()); strings.Contains(xml, "Message-ID") || !strings.Contains(xml, m.From[:8]) {
				t.Errorf("%s %s: %s", v, cmd.ServerID, xml)
			}
		})
		p.Close()
		want := []string{"plain 0", "plain 1", "plain 2", "plain 3", "Grüße 4", "café", "Käse ungekürzt raw utf-8 Ωμέγα", "", "alt"}
		if d := cmp.Diff(want, subjects); d != "" {
			t.Errorf("%s: %s", v, d)
		}
	}
}

func content(t testing.TB, b *eas.Blob) []byte {
	t.Helper()
	r, err := b.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil || int64(len(data)) != b.Size() {
		t.Fatalf("%d bytes of %d: %v", len(data), b.Size(), err)
	}
	return data
}

func TestRecordedClasses(t *testing.T) {
	for _, tc := range []struct {
		name  string
		id    eas.CollectionID
		class eas.Class
		check func(*eas.Item) (any, error)
		want  any
	}{
		{"contacts", "vcard%2Fpersonal", eas.ClassContacts, func(i *eas.Item) (any, error) {
			c, err := i.Contact()
			return []any{c.LastName, c.FirstName, c.FileAs, c.CompanyName, c.Categories, c.Email1Address, c.BusinessAddressStreet, c.Birthday.Format("2006-01-02"), c.Body.Data}, err
		}, []any{"Müller 14.1", "Jörg", "Müller, Jörg", "ACME & Söhne <x>", []string{"Friends"}, "jm@x.example", "Str 1\n2nd", "1980-02-29", "note ☃\nline"}},
		{"calendar", "vevent%2Fpersonal", eas.ClassCalendar, func(i *eas.Item) (any, error) {
			a, err := i.Appointment()
			r := a.Recurrence
			return []any{a.Subject, a.Location, a.UID, a.StartTime.Format("0102T15"), *a.AllDayEvent, *a.Reminder, *a.BusyStatus, len(a.TimeZone), *r.Type, r.Interval, r.Occurrences, r.DayOfWeek, a.Body.Data}, err
		}, []any{"Meeting ☃ 14.1", "Room <1>", "uid-14.1-1795365184", "1201T10", false, 15, eas.BusyBusy, 172, eas.RecursWeekly, 1, 5, eas.Tuesday, "agenda"}},
		{"tasks", "vtodo%2Fpersonal", eas.ClassTasks, func(i *eas.Item) (any, error) {
			k, err := i.Task()
			return []any{k.Subject, *k.Complete, *k.Importance, k.DueDate.Format("2006-01-02"), k.UTCDueDate.Equal(k.DueDate), k.Body.Data}, err
		}, []any{"Task ☃ 14.1", false, eas.ImportanceHigh, "2026-12-01", true, "task body"}},
	} {
		rec, c := replay(t, "sync-page-"+tc.name+"-v14.1", eas.Version141)
		p, err := c.Sync(t.Context(), eas.SyncRequest{
			Key: "-1", CollectionID: tc.id, Class: tc.class, WindowSize: 100,
			Options: eas.SyncOptions{Bodies: []eas.BodyPreference{{Type: eas.BodyPlain}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		rec.same()
		n := 0
		commands(t, p, func(cmd *eas.Command) {
			n++
			got, err := tc.check(cmd.Item)
			if d := cmp.Diff(tc.want, got); err != nil || d != "" {
				t.Errorf("%s: %v %s", tc.name, err, d)
			}
			text := cmd.Item.Properties.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData)
			if b := cmd.Item.Body; b.Type != eas.BodyPlain || string(content(t, b.Data)) != text || text == "" {
				t.Errorf("%s: body %+v", tc.name, b)
			}
		})
		if p.Close(); n != 1 {
			t.Errorf("%s: %d items", tc.name, n)
		}
	}
}

// TestRecordedLegacyText: in 2.5 a text body is in the class's own namespace.
func TestRecordedLegacyText(t *testing.T) {
	_, c := replay(t, "sync-page-tasks-v2.5", eas.Version25)
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "-1", CollectionID: "vtodo%2Fpersonal", Class: eas.ClassTasks})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var got []string
	commands(t, p, func(cmd *eas.Command) {
		k, err := cmd.Item.Task()
		if err != nil {
			t.Error(err)
		}
		got = append(got, k.LegacyBody+"|"+string(content(t, cmd.Item.Body.Data)))
	})
	if d := cmp.Diff([]string{"task body|task body", "task body|task body", "|"}, got); d != "" {
		t.Error(d)
	}
}

func TestRecordedChanges(t *testing.T) {
	const folder = "mail%2Fef96e7299016036b8b02000083ecc375"
	archive := eas.ArchiveOptions(eas.ClassEmail, eas.Version141)
	rec, c := replay(t, "sync-email-changes-v14.1", eas.Version141)
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1-65", CollectionID: folder, Class: eas.ClassEmail, WindowSize: 500, Options: archive})
	if err != nil {
		t.Fatal(err)
	}
	rec.same()
	var got []string
	commands(t, p, func(cmd *eas.Command) { got = append(got, cmd.Op.String()+" "+string(cmd.ServerID)) })
	if d := cmp.Diff([]string{"Change 20"}, got); d != "" || p.Key != "61-65" {
		t.Error(p.Key, d)
	}
	p.Close()

	_, c = replay(t, "sync-email-deletes-v14.1", eas.Version141)
	p, err = c.Sync(t.Context(), eas.SyncRequest{Key: "61-65", CollectionID: folder, Class: eas.ClassEmail, Options: archive})
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	commands(t, p, func(cmd *eas.Command) {
		got = append(got, cmd.Op.String()+" "+string(cmd.ServerID))
		if cmd.Item != nil {
			t.Errorf("an item that is gone: %+v", cmd.Item)
		}
	})
	if d := cmp.Diff([]string{"Delete 7", "Delete 8", "Delete 9"}, got); d != "" || p.Key != "61-64" {
		t.Error(p.Key, d)
	}
	p.Close()

	_, c = replay(t, "err-sync-unknown-collection", eas.Version141) // an empty 200
	p, err = c.Sync(t.Context(), eas.SyncRequest{Key: "61-65", CollectionID: folder})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Empty || p.Key != "61-65" || p.MoreAvailable {
		t.Errorf("an empty answer means no changes: %+v", p)
	}
	commands(t, p, func(*eas.Command) { t.Error("an item out of nothing") })
	p.Close()

	rec, c = replay(t, "sync-email-client-change-v14.1", eas.Version141)
	p, err = c.Sync(t.Context(), eas.SyncRequest{
		Key: "61-65", CollectionID: folder, WindowSize: 500,
		Commands: []eas.ClientCommand{{Op: eas.OpChange, ServerID: "20", Item: &eas.Email{
			Read: new(false), Flag: &eas.Flag{Status: new(eas.FlagActive), FlagType: "for Follow Up"},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rec.same()
	commands(t, p, nil)
	want := []eas.CommandResponse{{Op: eas.OpChange, ServerID: "20", Class: eas.ClassEmail}}
	if d := cmp.Diff(want, p.Responses()); d != "" {
		t.Error(d)
	}
	p.Close()
}

func TestRecordedEstimate(t *testing.T) {
	rec, c := replay(t, "getitemestimate-v14.1", eas.Version141)
	got, err := c.GetItemEstimate(t.Context(), []eas.EstimateRequest{{CollectionID: inboxDave, Class: eas.ClassEmail, Key: "1-2"}})
	if err != nil {
		t.Fatal(err)
	}
	rec.same()
	if d := cmp.Diff([]eas.Estimate{{CollectionID: inboxDave, Class: eas.ClassEmail, Count: 220}}, got); d != "" {
		t.Error(d)
	}
}

func TestRecordedProvision(t *testing.T) {
	for _, v := range []eas.Version{"12.1", "14.1"} {
		rec, c := replay(t, "provision-1-v"+string(v), v)
		key, err := c.Provision(t.Context())
		if err != nil || key != "0" || c.PolicyKey() != "0" {
			t.Errorf("%s: %q %v", v, key, err)
		}
		if v == "12.1" { // from 14.1 on the request tells of the device, too
			rec.same()
		}
	}
}

func TestRecordedOptions(t *testing.T) {
	rec, c := replay(t, "options", "")
	info, err := c.Options(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]eas.Version{"2.5", "12.0", "12.1", "14.0", "14.1"}, info.Versions); d != "" {
		t.Error(d)
	}
	if info.Server != "14.1" || !info.Has("ItemOperations") || info.Has("Provision") || len(rec.got) != 0 {
		t.Errorf("%+v", info)
	}
}

func TestRecordedFailures(t *testing.T) {
	sync := func(c *eas.Client) error {
		p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1-2", CollectionID: "mail%2Ff17733249016036b7d02000083ecc375"})
		if err == nil {
			p.Close()
		}
		return err
	}
	var st *eas.StatusError
	_, c := replay(t, "err-sync-new-device-old-key", eas.Version141)
	if err := sync(c); !errors.As(err, &st) || *st != (eas.StatusError{Command: "Sync", Element: "Collection", Code: 12}) || !errors.Is(err, eas.ErrNoCollection) {
		t.Error(err)
	}
	_, c = replay(t, "err-sync-empty-request", eas.Version141)
	if err := sync(c); !errors.As(err, &st) || *st != (eas.StatusError{Command: "Sync", Element: "Sync", Code: 13}) || st.Hint() == "" {
		t.Error(err)
	}
	var he *eas.HTTPError
	_, c = replay(t, "err-sync-garbage-synckey", eas.Version141)
	if err := sync(c); !errors.As(err, &he) || he.Code != 501 || he.Command != "Sync" {
		t.Error(err)
	}
	_, c = replay(t, "err-foldercreate-exists", eas.Version141)
	if _, err := c.FolderSync(t.Context(), "0"); !errors.As(err, &he) || he.Code != 500 || he.Snippet != "Unable to create folder." {
		t.Error(err)
	}
	_, c = replay(t, "err-401", eas.Version141)
	if _, err := c.Connect(t.Context()); !errors.Is(err, eas.ErrUnauthorized) {
		t.Error(err)
	}
	_, c = replay(t, "err-sync-unknown-collection", eas.Version141)
	if _, err := c.Sync(t.Context(), eas.SyncRequest{Key: "0", CollectionID: "mail%2Fdeadbeef"}); !errors.Is(err, eas.ErrNoCollection) {
		t.Error(err)
	}
}

// exampleServer answers with a recorded page of mail.
func exampleServer() http.Handler {
	doc, err := os.ReadFile(filepath.Join(recordings, "sync-page-email-v14.1.response.wbxml"))
	if err != nil {
		panic(err)
	}
	return answer(doc)
}
