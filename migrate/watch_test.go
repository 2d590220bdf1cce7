package migrate_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
)

// watch is a watch that is running.
type watch struct {
	l      *lab
	events chan migrate.Event
	stop   context.CancelFunc
	ended  chan struct{}
	sum    migrate.Summary
	err    error
}

// patience bounds what a test waits for; nothing depends on how long it takes.
const patience = 30 * time.Second

// watch begins to watch mailboxes. It is stopped when the test ends.
func (l *lab) watch(o migrate.Options, wo migrate.WatchOptions) *watch {
	l.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &watch{l: l, events: make(chan migrate.Event, 10_000), stop: cancel, ended: make(chan struct{})}
	inner := o.Events
	o.Events = func(e migrate.Event) {
		inner(e)
		w.events <- e
	}
	go func() {
		defer close(w.ended)
		w.sum, w.err = migrate.Watch(ctx, o, wo)
	}()
	l.t.Cleanup(func() {
		cancel()
		<-w.ended
	})
	return w
}

// until waits for an event.
func (w *watch) until(what string, is func(migrate.Event) bool) migrate.Event {
	w.l.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-w.events:
			if is(e) {
				return e
			}
		case <-w.ended:
			w.l.t.Fatalf("the watch ended before %s: %s, %v", what, w.sum.Result, w.err)
		case <-deadline:
			w.l.t.Fatalf("no %s; events: %+v", what, w.l.tail())
		}
	}
}

func (l *lab) tail() []migrate.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events[max(0, len(l.events)-40):]
}

// quiet waits until n mailboxes have been read and wait for news.
func (w *watch) quiet(n int) {
	w.l.t.Helper()
	for range n {
		w.until("wait for news", func(e migrate.Event) bool { return e.Event == migrate.EventWatching })
	}
}

// stored waits until so many events of items are in the archive.
func (w *watch) stored(n int) {
	w.l.t.Helper()
	got := 0
	w.until("page", func(e migrate.Event) bool {
		if e.Event == migrate.EventPage {
			got += e.Stored + e.Changed + e.Deleted
		}
		return got >= n
	})
}

// interrupt ends the watch in order.
func (w *watch) interrupt() migrate.Summary {
	w.l.t.Helper()
	w.stop()
	<-w.ended
	if w.sum.Result != migrate.ResultInterrupted || !errors.Is(w.err, context.Canceled) {
		w.l.t.Fatalf("it ended as %s, %v", w.sum.Result, w.err)
	}
	return w.sum
}

// quick is a server whose heartbeats may be short.
func quick(cfg easserver.Config) easserver.Config {
	cfg.MinHeartbeat = time.Second
	return cfg
}

// TestWatch stores what arrives, changes and goes in several folders, and the next run has nothing to do.
func TestWatch(t *testing.T) {
	for _, version := range []string{"2.5", "12.0", "12.1", "14.1", "16.1"} {
		t.Run(version, func(t *testing.T) {
			l := newLab(t, quick(easserver.Config{Versions: []string{version}}), "alice")
			w := l.watch(l.options("alice"), migrate.WatchOptions{})
			w.quiet(1)
			u := l.store.User("alice")
			for i := range 5 {
				u.Folder("Inbox").AddMessage(message("alice", "Inbox", 1000+i))
				w.stored(1)
			}
			changeMailbox(t, u) // 2 stored, 2 changed, 2 deleted
			w.stored(6)
			sum := w.interrupt()
			if sum.ItemsStored != perUser+7 || sum.ItemsChanged != 2 || sum.ItemsDeleted != 2 || sum.Folders == 0 {
				t.Errorf("%+v", sum)
			}
			if n := onServerCount(t, u); sum.ItemsLive != n {
				t.Errorf("it says that %d items live, the server has %d", sum.ItemsLive, n)
			}
			l.check("alice")
			if sum := l.run(l.options("alice")); sum.ItemsStored+sum.ItemsChanged+sum.ItemsDeleted+sum.Resyncs != 0 {
				t.Errorf("the run after it: %+v", sum)
			}
		})
	}
}

