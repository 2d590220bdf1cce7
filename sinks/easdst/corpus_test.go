package easdst

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/easservertest"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
)

// newTarget is one over a server of its own.
func newTarget(t testing.TB, v eas.Version, o Options) (*Target, *easserver.User) {
	t.Helper()
	s := easserver.NewStore()
	user := s.AddUser("alice")
	url := easservertest.Start(t, easserver.Config{}, s)
	base := eas.NewTransport()
	t.Cleanup(base.CloseIdleConnections)
	c, err := eas.New(eas.Config{
		URL: url, User: "alice", DeviceID: "easdst1", Version: v, SpoolDir: t.TempDir(),
		Transport: auth.Basic{User: "alice", Password: easservertest.Password, Origin: url, Base: base},
	})
	if err != nil {
		t.Fatal(err)
	}
	target, err := New(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return target, user
}

// TestEverything puts what other projects collected, and some of our own, into a server that keeps all: in no version does anything come
// back otherwise than it was sent but what is named with its reason, and putting it once more changes nothing.
func TestEverything(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, class := range []string{"Contacts", "Calendar", "Tasks"} {
			t.Run(class+"/"+string(v), func(t *testing.T) {
				target, user := newTarget(t, v, Options{Settle: -1})
				opened, err := target.Open(t.Context(), sinks.Place{ID: string(user.Folder(class).ID()), Class: class})
				if err != nil {
					t.Fatal(err)
				}
				defer opened.Close()
				f := opened.(*Folder)
				items := corpusItems(t, class, 400)
				for n := range 40 {
					items = append(items, generated(class, n))
				}
				states := map[string]string{}
				for part := range slices.Chunk(items, f.Batch()) {
					placed, err := f.Put(t.Context(), part)
					if err != nil {
						t.Fatal(err)
					}
					for i, p := range placed {
						if p.Err != nil {
							if !errors.Is(p.Err, sinks.ErrRefused) {
								t.Errorf("%s: %v", part[i].Key, p.Err)
							}
							t.Logf("%s: %v", part[i].Key, p.Err)
							continue
						}
						states[p.ID] = p.State
						for _, a := range p.Altered {
							if a.Why == "" {
								t.Errorf("%s: %+v", part[i].Key, a)
							}
						}
					}
					if i := len(placed) - 1; placed[i].Err == nil {
						again, err := f.Update(t.Context(), placed[i].Held, part[i])
						if err != nil || again.Held != placed[i].Held {
							t.Errorf("%s once more: %+v, %v", part[i].Key, again, err)
						}
					}
				}
				now := map[string]string{}
				for h, err := range f.Held(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					now[h.ID] = h.State
				}
				if !maps.Equal(now, states) || len(states) < len(items)*9/10 {
					t.Errorf("%d of %d were put, %d are listed", len(states), len(items), len(now))
				}
			})
		}
	}
}

// TestFiles: the files of an event go with it from 16.0 on, if their bytes are there; else they are named.
func TestFiles(t *testing.T) {
	file := func(name string) wbxml.Element {
		return wbxml.E(wbxml.AirSyncBaseAttachment, wbxml.T(wbxml.AirSyncBaseDisplayName, name), wbxml.T(wbxml.AirSyncBaseFileReference, "ref-"+name))
	}
	event := wbxml.E(wbxml.AirSyncApplicationData, wbxml.T(wbxml.CalendarSubject, "s"), wbxml.T(wbxml.CalendarStartTime, "20261201T100000Z"), wbxml.T(wbxml.CalendarEndTime, "20261201T110000Z"),
		wbxml.E(wbxml.AirSyncBaseAttachments, file("plan.pdf"), file("gone.pdf"), file("map.png")))
	it := sinks.TargetItem{Key: "k", Contents: []sinks.Content{
		bytesContent(".ics", nil), bytesContent(".eas.xml", event.AppendXML(nil)), bytesContent(".1.pdf", []byte("one")), bytesContent(".3.png", []byte("three\x00")),
	}}
	for _, v := range []eas.Version{eas.Version141, eas.Version160, eas.Version161} {
		target, user := newTarget(t, v, Options{})
		c := target.acquire(user.Folder("Calendar").ID(), eas.ClassCalendar)
		o := c.prepare(&it)
		if o.err != nil {
			t.Fatal(o.err)
		}
		var added, named []string
		for a := range o.add.Child(wbxml.AirSyncBaseAttachments).All(wbxml.AirSyncBaseAdd) {
			added = append(added, a.Value(wbxml.AirSyncBaseDisplayName)+"="+a.Value(wbxml.AirSyncBaseContent))
			if !a.Child(wbxml.AirSyncBaseContent).Opaque || a.Value(wbxml.AirSyncBaseClientId) == "" || a.Value(wbxml.AirSyncBaseMethod) != "1" {
				t.Errorf("%s", a.AppendXML(nil))
			}
		}
		for _, a := range o.altered {
			named = append(named, a.Sent)
		}
		wantAdded, wantNamed := []string{"plan.pdf=one", "map.png=three\x00"}, []string{"gone.pdf"}
		if v == eas.Version141 {
			wantAdded, wantNamed = nil, []string{"plan.pdf", "gone.pdf", "map.png"}
		}
		if !slices.Equal(added, wantAdded) || !slices.Equal(named, wantNamed) {
			t.Errorf("%s: %q are added, %q named", v, added, named)
		}
		got := wbxml.E(wbxml.AirSyncApplicationData, wbxml.E(wbxml.AirSyncBaseAttachments, file("map.png")))
		lost := o.fileAlterations(&got)
		if n := len(wantAdded) / 2; len(lost) != n || n == 1 && lost[0].Sent != "plan.pdf" {
			t.Errorf("%s: %+v", v, lost)
		}
	}
}

// FuzzPrepare: whatever an archive has of an item, it is put, or refused.
func FuzzPrepare(f *testing.F) {
	f.Add([]byte("<ApplicationData xmlns=\"AirSync\"><Subject xmlns=\"Calendar\">x</Subject></ApplicationData>"), true)
	for _, class := range []string{"Contacts", "Calendar", "Tasks"} {
		for n := range 5 {
			it := generated(class, n)
			data, err := readAll(&it.Contents[0], 1<<20)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, false)
		}
	}
	var all []*collection
	for _, v := range []eas.Version{eas.Version25, eas.Version141, eas.Version161} {
		target, user := newTarget(f, v, Options{})
		for _, class := range classes {
			all = append(all, target.acquire(user.Folder(string(class)).ID(), class))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, lossless bool) {
		for _, c := range all {
			ext := ".ics"
			if c.class == eas.ClassContacts {
				ext = ".vcf"
			}
			contents := []sinks.Content{bytesContent(ext, data)}
			if lossless {
				contents = append(contents, bytesContent(losslessExt, data))
			}
			o := c.prepare(&sinks.TargetItem{Key: "k", Contents: contents})
			if o.err == nil && (o.add == nil || o.expect == nil || len(o.add.Children) == 0) {
				t.Fatalf("%+v", o)
			}
			for _, a := range o.altered {
				if len(a.Sent) > 256 || len(a.Got) > 256 {
					t.Fatalf("%d bytes of %s", len(a.Sent), a.Property)
				}
			}
		}
	})
}
