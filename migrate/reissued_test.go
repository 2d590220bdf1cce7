package migrate_test

import (
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/migrate"
)

// TestIDsOfOthers: a server whose store was built anew counts its ids from the beginning, so that each stands for another message
// than before. All of them are stored, whichever way the bodies come.
func TestIDsOfOthers(t *testing.T) {
	for _, bodies := range []migrate.BodyMode{migrate.BodiesSync, migrate.BodiesFetch} {
		t.Run(string(bodies), func(t *testing.T) {
			l := newLab(t, easserver.Config{}, "alice")
			l.run(l.options("alice"))

			l.store = easserver.NewStore()
			u := l.store.AddUser("alice")
			fill(u)
			inbox := u.Folder("Inbox")
			old := idsOf(inbox)
			for n := range old { // the same messages the other way round, and a new one in the middle
				if n == len(old)/2 {
					putInto(t, inbox, old[n], 7777)
				} else {
					putInto(t, inbox, old[n], len(old)-1-n)
				}
			}
			l.url = easservertest.Start(t, easserver.Config{}, l.store)
			o := l.options("alice")
			o.Bodies = bodies
			l.run(o)
			l.check("alice")
			if sum := l.run(o); sum.ItemsStored+sum.ItemsChanged+sum.ItemsDeleted != 0 {
				t.Errorf("and then nothing had changed, and the run did %+v", sum)
			}
			l.root = moveState(t, l.root) // the manifests tell the same
			if sum := l.run(l.options("alice")); sum.ItemsStored+sum.ItemsChanged+sum.ItemsDeleted != 0 {
				t.Errorf("without checkpoints: %+v", sum)
			}
			l.check("alice")
		})
	}
}

// putInto has an id stand for another message.
func putInto(t *testing.T, f *easserver.Folder, id eas.ServerID, n int) {
	t.Helper()
	if err := f.Change(id, func(it *easserver.Item) {
		*it = easserver.Item{Message: &easserver.Content{Bytes: message("alice", "Inbox", n)}}
	}); err != nil {
		t.Fatal(err)
	}
}

// TestAuditOfIDsOfOthers: nor does an audit believe an id, where no key told that everything is another now.
func TestAuditOfIDsOfOthers(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	l.run(l.options("alice"))
	inbox := l.store.User("alice").Folder("Inbox")
	o := l.options("alice")
	o.Audit, o.Window = migrate.AuditAlways, 100
	for _, some := range []int{3, 220} { // more than an audit looks at one by one
		for n := inbox.Len(); n < some; n++ {
			inbox.AddMessage(message("alice", "Inbox", 1000+n))
		}
		l.run(o)
		for n, id := range idsOf(inbox)[:some] {
			putInto(t, inbox, id, 7000+n+some)
		}
		if sum := l.run(o); sum.ItemsStored != some || sum.ItemsDeleted != some {
			t.Errorf("%+v", sum)
		}
		l.check("alice")
	}
	if sum := l.run(o); sum.ItemsStored+sum.ItemsChanged+sum.ItemsDeleted != 0 {
		t.Errorf("and then nothing had changed, and the run did %+v", sum)
	}
}

// TestReconcileIDsOfOthers: reconcile finds them too, and repairs what it finds.
func TestReconcileIDsOfOthers(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	o := l.options("alice")
	l.run(o)
	inbox := l.store.User("alice").Folder("Inbox")
	for n, id := range idsOf(inbox)[:3] {
		putInto(t, inbox, id, 7000+n)
	}
	for _, repair := range []bool{false, true} {
		c, err := migrate.Reconcile(t.Context(), o, repair)
		if want := map[bool]int{true: 3}[repair]; err != nil || c.Missing != 3 || c.Recovered != want || (c.Result == migrate.ResultOK) != repair {
			t.Errorf("repair %v: %+v, %v", repair, c, err)
		}
	}
	if c, err := migrate.Reconcile(t.Context(), o, false); err != nil || c.Missing != 0 || c.Result != migrate.ResultOK {
		t.Errorf("%+v, %v", c, err)
	}
	l.run(o)
	l.check("alice")
}
