package twoway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/twoway"
	"github.com/airlift-eas/airlift/eas/wbxml"
)

var versions = []eas.Version{eas.Version121, eas.Version140, eas.Version141, eas.Version160, eas.Version161}

func (w *world) same(t *testing.T, tag wbxml.Tag, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, w.here(tag)); d != "" {
		t.Errorf("here: %s", d)
	}
	if d := cmp.Diff(want, w.there(tag)); d != "" {
		t.Errorf("there: %s", d)
	}
}

// set writes a value into an item of the server's, or of the program's.
func (w *world) set(wanted string, tag wbxml.Tag, value string) {
	w.t.Helper()
	if err := w.server.Change(w.id(wanted), func(it *easserver.Item) { it.Properties = with(props(it.Properties...), tag, value).Children }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) setHere(wanted string, tag wbxml.Tag, value string) {
	w.t.Helper()
	for id, e := range w.local.m {
		if name(e) == wanted {
			w.local.m[id] = with(e, tag, value)
			return
		}
	}
	w.t.Fatalf("no %s here", wanted)
}

// with is a copy of e with another value; "" takes the property away.
func with(e *wbxml.Element, tag wbxml.Tag, value string) *wbxml.Element {
	e = e.Clone()
	e.Children = slices.DeleteFunc(e.Children, func(c wbxml.Element) bool { return c.Tag == tag })
	if value != "" {
		e.Append(wbxml.T(tag, value))
	}
	return e
}

// TestConflicts: both sides changed an item, or one deleted what the other changed, before Sync or while it runs.
func TestConflicts(t *testing.T) {
	ask := func(answer twoway.Rule) func(context.Context, twoway.Conflict) (twoway.Rule, error) {
		return func(context.Context, twoway.Conflict) (twoway.Rule, error) { return answer, nil }
	}
	for _, tc := range []struct {
		name    string
		rule    twoway.Rule
		resolve func(context.Context, twoway.Conflict) (twoway.Rule, error)
		both    []string // left when both changed it
		gone    []string // when the server deleted what is changed here
	}{
		{"keep both", twoway.KeepBoth, nil, []string{"x=here", "x=there"}, []string{"x=here"}},
		{"server wins", twoway.ServerWins, nil, []string{"x=there"}, nil},
		{"client wins", twoway.ClientWins, nil, []string{"x=here"}, []string{"x=here"}},
		{"asked, here", twoway.ServerWins, ask(twoway.ClientWins), []string{"x=here"}, []string{"x=here"}},
		{"asked, there", twoway.ClientWins, ask(twoway.ServerWins), []string{"x=there"}, nil},
		{"asked, both", twoway.ClientWins, ask(twoway.KeepBoth), []string{"x=here", "x=there"}, []string{"x=here"}},
	} {
		for _, v := range versions {
			for _, meanwhile := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", tc.name, v, meanwhile), func(t *testing.T) {
					for _, deleted := range []bool{false, true} {
						w := newWorld(t, 1, v, "Contacts", easserver.Config{})
						w.folder.Rule, w.folder.Resolve = tc.rule, tc.resolve
						w.local.m["a"] = contact("x", "old")
						w.quiet()
						w.setHere("x", wbxml.ContactsJobTitle, "here")
						happens := func() {
							if deleted {
								if err := w.server.Delete(w.id("x")); err != nil {
									t.Fatal(err)
								}
							} else {
								w.set("x", wbxml.ContactsJobTitle, "there")
							}
						}
						if !meanwhile {
							happens()
						} else {
							asked := 0
							w.net.before = func() {
								if asked++; asked == 2 { // the change here is on its way
									happens()
								}
							}
						}
						w.quiet()
						w.net.before = nil
						w.quiet()
						want := tc.both
						if deleted {
							want = tc.gone
						}
						if len(want) == 0 {
							want = nil
						}
						w.same(t, wbxml.ContactsJobTitle, want...)
					}
				})
			}
		}
	}
}

