package sinktest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
)

// TargetSuite is what [RunTarget] needs to know of a target.
type TargetSuite struct {
	// Open returns a target with a mailbox of its own, each time another one, and arranges for what has to be cleaned up.
	Open func(t *testing.T) sinks.Target
	// Class is that of the items.
	Class string
	// Item makes the n-th item. Any two differ in what the target keeps of their contents. Each call may make it anew.
	Item func(n int) sinks.TargetItem
	// Edit gives the n-th item other contents and the same name.
	Edit func(n int) sinks.TargetItem
	// Mark changes marks of an item; nil: the target has no marks for the class.
	Mark func(e *sinks.Event)
}

// RunTarget runs the suite: the contract of a target, sentence by sentence, as far as a target that works can show it. What one does when
// its connection breaks is for the adapter's own tests.
func RunTarget(t *testing.T, s TargetSuite) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, s TargetSuite, dst sinks.Target)
	}{
		{"Takes", targetTakes},
		{"MakeFolder", targetMakeFolder},
		{"Put", targetPut},
		{"Find", targetFind},
		{"UpdateMarks", targetUpdateMarks},
		{"UpdateContents", targetUpdateContents},
		{"Move", targetMove},
		{"Delete", targetDelete},
		{"DeleteFolder", targetDeleteFolder},
		{"RenameFolder", targetRenameFolder},
		{"TwoHandles", targetTwoHandles},
		{"Cancelled", targetCancelled},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, s, s.Open(t)) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func targetFolder(t *testing.T, s TargetSuite, dst sinks.Target, path string) sinks.Place {
	t.Helper()
	p, _, err := dst.MakeFolder(t.Context(), sinks.Place{Path: path, Class: s.Class, Type: 12, Items: -1})
	must(t, err)
	return p
}

