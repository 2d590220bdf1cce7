package easdst_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

// world is a target, and the server behind it.
type world struct {
	t      *testing.T
	user   *easserver.User
	url    string
	client *eas.Client
	target *easdst.Target
	cutAdd bool // the next request with an Add is carried out, and its answer lost
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.cutAdd && r.URL.Query().Get("Cmd") == "Sync" && r.ContentLength > 150 {
		return w.cut(r)
	}
	return w.base().RoundTrip(r)
}

func (w *world) base() http.RoundTripper {
	base := eas.NewTransport()
	w.t.Cleanup(base.CloseIdleConnections)
	return auth.Basic{User: "alice", Password: easservertest.Password, Origin: w.url, Base: base}
}

func newWorld(t *testing.T, v eas.Version, cfg easserver.Config, o easdst.Options) *world {
	t.Helper()
	s := easserver.NewStore()
	w := &world{t: t, user: s.AddUser("alice")}
	w.url = easservertest.Start(t, cfg, s)
	w.connect(v, o)
	return w
}

// connect is a new start: what was in memory is gone.
func (w *world) connect(v eas.Version, o easdst.Options) {
	w.t.Helper()
	c, err := eas.New(eas.Config{URL: w.url, User: "alice", DeviceID: "easdst1", Version: v, Transport: w, SpoolDir: w.t.TempDir()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.client = c
	if o.Settle == 0 {
		o.Settle = -1
	}
	if w.target, err = easdst.New(w.t.Context(), c, o); err != nil {
		w.t.Fatal(err)
	}
}

// place is the default folder of a class.
func (w *world) place(class string) sinks.Place {
	w.t.Helper()
	all, err := w.target.Folders(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range all {
		if p.Class == class && p.Type < 12 {
			return p
		}
	}
	w.t.Fatalf("no folder of %s in %v", class, all)
	return sinks.Place{}
}

func (w *world) open(class string) *easdst.Folder {
	w.t.Helper()
	f, err := w.target.Open(w.t.Context(), w.place(class))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { f.Close() })
	return f.(*easdst.Folder)
}

func (w *world) put(f *easdst.Folder, items ...sinks.TargetItem) []sinks.Placed {
	w.t.Helper()
	placed, err := f.Put(w.t.Context(), items)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(placed) != len(items) {
		w.t.Fatalf("%d of %d placed", len(placed), len(items))
	}
	return placed
}

func content(ext, data string) sinks.Content {
	return sinks.Content{Ext: ext, Size: int64(len(data)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }}
}

// lossless is an item of the properties, as an archive has it.
func lossless(key string, props ...wbxml.Element) sinks.TargetItem {
	e := wbxml.E(wbxml.AirSyncApplicationData, props...)
	return sinks.TargetItem{Key: key, Contents: []sinks.Content{content(".xxx", ""), content(".eas.xml", string(e.AppendXML(nil)))}}
}

func body(text string) wbxml.Element {
	return wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, text))
}

func contact(n int) sinks.TargetItem {
	s := strconv.Itoa(n)
	return lossless("contact "+s, wbxml.T(wbxml.ContactsFileAs, "Lovelace "+s), wbxml.T(wbxml.ContactsFirstName, "Ada"), wbxml.T(wbxml.ContactsLastName, "Lovelace "+s),
		wbxml.T(wbxml.ContactsEmail1Address, "ada"+s+"@example.com"), wbxml.T(wbxml.ContactsBirthday, "1815-12-10T00:00:00.000Z"), wbxml.T(wbxml.ContactsPicture, "eA=="),
		wbxml.E(wbxml.ContactsCategories, wbxml.T(wbxml.ContactsCategory, "Friends"), wbxml.T(wbxml.ContactsCategory, "Work")),
		wbxml.T(wbxml.Contacts2NickName, "A"), body("She wrote\r\nthe first program."))
}

func event(n int) sinks.TargetItem {
	s := strconv.Itoa(n)
	return lossless("event "+s, wbxml.T(wbxml.CalendarSubject, "Standup "+s), wbxml.T(wbxml.CalendarUID, "uid-"+s),
		wbxml.T(wbxml.CalendarStartTime, "20261201T100000Z"), wbxml.T(wbxml.CalendarEndTime, "20261201T103000Z"), wbxml.T(wbxml.CalendarLocation, "Room 1"),
		wbxml.T(wbxml.CalendarReminder, "15"), body("Bring coffee"),
		wbxml.E(wbxml.CalendarRecurrence, wbxml.T(wbxml.CalendarType, "1"), wbxml.T(wbxml.CalendarInterval, "1"), wbxml.T(wbxml.CalendarDayOfWeek, "4"), wbxml.T(wbxml.CalendarOccurrences, "10")),
		wbxml.E(wbxml.CalendarExceptions,
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20261208T100000Z"), wbxml.T(wbxml.CalendarDeleted, "1")),
			wbxml.E(wbxml.CalendarException, wbxml.T(wbxml.CalendarExceptionStartTime, "20261215T100000Z"), wbxml.T(wbxml.CalendarStartTime, "20261215T120000Z"),
				wbxml.T(wbxml.CalendarEndTime, "20261215T123000Z"), wbxml.T(wbxml.CalendarSubject, "Late standup"))))
}

func task(n int) sinks.TargetItem {
	s := strconv.Itoa(n)
	return lossless("task "+s, wbxml.T(wbxml.TasksSubject, "Buy milk "+s), wbxml.T(wbxml.TasksImportance, "2"), wbxml.T(wbxml.TasksDueDate, "2026-12-01T00:00:00.000Z"),
		wbxml.T(wbxml.TasksUtcDueDate, "2026-12-01T00:00:00.000Z"), wbxml.T(wbxml.TasksComplete, "0"), body("the good one"))
}

func noteItem(n int) sinks.TargetItem {
	return lossless("note "+strconv.Itoa(n), wbxml.T(wbxml.NotesSubject, "Idea "+strconv.Itoa(n)), body("It could work."))
}

// makers make an item of each class.
var makers = map[string]func(int) sinks.TargetItem{"Contacts": contact, "Calendar": event, "Tasks": task, "Notes": noteItem}

func classesOf(v eas.Version) []string {
	all := []string{"Contacts", "Calendar", "Tasks"}
	if v.AtLeast(eas.Version140) {
		all = append(all, "Notes")
	}
	return all
}

// held lists a folder.
func held(t *testing.T, f sinks.TargetFolder) map[string]string {
	t.Helper()
	all := map[string]string{}
	for h, err := range f.Held(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all[h.ID] = h.State
	}
	return all
}

// there is what the server has of an item, by its own store.
func (w *world) there(class, id string) *wbxml.Element {
	w.t.Helper()
	for got, it := range w.folder(class).Items() {
		if string(got) == id {
			e := wbxml.E(wbxml.AirSyncApplicationData, it.Properties...)
			return &e
		}
	}
	return nil
}

func (w *world) folder(class string) *easserver.Folder { return w.user.Folder(class) }