// TestResolveFails: an error of Resolve ends Sync, and nothing is lost.
func TestResolveFails(t *testing.T) {
	w := newWorld(t, 1, eas.Version161, "Contacts", easserver.Config{})
	w.local.m["a"] = contact("x", "old")
	w.quiet()
	w.set("x", wbxml.ContactsJobTitle, "there")
	w.setHere("x", wbxml.ContactsJobTitle, "here")
	later := errors.New("ask me later")
	w.folder.Resolve = func(_ context.Context, c twoway.Conflict) (twoway.Rule, error) {
		if c.ID != "a" || c.Class != eas.ClassContacts || c.Here.Properties.Value(wbxml.ContactsJobTitle) != "here" || c.Server.Properties.Value(wbxml.ContactsJobTitle) != "there" || c.Server.ServerID == "" {
			t.Errorf("%+v", c)
		}
		return 0, later
	}
	for range 3 {
		if _, err := twoway.Sync(t.Context(), w.client, w.folder); !errors.Is(err, later) {
			t.Errorf("%v", err)
		}
	}
	w.folder.Resolve = nil
	w.quiet()
	w.same(t, wbxml.ContactsJobTitle, "x=here", "x=there")
}

// TestClasses brings an item of each class to the server and back, changes it on both sides and takes properties from it.
func TestClasses(t *testing.T) {
	body := func(text string) wbxml.Element {
		return wbxml.E(wbxml.AirSyncBaseBody, wbxml.T(wbxml.AirSyncBaseType, "1"), wbxml.T(wbxml.AirSyncBaseData, text))
	}
	for _, tc := range []struct {
		folder string
		tag    wbxml.Tag
		item   *wbxml.Element
	}{
		{"Contacts", wbxml.ContactsJobTitle, props(wbxml.T(wbxml.ContactsFileAs, "x"), wbxml.T(wbxml.ContactsJobTitle, "one"), wbxml.T(wbxml.ContactsPicture, "eA=="), wbxml.T(wbxml.ContactsBirthday, "1980-02-29T00:00:00.000Z"), body("text"))},
		{"Calendar", wbxml.CalendarReminder, props(wbxml.T(wbxml.CalendarSubject, "x"), wbxml.T(wbxml.CalendarReminder, "1"), wbxml.T(wbxml.CalendarLocation, "here"), wbxml.T(wbxml.CalendarStartTime, "20261201T100000Z"), wbxml.T(wbxml.CalendarEndTime, "20261201T110000Z"), body("text"))},
		{"Tasks", wbxml.TasksDueDate, props(wbxml.T(wbxml.TasksSubject, "x"), wbxml.T(wbxml.TasksDueDate, "2026-12-01T00:00:00.000Z"), wbxml.T(wbxml.TasksComplete, "0"), body("text"))},
		{"Notes", wbxml.NotesSubject, props(wbxml.T(wbxml.NotesSubject, "x"), body("text"))},
	} {
		for _, v := range versions {
			t.Run(tc.folder+"/"+string(v), func(t *testing.T) {
				w := newWorld(t, 1, v, tc.folder, easserver.Config{})
				if tc.folder == "Notes" && !v.AtLeast(eas.Version140) {
					if _, err := twoway.Sync(t.Context(), w.client, w.folder); !errors.Is(err, errors.ErrUnsupported) {
						t.Error(err)
					}
					return
				}
				w.local.m["a"] = tc.item
				if res := w.quiet(); res.Added != 1 {
					t.Fatalf("%+v", res)
				}
				if res := w.quiet(); res.Requests != 1 || res.Put != 0 {
					t.Errorf("it does not come to rest: %+v", res)
				}
				first := w.there(tc.tag)
				if !slices.Equal(first, w.here(tc.tag)) {
					t.Errorf("%v, here %v", first, w.here(tc.tag))
				}
				// A second program, which has nothing yet, gets the same.
				other := *w
				other.local = &items{crasher: w.crash, m: map[string]*wbxml.Element{}}
				other.folder.Local, other.folder.Store = other.local, &twoway.MemoryStore{}
				if res := other.quiet(); res.Put != 1 || !slices.Equal(other.here(tc.tag), first) {
					t.Errorf("%+v, %v", res, other.here(tc.tag))
				}
				// What is taken away here is taken away there: a body too, which a Change that leaves it out would keep.
				id := w.id("x")
				w = newStart(w)
				w.quiet()
				w.setHere("x", wbxml.AirSyncBaseBody, "")
				if tc.tag != wbxml.NotesSubject {
					w.setHere("x", tc.tag, "")
				}
				if res := w.quiet(); res.Changed != 1 {
					t.Fatalf("%+v", res)
				}
				for got, it := range w.server.Items() {
					e := props(it.Properties...)
					if got != id || e.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData) != "" || tc.tag != wbxml.NotesSubject && e.Value(tc.tag) != "" {
						t.Errorf("%s: %s", got, e.AppendXML(nil))
					}
					if tc.folder == "Contacts" && (e.Value(wbxml.ContactsPicture) != "eA==" || e.Value(wbxml.ContactsBirthday) == "") {
						t.Errorf("%s", e.AppendXML(nil))
					}
				}
				if res := w.quiet(); res.Changed+res.Put != 0 {
					t.Errorf("it does not come to rest: %+v", res)
				}
			})
		}
	}
}