func openTarget(t *testing.T, dst sinks.Target, p sinks.Place) sinks.TargetFolder {
	t.Helper()
	f, err := dst.Open(t.Context(), p)
	must(t, err)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// held returns the states of what a folder holds, by ids.
func held(t *testing.T, f sinks.TargetFolder) map[string]string {
	t.Helper()
	all := map[string]string{}
	for h, err := range f.Held(t.Context()) {
		must(t, err)
		if _, twice := all[h.ID]; twice || h.ID == "" || h.State == "" {
			t.Fatalf("held: %+v, twice: %v", h, twice)
		}
		all[h.ID] = h.State
	}
	return all
}

func (s TargetSuite) items(from, n int) []sinks.TargetItem {
	var all []sinks.TargetItem
	for i := range n {
		all = append(all, s.Item(from+i))
	}
	return all
}

// putAll puts items, in batches, and says that each was taken.
func putAll(t *testing.T, f sinks.TargetFolder, items []sinks.TargetItem) []sinks.Held {
	t.Helper()
	var all []sinks.Held
	for batch := range slices.Chunk(items, f.Batch()) {
		placed, err := f.Put(t.Context(), batch)
		must(t, err)
		if len(placed) != len(batch) {
			t.Fatalf("%d answers for %d items", len(placed), len(batch))
		}
		for i, p := range placed {
			if p.Err != nil || p.ID == "" || p.State == "" {
				t.Fatalf("item %s: %+v", batch[i].Key, p)
			}
			all = append(all, p.Held)
		}
	}
	return all
}

func targetTakes(t *testing.T, s TargetSuite, dst sinks.Target) {
	if !dst.Takes(s.Class) {
		t.Errorf("it does not take %s", s.Class)
	}
	if dst.Takes("Journal of nothing") {
		t.Error("it takes a class that there is not")
	}
}

func targetMakeFolder(t *testing.T, s TargetSuite, dst sinks.Target) {
	want := sinks.Place{Path: sinks.JoinPath("Suite", "Ä 字"), Class: s.Class, Type: 12, Items: -1}
	p, made, err := dst.MakeFolder(t.Context(), want)
	must(t, err)
	if !made || p.ID == "" || p.Path == "" || p.Class != s.Class {
		t.Fatalf("made: %v, %+v", made, p)
	}
	again, made, err := dst.MakeFolder(t.Context(), want)
	must(t, err)
	if made || again.ID != p.ID || again.Path != p.Path {
		t.Errorf("again: made: %v, %+v, want %+v", made, again, p)
	}
	all, err := dst.Folders(t.Context())
	must(t, err)
	i := slices.IndexFunc(all, func(q sinks.Place) bool { return q.ID == p.ID })
	if i < 0 || all[i].Path != p.Path || all[i].Class != s.Class {
		t.Errorf("it is not among the folders as it was made: %+v", all)
	}
	paths := map[string]bool{}
	for _, q := range all {
		if paths[q.Class+q.Path] {
			t.Errorf("two folders of class %s are called %s", q.Class, q.Path)
		}
		paths[q.Class+q.Path] = true
	}
	if len(held(t, openTarget(t, dst, p))) != 0 || openTarget(t, dst, p).Mark() != "" {
		t.Error("a folder that was made holds something")
	}
}

func targetPut(t *testing.T, s TargetSuite, dst sinks.Target) {
	p := targetFolder(t, s, dst, "Put")
	f := openTarget(t, dst, p)
	if f.Batch() < 1 {
		t.Fatalf("a batch of %d", f.Batch())
	}
	want := map[string]string{}
	for _, h := range putAll(t, f, s.items(0, 7)) {
		want[h.ID] = h.State
	}
	if len(want) != 7 {
		t.Fatalf("ids are given twice: %v", want)
	}
	for name, f := range map[string]sinks.TargetFolder{"the same": f, "another": openTarget(t, dst, p)} {
		if d := cmp.Diff(want, held(t, f)); d != "" {
			t.Errorf("held by %s handle: -put +held\n%s", name, d)
		}
	}
	for id, state := range want {
		item, err := f.Read(t.Context(), sinks.Held{ID: id, State: state})
		if err != nil || len(item.Contents) == 0 {
			t.Errorf("read %s: %d contents, %v", id, len(item.Contents), err)
		}
	}
}

func targetFind(t *testing.T, s TargetSuite, dst sinks.Target) {
	f := openTarget(t, dst, targetFolder(t, s, dst, "Find"))
	before := putAll(t, f, s.items(0, 3))
	f = openTarget(t, dst, targetFolder(t, s, dst, "Find"))
	mark := f.Mark()
	after := putAll(t, f, s.items(3, 3))
	f = openTarget(t, dst, targetFolder(t, s, dst, "Find"))
	ids := func(mark string, items []sinks.TargetItem) [][]string {
		t.Helper()
		var all [][]string
		found, err := f.Find(t.Context(), mark, items)
		must(t, err)
		for _, hs := range found {
			var of []string
			for _, h := range hs {
				of = append(of, h.ID)
			}
			all = append(all, of)
		}
		return all
	}
	items := append(s.items(0, 6), s.Item(99))
	for _, c := range []struct {
		mark string
		want [][]string
	}{
		{mark, [][]string{nil, nil, nil, {after[0].ID}, {after[1].ID}, {after[2].ID}, nil}},
		{"", [][]string{{before[0].ID}, {before[1].ID}, {before[2].ID}, {after[0].ID}, {after[1].ID}, {after[2].ID}, nil}},
		{f.Mark(), make([][]string, 7)},
	} {
		if d := cmp.Diff(c.want, ids(c.mark, items)); d != "" {
			t.Errorf("after mark %.40q: -want +found\n%s", c.mark, d)
		}
	}
}

func targetUpdateMarks(t *testing.T, s TargetSuite, dst sinks.Target) {
	if s.Mark == nil {
		t.Skip("it has no marks")
	}
	f := openTarget(t, dst, targetFolder(t, s, dst, "Marks"))
	h := putAll(t, f, s.items(0, 2))
	item := s.Item(0)
	item.Contents = nil
	s.Mark(&item.Event)
	p, err := f.Update(t.Context(), h[0], item)
	must(t, err)
	if p.State == h[0].State {
		t.Error("its state is as before")
	}
	if d := cmp.Diff(map[string]string{p.ID: p.State, h[1].ID: h[1].State}, held(t, f)); d != "" {
		t.Errorf("-want +held\n%s", d)
	}
	if found, err := f.Find(t.Context(), "", s.items(0, 1)); err != nil || len(found[0]) != 1 {
		t.Errorf("its contents are others: %v, %v", found, err)
	}
	if _, err := f.Update(t.Context(), sinks.Held{ID: p.ID, State: h[0].State}, item); !errors.Is(err, sinks.ErrChanged) {
		t.Errorf("with the state that it had: %v, want ErrChanged", err)
	}
	again, err := f.Update(t.Context(), p.Held, item)
	if err != nil || again.State != p.State {
		t.Errorf("again: %+v, %v, want %+v", again, err, p)
	}
}

func targetUpdateContents(t *testing.T, s TargetSuite, dst sinks.Target) {
	f := openTarget(t, dst, targetFolder(t, s, dst, "Contents"))
	h := putAll(t, f, s.items(0, 2))
	p, err := f.Update(t.Context(), h[0], s.Edit(0))
	must(t, err)
	p, err = f.Update(t.Context(), p.Held, s.Edit(0))
	if err != nil {
		t.Fatalf("again: %v", err)
	}
	if d := cmp.Diff(map[string]string{p.ID: p.State, h[1].ID: h[1].State}, held(t, f)); d != "" {
		t.Errorf("-want +held\n%s", d)
	}
	found, err := f.Find(t.Context(), "", []sinks.TargetItem{s.Item(0), s.Edit(0)})
	must(t, err)
	if len(found[0]) != 0 || len(found[1]) != 1 || found[1][0].ID != p.ID {
		t.Errorf("found by the contents before and after: %v", found)
	}
	_, err = f.Delete(t.Context(), []sinks.Held{p.Held})
	must(t, err)
	if _, err := f.Update(t.Context(), p.Held, s.Edit(0)); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("of one that is not there: %v, want ErrNotExist", err)
	}
}

