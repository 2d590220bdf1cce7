package migrate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
)

// lab is a server with mailboxes, and a place for an archive and its checkpoints. What is on the server is read from
// its store, what is in the archive from its files: the engine is not asked.
type lab struct {
	t     *testing.T
	store *easserver.Store
	url   string
	root  string

	mu     sync.Mutex
	events []migrate.Event
}

func newLab(t *testing.T, cfg easserver.Config, users ...string) *lab {
	t.Helper()
	l := &lab{t: t, store: easserver.NewStore(), root: t.TempDir()}
	for _, u := range users {
		fill(l.store.AddUser(u))
	}
	l.url = easservertest.Start(t, cfg, l.store)
	return l
}

// fill makes a small mailbox with all five classes, nested folders and two folders of one name.
func fill(u *easserver.User) {
	for i, path := range []string{"Inbox", "Inbox/Projects", "Inbox/Projects/Bücher & Hefte", "Archive"} {
		typ := eas.FolderUserMail
		f := u.Folder(path)
		if f == nil {
			f = u.AddFolder(path, typ)
		}
		for n := range 12 {
			f.AddMessage(message(u.Name(), path, i*100+n))
		}
	}
	people := map[eas.FolderType][]wbxml.Element{
		eas.FolderContacts: {wbxml.T(wbxml.ContactsFirstName, "Zoë"), wbxml.T(wbxml.ContactsLastName, "Example"), wbxml.T(wbxml.ContactsEmail1Address, "zoe@example.org")},
		eas.FolderCalendar: {
			wbxml.T(wbxml.CalendarSubject, "Review"), wbxml.T(wbxml.CalendarStartTime, "20240301T100000Z"),
			wbxml.T(wbxml.CalendarEndTime, "20240301T110000Z"), wbxml.T(wbxml.CalendarUID, "uid-1"),
		},
		eas.FolderTasks: {wbxml.T(wbxml.TasksSubject, "Pay"), wbxml.T(wbxml.TasksComplete, "0")},
		eas.FolderNotes: {wbxml.T(wbxml.NotesSubject, "Remember"), wbxml.T(wbxml.NotesMessageClass, "IPM.StickyNote")},
	}
	for typ, props := range people {
		for _, f := range u.Folders() {
			if f.Type() == typ {
				f.Add(easserver.Item{Properties: props})
			}
		}
	}
}

func message(user, path string, n int) []byte {
	return fmt.Appendf(nil, "From: Sender %d <s%d@example.org>\r\nTo: %s@example.com\r\nSubject: message %d in %s\r\n"+
		"Date: Fri, 01 Mar 2024 10:%02d:00 +0000\r\nMessage-ID: <%s.%d@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		n, n, user, n, strings.ToUpper(path[:1]), n%60, user, n, strings.Repeat(fmt.Sprintf("line of %d\r\n", n), 20+n%50))
}

// options make a run of the lab's users. The checkpoints are closed when the test ends.
func (l *lab) options(users ...string) migrate.Options {
	l.t.Helper()
	ctx := context.Background()
	store, err := sqlite.Open(ctx, filepath.Join(l.root, "state", "checkpoints.db"))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { store.Close() })
	o := migrate.Options{
		Job: l.archive().ID(), Sink: l.archive(), Checkpoints: store, Tool: "test", Window: 5, Backoff: time.Microsecond, LedgerPages: 2,
		Events: func(e migrate.Event) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.events = append(l.events, e)
		},
	}
	for _, u := range users {
		o.Mailboxes = append(o.Mailboxes, migrate.Mailbox{Address: u + "@example.com", Client: eas.Config{
			URL: l.url, User: u, Transport: &auth.Basic{User: u, Password: easservertest.Password, Origin: l.url},
		}})
	}
	return o
}

func (l *lab) archive() *archive.Archive {
	l.t.Helper()
	b, err := dir.Open(filepath.Join(l.root, "archive"), true)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { b.Close() })
	a, err := archive.Create(context.Background(), b)
	if err != nil {
		l.t.Fatal(err)
	}
	return a
}

// run must end well.
func (l *lab) run(o migrate.Options) migrate.Summary {
	l.t.Helper()
	sum, err := migrate.Run(context.Background(), o)
	if err != nil || sum.Result != migrate.ResultOK {
		l.t.Fatalf("run: %s, %v\nevents: %+v", sum.Result, err, l.events)
	}
	return sum
}

// check compares server and archive item by item: the live messages by their bytes, the other classes by their number,
// and verifies the archive.
func (l *lab) check(users ...string) {
	l.t.Helper()
	ctx := context.Background()
	a := l.archive()
	for _, u := range users {
		want, wantOther := onServer(l.t, l.store.User(u))
		got, other := l.archived(u)
		if !slices.Equal(got, want) || other != wantOther {
			l.t.Fatalf("%s: archive holds %d messages and %d other items, the server %d and %d, or their bytes differ", u, len(got), other, len(want), wantOther)
		}
	}
	if _, err := a.Verify(ctx, archive.VerifyOptions{Problem: func(p archive.Problem) { l.t.Errorf("verify: %+v", p) }}); err != nil {
		l.t.Fatal(err)
	}
}

// archived reads what the archive holds of a mailbox, as onServer does of the server.
func (l *lab) archived(user string) (messages []string, other int) {
	l.t.Helper()
	ctx := context.Background()
	a := l.archive()
	for item, err := range a.Items(ctx, user+"@example.com", time.Time{}) {
		if err != nil {
			l.t.Fatal(err)
		}
		if item.Folder.Class != string(eas.ClassEmail) {
			other++
			continue
		}
		messages = append(messages, item.Folder.Path+"\x00"+string(l.bytes(a, item.Segment, item.Entry())))
	}
	slices.Sort(messages)
	return messages, other
}

// bytes reads an entry of the archive.
func (l *lab) bytes(a *archive.Archive, segment string, e sinks.Entry) []byte {
	l.t.Helper()
	r, err := a.OpenEntry(context.Background(), segment, e)
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		l.t.Fatal(err)
	}
	return b
}

func onServer(t *testing.T, u *easserver.User) (messages []string, other int) {
	t.Helper()
	for _, f := range u.Folders() {
		for _, it := range f.Items() {
			if it.Message == nil {
				other++
				continue
			}
			messages = append(messages, f.Path()+"\x00"+string(bytes.Clone(it.Message.Bytes)))
		}
	}
	slices.Sort(messages)
	return messages, other
}

func copyTree(from, to string) error {
	return os.CopyFS(to, os.DirFS(from))
}
