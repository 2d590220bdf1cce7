package migrate_test

import (
	"sync"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// TestWatchMoves: a mailbox that moves while it is watched is watched at its new place.
func TestWatchMoves(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	here, there := l.place(quick(easserver.Config{})), l.place(quick(easserver.Config{}))
	loc := &locator{t: t, trusted: []*place{here, there}, at: here, unknown: map[*place]bool{}}
	o := l.located(here, loc)
	w := l.watch(o, migrate.WatchOptions{})
	w.quiet(1)
	inbox := l.store.User("alice").Folder("Inbox")
	here.now(movedTo(there.url()))
	inbox.AddMessage(message("alice", "Inbox", 1000))
	w.stored(1)
	w.quiet(1)
	before := here.requests.Load()
	inbox.AddMessage(message("alice", "Inbox", 1001))
	w.stored(1)
	sum := w.interrupt()
	if sum.ItemsStored != perUser+2 || sum.Resyncs != 0 || sum.Folders != len(l.folders(o)) {
		t.Errorf("%+v", sum)
	}
	if here.requests.Load() != before || l.state(o).Server != there.url() {
		t.Errorf("%d requests to the old server; the mailbox is at %s", here.requests.Load()-before, l.state(o).Server)
	}
	l.check("alice")
	here.now(nil)
}

// TestWatchLinksMoves: the halves of a move are linked, also when they come in different rounds.
func TestWatchLinksMoves(t *testing.T) {
	l := newLab(t, quick(easserver.Config{}), "alice")
	w := l.watch(l.options("alice"), migrate.WatchOptions{})
	w.quiet(1)
	u := l.store.User("alice")
	const moves = 4
	for range moves {
		if _, err := u.Folder("Inbox").Move(idsOf(u.Folder("Inbox"))[0], u.Folder("Archive")); err != nil {
			t.Fatal(err)
		}
		w.stored(2)
	}
	w.interrupt()
	if links := l.links(); links != moves {
		t.Errorf("%d events are linked as moves, of %d moves", links, moves)
	}
	l.check("alice")
}

// TestWatchAfterSleep: when the machine wakes up, the server is asked again at once, by whatever connection is left.
func TestWatchAfterSleep(t *testing.T) {
	var mu sync.Mutex
	pings := 0
	l := newLab(t, quick(easserver.Config{OnRequest: countPings(&mu, &pings)}), "alice")
	o := l.options("alice")
	var slept time.Duration
	o.Now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return time.Now().Add(slept)
	}
	woke := make(chan struct{}, 1)
	o.Sleep = sleepUntil(woke)
	w := l.watch(o, migrate.WatchOptions{Whole: 24 * time.Hour, Tree: 24 * time.Hour})
	w.quiet(1)
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return pings
	}
	await(t, func() bool { return count() == 1 })
	for round := range 3 {
		mu.Lock()
		slept += time.Hour
		mu.Unlock()
		woke <- struct{}{}
		await(t, func() bool { return count() == 2+round })
	}
	l.store.User("alice").Folder("Inbox").AddMessage(message("alice", "Inbox", 1000))
	w.stored(1)
	w.interrupt()
	l.check("alice")
}
