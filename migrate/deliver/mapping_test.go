package deliver

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func TestMapping(t *testing.T) {
	source := []Folder{}
	for _, f := range []struct {
		path, class string
		typ         int
	}{
		{"Posteingang", "Email", 2},
		{"Posteingang/Alt", "Email", 12},
		{"Posteingang/Alt/2019", "Email", 12},
		{"Gesendet", "Email", 5},
		{"Papierkorb", "Email", 4},
		{"Projekte/A%2FB", "Email", 12},
		{"Posteingang 2", "Email", 12},
		{"Kalender", "Calendar", 8},
		{"Kalender/Team", "Calendar", 13},
		{"Kontakte", "Contacts", 9},
	} {
		source = append(source, Folder{Folder: sinks.Folder{ID: f.path, Path: f.path, Class: f.class, Type: f.typ}})
	}
	target := []sinks.Place{
		{Path: "INBOX", Class: "Email", Type: 2},
		{Path: "INBOX/Sent", Class: "Email", Type: 5},
		{Path: "Personal Calendar", Class: "Calendar", Type: 8},
	}
	for name, c := range map[string]struct {
		m    Mapping
		want []string
	}{
		"by itself": {Mapping{}, []string{
			"INBOX", "INBOX/Alt", "INBOX/Alt/2019", "INBOX/Sent", "Papierkorb", "Projekte/A%2FB", "Posteingang 2",
			"Personal Calendar", "Personal Calendar/Team", "Kontakte",
		}},
		"rules": {Mapping{Rules: []Rule{{"Posteingang/Alt", "Archive/Old"}, {"Posteingang/Alt/2019", "2019"}, {"Projekte", "P"}}}, []string{
			"INBOX", "Archive/Old", "2019", "INBOX/Sent", "Papierkorb", "P/A%2FB", "Posteingang 2",
			"Personal Calendar", "Personal Calendar/Team", "Kontakte",
		}},
		"a root": {Mapping{Root: "Alice", Rules: []Rule{{"Kontakte", "People"}}}, []string{
			"Alice/Posteingang", "Alice/Posteingang/Alt", "Alice/Posteingang/Alt/2019", "Alice/Gesendet", "Alice/Papierkorb", "Alice/Projekte/A%2FB",
			"Alice/Posteingang 2", "Alice/Kalender", "Alice/Kalender/Team", "People",
		}},
	} {
		var got []string
		for _, f := range source {
			got = append(got, c.m.path(f, source, target))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
	for _, m := range []Mapping{
		{Rules: []Rule{{"", "x"}}},
		{Rules: []Rule{{"x", ""}}},
		{Rules: []Rule{{"a//b", "x"}}},
		{Rules: []Rule{{"a", "x"}, {"a", "y"}}},
		{Root: "a//b"},
	} {
		if err := m.check(); !errors.Is(err, ErrMapping) {
			t.Errorf("%+v: got %v, want ErrMapping", m, err)
		}
	}
}

// TestOneForTwo: two folders of the source may have one place, and what they have twice is there twice.
func TestOneForTwo(t *testing.T) {
	w := newWorld()
	w.opts.Mapping.Rules = []Rule{{"A", "All"}, {"B", "All"}}
	a, b := w.src.folder("A", "Email", 12), w.src.folder("B", "Email", 12)
	for _, body := range []string{"one", "two", "both"} {
		w.src.add(a, body)
	}
	w.src.add(b, "both")
	w.src.add(b, "three")
	all := func(string) string { return "All" }
	check := func() {
		t.Helper()
		if d := cmp.Diff(w.src.lines(all), linesOf(w.dst)); d != "" {
			t.Fatalf("-source +target\n%s", d)
		}
		w.still(t)
	}
	w.run(t)
	check()
	before := w.dst.Writes()
	w.src.move(a, a.items[0], b, linkTo)
	w.src.move(b, b.items[0], a, linkNone)
	w.run(t)
	if n := w.dst.Writes() - before; n != 0 {
		t.Errorf("%d writes for what has the same place", n)
	}
	check()
	w.opts.Deletes = true
	w.src.remove(b, b.items[0])
	w.run(t)
	check()
	// Each for itself, and together again.
	w.opts.Mapping.Rules = nil
	w.run(t)
	if d := cmp.Diff(w.src.lines(func(p string) string { return p }), linesOf(w.dst)); d != "" {
		t.Fatalf("-source +target\n%s", d)
	}
	if d := cmp.Diff([]string{"A", "B"}, w.dst.Paths()); d != "" {
		t.Errorf("folders: -want +got\n%s", d)
	}
	w.still(t)
	w.opts.Mapping.Rules = []Rule{{"A", "All"}, {"B", "All"}}
	w.run(t)
	check()
	if _, err := Undo(t.Context(), w.opts); err != nil || len(w.dst.Holds()) != 0 || len(w.dst.Paths()) != 0 {
		t.Errorf("after Undo: %v, %v, %v", w.dst.Holds(), w.dst.Paths(), err)
	}
}

// TestTwoTargets: each class goes to the target that takes it, and what none takes is counted.
func TestTwoTargets(t *testing.T) {
	w := newWorld()
	w.inbox()
	calendar := w.src.folder("Kalender", "Calendar", 8)
	w.src.add(calendar, "event")
	notes := w.src.folder("Notizen", "Notes", 10)
	w.src.add(notes, "note")
	w.src.add(notes, "another")
	people := w.dst
	people.Classes = []string{"Calendar", "Contacts"}
	w.dst = mailTarget()
	w.opts.Targets = []sinks.Target{w.dst, people}
	r := w.run(t)
	if total := r.Total(); total.Put != 15 || total.Counted != 17 {
		t.Errorf("%+v", total)
	}
	for _, f := range r.Folders {
		if f.Unfitting != (f.Class == "Notes") || f.Unfitting && f.Counted != 2 {
			t.Errorf("%+v", f)
		}
	}
	if len(people.Holds()) != 1 || people.Holds()[0].Body != "event" || len(w.dst.Holds()) != 14 {
		t.Errorf("people's data: %+v, %d messages", people.Holds(), len(w.dst.Holds()))
	}
	w.still(t)
	if _, err := Undo(t.Context(), w.opts); err != nil || len(people.Holds())+len(w.dst.Holds()) != 0 {
		t.Errorf("after Undo: %v, %v, %v", people.Holds(), w.dst.Holds(), err)
	}
}

func TestPlan(t *testing.T) {
	w := newWorld()
	inbox, _, done := w.inbox()
	notes := w.src.folder("Notizen", "Notes", 10)
	w.src.add(notes, "note")
	w.dst.Classes, w.dst.Limit = []string{"Email"}, 9
	w.src.add(inbox, "much too large")
	before := w.dst.Writes()
	p, err := Plan(t.Context(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	if w.dst.Writes() != before || len(w.rec.rows)+len(w.rec.places) != 0 {
		t.Error("a plan changed something")
	}
	want := []PlannedFolder{
		{ID: done.ID, Path: "Fertig", Class: "Email", Target: "Fertig", Made: true, There: -1, Items: 3, Bytes: 19, New: 3, NewBytes: 19},
		{ID: notes.ID, Path: "Notizen", Class: "Notes", There: -1, Items: 1, Bytes: 4, Unfitting: 1, Listed: []Listed{
			{Item: notes.items[0].ID, Kind: KindRefused, Reason: "no target takes Notes"},
		}},
		{ID: inbox.ID, Path: "Posteingang", Class: "Email", Target: "INBOX", Items: 8, Bytes: 63, New: 8, NewBytes: 63, Unfitting: 1, Listed: []Listed{
			{Item: inbox.items[7].ID, Kind: KindRefused, Reason: "14 bytes, and the target takes 9"},
		}},
		{Path: "Posteingang/Projekte", Class: "Email", Target: "INBOX/Projekte", Made: true, There: -1, Items: 4, Bytes: 36, New: 4, NewBytes: 36},
	}
	want[3].ID = p[3].ID
	if d := cmp.Diff(want, p); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	w.dst.Limit = 0
	w.run(t)
	inbox.items[0].Read = ptr(true)
	w.src.edit(inbox.items[1], "edited")
	w.src.remove(inbox, inbox.items[2])
	w.src.add(inbox, "new")
	if p, err = Plan(t.Context(), w.opts); err != nil {
		t.Fatal(err)
	}
	if f := p[2]; f.New != 1 || f.Changed != 2 || f.Left != 1 || f.Made || f.There != 8 {
		t.Errorf("after a run: %+v", f)
	}
	w.dst.Discard(func(k sinktest.Kept) bool { return k.Body == "done 0" }) // two of them
	w.run(t)
	for again, want := range map[bool]int{false: 0, true: 2} {
		w.opts.Again = again
		if p, err = Plan(t.Context(), w.opts); err != nil || p[0].New != want {
			t.Errorf("again %v: %d of what somebody took are new, want %d; %v", again, p[0].New, want, err)
		}
	}
}