func onServerCount(t *testing.T, u *easserver.User) int {
	messages, other := onServer(t, u)
	return len(messages) + other
}

// TestWatchFolders stores what is in folders that are made, renamed and deleted meanwhile.
func TestWatchFolders(t *testing.T) {
	l := newLab(t, quick(easserver.Config{}), "alice")
	w := l.watch(l.options("alice"), migrate.WatchOptions{})
	w.quiet(1)
	u := l.store.User("alice")
	f := u.AddFolder("Inbox/New", eas.FolderUserMail)
	f.AddMessage(message("alice", "Inbox/New", 1))
	w.stored(1)
	f.AddMessage(message("alice", "Inbox/New", 2))
	w.stored(1)
	if err := u.MoveFolder(f, nil, "Newer"); err != nil {
		t.Fatal(err)
	}
	w.until("folder of the new name", func(e migrate.Event) bool { return e.Event == migrate.EventFolderEnd && e.Folder == "Newer" })
	f.AddMessage(message("alice", "Newer", 3))
	w.stored(1)
	if err := u.RemoveFolder(u.Folder("Archive")); err != nil {
		t.Fatal(err)
	}
	w.stored(12)
	sum := w.interrupt()
	if sum.ItemsStored != perUser+3 || sum.ItemsDeleted != 12 {
		t.Errorf("%+v", sum)
	}
	l.check("alice")
	if sum := l.run(l.options("alice")); sum.Segments+sum.Resyncs != 0 {
		t.Errorf("the run after it: %+v", sum)
	}
}

// TestWatchLimits: a server that bears short heartbeats and few folders is asked for no more, and every folder has its turn.
func TestWatchLimits(t *testing.T) {
	var mu sync.Mutex
	refused := map[string]int{}
	cfg := easserver.Config{
		MinHeartbeat: time.Second, MaxHeartbeat: 2 * time.Second, MaxPingFolders: 3,
		OnViolation: func(v easserver.Violation) {
			mu.Lock()
			defer mu.Unlock()
			refused[v.Rule]++
		},
	}
	l := newLab(t, cfg, "alice")
	w := l.watch(l.options("alice"), migrate.WatchOptions{})
	w.quiet(1)
	u := l.store.User("alice")
	n := 0
	for _, f := range u.Folders() {
		if class, ok := f.Type().Class(); ok && class == eas.ClassEmail {
			f.AddMessage(message("alice", "Inbox", 5000+n))
			n++
		}
	}
	w.stored(n)
	w.interrupt()
	l.check("alice")
	mu.Lock()
	defer mu.Unlock()
	if refused["MS-ASCMD 2.2.3.88.1"] != 1 || refused["MS-ASCMD 2.2.3.102"] != 1 || len(refused) != 2 {
		t.Errorf("the server refused: %v", refused)
	}
}

// TestWatchForgotten: the server forgets all of the device, and everything is matched with what is stored.
func TestWatchForgotten(t *testing.T) {
	l := newLab(t, quick(easserver.Config{OnViolation: func(easserver.Violation) {}}), "alice")
	w := l.watch(l.options("alice"), migrate.WatchOptions{})
	w.quiet(1)
	u := l.store.User("alice")
	u.RemoveDevice(u.Devices()[0].ID)
	u.Folder("Inbox").AddMessage(message("alice", "Inbox", 1000))
	w.stored(1)
	u.Folder("Archive").AddMessage(message("alice", "Archive", 1001))
	w.stored(1)
	sum := w.interrupt()
	if sum.ItemsStored != perUser+2 {
		t.Errorf("%+v", sum)
	}
	l.run(l.options("alice"))
	l.check("alice")
}

