package migrate_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const perUser = 48 + 4 // what fill puts

// TestArchive archives two mailboxes, then nothing, then what changed, with bodies both ways and in every version.
func TestArchive(t *testing.T) {
	for _, version := range []string{"12.1", "14.1", "16.1"} {
		for _, bodies := range []migrate.BodyMode{migrate.BodiesSync, migrate.BodiesFetch} {
			t.Run(version+"-"+string(bodies), func(t *testing.T) {
				l := newLab(t, easserver.Config{Versions: []string{version}, Policy: &easserver.Policy{}}, "alice", "bob")
				o := l.options("alice", "bob")
				o.Bodies = bodies
				if sum := l.run(o); sum.ItemsStored != 2*perUser || sum.ItemsEstimated != 2*perUser {
					t.Fatalf("stored %d, estimated %d, want %d", sum.ItemsStored, sum.ItemsEstimated, 2*perUser)
				}
				l.check("alice", "bob")
				if sum := l.run(o); sum.ItemsStored+sum.ItemsChanged+sum.ItemsDeleted+sum.Segments != 0 || sum.ItemsEstimated != 2*perUser {
					t.Fatalf("nothing changed, and the run did %+v", sum)
				}
				changeMailbox(t, l.store.User("alice"))
				if sum := l.run(o); sum.ItemsStored != 2 || sum.ItemsChanged != 2 || sum.ItemsDeleted != 2 {
					t.Fatalf("stored %d, changed %d, deleted %d; want 2, 2, 2", sum.ItemsStored, sum.ItemsChanged, sum.ItemsDeleted)
				}
				l.check("alice", "bob")
			})
		}
	}
}

// changeMailbox makes a new message, reads one, deletes one, moves one to another folder and edits a contact.
func changeMailbox(t *testing.T, u *easserver.User) {
	t.Helper()
	inbox := u.Folder("Inbox")
	ids := idsOf(inbox)
	inbox.AddMessage(message(u.Name(), "Inbox", 9999))
	_, moved := inbox.Move(ids[3], u.Folder("Archive"))
	contacts := folderOf(u, eas.FolderContacts)
	err := errors.Join(inbox.SetRead(ids[1], true), inbox.Delete(ids[2]), moved,
		contacts.Change(idsOf(contacts)[0], func(it *easserver.Item) {
			it.Properties = append(it.Properties, wbxml.T(wbxml.ContactsJobTitle, "Pilot"))
		}))
	if err != nil {
		t.Fatal(err)
	}
}

func idsOf(f *easserver.Folder) (ids []eas.ServerID) {
	for id := range f.Items() {
		ids = append(ids, id)
	}
	return ids
}

func folderOf(u *easserver.User, typ eas.FolderType) *easserver.Folder {
	fs := u.Folders()
	return fs[slices.IndexFunc(fs, func(f *easserver.Folder) bool { return f.Type() == typ })]
}

// TestStateLostEachTime: without checkpoints a run goes on where the last one ended, key and all, if nothing is new.
func TestStateLostEachTime(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	l.run(l.options("alice"))
	inbox := l.store.User("alice").Folder("Inbox")
	for id, it := range inbox.Items() {
		if err := inbox.SetRead(id, !it.Read); err != nil { // a page that leads to a key without one
			t.Fatal(err)
		}
		break
	}
	l.run(l.options("alice"))
	l.run(l.options("alice"))
	for round := range 3 {
		if err := os.RemoveAll(filepath.Join(l.root, "state")); err != nil {
			t.Fatal(err)
		}
		l.events = nil
		sum := l.run(l.options("alice"))
		audits := slices.ContainsFunc(l.events, func(e migrate.Event) bool { return e.Event == migrate.EventAudit })
		if sum.ItemsStored+sum.ItemsChanged+sum.Segments+sum.Resyncs != 0 || audits {
			t.Fatalf("round %d: %+v, audits: %v", round, sum, audits)
		}
		l.check("alice")
	}
	if err := os.RemoveAll(filepath.Join(l.root, "state")); err != nil {
		t.Fatal(err)
	}
	inbox.AddMessage(message("alice", "Inbox", 777))
	if sum := l.run(l.options("alice")); sum.ItemsStored != 1 || sum.Resyncs != 0 {
		t.Fatalf("after a new message: %+v", sum)
	}
	l.check("alice")
}

