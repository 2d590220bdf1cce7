//go:build interop

package easdst

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/sinks"
)

// TestInteropFind: the connection breaks after the server got the items; they are found, and not what was there before.
func TestInteropFind(t *testing.T) {
	for _, class := range []string{"Contacts", "Calendar", "Tasks"} {
		for v, user := range map[eas.Version]string{eas.Version121: "olivia", eas.Version141: "peggy"} {
			if testing.Short() && v != eas.Version141 {
				continue
			}
			t.Run(class+"/"+string(v), func(t *testing.T) {
				l := newLab(t, v, user)
				f := l.folder(class, "easdst find")
				items := func(from, to int) (all []sinks.TargetItem) {
					for n := from; n < to; n++ {
						all = append(all, generated(class, n))
					}
					return all
				}
				if _, err := f.Put(t.Context(), items(0, 5)); err != nil {
					t.Fatal(err)
				}
				mark := f.Mark()
				l.cut = true
				sent := items(4, 10) // the first is like one that is there
				sent[0].Key = "another"
				placed, err := f.Put(t.Context(), sent)
				if len(placed) != 0 || !errors.Is(err, sinks.ErrUncertain) {
					t.Fatalf("%+v, %v", placed, err)
				}
				f.Close()
				p := l.places[0]
				l = newLabAs(t, v, user, l.device)
				f = l.open(p)
				found, err := f.Find(t.Context(), mark, sent)
				if err != nil {
					t.Fatal(err)
				}
				ids := map[string]bool{}
				for i, list := range found {
					if len(list) != 1 {
						t.Errorf("%d: %v", i, list)
						continue
					}
					ids[list[0].ID] = true
					if _, err := f.Read(t.Context(), list[0]); err != nil {
						t.Errorf("%d: %v", i, err)
					}
				}
				if n := len(f.c.known()); len(ids) != 6 || n != 11 {
					t.Errorf("%d found, %d are there", len(ids), n)
				}
				l.remove(p, f)
			})
		}
	}
}

// TestInteropChange updates, moves and deletes items, and renames a folder.
func TestInteropChange(t *testing.T) {
	for _, class := range []string{"Contacts", "Calendar", "Tasks"} {
		for v, user := range map[eas.Version]string{eas.Version121: "olivia", eas.Version141: "peggy"} {
			if testing.Short() && v != eas.Version141 {
				continue
			}
			t.Run(class+"/"+string(v), func(t *testing.T) {
				l := newLab(t, v, user)
				f, to := l.folder(class, "easdst change"), l.folder(class, "easdst change to")
				p := l.places
				var items []sinks.TargetItem
				for n := range 6 {
					items = append(items, generated(class, n))
				}
				placed, err := f.Put(t.Context(), items)
				if err != nil {
					t.Fatal(err)
				}
				for i := range placed {
					if placed[i].Err != nil {
						t.Fatalf("%d: %+v", i, placed[i])
					}
					was := placed[i].Held
					// The next but one of its kind, which for an event is another pattern of recurrence, and has or has not what this one has.
					now := generated(class, i+1)
					if placed[i], err = f.Update(t.Context(), was, now); err != nil {
						t.Errorf("%d: %v", i, err)
						continue
					}
					for _, a := range placed[i].Altered {
						t.Logf("%d: %s: %q became %q %s", i, a.Property, a.Sent, a.Got, a.Why)
					}
					if _, err := f.Update(t.Context(), placed[i].Held, now); err != nil {
						t.Errorf("%d again: %v", i, err)
					}
					if _, err := f.Update(t.Context(), sinks.Held{ID: was.ID, State: "another"}, items[0]); !errors.Is(err, sinks.ErrChanged) {
						t.Errorf("%d: %v", i, err)
					}
				}
				moved, err := f.Move(t.Context(), placed[0].Held, p[1])
				if err != nil && !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("%v", err)
				}
				t.Logf("moved: %+v, %v", moved, err)
				if err == nil && (moved.Err != nil || moved.State != placed[0].State || to.c.count() != 1) {
					t.Errorf("%+v", moved)
				}
				was := placed[1].Held
				was.State = "another"
				gone, err := f.Delete(t.Context(), []sinks.Held{was, placed[2].Held, {ID: "never", State: "x"}})
				if err != nil || !slices.ContainsFunc(gone, func(h sinks.Held) bool { return h == placed[2].Held }) || len(gone) != 2 {
					t.Errorf("%v, %v", gone, err)
				}
				name := fmt.Sprint("easdst renamed ", l.device)
				q, err := l.target.RenameFolder(t.Context(), p[1], name)
				if err != nil && errors.Is(err, errors.ErrUnsupported) == (class == "Contacts") {
					q = p[1]
				} else if err != nil || !strings.HasSuffix(q.Path, "/"+name) {
					t.Errorf("%+v %v", q, err)
				}
				l.remove(p[0], f)
				l.remove(q, to)
			})
		}
	}
}

