package migrate_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// TestBodiesAuto: a large folder goes on by the way that was faster on its first pages; the clock moves by what the requests
// are said to take.
func TestBodiesAuto(t *testing.T) {
	for command, want := range map[string]migrate.BodyMode{"Sync": migrate.BodiesFetch, "ItemOperations": migrate.BodiesSync} {
		t.Run(string(want), func(t *testing.T) {
			clock := &slowClock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			requests := map[string]int{}
			l := newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
				requests[r.Command]++
				whole := r.Command == "Sync" && r.Document != nil && strings.Contains(string(r.Document.AppendXML(nil)), "MIMESupport>2<")
				if whole && command == "Sync" || r.Command == command && command != "Sync" {
					clock.advance(time.Minute)
				}
				return nil
			}}, "alice")
			inbox := l.store.User("alice").Folder("Inbox")
			for n := range 200 {
				inbox.AddMessage(message("alice", "Inbox", 1000+n))
			}
			o := l.options("alice")
			o.Now, o.Select.Folders, o.Select.ExcludeFolders, o.Folders = clock.read, []string{"Inbox"}, []string{"Inbox/Projects"}, 1
			l.run(o)
			chosen := ""
			for _, e := range l.events {
				if e.Event == migrate.EventBodies && e.Folder == "Inbox" {
					chosen = e.Message
				}
			}
			if !strings.HasSuffix(chosen, ": "+string(want)) {
				t.Errorf("chosen: %q, want %s", chosen, want)
			}
			t.Log(chosen, requests)
		})
	}
}

// slowClock moves only when it is told to.
type slowClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *slowClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *slowClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}