// TestWatchCut cuts every second answer to a Ping, and breaks down for everything now and then.
func TestWatchCut(t *testing.T) {
	var mu sync.Mutex
	n, down := 0, 0
	cfg := quick(easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		mu.Lock()
		defer mu.Unlock()
		if down > 0 {
			down--
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		}
		if r.Command != "Ping" {
			return nil
		}
		if n++; n%4 == 3 {
			down = 9
		}
		if n%2 == 0 {
			return nil
		}
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	}})
	l := newLab(t, cfg, "alice")
	w := l.watch(l.options("alice"), migrate.WatchOptions{})
	w.quiet(1)
	u := l.store.User("alice")
	for i := range 10 {
		u.Folder([]string{"Inbox", "Archive"}[i%2]).AddMessage(message("alice", "Inbox", 1000+i))
		w.stored(1)
	}
	if sum := w.interrupt(); sum.ItemsStored != perUser+10 {
		t.Errorf("%+v", sum)
	}
	l.check("alice")
	l.run(l.options("alice"))
	l.check("alice")
}

// TestWatchWithoutPing: a server without Ping waits with Sync, and one that has neither is asked.
func TestWatchWithoutPing(t *testing.T) {
	for _, version := range []string{"12.1", "14.1", "16.1"} {
		t.Run(version, func(t *testing.T) {
			cfg := quick(easserver.Config{Versions: []string{version}, OnRequest: func(r *easserver.Request) http.Handler {
				if r.Command == "Ping" {
					return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) })
				}
				return nil
			}})
			l := newLab(t, cfg, "alice")
			w := l.watch(l.options("alice"), migrate.WatchOptions{})
			w.until("warning", func(e migrate.Event) bool {
				return e.Event == migrate.EventWarning && strings.Contains(e.Message, "Sync waits")
			})
			u := l.store.User("alice")
			for i := range 12 { // more than a window at last
				u.Folder("Inbox").AddMessage(message("alice", "Inbox", 1000+i))
				if i < 5 {
					w.stored(1)
				}
			}
			w.stored(7)
			changeMailbox(t, u)
			w.stored(6)
			if sum := w.interrupt(); sum.ItemsStored != perUser+14 || sum.ItemsChanged != 2 || sum.ItemsDeleted != 2 || sum.Resyncs != 0 {
				t.Errorf("%+v", sum)
			}
			l.check("alice")
			l.run(l.options("alice"))
			l.check("alice")
		})
	}
}

// TestWatchMany watches more mailboxes than are read at once.
func TestWatchMany(t *testing.T) {
	users := []string{"u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9", "u10", "u11"}
	l := newLab(t, quick(easserver.Config{}), users...)
	o := l.options(users...)
	o.Workers = 8
	w := l.watch(o, migrate.WatchOptions{})
	w.quiet(len(users))
	for i, u := range users {
		l.store.User(u).Folder("Inbox").AddMessage(message(u, "Inbox", 1000+i))
	}
	w.stored(len(users))
	if sum := w.interrupt(); sum.ItemsStored != len(users)*(perUser+1) || sum.Mailboxes != len(users) {
		t.Errorf("%+v", sum)
	}
	l.check(users...)
}

// TestTwoWatches: a mailbox has one watch, or one run.
func TestTwoWatches(t *testing.T) {
	l := newLab(t, quick(easserver.Config{}), "alice")
	w := l.watch(l.options("alice"), migrate.WatchOptions{})
	w.quiet(1)
	if sum, err := migrate.Watch(t.Context(), l.options("alice"), migrate.WatchOptions{}); !errors.Is(err, checkpoints.ErrLocked) || sum.Requests != 0 {
		t.Errorf("a second watch: %+v, %v", sum, err)
	}
	if _, err := migrate.Run(t.Context(), l.options("alice")); !errors.Is(err, checkpoints.ErrLocked) {
		t.Errorf("a run beside it: %v", err)
	}
	w.interrupt()
	l.run(l.options("alice"))
}

