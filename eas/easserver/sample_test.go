package easserver

import (
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

func TestSample(t *testing.T) {
	store := NewStore()
	u := store.AddUser("alice")
	if err := u.Sample(); err != nil {
		t.Fatal(err)
	}
	counts, total := map[eas.Class]int{}, 0
	for _, f := range u.Folders() {
		counts[f.class()] += f.Len()
		total += f.Len()
	}
	if total != 300 || len(counts) != 5 {
		t.Errorf("%d items, by class %v", total, counts)
	}
	for class, n := range counts {
		if n == 0 {
			t.Errorf("no items of class %s", class)
		}
	}
	if err := u.Sample(); err == nil {
		t.Error("a mailbox with items was filled again")
	}
	again := NewStore().AddUser("alice")
	if err := again.Sample(); err != nil {
		t.Fatal(err)
	}
	for _, f := range u.Folders() {
		g := again.Folder(f.Path())
		for id, it := range f.Items() {
			for other, same := range g.Items() {
				if id == other && it.Message != nil && string(it.Message.Bytes) != string(same.Message.Bytes) {
					t.Fatalf("%s %s is not the same twice", f.Path(), id)
				}
			}
		}
	}
}

// TestSamplePages reads the sample with raw requests. Every page is held against the
// schemas; every item has the property that names it.
func TestSamplePages(t *testing.T) {
	named := map[eas.Class]wbxml.Tag{
		eas.ClassEmail: wbxml.EmailSubject, eas.ClassContacts: wbxml.ContactsFileAs, eas.ClassCalendar: wbxml.CalendarSubject,
		eas.ClassTasks: wbxml.TasksSubject, eas.ClassNotes: wbxml.NotesSubject,
	}
	for _, version := range []string{"14.1", "16.1"} {
		store := NewStore()
		u := store.AddUser("alice")
		if err := u.Sample(); err != nil {
			t.Fatal(err)
		}
		c := newClient(t, Config{}, store)
		c.version = version
		text := wbxml.E(wbxml.AirSyncOptions, preference(1, wbxml.T(wbxml.AirSyncBasePreview, "50")))
		for _, f := range u.Folders() {
			key := c.prime(string(f.ID()))
			a := c.sync(key, string(f.ID()), window("512"), text)
			if f.Len() == 0 {
				continue
			}
			items := pageItems(&wbxml.Element{Children: []wbxml.Element{wbxml.E(wbxml.AirSyncCollections, *a)}})
			if len(items) != f.Len() {
				t.Errorf("%s %s: %d items of %d", version, f.Path(), len(items), f.Len())
			}
			for _, it := range items {
				if it.Value(named[f.class()]) == "" {
					t.Errorf("%s %s: an item without a name: %s", version, f.Path(), it.AppendXML(nil))
				}
			}
		}
		c.strict()
	}
}
