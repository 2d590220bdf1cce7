//go:build interop

package eas_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
)

// These tests run against a real server, the lab of examples/lab/sogo, in the mailbox of one of its users:
//
//	examples/lab/sogo/up.sh && go test -tags interop ./eas

type lab struct {
	url, imapAddress, user, password string
	folder                           string
	messages                         map[[32]byte]bool // hashes of what was appended
}

// home is where up.sh made the lab.
func (l *lab) home() string {
	return cmp.Or(os.Getenv("AIRLIFT_LAB"), filepath.Join(os.TempDir(), "airlift-lab"))
}

// newLab reads where the lab is from the file that up.sh leaves in the lab's folder.
func newLab(t *testing.T) *lab {
	t.Helper()
	env, err := os.ReadFile(filepath.Join((&lab{}).home(), "lab.env"))
	if err != nil {
		t.Fatalf("no lab: %v\nstart it with examples/lab/sogo/up.sh", err)
	}
	l := &lab{user: "erin", password: "secret-erin"}
	for line := range strings.Lines(string(env)) {
		switch name, value, _ := strings.Cut(strings.TrimSpace(line), "="); name {
		case "LAB_EAS":
			l.url = value
		case "LAB_IMAP":
			l.imapAddress = value
		}
	}
	return l
}

func (l *lab) client(t *testing.T, v eas.Version, device string) *eas.Client {
	t.Helper()
	return l.clientWith(t, v, device, func(*eas.Config) {})
}

