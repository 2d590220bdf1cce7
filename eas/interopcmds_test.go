//go:build interop

package eas_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

// sent are the messages that the server has sent since before, recipients in the first line.
func (l *lab) sent(t *testing.T, before []string) []string {
	t.Helper()
	var all []string
	for _, name := range l.sentFiles(t) {
		if slices.Contains(before, name) {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return all
}

func (l *lab) sentFiles(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(l.home(), "sent", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// unique is a subject of one test run.
func unique(what string, v eas.Version) string {
	return fmt.Sprintf("%s %s %d", what, v, time.Now().UnixNano())
}

func mailTo(subject, text string) []byte {
	return fmt.Appendf(nil, "From: erin@lab.example\r\nTo: frank@lab.example\r\nSubject: %s\r\nMessage-ID: <%d@lab.example>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n.dot\r\n", subject, time.Now().UnixNano(), text)
}

// TestInteropSendMail sends, answers and forwards in each version. What leaves the server is in the lab's sink.
func TestInteropSendMail(t *testing.T) {
	l := newLab(t)
	original := fmt.Appendf(nil, "From: carol@remote.example\r\nTo: erin@lab.example\r\nSubject: the plan\r\nMessage-ID: <%d@remote.example>\r\nDate: Tue, 01 Sep 2026 10:00:00 +0000\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nwords of the plan\r\n", time.Now().UnixNano())
	l.seed(t, original)
	for _, v := range labVersions() {
		for _, form := range []eas.QueryForm{eas.QueryPlain, eas.QueryBase64} {
			t.Run(fmt.Sprint(v, " form ", form), func(t *testing.T) {
				c := l.clientWith(t, v, "mail", func(c *eas.Config) { c.Query, c.Transport = form, asSOGoReads{c.Transport} })
				f := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
				var id eas.ServerID
				drain(t, c, f, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 10, func(cmd *eas.Command) { id = cmd.ServerID })
				before := l.sentFiles(t)
				subject := unique("sent", v)
				if err := c.SendMail(t.Context(), eas.Outgoing{Message: eas.Bytes(mailTo(subject, "Grüße")), SaveInSentItems: true}); err != nil {
					t.Fatal(err)
				}
				got := l.sent(t, before)
				if len(got) != 1 || !strings.Contains(got[0], "frank@lab.example") || !strings.Contains(got[0], subject) || !strings.Contains(got[0], "Grüße") || !strings.Contains(got[0], "\n.dot") {
					t.Errorf("sent: %q", got)
				}
				q := eas.SmartRequest{Outgoing: eas.Outgoing{Message: eas.Bytes(mailTo(subject, "my answer"))}, Original: eas.Original{CollectionID: f.ID, ServerID: id}}
				before = l.sentFiles(t)
				if err := c.SmartReply(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				if got = l.sent(t, before); len(got) != 1 || !strings.Contains(got[0], "my answer") || !strings.Contains(got[0], "words of the plan") {
					t.Errorf("replied: %q", got)
				}
				before = l.sentFiles(t)
				if err := c.SmartForward(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				if got = l.sent(t, before); len(got) != 1 || !strings.Contains(got[0], "my answer") || !strings.Contains(got[0], "words of the plan") {
					t.Errorf("forwarded: %q", got)
				}
			})
		}
	}
}

// asSOGoReads undoes the escaping of a folder's id in the query. QUIRK(SOGo 5.8): it has ids with %2F in them, and does not decode
// what it gets in the query's plain form, so that a client that escapes it names no folder. In the base64 form it finds it.
type asSOGoReads struct{ http.RoundTripper }

func (a asSOGoReads) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.RawQuery = strings.ReplaceAll(req.URL.RawQuery, "%252F", "%2F")
	return a.RoundTripper.RoundTrip(req)
}

// TestInteropFolders makes, renames, moves and deletes folders, and moves a message into one.
func TestInteropFolders(t *testing.T) {
	l := newLab(t)
	for _, v := range labVersions() {
		t.Run(string(v), func(t *testing.T) {
			l.seed(t, message(1, 100), message(2, 100))
			c := l.client(t, v, "folders")
			tree, err := c.FolderSync(t.Context(), eas.InitialKey)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(tree.Add, func(f eas.Folder) bool { return f.Name == l.folder })
			from := tree.Add[i]
			name := fmt.Sprintf("Größe%d", time.Now().UnixNano())
			id, key, err := c.FolderCreate(t.Context(), tree.Key, eas.Folder{Name: name, Type: eas.FolderUserMail})
			if err != nil {
				t.Fatal(err)
			}
			if key, err = c.FolderUpdate(t.Context(), key, eas.Folder{ID: id, Name: name + "x"}); err != nil {
				t.Fatal(err)
			}
			to := l.find(t, c, func(f eas.Folder) bool { return f.Name == name+"x" })
			l.imap(t)("SELECT %s (CONDSTORE)", `"Gr&APYA3w-e`+strings.TrimPrefix(name, "Größe")+`x"`) // without it SOGo shows the folder empty
			var ids []eas.ServerID
			drain(t, c, from, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 10, func(cmd *eas.Command) { ids = append(ids, cmd.ServerID) })
			got, err := c.MoveItems(t.Context(), []eas.Move{{ServerID: ids[0], From: from.ID, To: to.ID}, {ServerID: "99999", From: from.ID, To: to.ID}})
			if err != nil || got[0].Err != nil || got[0].ServerID == "" || codes(got[1].Err)[0] != 1 {
				t.Errorf("%+v %v", got, err)
			}
			var moved []eas.ServerID
			drain(t, l.client(t, v, "moved"), to, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 10, func(cmd *eas.Command) { moved = append(moved, cmd.ServerID) })
			if !slices.Equal(moved, []eas.ServerID{got[0].ServerID}) {
				t.Errorf("moved: %v, want %v", moved, got[0].ServerID)
			}
			if _, err := c.FolderDelete(t.Context(), key, to.ID); err != nil {
				t.Fatal(err)
			}
			if tree, err = c.FolderSync(t.Context(), eas.InitialKey); err != nil || slices.ContainsFunc(tree.Add, func(f eas.Folder) bool { return f.Name == name+"x" }) {
				t.Errorf("it is still there: %v", err)
			}
		})
	}
}

// TestInteropPing waits for a message, and for nothing.
func TestInteropPing(t *testing.T) {
	l := newLab(t)
	for _, v := range labVersions() {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel() // it looks every 10 s
			l := &lab{url: l.url, imapAddress: l.imapAddress, user: l.user, password: l.password}
			l.seed(t, message(1, 100))
			c := l.client(t, v, "ping")
			f := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
			drain(t, c, f, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 10, func(*eas.Command) {})
			watch := []eas.PingFolder{{ID: f.ID, Class: eas.ClassEmail}}
			if r, err := c.Ping(t.Context(), eas.PingRequest{Heartbeat: 5 * time.Second, Folders: watch}); err != nil || len(r.Changed) != 0 {
				t.Errorf("nothing: %+v %v", r, err)
			}
			var limit *eas.WaitLimitError
			if _, err := c.Ping(t.Context(), eas.PingRequest{Heartbeat: eas.MaxHeartbeat, Folders: watch}); !errors.As(err, &limit) || limit.Wait <= 0 {
				t.Errorf("too long: %v", err)
			}
			imap := l.imap(t)
			m := message(2, 100)
			later := time.AfterFunc(2*time.Second, func() { imap("APPEND %s {%d+}\r\n%s", l.folder, len(m), m) })
			defer later.Stop()
			if r, err := c.Ping(t.Context(), eas.PingRequest{Heartbeat: 25 * time.Second, Folders: watch}); err != nil || !slices.Equal(r.Changed, []eas.CollectionID{f.ID}) {
				t.Errorf("a message: %+v %v", r, err)
			}
			// What it remembers: there is still something to Sync.
			if r, err := c.Ping(t.Context(), eas.PingRequest{}); err != nil || !slices.Equal(r.Changed, []eas.CollectionID{f.ID}) {
				t.Errorf("the same again: %+v %v", r, err)
			}
		})
	}
}

func TestInteropGetAttachment(t *testing.T) {
	l := newLab(t)
	l.seed(t, message(1, 100<<10))
	want := bytes.Repeat([]byte("ABCDEFGHI"), 6*(100<<10/74))
	for _, v := range []eas.Version{eas.Version25, eas.Version120, eas.Version121} {
		c := l.client(t, v, "getattach")
		f := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
		name := ""
		drain(t, c, f, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 10, func(cmd *eas.Command) {
			p := cmd.Item.Properties
			name = p.Value(wbxml.EmailAttachments, wbxml.EmailAttachment, wbxml.EmailAttName) + p.Value(wbxml.AirSyncBaseAttachments, wbxml.AirSyncBaseAttachment, wbxml.AirSyncBaseFileReference)
		})
		a, err := c.GetAttachment(t.Context(), name)
		if err != nil {
			t.Errorf("%s: %q: %v", v, name, err)
			continue
		}
		if got := content(t, a.Data); !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, want %d", v, len(got), len(want))
		}
		a.Data.Close()
	}
}

// TestInteropMeetingResponse accepts an invitation, and finds the event.
func TestInteropMeetingResponse(t *testing.T) {
	l := newLab(t)
	for _, v := range labVersions() {
		t.Run(string(v), func(t *testing.T) {
			uid := fmt.Sprintf("visit%d@remote.example", time.Now().UnixNano())
			invitation := fmt.Appendf(nil, "From: carol@remote.example\r\nTo: erin@lab.example\r\nSubject: Visit\r\nMessage-ID: <%s>\r\nDate: Tue, 01 Sep 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"+
				"Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\nPRODID:-//x//y//EN\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20260901T100000Z\r\n"+
				"DTSTART:20261201T100000Z\r\nDTEND:20261201T110000Z\r\nSUMMARY:Visit\r\nORGANIZER;CN=Carol:mailto:carol@remote.example\r\n"+
				"ATTENDEE;CN=Erin;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:erin@lab.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", uid, uid)
			l.seed(t, invitation)
			c := l.client(t, v, "meeting")
			f := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
			var id eas.ServerID
			drain(t, c, f, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 10, func(cmd *eas.Command) { id = cmd.ServerID })
			got, err := c.MeetingResponse(t.Context(), []eas.MeetingReply{{Response: eas.MeetingAccept, CollectionID: f.ID, RequestID: id}})
			if err != nil || got[0].Err != nil || got[0].CalendarID == "" {
				t.Errorf("%+v %v", got, err)
			}
			missing, err := c.MeetingResponse(t.Context(), []eas.MeetingReply{{Response: eas.MeetingAccept, CollectionID: f.ID, RequestID: "99999"}})
			if err == nil && missing[0].Err == nil {
				t.Errorf("an answer to nothing: %+v", missing)
			}
		})
	}
}

// TestInteropSyncFolders reads two folders in one request.
func TestInteropSyncFolders(t *testing.T) {
	l := newLab(t)
	for _, v := range labVersions() {
		t.Run(string(v), func(t *testing.T) {
			l.seed(t, message(1, 100), message(2, 100), message(3, 100))
			c := l.client(t, v, "several")
			mail := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
			people := l.find(t, c, func(f eas.Folder) bool { return f.Type == eas.FolderContacts })
			f := &folders{t: t, c: c}
			for id, class := range map[eas.CollectionID]eas.Class{mail.ID: eas.ClassEmail, people.ID: eas.ClassContacts} {
				f.b.Folders = append(f.b.Folders, eas.SyncRequest{Key: eas.InitialKey, CollectionID: id, Class: class, Options: eas.ArchiveOptions(class, v)})
			}
			f.ask()
			if len(f.said) != 2 {
				t.Fatalf("%v", f.said)
			}
			seen := 0
			for range 5 {
				f.ask()
				for _, s := range f.said {
					if strings.HasPrefix(s, string(mail.ID)) {
						seen += len(strings.Fields(strings.TrimSuffix(s, " more"))) - 1
					}
				}
			}
			if seen != 3 {
				t.Errorf("%d messages", seen)
			}
			if !v.AtLeast(eas.Version140) {
				return // it does not know Wait, and answers at once
			}
			imap, m := l.imap(t), message(4, 100)
			later := time.AfterFunc(2*time.Second, func() { imap("APPEND %s {%d+}\r\n%s", l.folder, len(m), m) })
			defer later.Stop()
			f.b.Wait = 25 * time.Second
			if f.ask(); !slices.Contains(f.said, string(mail.ID)+" 4") {
				t.Errorf("a message while it waits: %v", f.said)
			}
		})
	}
}

// TestInteropOperations empties a folder.
func TestInteropOperations(t *testing.T) {
	l := newLab(t)
	for _, v := range labVersions()[1:] {
		t.Run(string(v), func(t *testing.T) {
			l.seed(t, message(1, 100), message(2, 100))
			c := l.client(t, v, "empty")
			f := l.find(t, c, func(f eas.Folder) bool { return f.Name == l.folder })
			drain(t, c, f, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 10, func(*eas.Command) {})
			errs, err := c.Operations(t.Context(), []eas.Operation{{EmptyFolder: f.ID}})
			if err != nil || errs[0] != nil {
				t.Errorf("%v %v", errs, err)
			}
			left := 0
			drain(t, l.client(t, v, "left"), f, eas.ClassEmail, eas.HeadersOnly(eas.ClassEmail, v), 10, func(*eas.Command) { left++ })
			if left != 0 {
				t.Errorf("%d messages are left", left)
			}
		})
	}
}

// imap logs in and returns a function that sends a command and waits until it is done.
func (l *lab) imap(t *testing.T) func(format string, args ...any) {
	t.Helper()
	conn, err := net.Dial("tcp", l.imapAddress)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r := bufio.NewReader(conn)
	tag := 0
	command := func(format string, args ...any) {
		t.Helper()
		tag++
		fmt.Fprintf(conn, "a%d %s\r\n", tag, fmt.Sprintf(format, args...))
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Error(err)
				return
			}
			if done, ok := strings.CutPrefix(line, fmt.Sprintf("a%d ", tag)); ok {
				if !strings.HasPrefix(done, "OK") {
					t.Error(line)
				}
				return
			}
		}
	}
	command("LOGIN %s %s", l.user, l.password)
	return command
}
