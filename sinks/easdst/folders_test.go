package easdst_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
)

func (w *world) paths() (all []string) {
	w.t.Helper()
	places, err := w.target.Folders(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range places {
		if p.Items != -1 || p.ID == "" || p.Type == 0 {
			w.t.Errorf("%+v", p)
		}
		all = append(all, p.Class+" "+p.Path)
	}
	slices.Sort(all)
	return all
}

func (w *world) make(path, class string, typ int) (sinks.Place, bool) {
	w.t.Helper()
	p, made, err := w.target.MakeFolder(w.t.Context(), sinks.Place{Path: path, Class: class, Type: typ})
	if err != nil {
		w.t.Fatal(err)
	}
	return p, made
}

var defaults = []string{"Calendar Calendar", "Contacts Contacts", "Notes Notes", "Tasks Tasks"}

// TestFolders makes folders with their parents, finds them again, renames and deletes them.
func TestFolders(t *testing.T) {
	for _, v := range eas.Versions() {
		w := newWorld(t, v, easserver.Config{}, easdst.Options{})
		want := slices.Clone(defaults)
		if !v.AtLeast(eas.Version140) {
			want = slices.Delete(want, 2, 3)
		}
		if d := cmp.Diff(want, w.paths()); d != "" {
			t.Errorf("%s: %s", v, d)
		}
		for class, takes := range map[string]bool{"Email": false, "Contacts": true, "Calendar": true, "Tasks": true, "Notes": v.AtLeast(eas.Version140), "": false} {
			if w.target.Takes(class) != takes {
				t.Errorf("%s: %s: %v", v, class, !takes)
			}
		}
		p, made := w.make("Kalender", "Calendar", 8)
		if made || p.Path != "Calendar" || p.Type != 8 {
			t.Errorf("%s: the default is %+v", v, p)
		}
		deep, made := w.make("A/B%2FC/D", "Contacts", 14)
		if !made || deep.Path != "A/B%2FC/D" || deep.Type != 14 {
			t.Errorf("%s: %+v %v", v, deep, made)
		}
		if again, made := w.make("A/B%2FC/D", "Contacts", 14); made || again != deep {
			t.Errorf("%s: %+v %v", v, again, made)
		}
		below, made := w.make("A/Events", "Calendar", 13) // below a folder of another class
		if !made || below.Path != "A/Events" {
			t.Errorf("%s: %+v %v", v, below, made)
		}
		if same, made := w.make("A", "Tasks", 15); !made || same.Path != "A (Tasks)" {
			t.Errorf("%s: a name that another class has: %+v %v", v, same, made)
		}
		moved, err := w.target.RenameFolder(t.Context(), deep, "New/Name")
		if err != nil || moved.Path != "New/Name" {
			t.Errorf("%s: %+v %v", v, moved, err)
		}
		if err := w.target.DeleteFolder(t.Context(), sinks.Place{ID: string(w.user.Folder("A").ID()), Class: "Contacts"}); !errors.Is(err, sinks.ErrNotEmpty) {
			t.Errorf("%s: a folder with others below it: %v", v, err)
		}
		f, err := w.target.Open(t.Context(), moved)
		if err != nil {
			t.Fatal(err)
		}
		placed, err := f.Put(t.Context(), []sinks.TargetItem{contact(1)})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.target.DeleteFolder(t.Context(), moved); !errors.Is(err, sinks.ErrNotEmpty) {
			t.Errorf("%s: a folder with an item: %v", v, err)
		}
		if _, err := f.Delete(t.Context(), []sinks.Held{placed[0].Held}); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if err := w.target.DeleteFolder(t.Context(), moved); err != nil {
			t.Errorf("%s: %v", v, err)
		}
		for what, err := range map[string]error{
			"delete": w.target.DeleteFolder(t.Context(), moved), "rename": second(w.target.RenameFolder(t.Context(), moved, "X")), "open": second(w.target.Open(t.Context(), moved)),
			"another class": second(w.target.Open(t.Context(), sinks.Place{ID: below.ID, Class: "Tasks"})),
		} {
			if !errors.Is(err, sinks.ErrNotExist) {
				t.Errorf("%s: %s: %v", v, what, err)
			}
		}
		for what, err := range map[string]error{"delete": w.target.DeleteFolder(t.Context(), p), "rename": second(w.target.RenameFolder(t.Context(), p, "X"))} {
			if !errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("%s: %s of a default folder: %v", v, what, err)
			}
		}
		if _, _, err := w.target.MakeFolder(t.Context(), sinks.Place{Path: "Mail", Class: "Email"}); !errors.Is(err, sinks.ErrRefused) {
			t.Errorf("%s: %v", v, err)
		}
		want = append(want, "Contacts A", "Calendar A/Events", "Tasks A (Tasks)", "Contacts A/B%2FC", "Contacts New")
		slices.Sort(want)
		if d := cmp.Diff(want, w.paths()); d != "" {
			t.Errorf("%s: %s", v, d)
		}
	}
}