// TestStateLostAndSelectionChanged: that items were left out is not forgotten with the checkpoints.
func TestStateLostAndSelectionChanged(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	o := l.options("alice")
	o.Select.MaxSize = 500
	first := l.run(o)
	if first.ItemsExcluded == 0 || first.ItemsStored == 0 {
		t.Fatalf("%+v", first)
	}
	l.root = moveState(t, l.root)
	if sum := l.run(l.options("alice")); sum.ItemsStored != first.ItemsExcluded {
		t.Fatalf("%d items were left out, and %d stored when nothing is any more", first.ItemsExcluded, sum.ItemsStored)
	}
	l.check("alice")
}

// TestMoveIsLinked: of the two halves of a move the one that is seen second knows the other.
func TestMoveIsLinked(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	o := l.options("alice")
	o.Folders = 1
	l.run(o)
	u := l.store.User("alice")
	const moves = 6
	for range moves {
		if _, err := u.Folder("Inbox").Move(idsOf(u.Folder("Inbox"))[0], u.Folder("Archive")); err != nil {
			t.Fatal(err)
		}
		l.run(o)
	}
	if sum := l.run(o); sum.ItemsStored+sum.ItemsDeleted+sum.Segments != 0 {
		t.Fatalf("the run after it: %+v", sum)
	}
	if links := l.links(); links != moves {
		t.Fatalf("%d events are linked as moves, of %d moves", links, moves)
	}
}

// links counts the events in the archive of alice that are linked as moves.
func (l *lab) links() (links int) {
	l.t.Helper()
	a := l.archive()
	folders, err := a.Folders(l.t.Context(), "alice@example.com")
	if err != nil {
		l.t.Fatal(err)
	}
	for _, f := range folders {
		for page, err := range a.Pages(l.t.Context(), "alice@example.com", f.Dir, 0) {
			if err != nil {
				l.t.Fatal(err)
			}
			for _, e := range page.Events {
				if e.MovedFrom != "" || e.MovedTo != "" {
					links++
				}
			}
		}
	}
	return links
}

// TestSelection: what the rules leave out is counted, not stored, and taken when the rules change.
func TestSelection(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	o := l.options("alice")
	o.Select = migrate.Selection{Classes: []eas.Class{eas.ClassEmail}, ExcludeFolders: []string{"archive"}, MaxSize: 600}
	sum := l.run(o)
	if sum.ItemsStored == 0 || sum.ItemsExcluded == 0 || sum.ItemsStored+sum.ItemsExcluded != 36 {
		t.Fatalf("stored %d and excluded %d of 36", sum.ItemsStored, sum.ItemsExcluded)
	}
	o.Select = migrate.Selection{}
	again := l.run(o)
	if again.ItemsStored != perUser-sum.ItemsStored {
		t.Fatalf("stored %d after the rules went, want %d", again.ItemsStored, perUser-sum.ItemsStored)
	}
	l.check("alice")
}

// TestLostState: without its checkpoints a run takes the archive's word for what is stored, under the same DeviceId.
func TestLostState(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	l.run(l.options("alice"))
	changeMailbox(t, l.store.User("alice"))
	l.run(l.options("alice"))
	l.root, l.events = moveState(t, l.root), nil
	sum := l.run(l.options("alice"))
	if sum.ItemsStored != 0 || sum.BytesFetched > 20_000 {
		t.Fatalf("stored %d items and fetched %d bytes of what the archive holds", sum.ItemsStored, sum.BytesFetched)
	}
	if n := len(l.store.User("alice").Devices()); n > 2 { // the mailbox's own, and that of the audit
		t.Fatalf("%d device partnerships, want 2 at most", n)
	}
	l.check("alice")
}