// TestInteropFolders: what is there is found, also by a device that made nothing, and nothing is made twice.
func TestInteropFolders(t *testing.T) {
	for _, class := range []string{"Calendar", "Tasks", "Contacts"} {
		l, other := newLab(t, eas.Version141, "peggy"), newLab(t, eas.Version141, "peggy")
		for _, path := range []string{"easdst made", "easdst a/easdst b"} {
			want := sinks.Place{Path: path, Class: class, Type: int(userTypes[eas.Class(class)])}
			p, made, err := l.target.MakeFolder(t.Context(), want)
			if err != nil || !made && class != "Contacts" {
				t.Fatalf("%+v %v %v", p, made, err)
			}
			t.Logf("%+v", p)
			for _, again := range []*lab{l, other, newLab(t, eas.Version141, "peggy")} {
				if q, made, err := again.target.MakeFolder(t.Context(), want); err != nil || made || q != p {
					t.Errorf("%+v %v %v", q, made, err)
				}
			}
			if class == "Calendar" { // the tasks beside it are the same folder
				twin, made, err := l.target.MakeFolder(t.Context(), sinks.Place{Path: path, Class: "Tasks", Type: 15})
				if err != nil || made {
					t.Fatalf("%+v %v %v", twin, made, err)
				}
				f := l.open(twin)
				if _, err := f.Put(t.Context(), []sinks.TargetItem{generated("Tasks", 1)}); err != nil {
					t.Fatal(err)
				}
				if err := l.target.DeleteFolder(t.Context(), p); !errors.Is(err, sinks.ErrNotEmpty) {
					t.Errorf("a calendar with tasks beside it: %v", err)
				}
				l.empty(f)
			}
			if err := l.target.DeleteFolder(t.Context(), p); err != nil && class != "Contacts" {
				t.Error(err)
			}
		}
		if l.target.Takes("Notes") || l.target.Takes("Email") || !l.target.Takes(class) {
			t.Error("what it takes")
		}
	}
}

// TestInteropConfirm: of contacts some were removed, and the server says which are there without listing the folder for each.
func TestInteropConfirm(t *testing.T) {
	l := newLab(t, eas.Version141, "peggy")
	f := l.folder("Contacts", "easdst confirm")
	var items []sinks.TargetItem
	for n := range 40 {
		items = append(items, generated("Contacts", n))
	}
	_, placed := l.putAll(f, items)
	var ids, there []string
	var remove []sinks.Held
	for i, p := range placed {
		if ids = append(ids, p.ID); i%4 == 0 {
			there = append(there, p.ID)
		} else {
			remove = append(remove, p.Held)
		}
	}
	if gone, err := f.Delete(t.Context(), remove); err != nil || len(gone) != len(remove) {
		t.Fatalf("%d of %d deleted: %v", len(gone), len(remove), err)
	}
	before := l.requests.Load()
	got, err := f.Confirm(t.Context(), ids)
	if err != nil || !slices.Equal(got, there) {
		t.Errorf("%d of %d: %v", len(got), len(there), err)
	}
	t.Logf("%d requests to ask for %d of which %d are there", l.requests.Load()-before, len(ids), len(there))
	l.empty(f)
}