func targetMove(t *testing.T, s TargetSuite, dst sinks.Target) {
	from, to := targetFolder(t, s, dst, "From"), targetFolder(t, s, dst, "To")
	f := openTarget(t, dst, from)
	h := putAll(t, f, s.items(0, 2))
	p, err := f.Move(t.Context(), h[0], to)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	must(t, err)
	if d := cmp.Diff(map[string]string{h[1].ID: h[1].State}, held(t, f)); d != "" {
		t.Errorf("where it was: -want +held\n%s", d)
	}
	if d := cmp.Diff(map[string]string{p.ID: p.State}, held(t, openTarget(t, dst, to))); d != "" {
		t.Errorf("where it is: -want +held\n%s", d)
	}
	if _, err := f.Move(t.Context(), h[0], to); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("again: %v, want ErrNotExist", err)
	}
}

func targetDelete(t *testing.T, s TargetSuite, dst sinks.Target) {
	f := openTarget(t, dst, targetFolder(t, s, dst, "Delete"))
	h := putAll(t, f, s.items(0, 3))
	changed, err := f.Update(t.Context(), h[1], s.Edit(1))
	must(t, err)
	now := []sinks.Held{h[0], changed.Held, h[2]}
	confirmed(t, f, now, now...)
	for range 2 { // one that is not there counts as removed
		removed, err := f.Delete(t.Context(), []sinks.Held{h[0], {ID: changed.ID, State: h[1].State}})
		must(t, err)
		if d := cmp.Diff([]sinks.Held{h[0]}, removed); d != "" {
			t.Errorf("removed: -want +got\n%s", d)
		}
	}
	if d := cmp.Diff(map[string]string{changed.ID: changed.State, h[2].ID: h[2].State}, held(t, f)); d != "" {
		t.Errorf("-want +held\n%s", d)
	}
	confirmed(t, f, now, now[1:]...)
}