// TestFolderIsThere: somebody made it since the folders were listed, or the answer got lost, or the server forgot what it told. HTTP 500 is
// what SOGo answers.
func TestFolderIsThere(t *testing.T) {
	for what, answer := range map[string]func(w *world) http.Handler{
		"made by somebody": func(w *world) http.Handler { w.user.AddFolder("Friends", eas.FolderUserContacts); return nil },
		"made, and HTTP 500": func(w *world) http.Handler {
			w.user.AddFolder("Friends", eas.FolderUserContacts)
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		},
	} {
		var w *world
		w = newWorld(t, eas.Version141, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
			if r.Command == "FolderCreate" {
				return answer(w)
			}
			return nil
		}}, easdst.Options{})
		p, _ := w.make("Friends", "Contacts", 14)
		if p.Path != "Friends" {
			t.Errorf("%s: %+v", what, p)
		}
		if d := cmp.Diff([]string{"Calendar Calendar", "Contacts Contacts", "Contacts Friends", "Notes Notes", "Tasks Tasks"}, w.paths()); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	// A hierarchy's key that the server does not know any more.
	for _, rule := range []easserver.FaultRule{{Fault: easserver.FaultForgetHierarchy, Skip: 2, Limit: 1}, {Fault: easserver.FaultForgetHierarchy, Skip: 1, Limit: 1}} {
		w := newWorld(t, eas.Version141, easserver.Config{Faults: easserver.NewFaults(1, rule)}, easdst.Options{})
		if p, made := w.make("A/B", "Tasks", 15); !made || p.Path != "A/B" {
			t.Errorf("%+v %v", p, made)
		}
	}
	// One that cannot be made.
	w := newWorld(t, eas.Version141, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if r.Command == "FolderCreate" {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
		}
		return nil
	}}, easdst.Options{})
	if _, _, err := w.target.MakeFolder(t.Context(), sinks.Place{Path: "A", Class: "Tasks"}); !errors.Is(err, sinks.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

// TestSameNames: of folders with one name each has a path of its own, and the same each time.
func TestSameNames(t *testing.T) {
	w := newWorld(t, eas.Version141, easserver.Config{Faults: easserver.NewFaults(1, easserver.FaultRule{Fault: easserver.FaultSameNames})}, easdst.Options{})
	w.user.AddFolder("Friends", eas.FolderUserContacts)
	w.user.AddFolder("Mates", eas.FolderUserContacts)
	first := w.paths()
	if n := len(slices.Compact(slices.Clone(first))); n != 6 || !slices.ContainsFunc(first, func(s string) bool { return strings.HasSuffix(s, " (2)") }) {
		t.Errorf("%q", first)
	}
	w.connect(eas.Version141, easdst.Options{})
	if d := cmp.Diff(first, w.paths()); d != "" {
		t.Error(d)
	}
}
