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

	"filippo.io/age"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
)

var errDied = errors.New("the process died")

// mortal is a sink that dies at a commit of a page: before it, or behind it, when its outcome is not told any more. Then nothing
// has an effect.
type mortal struct {
	*archive.Archive
	of      func(sinks.Folder) bool // whose commits count; nil = of all
	behind  bool
	mu      sync.Mutex
	commits int // that it lives to see
	dead    bool
}

// dies counts a commit, if it is one, and tells whether the process is dead.
func (m *mortal) dies(commit bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if commit {
		m.dead = m.dead || m.commits == 0
		m.commits--
	}
	return m.dead
}

func (m *mortal) Begin(ctx context.Context, p sinks.Page) (sinks.PageWriter, error) {
	if m.dies(false) {
		return nil, errDied
	}
	w, err := m.Archive.Begin(ctx, p)
	return &mortalPage{w, m, m.of == nil || m.of(p.Folder)}, err
}

func (m *mortal) Record(ctx context.Context, r sinks.Run) error {
	if m.dies(false) {
		return errDied
	}
	return m.Archive.Record(ctx, r)
}

type mortalPage struct {
	sinks.PageWriter
	m      *mortal
	counts bool
}

func (w *mortalPage) Full() bool { return w.PageWriter.(sinks.Limiter).Full() }

func (w *mortalPage) Commit(ctx context.Context, key string) (s sinks.Segment, err error) {
	dead := w.m.dies(w.counts)
	if dead && !w.m.behind {
		return s, errors.Join(errDied, w.Abort())
	}
	s, err = w.PageWriter.Commit(ctx, key)
	if dead {
		err = errors.Join(errDied, err)
	}
	return s, err
}

// pagesOf reads the pages of a folder.
func pagesOf(t *testing.T, a *archive.Archive, mailbox, dir string) (pages []sinks.Committed) {
	t.Helper()
	for c, err := range a.Pages(t.Context(), mailbox, dir, 0) {
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, c)
	}
	return pages
}

// dirOf finds a folder's place in the archive.
func dirOf(t *testing.T, a *archive.Archive, mailbox, path string) string {
	t.Helper()
	folders, err := a.Folders(t.Context(), mailbox)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(folders, func(f sinks.Folder) bool { return f.Path == path })
	if i < 0 {
		t.Fatalf("%s is not in the archive: %+v", path, folders)
	}
	return folders[i].Dir
}

// wantParts: no page has more events than it may, but for the link of a move. It counts those that lead to no other key.
func wantParts(t *testing.T, pages []sinks.Committed, most int) (parts int) {
	t.Helper()
	for _, p := range pages {
		if len(p.Events) > most+1 {
			t.Errorf("page %d has %d events, want %d at most", p.Page.Seq, len(p.Events), most)
		}
		if p.KeyAfter == p.Page.KeyBefore {
			parts++
		}
	}
	return parts
}

// TestAnswerInParts: the answers of a server are stored in parts, with bodies both ways, from a server that keeps to the window
// and one that does not. The archive is what it is without parts.
func TestAnswerInParts(t *testing.T) {
	for _, bodies := range []migrate.BodyMode{migrate.BodiesSync, migrate.BodiesFetch} {
		for _, rate := range []float64{0, 0.5} {
			t.Run(fmt.Sprint(bodies, rate), func(t *testing.T) {
				cfg := easserver.Config{Versions: []string{"14.1"}}
				if rate > 0 {
					cfg.Faults = easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultLargePage, Rate: rate})
				}
				l := newLab(t, cfg, "alice", "bob")
				o := l.options("alice", "bob")
				o.Bodies, o.PageEvents = bodies, 2
				if sum := l.run(o); sum.ItemsStored != 2*perUser || sum.Resyncs != 0 {
					t.Fatalf("%+v", sum)
				}
				l.check("alice", "bob")
				changeMailbox(t, l.store.User("alice"))
				if sum := l.run(o); sum.ItemsStored != 2 || sum.ItemsChanged != 2 || sum.ItemsDeleted != 2 {
					t.Fatalf("stored %d, changed %d, deleted %d; want 2, 2, 2", sum.ItemsStored, sum.ItemsChanged, sum.ItemsDeleted)
				}
				l.check("alice", "bob")
				a := l.archive()
				pages := pagesOf(t, a, "alice@example.com", dirOf(t, a, "alice@example.com", "Inbox"))
				if parts := wantParts(t, pages, 2); parts < 3 {
					t.Errorf("%d parts in %d pages", parts, len(pages))
				}
				if sum := l.run(o); sum.Segments != 0 {
					t.Fatalf("nothing changed, and the run did %+v", sum)
				}
			})
		}
	}
}