// confirmed says which of some items a Confirmer has.
func confirmed(t *testing.T, f sinks.TargetFolder, asked []sinks.Held, want ...sinks.Held) {
	t.Helper()
	c, ok := f.(sinks.Confirmer)
	if !ok {
		return
	}
	var ids, there []string
	for _, h := range asked {
		ids = append(ids, h.ID)
	}
	for _, h := range want {
		there = append(there, h.ID)
	}
	got, err := c.Confirm(t.Context(), ids)
	must(t, err)
	slices.Sort(got)
	slices.Sort(there)
	if d := cmp.Diff(there, got); d != "" {
		t.Errorf("confirmed: -want +got\n%s", d)
	}
}

func targetDeleteFolder(t *testing.T, s TargetSuite, dst sinks.Target) {
	p := targetFolder(t, s, dst, "Gone")
	f := openTarget(t, dst, p)
	h := putAll(t, f, s.items(0, 1))
	err := dst.DeleteFolder(t.Context(), p)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if !errors.Is(err, sinks.ErrNotEmpty) {
		t.Fatalf("with an item in it: %v, want ErrNotEmpty", err)
	}
	_, err = f.Delete(t.Context(), h)
	must(t, err)
	must(t, dst.DeleteFolder(t.Context(), p))
	if err := dst.DeleteFolder(t.Context(), p); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("again: %v, want ErrNotExist", err)
	}
	if f, err := dst.Open(t.Context(), p); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("open: %v, %v, want ErrNotExist", f, err)
	}
}

func targetRenameFolder(t *testing.T, s TargetSuite, dst sinks.Target) {
	p := targetFolder(t, s, dst, "Old name")
	putAll(t, openTarget(t, dst, p), s.items(0, 2))
	q, err := dst.RenameFolder(t.Context(), p, "New name")
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	must(t, err)
	if !strings.HasSuffix(q.Path, "New name") {
		t.Errorf("it is called %s", q.Path)
	}
	f := openTarget(t, dst, q)
	if n := len(held(t, f)); n != 2 {
		t.Errorf("%d items are in it", n)
	}
	found, err := f.Find(t.Context(), "", s.items(0, 2))
	must(t, err)
	if len(found[0]) != 1 || len(found[1]) != 1 {
		t.Errorf("found: %v", found)
	}
}

func targetTwoHandles(t *testing.T, s TargetSuite, dst sinks.Target) {
	p := targetFolder(t, s, dst, "Two")
	a, b := openTarget(t, dst, p), openTarget(t, dst, p)
	want := map[string]string{}
	for i := range 3 {
		for _, h := range append(putAll(t, a, s.items(2*i, 1)), putAll(t, b, s.items(2*i+1, 1))...) {
			want[h.ID] = h.State
		}
	}
	if d := cmp.Diff(want, held(t, openTarget(t, dst, p))); d != "" {
		t.Errorf("-put +held\n%s", d)
	}
}

func targetCancelled(t *testing.T, s TargetSuite, dst sinks.Target) {
	p := targetFolder(t, s, dst, "Cancelled")
	f := openTarget(t, dst, p)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, folders := dst.Folders(ctx)
	_, put := f.Put(ctx, s.items(0, 1))
	_, find := f.Find(ctx, "", s.items(0, 1))
	for name, err := range map[string]error{"Folders": folders, "Put": put, "Find": find} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
	if n := len(held(t, openTarget(t, dst, p))); n != 0 {
		t.Errorf("%d items were put", n)
	}
}
