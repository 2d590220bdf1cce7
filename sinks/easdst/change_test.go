package easdst_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/item"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

// properties are those of an item's lossless form.
func properties(t *testing.T, it sinks.TargetItem) *wbxml.Element {
	t.Helper()
	for _, c := range it.Contents {
		if c.Ext != ".eas.xml" {
			continue
		}
		r, err := c.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil || int64(len(data)) != c.Size {
			t.Fatal(err, len(data), c.Size)
		}
		e, err := wbxml.ParseXML(bytes.NewReader(data), wbxml.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	t.Fatal("no lossless form")
	return nil
}

// less is an item with few properties, and one that is another.
func less(t *testing.T, it sinks.TargetItem) sinks.TargetItem {
	e := properties(t, it)
	keep := []wbxml.Tag{
		wbxml.ContactsFileAs, wbxml.ContactsLastName, wbxml.CalendarSubject, wbxml.CalendarStartTime, wbxml.CalendarEndTime, wbxml.CalendarUID,
		wbxml.TasksSubject, wbxml.NotesSubject,
	}
	e.Children = slices.DeleteFunc(e.Children, func(c wbxml.Element) bool { return !slices.Contains(keep, c.Tag) })
	for i := range e.Children {
		switch c := &e.Children[i]; c.Tag {
		case wbxml.ContactsFileAs, wbxml.CalendarSubject, wbxml.TasksSubject, wbxml.NotesSubject:
			c.Text += " changed"
		}
	}
	return lossless(it.Key, e.Children...)
}

// TestUpdate: an item becomes what it should be, and what it does not say any more is gone; once more changes nothing.
func TestUpdate(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, class := range classesOf(v) {
			t.Run(class+"/"+string(v), func(t *testing.T) {
				w := newWorld(t, v, easserver.Config{}, easdst.Options{})
				f := w.open(class)
				first := w.put(f, makers[class](1), makers[class](2))
				now := less(t, makers[class](1))
				placed, err := f.Update(t.Context(), first[0].Held, now)
				if err != nil || placed.ID != first[0].ID || placed.State == first[0].State {
					t.Fatalf("%+v %v", placed, err)
				}
				for _, a := range placed.Altered {
					// The protocol has no word for it: MS-ASCMD 2.2.3.24.
					if known := strings.HasPrefix(a.Property, "Calendar:Exception "); !known && a.Why == "" {
						t.Errorf("%+v", a)
					}
				}
				it, err := f.Read(t.Context(), placed.Held)
				if err != nil {
					t.Fatal(err)
				}
				got := properties(t, it)
				for _, gone := range []wbxml.Tag{wbxml.ContactsPicture, wbxml.ContactsCategories, wbxml.CalendarReminder, wbxml.CalendarLocation, wbxml.AirSyncBaseLocation, wbxml.TasksDueDate} {
					if e := got.Child(gone); e != nil && item.Says(e) {
						t.Errorf("%s is still there", gone)
					}
				}
				if text := got.Value(wbxml.AirSyncBaseBody, wbxml.AirSyncBaseData); text != "" {
					t.Errorf("the body is still there: %q", text)
				}
				again, err := f.Update(t.Context(), first[0].Held, now) // as after an answer that was lost
				if err != nil && class != "Calendar" || err == nil && again.Held != placed.Held {
					t.Errorf("again: %+v %v", again, err)
				}
				if all := held(t, f); len(all) != 2 || all[first[1].ID] != first[1].State || all[placed.ID] != placed.State {
					t.Errorf("%v", all)
				}
				// Without contents it is as it is.
				if same, err := f.Update(t.Context(), placed.Held, sinks.TargetItem{Key: now.Key}); err != nil || same.Held != placed.Held {
					t.Errorf("%+v %v", same, err)
				}
			})
		}
	}
}

// TestChanged: what somebody changed at the target is left as it is, also if that happens while the request is on its way.
func TestChanged(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, late := range []bool{false, true} {
			var before func()
			w := newWorld(t, v, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
				if r.Document != nil && before != nil && strings.Contains(string(r.Document.AppendXML(nil)), "<Change>") {
					before()
					before = nil
				}
				return nil
			}}, easdst.Options{})
			f := w.open("Tasks")
			p := w.put(f, task(1))[0]
			theirs := func() {
				for id := range w.folder("Tasks").Items() {
					if err := w.folder("Tasks").Change(id, func(it *easserver.Item) {
						it.Properties = []wbxml.Element{wbxml.T(wbxml.TasksSubject, "theirs")}
					}); err != nil {
						t.Error(err)
					}
				}
			}
			if !late {
				theirs()
			} else {
				before = theirs
			}
			_, err := f.Update(t.Context(), p.Held, less(t, task(1)))
			if !errors.Is(err, sinks.ErrChanged) {
				t.Errorf("%s, late %v: update: %v", v, late, err)
			}
			gone, err := f.Delete(t.Context(), []sinks.Held{p.Held})
			if err != nil || len(gone) != 0 {
				t.Errorf("%s: delete: %v %v", v, gone, err)
			}
			if _, err := f.Move(t.Context(), p.Held, sinks.Place{ID: "x", Class: "Tasks"}); !errors.Is(err, sinks.ErrChanged) {
				t.Errorf("%s: move: %v", v, err)
			}
			if e := w.there("Tasks", p.ID); e == nil || e.Value(wbxml.TasksSubject) != "theirs" {
				t.Errorf("%s: %v is there", v, e)
			}
			now := held(t, f)
			if gone, err = f.Delete(t.Context(), []sinks.Held{{ID: p.ID, State: now[p.ID]}, {ID: "never", State: "was"}}); err != nil || len(gone) != 2 || w.folder("Tasks").Len() != 0 {
				t.Errorf("%s: delete: %v %v", v, gone, err)
			}
			for what, err := range map[string]error{
				"update": second(f.Update(t.Context(), p.Held, task(1))), "read": second(f.Read(t.Context(), p.Held)), "move": second(f.Move(t.Context(), p.Held, sinks.Place{ID: "x", Class: "Tasks"})),
			} {
				if !errors.Is(err, sinks.ErrNotExist) {
					t.Errorf("%s: %s: %v", v, what, err)
				}
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestMove moves items to a folder that was made for them.
func TestMove(t *testing.T) {
	for _, v := range eas.Versions() {
		for _, class := range classesOf(v) {
			t.Run(class+"/"+string(v), func(t *testing.T) {
				w := newWorld(t, v, easserver.Config{}, easdst.Options{})
				f := w.open(class)
				to, made, err := w.target.MakeFolder(t.Context(), sinks.Place{Path: "Old/Things", Class: class, Type: 12})
				if err != nil || !made || to.Path != "Old/Things" || to.Class != class {
					t.Fatalf("%+v %v %v", to, made, err)
				}
				p := w.put(f, makers[class](1), makers[class](2))
				moved, err := f.Move(t.Context(), p[0].Held, to)
				if err != nil || moved.ID == "" || moved.State != p[0].State || moved.Err != nil {
					t.Fatalf("%+v %v", moved, err)
				}
				g, err := w.target.Open(t.Context(), to)
				if err != nil {
					t.Fatal(err)
				}
				defer g.Close()
				if d := cmp.Diff(map[string]string{moved.ID: moved.State}, held(t, g)); d != "" {
					t.Error(d)
				}
				if d := cmp.Diff(map[string]string{p[1].ID: p[1].State}, held(t, f)); d != "" {
					t.Error(d)
				}
				for _, bad := range []sinks.Place{{ID: "nowhere", Class: class}, {ID: to.ID, Class: "Email"}} {
					if _, err := f.Move(t.Context(), p[1].Held, bad); !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, sinks.ErrNotExist) {
						t.Errorf("%v", err)
					}
				}
			})
		}
	}
}

// TestRecognize: items that somebody else put there are known by UID and by names.
func TestRecognize(t *testing.T) {
	w := newWorld(t, eas.Version141, easserver.Config{}, easdst.Options{})
	for class, maker := range makers {
		f := w.open(class)
		p := w.put(f, maker(1), maker(2))
		found, err := f.Recognize(t.Context(), []sinks.TargetItem{less(t, maker(2)), maker(3), maker(1)})
		want := [][]sinks.Held{{p[1].Held}, nil, {p[0].Held}}
		if class != "Calendar" {
			want[0] = nil // it has another name
		}
		if d := cmp.Diff(want, found); d != "" || err != nil {
			t.Errorf("%s: %s %v", class, d, err)
		}
	}
}

// TestShared: two that have one folder open, at the same time, do not disturb one another.
func TestShared(t *testing.T) {
	w := newWorld(t, eas.Version141, easserver.Config{}, easdst.Options{})
	done := make(chan error)
	for n := range 3 {
		f := w.open("Contacts")
		go func() {
			for i := range 4 {
				placed, err := f.Put(t.Context(), []sinks.TargetItem{contact(10*n + i)})
				if err == nil && placed[0].Err != nil {
					err = placed[0].Err
				}
				if err != nil {
					done <- fmt.Errorf("%d: %w", n, err)
					return
				}
			}
			done <- nil
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := len(held(t, w.open("Contacts"))); n != 12 || w.folder("Contacts").Len() != 12 {
		t.Errorf("%d of %d", n, w.folder("Contacts").Len())
	}
}