// TestDiesBetweenParts lets runs die before and behind each commit of the parts: of a first pass, of one from key 0 that does
// not show what was deleted, and with checkpoints and without. What follows doubles nothing and ends balanced.
func TestDiesBetweenParts(t *testing.T) {
	const mailbox = "alice@example.com"
	commits := []int{1, 2, 5} // the third also loses its checkpoints
	if os.Getenv("AIRLIFT_CRASH") == "full" {
		commits = []int{0, 1, 2, 5, 7, 12}
	}
	for i, n := range commits {
		for _, behind := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d-%t", n, behind), func(t *testing.T) {
				l := newLab(t, easserver.Config{Versions: []string{"14.1"}}, "alice")
				die := func(o migrate.Options) {
					t.Helper()
					o.Sink = &mortal{Archive: o.Sink.(*archive.Archive), commits: n, behind: behind}
					if _, err := migrate.Run(t.Context(), o); !errors.Is(err, errDied) {
						t.Fatalf("the run lives: %v", err)
					}
					if i%3 == 2 {
						if err := os.RemoveAll(filepath.Join(l.root, "state")); err != nil {
							t.Fatal(err)
						}
					}
				}
				options := func() migrate.Options {
					o := l.options("alice")
					o.PageEvents, o.Folders = 2, 1
					return o
				}
				die(options())
				l.run(options())
				l.check("alice")
				// All but one of the messages go, and another selection makes the pass begin anew.
				u := l.store.User("alice")
				for _, path := range []string{"Inbox", "Inbox/Projects", "Archive"} {
					for _, id := range idsOf(u.Folder(path))[1:] {
						if err := u.Folder(path).Delete(id); err != nil {
							t.Fatal(err)
						}
					}
				}
				anew := func() migrate.Options {
					o := options()
					o.Select.MaxSize = 1 << 30
					return o
				}
				die(anew())
				l.run(anew())
				l.check("alice")
				a := l.archive()
				wantOnce(t, pagesOf(t, a, mailbox, dirOf(t, a, mailbox, "Inbox")), 12, 11)
				if sum := l.run(anew()); sum.Segments != 0 {
					t.Errorf("nothing changed, and the run did %+v", sum)
				}
			})
		}
	}
}

// TestKeyOfPartsIsCounted: parts of an answer are progress, and yet its key is shown twice only: then the folder begins anew.
func TestKeyOfPartsIsCounted(t *testing.T) {
	for _, behind := range []bool{false, true} {
		l := newLab(t, easserver.Config{Versions: []string{"14.1"}}, "alice")
		o := l.options("alice")
		o.PageEvents = 1 // of five that come with one key
		a := o.Sink.(*archive.Archive)
		inbox := func(f sinks.Folder) bool { return f.Path == "Inbox" }
		key := ""
		for asked := 1; asked <= 2; asked++ {
			o.Sink = &mortal{Archive: a, of: inbox, commits: 3 - asked, behind: behind}
			if _, err := migrate.Run(t.Context(), o); !errors.Is(err, errDied) {
				t.Fatalf("the run lives: %v", err)
			}
			folders, err := o.Checkpoints.Folders(t.Context(), checkpoints.Key{Job: o.Job, Mailbox: "alice@example.com"})
			if err != nil {
				t.Fatal(err)
			}
			f := folders[slices.IndexFunc(folders, func(f checkpoints.Folder) bool { return f.Path == "Inbox" })]
			if f.Asked != asked || f.Seq == 0 || f.SyncKey == "0" || f.Doubted != (asked > 1) || key != "" && f.SyncKey != key {
				t.Errorf("after death %d: %+v", asked, f)
			}
			key = f.SyncKey
		}
		o.Sink, l.events = a, nil
		l.run(o)
		anew := func(e migrate.Event) bool { return e.Event == migrate.EventResync && e.Folder == "Inbox" }
		if !slices.ContainsFunc(l.events, anew) {
			t.Error("the key was shown a third time")
		}
		l.check("alice")
		wantOnce(t, pagesOf(t, a, "alice@example.com", dirOf(t, a, "alice@example.com", "Inbox")), 12, 0)
	}
}

// wantOnce: so many items were added and deleted, each once.
func wantOnce(t *testing.T, pages []sinks.Committed, added, deleted int) {
	t.Helper()
	n := map[string]int{}
	adds, deletes := 0, 0
	for _, p := range pages {
		for _, e := range p.Events {
			if e.Op != sinks.OpAdd && e.Op != sinks.OpDelete {
				continue
			}
			key := string(e.Op) + " " + e.ServerID
			if n[key]++; n[key] > 1 {
				t.Errorf("%s is there %d times", key, n[key])
			}
			if e.Op == sinks.OpAdd {
				adds++
			} else {
				deletes++
			}
		}
	}
	if adds != added || deletes != deleted {
		t.Errorf("%d items were added and %d deleted, want %d and %d", adds, deletes, added, deleted)
	}
}