func (l *lab) clientWith(t *testing.T, v eas.Version, device string, change func(*eas.Config)) *eas.Client {
	t.Helper()
	base := eas.NewTransport()
	t.Cleanup(base.CloseIdleConnections)
	cfg := eas.Config{
		URL: l.url, User: l.user, DeviceID: eas.DeviceID(device + strings.ReplaceAll(string(v), ".", "")), Version: v,
		Transport: auth.Basic{User: l.user, Password: l.password, Origin: l.url, Base: base},
		TraceXML:  os.Getenv("AIRLIFT_LAB_TRACE") != "",
		Trace: func(x eas.Exchange) {
			t.Logf("%s: %d, %d -> %d bytes, %s, %v", x.Command, x.HTTPStatus, x.RequestBytes, x.ResponseBytes, x.Duration.Round(time.Millisecond), x.Err)
			if x.RequestXML != nil {
				t.Logf("%s\n%s", x.RequestXML, x.ResponseXML)
			}
		},
	}
	change(&cfg)
	c, err := eas.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// seed appends messages to a new folder by IMAP: the independent source of what the client must read.
func (l *lab) seed(t *testing.T, messages ...[]byte) {
	t.Helper()
	command := l.imap(t)
	l.folder = fmt.Sprintf("interop%d", time.Now().UnixNano())
	l.messages = map[[32]byte]bool{}
	command("CREATE %s", l.folder)
	command("SELECT %s (CONDSTORE)", l.folder) // without it SOGo shows the folder empty
	for _, m := range messages {
		l.messages[sha256.Sum256(m)] = true
		command("APPEND %s {%d+}\r\n%s", l.folder, len(m), m)
	}
	name := l.folder
	t.Cleanup(func() { command("DELETE %s", name) })
}

func message(n, size int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: Sender %d <s%d@remote.example>\r\nTo: erin@lab.example\r\nSubject: Grüße ☃ %d\r\n", n, n, n)
	fmt.Fprintf(&b, "Date: Tue, 01 Sep 2026 10:%02d:00 +0000\r\nMessage-ID: <%d.%d@remote.example>\r\nMIME-Version: 1.0\r\n", n%60, n, time.Now().UnixNano())
	b.WriteString("Content-Type: multipart/mixed; boundary=BB\r\n\r\n--BB\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n")
	b.WriteString("--BB\r\nContent-Type: application/octet-stream; name=a.bin\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	line := strings.Repeat("QUJDREVGR0hJ", 6) + "\r\n"
	for range max(1, size/len(line)) {
		b.WriteString(line)
	}
	b.WriteString("--BB--\r\n")
	return b.Bytes()
}

func (l *lab) find(t *testing.T, c *eas.Client, ok func(eas.Folder) bool) eas.Folder {
	t.Helper()
	changes, err := c.FolderSync(t.Context(), eas.InitialKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range changes.Add {
		if ok(f) {
			return f
		}
	}
	t.Fatalf("no such folder in %+v", changes.Add)
	return eas.Folder{}
}

// sync asks for a page, and once more when the server refuses the key.
// QUIRK(SOGo 5.8): when several requests come at the same moment it answers some with status 3 or 13, without a reason.
func sync(t *testing.T, c *eas.Client, q eas.SyncRequest) *eas.SyncPage {
	t.Helper()
	page, err := c.Sync(t.Context(), q)
	var refused *eas.StatusError
	if errors.As(err, &refused) && (refused.Code == 3 || refused.Code == 13) {
		t.Logf("key %q once more: %v", q.Key, err)
		page, err = c.Sync(t.Context(), q)
	}
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// drain reads a folder from key 0 and calls visit for every command.
func drain(t *testing.T, c *eas.Client, f eas.Folder, class eas.Class, o eas.SyncOptions, window int, visit func(*eas.Command)) eas.SyncKey {
	t.Helper()
	if _, err := c.FolderSync(t.Context(), eas.InitialKey); err != nil { // SOGo wants it of every device
		t.Fatal(err)
	}
	key := eas.InitialKey
	for range 100 {
		page := sync(t, c, eas.SyncRequest{Key: key, CollectionID: f.ID, Class: class, WindowSize: window, Options: o})
		n := 0
		for cmd, err := range page.Commands() {
			if err != nil {
				t.Fatal(err)
			}
			n++
			visit(cmd)
		}
		first := key == eas.InitialKey
		key = page.Key
		page.Close()
		if n == 0 && !first && !page.MoreAvailable {
			return key
		}
	}
	t.Fatal("the folder has no end")
	return ""
}

func labVersions() []eas.Version {
	if testing.Short() {
		return []eas.Version{eas.Version25, eas.Version121, eas.Version141}
	}
	return []eas.Version{eas.Version25, eas.Version120, eas.Version121, eas.Version140, eas.Version141}
}

func TestInteropMail(t *testing.T) {
	l := newLab(t)
	var all [][]byte
	for n := range 25 {
		all = append(all, message(n, 200<<(n%12)))
	}
	l.seed(t, all...)
	for _, v := range labVersions() {
		t.Run(string(v), func(t *testing.T) {
			c := l.client(t, v, "interop")
			f := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
			got := map[[32]byte]eas.ServerID{}
			drain(t, c, f, eas.ClassEmail, eas.ArchiveOptions(eas.ClassEmail, v), 7, func(cmd *eas.Command) {
				b := cmd.Item.Body
				if b == nil || b.Data == nil || b.Type != eas.BodyMIME || b.Truncated {
					t.Errorf("%s %s: body %+v", cmd.Op, cmd.ServerID, b)
					return
				}
				got[b.Data.SHA256()] = cmd.ServerID
				m, err := cmd.Item.Email()
				if err != nil || !strings.HasPrefix(m.Subject, "Grüße ☃") || m.DateReceived.IsZero() || m.Read == nil {
					t.Errorf("%s: %+v, %v", cmd.ServerID, m, err)
				}
			})
			for h := range l.messages {
				if _, ok := got[h]; !ok {
					t.Errorf("a message did not come as it was appended")
				}
			}
			l.estimate(t, v, f, len(all))
			listed := 0
			drain(t, l.client(t, v, "list"), f, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 100, func(cmd *eas.Command) {
				listed++
				if b := cmd.Item.Body; b != nil && b.Data != nil && b.Data.Size() > int64(len("hello")) { // SOGo sends the text, not the MIME
					t.Errorf("a listing brought a body of %d bytes", b.Data.Size())
				}
			})
			if listed != len(all) {
				t.Errorf("listed %d of %d", listed, len(all))
			}
			if v.AtLeast(eas.Version120) {
				for _, multipart := range []bool{false, true} {
					l.fetch(t, c, f, got, v, multipart)
				}
			}
		})
	}
}

// estimate asks with the first key, from which all items are changes.
func (l *lab) estimate(t *testing.T, v eas.Version, f eas.Folder, want int) {
	t.Helper()
	c := l.client(t, v, "count")
	if _, err := c.FolderSync(t.Context(), eas.InitialKey); err != nil {
		t.Fatal(err)
	}
	page := sync(t, c, eas.SyncRequest{Key: eas.InitialKey, CollectionID: f.ID, Class: eas.ClassEmail})
	page.Close()
	est, err := c.GetItemEstimate(t.Context(), []eas.EstimateRequest{{CollectionID: f.ID, Class: eas.ClassEmail, Key: page.Key}})
	if err != nil || len(est) != 1 || est[0].Err != nil || est[0].Count != want {
		t.Errorf("estimate: %+v, %v", est, err)
	}
}

func (l *lab) fetch(t *testing.T, c *eas.Client, f eas.Folder, want map[[32]byte]eas.ServerID, v eas.Version, multipart bool) {
	t.Helper()
	var fetches []eas.Fetch
	for _, id := range want {
		fetches = append(fetches, eas.Fetch{CollectionID: f.ID, ServerID: id, Options: eas.ArchiveOptions(eas.ClassEmail, v)})
	}
	r, err := c.Fetch(t.Context(), fetches, multipart)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for res, err := range r.Results() {
		if err != nil {
			t.Fatal(err)
		}
		if res.Err != nil || res.Item == nil || res.Item.Body == nil || res.Item.Body.Data == nil {
			t.Errorf("multipart %v: %+v", multipart, res)
			continue
		}
		n++
		if id, ok := want[res.Item.Body.Data.SHA256()]; !ok || id != res.ServerID {
			t.Errorf("multipart %v: %s is not what Sync brought", multipart, res.ServerID)
		}
	}
	if n != len(want) {
		t.Errorf("multipart %v: %d of %d", multipart, n, len(want))
	}
}

func TestInteropAttachment(t *testing.T) {
	l := newLab(t)
	l.seed(t, message(1, 3<<20))
	v := eas.Version141
	c := l.client(t, v, "attach")
	f := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
	var ref string
	drain(t, c, f, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 10, func(cmd *eas.Command) {
		m, err := cmd.Item.Email()
		if err != nil || m.Attachments == nil || len(m.Attachments.Attachment) != 1 {
			t.Fatalf("%+v, %v", m, err)
		}
		ref = m.Attachments.Attachment[0].FileReference
	})
	want := bytes.Repeat([]byte("ABCDEFGHI"), 6*(3<<20/74))
	for _, multipart := range []bool{false, true} {
		r, err := c.Fetch(t.Context(), []eas.Fetch{{FileReference: ref}}, multipart)
		if err != nil {
			t.Fatal(err)
		}
		for res, err := range r.Results() {
			if err != nil || res.Err != nil || res.Data == nil {
				t.Fatalf("%+v %v", res, err)
			}
			rc, err := res.Data.Open()
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(rc)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("multipart %v: %d bytes, want %d, %v", multipart, len(got), len(want), err)
			}
			if res.ContentType != "application/octet-stream" || res.FileReference != ref {
				t.Errorf("%+v", res)
			}
		}
		r.Close()
	}
}

// TestInteropClasses writes an item of each class that SOGo has, and reads it back through the typed view.
func TestInteropClasses(t *testing.T) {
	l := newLab(t)
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	stamp := fmt.Sprint(time.Now().UnixNano())
	for _, v := range labVersions() {
		body := func() *eas.InlineBody {
			if !v.AtLeast(eas.Version120) {
				return nil
			}
			return &eas.InlineBody{Type: eas.BodyPlain, Data: "note ☃"}
		}
		legacy := func() string {
			if v.AtLeast(eas.Version120) {
				return ""
			}
			return "note ☃"
		}
		for _, tc := range []struct {
			class eas.Class
			item  any
			check func(*eas.Item) bool
		}{
			{eas.ClassContacts, &eas.Contact{FirstName: "Jörg", LastName: stamp, FileAs: stamp, Body: body()}, func(i *eas.Item) bool { // SOGo 5.8 answers 501 to contacts:Body
				c, err := i.Contact()
				return err == nil && c.LastName == stamp && c.FirstName == "Jörg"
			}},
			{eas.ClassCalendar, &eas.Appointment{
				Subject: stamp, UID: "u" + stamp + string(v), StartTime: at, EndTime: at.Add(time.Hour), DtStamp: at, Reminder: new(0), AllDayEvent: new(false),
				TimeZone: make([]byte, 172), BusyStatus: new(eas.BusyBusy), Sensitivity: new(eas.SensitivityNormal), MeetingStatus: new(eas.MeetingStatus(0)),
				Recurrence: &eas.Recurrence{Type: new(eas.RecursWeekly), Interval: 1, Occurrences: 5, DayOfWeek: eas.Tuesday}, Body: body(), LegacyBody: legacy(),
			}, func(i *eas.Item) bool {
				a, err := i.Appointment()
				return err == nil && a.Subject == stamp && a.StartTime.Equal(at) && a.Recurrence != nil && eas.Or(a.Recurrence.Type, 9) == eas.RecursWeekly && a.Recurrence.DayOfWeek == eas.Tuesday
			}},
			{eas.ClassTasks, &eas.Task{
				Subject: stamp, DueDate: at, UTCDueDate: at, Complete: new(false), Importance: new(eas.ImportanceHigh), Sensitivity: new(eas.SensitivityNormal), ReminderSet: new(false), Body: body(), LegacyBody: legacy(),
			}, func(i *eas.Item) bool {
				k, err := i.Task()
				return err == nil && k.Subject == stamp && eas.Or(k.Importance, 1) == eas.ImportanceHigh
			}},
		} {
			t.Run(string(v)+"/"+string(tc.class), func(t *testing.T) {
				l.roundTrip(t, v, tc.class, tc.item, tc.check)
			})
		}
	}
}

func (l *lab) roundTrip(t *testing.T, v eas.Version, class eas.Class, item any, check func(*eas.Item) bool) {
	c := l.client(t, v, "classes")
	f := l.find(t, c, func(f eas.Folder) bool { k, _ := f.Type.Class(); return k == class })
	o := eas.ArchiveOptions(class, v)
	key := drain(t, c, f, class, o, 100, func(*eas.Command) {})
	page := sync(t, c, eas.SyncRequest{
		Key: key, CollectionID: f.ID, Class: class, Options: o,
		Commands: []eas.ClientCommand{{Op: eas.OpAdd, ClientID: "c1", Item: item}},
	})
	for _, err := range page.Commands() {
		if err != nil {
			t.Fatal(err)
		}
	}
	res := page.Responses()
	page.Close()
	if len(res) != 1 || res[0].Err != nil || res[0].ClientID != "c1" || res[0].ServerID == "" {
		t.Fatalf("%+v", res)
	}
	found := false
	back := l.client(t, v, "back")
	key = drain(t, back, f, class, o, 100, func(cmd *eas.Command) {
		if cmd.ServerID == res[0].ServerID {
			found = check(cmd.Item)
			if !found {
				t.Errorf("%s", cmd.Item.XML())
			}
			if class == eas.ClassContacts && v == eas.Version25 {
				return
			}
			rc, err := cmd.Item.Body.Data.Open()
			if err != nil {
				t.Fatal(err)
			}
			if text, _ := io.ReadAll(rc); !strings.Contains(string(text), "note ☃") {
				t.Errorf("body %q", text)
			}
		}
	})
	if !found {
		t.Errorf("%s is not there", res[0].ServerID)
	}
	// QUIRK(SOGo 5.8): the key that answers an Add to an empty folder is refused afterwards, so that the other device deletes.
	sync(t, back, eas.SyncRequest{
		Key: key, CollectionID: f.ID, Class: class, Options: o, DeletesAsMoves: false,
		Commands: []eas.ClientCommand{{Op: eas.OpDelete, ServerID: res[0].ServerID}},
	}).Close()
}

func TestInteropProvision(t *testing.T) {
	l := newLab(t)
	for _, v := range labVersions() {
		c := l.client(t, v, "provision")
		if key, err := c.Provision(t.Context()); err != nil || key != "0" || c.PolicyKey() != "0" {
			t.Errorf("%s: %q, %v", v, key, err)
		}
	}
}

func TestInteropErrors(t *testing.T) {
	l := newLab(t)
	base := eas.NewTransport()
	defer base.CloseIdleConnections()
	wrong := auth.Basic{User: l.user, Password: "wrong", Origin: l.url, Base: base}
	c, err := eas.New(eas.Config{URL: l.url, User: l.user, DeviceID: "errors", Transport: wrong})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Connect(t.Context()); !errors.Is(err, eas.ErrUnauthorized) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("wrong password: %v", err)
	}
	c = l.client(t, eas.Version141, "errors")
	if _, err := c.Sync(t.Context(), eas.SyncRequest{Key: "0", CollectionID: "mail%2Fnothing"}); !errors.Is(err, eas.ErrNoCollection) {
		t.Errorf("unknown folder: %v", err)
	}
	f := l.find(t, c, func(f eas.Folder) bool { return f.Type == eas.FolderInbox })
	if _, err := c.Sync(t.Context(), eas.SyncRequest{Key: "garbage", CollectionID: f.ID, Class: eas.ClassEmail}); err == nil {
		t.Errorf("garbage key: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := c.FolderSync(ctx, "0"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("deadline: %v", err)
	}
}

// TestInteropLarge reads a message of 40 MB in little memory.
func TestInteropLarge(t *testing.T) {
	l := newLab(t)
	l.seed(t, message(1, 40<<20))
	runtime.GC()
	c := l.client(t, eas.Version141, "large")
	f := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
	var before, peak runtime.MemStats
	seen := 0
	runtime.GC()
	runtime.ReadMemStats(&before)
	drain(t, c, f, eas.ClassEmail, eas.ArchiveOptions(eas.ClassEmail, eas.Version141), 10, func(cmd *eas.Command) {
		runtime.ReadMemStats(&peak)
		seen++
		if !l.messages[cmd.Item.Body.Data.SHA256()] {
			t.Error("not the bytes that were appended")
		}
	})
	if seen != 1 {
		t.Fatalf("%d messages", seen)
	}
	t.Logf("allocated for it: %d KB", (peak.TotalAlloc-before.TotalAlloc)>>10)
	if grown := peak.TotalAlloc - before.TotalAlloc; grown > 6<<20 {
		t.Errorf("%d MB allocated", grown>>20)
	}
}