// newStart is the same program with a state that got lost: it has the items, and so has the server.
func newStart(w *world) *world {
	fresh := *w
	fresh.store = &store{crasher: w.crash}
	fresh.folder.Store = fresh.store
	return &fresh
}

// TestLostState: both sides have the same, and nobody knows: nothing is sent, and nothing doubled.
func TestLostState(t *testing.T) {
	w := newWorld(t, 1, eas.Version141, "Contacts", easserver.Config{})
	for i := range 20 {
		w.local.m[fmt.Sprint(i)] = contact(fmt.Sprint("c", i%15), "v") // some are the same as others
	}
	w.quiet()
	before := w.here(wbxml.ContactsJobTitle)
	w = newStart(w)
	if res := w.quiet(); res.Linked != 20 || res.Added+res.Put+res.Changed != 0 {
		t.Errorf("%+v", res)
	}
	w.same(t, wbxml.ContactsJobTitle, before...)
}

// TestBatches: what is more than one request holds goes in several.
func TestBatches(t *testing.T) {
	w := newWorld(t, 1, eas.Version161, "Contacts", easserver.Config{})
	for i := range 450 {
		w.local.m[fmt.Sprintf("%03d", i)] = contact(fmt.Sprintf("c%03d", i), "v")
	}
	w.folder.MaxCommands = 1000
	if res := w.quiet(); res.Added != 450 || w.server.Len() != 450 || res.Requests != 5 {
		t.Errorf("%+v, %d there", res, w.server.Len())
	}
	w.folder.MaxBytes = 100_000
	large := strings.Repeat("x", 60_000)
	for i := range 5 {
		w.setHere(fmt.Sprintf("c%03d", i), wbxml.ContactsJobTitle, large)
	}
	if res := w.quiet(); res.Changed != 5 || res.Requests != 6 {
		t.Errorf("%+v", res)
	}
	w.folder.MaxRequests = 2
	clear(w.local.m)
	if res := w.quiet(); !res.More || res.Erased != 200 {
		t.Errorf("%+v", res)
	}
	w.folder.MaxRequests = 0
	if res := w.quiet(); res.More || res.Erased != 250 || w.server.Len() != 0 {
		t.Errorf("%+v", res)
	}
}

// TestFailures: an item that one side does not take is told, and does not keep the others from it; the next Sync tries again.
func TestFailures(t *testing.T) {
	w := newWorld(t, 1, eas.Version141, "Contacts", easserver.Config{OnViolation: func(easserver.Violation) {}})
	w.local.m["bad"] = props(wbxml.T(wbxml.ContactsFileAs, "bad"), wbxml.T(wbxml.ContactsBirthday, "some day"))
	w.local.m["good"] = contact("good", "v")
	w.server.Add(easserver.Item{Properties: contact("theirs", "v").Children})
	w.server.Add(easserver.Item{Properties: contact("full", "v").Children})
	w.local.bad = "full"
	for range 2 {
		res := w.sync()
		var got []string
		for _, f := range res.Failures {
			var st *eas.StatusError
			s := fmt.Sprint(f.Op, " ", f.Here)
			if errors.As(f.Err, &st) {
				s += fmt.Sprint(" ", f.ID, " ", st.Code)
			}
			got = append(got, s)
		}
		if d := cmp.Diff([]string{"Change true", "Add false bad 6"}, got); d != "" {
			t.Error(d)
		}
	}
	w.local.bad = ""
	w.local.m["bad"] = contact("better", "v")
	w.quiet()
	w.same(t, wbxml.ContactsJobTitle, "better=v", "full=v", "good=v", "theirs=v")
}