// sealed is an encrypted archive of the lab, as a host without an identity has it, and as the owner has it.
func (l *lab) sealed(owner *age.X25519Identity) (host, reader *archive.Archive) {
	l.t.Helper()
	b, err := dir.Open(filepath.Join(l.root, "archive"), true)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { b.Close() })
	o := archive.Options{Recipients: []string{owner.Recipient().String()}, TempDir: l.t.TempDir()}
	if host, err = archive.CreateWith(l.t.Context(), b, o); err != nil {
		l.t.Fatal(err)
	}
	o.Identities = []age.Identity{owner}
	if reader, err = archive.OpenWith(l.t.Context(), b, o); err != nil {
		l.t.Fatal(err)
	}
	return host, reader
}

// hoard writes a folder of many small items into an archive, as a run would have that the server showed them.
func hoard(t *testing.T, a *archive.Archive, url string, f sinks.Folder, ids []string) {
	t.Helper()
	prev, key, seq := "", "0", 0
	for page := range slices.Chunk(ids, 1500) {
		seq++
		w, err := a.Begin(t.Context(), sinks.Page{
			Seq: seq, Mailbox: "alice@example.com", Folder: f, Server: url, EASVersion: "14.1", DeviceID: "AIRLIFT0123", KeyBefore: key, Prev: prev,
			Time: time.Date(2026, 11, 1, 0, seq, 0, 0, time.UTC), RunID: "run1",
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range page {
			content := message("alice", f.Path, len(id))
			_, err := w.Put(t.Context(), sinks.Event{Op: sinks.OpAdd, ServerID: id, Whole: true}, sinks.Content{
				Ext: ".eml", Size: int64(len(content)), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		key = fmt.Sprint("key ", seq)
		s, err := w.Commit(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		prev = s.SHA256
	}
}

// TestRetireLargeFolder: a folder of many items is gone from the server, and the archive is encrypted. The run dies between the
// parts of their deletions, with the checkpoints and then without, and the one that follows goes on. AIRLIFT_CRASH=full takes
// 60,000 items, of which what must be in clear does not fit one page, and the parts that they have by themselves.
func TestRetireLargeFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("it has thousands of items and no goroutines of its own")
	}
	const mailbox, parts = "alice@example.com", 6
	items, perPart := 6*500, 500
	if os.Getenv("AIRLIFT_CRASH") == "full" {
		items, perPart = 60_000, 0
	}
	owner, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, easserver.Config{Versions: []string{"14.1"}}, "alice")
	host, reader := l.sealed(owner)
	f := sinks.Folder{ID: "0a1b2c3d", Path: "Old", Class: string(eas.ClassEmail), ServerID: "old", Type: int(eas.FolderUserMail)}
	f.Dir = host.Place(f.Path, f.ID)
	var ids []string
	for n := range items {
		ids = append(ids, fmt.Sprint("old:", n))
	}
	hoard(t, host, l.url, f, ids)
	stored := len(pagesOf(t, reader, mailbox, f.Dir))
	options := func(sink sinks.Sink) migrate.Options {
		o := l.options("alice")
		o.Sink, o.Window, o.PageEvents = sink, 100, perPart
		return o
	}
	o := options(host)
	if err := migrate.Rebuild(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for _, behind := range []bool{false, true} {
		o := options(&mortal{Archive: host, of: func(o sinks.Folder) bool { return o.ID == f.ID }, commits: 2, behind: behind})
		if _, err := migrate.Run(t.Context(), o); !errors.Is(err, errDied) {
			t.Fatalf("the run lives: %v", err)
		}
	}
	if err := os.RemoveAll(filepath.Join(l.root, "state")); err != nil {
		t.Fatal(err)
	}
	l.run(options(host))
	pages := pagesOf(t, reader, mailbox, f.Dir)
	wantOnce(t, pages, items, items)
	if n := wantParts(t, pages[stored:], items/parts); n != parts {
		t.Errorf("%d pages, want %d", n, parts)
	}
	for item, err := range reader.Items(t.Context(), mailbox, time.Time{}) {
		if err != nil || strings.HasPrefix(item.ServerID, "old:") {
			t.Fatalf("%s lives, %v", item.ServerID, err)
		}
	}
	sum, err := reader.Verify(t.Context(), archive.VerifyOptions{Problem: func(p archive.Problem) { t.Errorf("verify: %+v", p) }})
	if err != nil || sum.Items != items+perUser {
		t.Errorf("%+v, %v", sum, err)
	}
}

// TestLargeFolderIsEmptied: the key of a folder is lost, and all that it held is deleted, which is more than can be asked for one by
// one. It is noted, in parts, when two devices are shown nothing, the server counts nothing and has none of a sample. Where it
// only hides the items they live on.
func TestLargeFolderIsEmptied(t *testing.T) {
	if testing.Short() {
		t.Skip("it has thousands of items and no goroutines of its own")
	}
	const items, mailbox = 5100, "alice@example.com"
	hides := easserver.FaultRule{Fault: easserver.FaultSkippedItem}
	for name, c := range map[string]struct {
		faults []easserver.FaultRule
		gone   int
	}{
		"deleted": {nil, items}, "hidden": {[]easserver.FaultRule{hides}, 0},
		"hidden and not counted": {[]easserver.FaultRule{hides, {Fault: easserver.FaultEstimateZero}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, easserver.Config{Versions: []string{"14.1"}, Faults: easserver.NewFaults(1, c.faults...)})
			there := l.store.AddUser("alice").AddFolder("Old", eas.FolderUserMail)
			f := sinks.Folder{ID: "0a1b2c3d", Path: "Old", Class: string(eas.ClassEmail), ServerID: string(there.ID()), Type: int(eas.FolderUserMail)}
			a := l.archive()
			f.Dir = a.Place(f.Path, f.ID)
			var ids []string
			for range items {
				ids = append(ids, string(there.AddMessage(message("alice", "Old", 1))))
			}
			hoard(t, a, l.url, f, ids)
			o := l.options("alice")
			o.Window, o.PageEvents = 500, 1000
			if err := migrate.Rebuild(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				if c.gone == 0 {
					break
				}
				if err := there.Delete(eas.ServerID(id)); err != nil {
					t.Fatal(err)
				}
			}
			sum, err := migrate.Run(t.Context(), o)
			if err != nil || sum.ItemsDeleted != c.gone || sum.ItemsLive != items-c.gone || sum.ItemsStored != 0 || c.gone > 0 && sum.Result != migrate.ResultOK {
				t.Fatalf("%+v, %v", sum, err)
			}
			pages := pagesOf(t, a, mailbox, f.Dir)
			wantOnce(t, pages, items, c.gone)
			if parts := wantParts(t, pages[4:], 1000); parts != (c.gone+999)/1000 {
				t.Errorf("%d parts, %d gone", parts, c.gone)
			}
			if c.gone > 0 {
				l.run(o)
				l.check("alice")
			}
		})
	}
}

// TestArchiveBehind: checkpoints that are ahead of the archive, because it lost pages with a disk, or came back from a backup, are not
// built on, also where no run record had named the pages yet.
func TestArchiveBehind(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	o := l.options("alice")
	l.run(o)
	k := checkpoints.Key{Job: o.Job, Mailbox: "alice@example.com"}
	folders, err := o.Checkpoints.Folders(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	f := folders[slices.IndexFunc(folders, func(f checkpoints.Folder) bool { return f.Path == "Inbox" })]
	segments := filepath.Join(l.root, "archive", "mailboxes", "alice@example.com", "folders", f.Dir)
	if err := os.Remove(filepath.Join(segments, fmt.Sprintf("%08d.tar.zst", f.Seq))); err != nil {
		t.Fatal(err)
	}
	l.store.User("alice").Folder("Inbox").AddMessage(message("alice", "Inbox", 555))
	for _, recorded := range []int{f.Seq, f.Seq - 1, f.Seq - 2} {
		f.Recorded = recorded
		if err := o.Checkpoints.SaveFolder(t.Context(), k, f); err != nil {
			t.Fatal(err)
		}
		sum, err := migrate.Run(t.Context(), l.options("alice"))
		if !errors.Is(err, sinks.ErrCorrupt) || sum.ItemsStored != 0 || !strings.Contains(err.Error(), "Inbox") {
			t.Errorf("recorded up to %d of %d: %+v, %v", recorded, f.Seq, sum, err)
		}
		if hint := migrate.Hint(err); recorded < f.Seq && !strings.Contains(hint, "move the state directory away") {
			t.Errorf("the hint is %q", hint)
		}
	}
	// As the hint says, where no run record names the pages that are gone.
	mailbox := filepath.Join(l.root, "archive", "mailboxes", "alice@example.com")
	for _, dir := range []string{"runs", "ledgers"} {
		if err := os.RemoveAll(filepath.Join(mailbox, dir)); err != nil {
			t.Fatal(err)
		}
	}
	l.root = moveState(t, l.root)
	l.run(l.options("alice"))
	l.check("alice")
}