// TestRenamedAndDeletedFolder: a folder keeps its place in the archive when it is renamed, and its items leave the state
// when it is deleted.
func TestRenamedAndDeletedFolder(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	o := l.options("alice")
	l.run(o)
	u := l.store.User("alice")
	err := errors.Join(
		u.MoveFolder(u.Folder("Inbox/Projects"), nil, "Work / Play 100%"),
		u.RemoveFolder(u.Folder("Archive")))
	if err != nil {
		t.Fatal(err)
	}
	sum := l.run(o)
	if sum.ItemsStored != 0 || sum.ItemsDeleted != 12 {
		t.Fatalf("stored %d, deleted %d; want 0 and 12", sum.ItemsStored, sum.ItemsDeleted)
	}
	a := l.archive()
	folders, err := a.Folders(t.Context(), "alice@example.com")
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{}
	for item, err := range a.Items(t.Context(), "alice@example.com", time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		paths[item.Folder.Path] = true
	}
	if !paths["Work %2F Play 100%"] || !paths["Work %2F Play 100%/Bücher & Hefte"] || paths["Archive"] || paths["Inbox/Projects"] {
		t.Fatalf("live paths: %v; folders %v", paths, folders)
	}
}

// TestInterrupted: a cancelled run says so, keeps what it committed, and the next one completes it.
func TestInterrupted(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	o := l.options("alice")
	ctx, cancel := context.WithCancel(t.Context())
	pages, inner := 0, o.Events
	o.Events = func(e migrate.Event) {
		if inner(e); e.Event == migrate.EventPage {
			if pages++; pages == 3 {
				cancel()
			}
		}
	}
	sum, err := migrate.Run(ctx, o)
	if sum.Result != migrate.ResultInterrupted || !errors.Is(err, context.Canceled) || sum.ItemsStored == 0 || sum.ItemsStored >= perUser {
		t.Fatalf("result %s, stored %d, error %v", sum.Result, sum.ItemsStored, err)
	}
	second := l.run(l.options("alice"))
	if sum.ItemsStored+second.ItemsStored != perUser {
		t.Fatalf("stored %d and %d, want %d in all", sum.ItemsStored, second.ItemsStored, perUser)
	}
	l.check("alice")
}

// TestInterruptedBeforeRetry: a run that is cancelled while it waits for a server to come back was interrupted, and did not fail.
func TestInterruptedBeforeRetry(t *testing.T) {
	l := newLab(t, easserver.Config{OnRequest: func(*easserver.Request) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	}}, "alice")
	o := l.options("alice")
	ctx, cancel := context.WithCancel(t.Context())
	o.Sleep = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	sum, err := migrate.Run(ctx, o)
	if sum.Result != migrate.ResultInterrupted || !errors.Is(err, context.Canceled) || sum.Requests == 0 {
		t.Fatalf("result %s after %d requests, error %v", sum.Result, sum.Requests, err)
	}
}

// TestRefused: errors that a retry does not mend name the side and the mailbox, and have a hint.
func TestRefused(t *testing.T) {
	refuse := func(h http.HandlerFunc) easserver.Config {
		return easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
			if r.Command == "Sync" {
				return h
			}
			return nil
		}}
	}
	html := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html><body>Please log in</body></html>"))
	}
	for name, c := range map[string]struct {
		cfg  easserver.Config
		want error
		text string
	}{
		"html":     {refuse(html), eas.ErrNotEAS, ": page 1: source: Sync: malformed answer (text/html)"},
		"blocked":  {refuse(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }), eas.ErrBlocked, "source: Sync: HTTP 403"},
		"password": {easserver.Config{Authenticate: func(string, string) bool { return false }}, eas.ErrUnauthorized, "alice@example.com: source:"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, c.cfg, "alice")
			o := l.options("alice")
			o.Folders = 1
			sum, err := migrate.Run(t.Context(), o)
			var e *migrate.Error
			if sum.Result != migrate.ResultFailed || !errors.Is(err, c.want) || !errors.As(err, &e) || e.Side != migrate.Source {
				t.Fatalf("result %s, error %v", sum.Result, err)
			}
			if !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %q does not hold %q", err, c.text)
			}
			if sum.ItemsStored != 0 {
				t.Errorf("stored %d items", sum.ItemsStored)
			}
		})
	}
}

// moveState takes the archive of a lab to a place where no checkpoints are.
func moveState(t *testing.T, root string) string {
	t.Helper()
	next := t.TempDir()
	if err := copyTree(filepath.Join(root, "archive"), filepath.Join(next, "archive")); err != nil {
		t.Fatal(err)
	}
	return next
}