// TestBrokenRequest: of a request that the server does not take, the item that breaks it is found.
func TestBrokenRequest(t *testing.T) {
	w := newWorld(t, 1, eas.Version141, "Contacts", easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if r.Document != nil && strings.Contains(string(r.Document.AppendXML(nil)), "poison") {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotImplemented) })
		}
		return nil
	}})
	for i := range 20 {
		w.local.m[fmt.Sprintf("%02d", i)] = contact(fmt.Sprint("c", i), "v")
	}
	w.local.m["07x"] = contact("poison", "v")
	res := w.sync()
	var he *eas.HTTPError
	if len(res.Failures) != 1 || res.Failures[0].ID != "07x" || !errors.As(res.Failures[0].Err, &he) || w.server.Len() != 20 {
		t.Errorf("%+v, %d there", res, w.server.Len())
	}
}

// TestGhosts: what the program does not know of stays at the server, and is no change.
func TestGhosts(t *testing.T) {
	for _, v := range versions {
		w := newWorld(t, 1, v, "Contacts", easserver.Config{})
		w.server.Add(easserver.Item{Properties: append(contact("x", "one").Children, wbxml.T(wbxml.ContactsSpouse, "Eve"))})
		w.folder.Supported = []wbxml.Tag{wbxml.ContactsFileAs, wbxml.ContactsJobTitle}
		w.quiet()
		for id, e := range w.local.m {
			w.local.m[id] = with(e, wbxml.ContactsSpouse, "") // which the program cannot keep
		}
		if res := w.quiet(); res.Changed != 0 {
			t.Errorf("%s: %+v", v, res)
		}
		w.setHere("x", wbxml.ContactsJobTitle, "two")
		w.quiet()
		for _, it := range w.server.Items() {
			if e := props(it.Properties...); e.Value(wbxml.ContactsSpouse) != "Eve" || e.Value(wbxml.ContactsJobTitle) != "two" {
				t.Errorf("%s: %s", v, e.AppendXML(nil))
			}
		}
		w.set("x", wbxml.ContactsSpouse, "Lilith")
		if res := w.quiet(); res.Put+res.Changed+res.Conflicts != 0 {
			t.Errorf("%s: %+v", v, res)
		}
	}
}

// TestMail keeps the flags of messages in step, and their deletion.
func TestMail(t *testing.T) {
	for _, v := range versions {
		w := newWorld(t, 1, v, "Inbox", easserver.Config{})
		for i := range 3 {
			w.server.AddMessage(fmt.Appendf(nil, "From: bob@example.com\r\nSubject: m%d\r\nDate: Tue, 01 Dec 2026 10:0%d:00 +0000\r\n\r\nhello\r\n", i, i))
		}
		w.quiet()
		w.setHere("m0", wbxml.EmailRead, "1")
		for id, it := range w.server.Items() {
			if strings.Contains(string(it.Message.Bytes), "m1") {
				if err := w.server.SetFlag(id, true); err != nil {
					t.Fatal(err)
				}
			}
		}
		for id, e := range w.local.m {
			if name(e) == "m2" {
				delete(w.local.m, id)
			}
		}
		w.quiet()
		var read, flagged []string
		for _, it := range w.server.Items() {
			subject, _, _ := strings.Cut(strings.SplitAfter(string(it.Message.Bytes), "Subject: ")[1], "\r\n")
			if it.Read {
				read = append(read, subject)
			}
			if it.Flag != nil {
				flagged = append(flagged, subject)
			}
		}
		if !slices.Equal(read, []string{"m0"}) || !slices.Equal(flagged, []string{"m1"}) || w.server.Len() != 2 || len(w.local.m) != 2 {
			t.Errorf("%s: read %v, flagged %v, %d and %d", v, read, flagged, w.server.Len(), len(w.local.m))
		}
		for _, e := range w.local.m {
			if (name(e) == "m1") != (e.Value(wbxml.EmailFlag, wbxml.EmailStatus) == "2") || (name(e) == "m0") != (e.Value(wbxml.EmailRead) == "1") || e.Value(wbxml.EmailSubject) == "" {
				t.Errorf("%s: %s", v, e.AppendXML(nil))
			}
		}
		w = newStart(w)
		if res := w.quiet(); res.Linked != 2 || res.Put+res.Changed+res.Erased != 0 {
			t.Errorf("%s: %+v", v, res)
		}
		w.local.m["new"] = props(wbxml.T(wbxml.EmailSubject, "new"))
		if res := w.sync(); len(res.Failures) != 1 || !errors.Is(res.Failures[0], errors.ErrUnsupported) {
			t.Errorf("%s: %+v", v, res)
		}
	}
}