// TestWatchEnds: what does not pass by itself ends a watch, and the others go on.
func TestWatchEnds(t *testing.T) {
	var mu sync.Mutex
	wrong := false
	l := newLab(t, quick(easserver.Config{Authenticate: func(user, _ string) bool {
		mu.Lock()
		defer mu.Unlock()
		return user != "alice" || !wrong
	}}), "alice", "bob")
	w := l.watch(l.options("alice", "bob"), migrate.WatchOptions{Tree: 100 * time.Millisecond})
	w.quiet(2)
	mu.Lock()
	wrong = true
	mu.Unlock()
	end := w.until("end of a mailbox", func(e migrate.Event) bool { return e.Event == migrate.EventMailboxEnd })
	if end.Mailbox != "alice@example.com" || end.Result != string(migrate.ResultFailed) {
		t.Errorf("%+v", end)
	}
	l.store.User("bob").Folder("Inbox").AddMessage(message("bob", "Inbox", 1000))
	w.stored(1)
	w.stop()
	<-w.ended
	if !errors.Is(w.err, eas.ErrUnauthorized) {
		t.Errorf("%v", w.err)
	}
	l.check("alice", "bob")

	// Nobody is left to be watched.
	o := l.options("alice")
	sum, err := migrate.Watch(t.Context(), o, migrate.WatchOptions{})
	if sum.Result != migrate.ResultFailed || !errors.Is(err, eas.ErrUnauthorized) {
		t.Errorf("%s, %v", sum.Result, err)
	}
}

// TestWatchLimit ends in order when its time is over.
func TestWatchLimit(t *testing.T) {
	l := newLab(t, quick(easserver.Config{}), "alice")
	o := l.options("alice")
	o.MaxDuration = 2 * time.Second
	sum, err := migrate.Watch(t.Context(), o, migrate.WatchOptions{})
	if sum.Result != migrate.ResultInterrupted || !errors.Is(err, migrate.ErrLimit) {
		t.Fatalf("%s, %v", sum.Result, err)
	}
	l.run(l.options("alice"))
	l.check("alice")
}

// TestWatchRecords: the segments of a watch are named by its records, which are not more than they have to be; and a watch that
// is killed leaves the last ones to be taken over.
func TestWatchRecords(t *testing.T) {
	l := newLab(t, quick(easserver.Config{}), "alice")
	w := l.watch(l.options("alice"), migrate.WatchOptions{})
	w.quiet(1)
	inbox := l.store.User("alice").Folder("Inbox")
	for i := range 70 { // one of them is due when 64 segments wait
		inbox.AddMessage(message("alice", "Inbox", 1000+i))
		w.quiet(1)
	}
	w.interrupt()
	l.check("alice")
	runs, named := l.records("alice@example.com")
	if runs != 3 {
		t.Errorf("%d run records: want one of the first round, one of 64 segments, and the last", runs)
	}
	if sum := w.sum; sum.Segments != len(named) {
		t.Errorf("%d segments were written, %d are named", sum.Segments, len(named))
	}
	if last, err := l.archive().LastRun(t.Context(), "alice@example.com"); err != nil || len(last.Folders) < 8 || !slices.ContainsFunc(last.Folders, func(f sinks.FolderState) bool { return f.Path == "Archive" && f.Seq > 0 && f.SyncKey != "" }) {
		t.Errorf("the last record has %d folders, %v", len(last.Folders), err)
	}
}

// records counts the run records of a mailbox, and lists the segments that they name.
func (l *lab) records(mailbox string) (runs int, segments map[string]bool) {
	l.t.Helper()
	segments = map[string]bool{}
	err := filepath.WalkDir(filepath.Join(l.root, "archive"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(path, "/"+mailbox+"/runs/") || !strings.HasSuffix(path, ".json") {
			return err
		}
		var r struct{ Run sinks.Run }
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, &r); err != nil {
			return err
		}
		runs++
		for _, s := range r.Run.Segments {
			segments[s.Name] = true
		}
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return runs, segments
}