// TestDrafts adds and changes drafts, which is all of mail that can be, from 16.0 on.
func TestDrafts(t *testing.T) {
	for _, v := range []eas.Version{eas.Version160, eas.Version161} {
		w := newWorld(t, 1, v, "Drafts", easserver.Config{})
		w.local.m["d"] = props(wbxml.T(wbxml.EmailTo, "bob@example.com"), wbxml.T(wbxml.EmailSubject, "first"))
		w.quiet()
		w.setHere("first", wbxml.EmailSubject, "second")
		w.quiet()
		n := 0
		for _, it := range w.server.Items() {
			if n++; !strings.Contains(string(it.Message.Bytes), "Subject: second") || !strings.Contains(string(it.Message.Bytes), "bob@example.com") {
				t.Errorf("%s: %s", v, it.Message.Bytes)
			}
		}
		if res := w.quiet(); n != 1 || len(w.local.m) != 1 || res.Changed+res.Put+res.Added != 0 {
			t.Errorf("%s: %d drafts, %d here, %+v", v, n, len(w.local.m), res)
		}
	}
}

// TestExceptions: an event's exceptions come to the server inside of it up to 14.1, and one by one from 16.0 on.
func TestExceptions(t *testing.T) {
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	for _, v := range versions {
		w := newWorld(t, 1, v, "Calendar", easserver.Config{})
		event, err := wbxml.Encode(wbxml.AirSyncApplicationData, &eas.Appointment{
			Subject: "Daily", StartTime: at, EndTime: at.Add(time.Hour), UID: "u", DtStamp: at, OrganizerEmail: "alice@example.com", Location: "here",
			Attendees:  []eas.Attendee{{Email: "bob@example.com", Name: "Bob", AttendeeStatus: new(eas.AttendeeAccepted)}},
			Recurrence: &eas.Recurrence{Type: new(eas.RecursDaily), Interval: 1, Occurrences: 5},
			Exceptions: []eas.Exception{{ExceptionStartTime: at.AddDate(0, 0, 1), Subject: "Late"}, {ExceptionStartTime: at.AddDate(0, 0, 2), Deleted: new(true)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.local.m["e"] = &event
		w.quiet()
		w.quiet()
		var got []string
		for _, it := range w.server.Items() {
			e := props(it.Properties...)
			for x := range e.Child(wbxml.CalendarExceptions).All(wbxml.CalendarException) {
				got = append(got, x.Value(wbxml.CalendarExceptionStartTime)+" "+x.Value(wbxml.CalendarSubject)+x.Value(wbxml.CalendarDeleted))
			}
		}
		if d := cmp.Diff([]string{"20261202T100000Z Late", "20261203T100000Z 1"}, got); d != "" || w.server.Len() != 1 {
			t.Errorf("%s: %d events, %s", v, w.server.Len(), d)
		}
		if res := w.quiet(); res.Requests != 1 || len(w.local.m) != 1 || w.local.puts != 0 {
			t.Errorf("%s: it does not come to rest: %+v, %d here, %d written", v, res, len(w.local.m), w.local.puts)
		}
	}
}
