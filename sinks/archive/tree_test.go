package archive

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestFolderItems: a folder has what ItemsWith has of it, at any time, and another folder nothing of it.
func TestFolderItems(t *testing.T) {
	a := create(t, newMemory())
	first := history(t, a)
	for _, at := range []time.Time{first.Add(-time.Second), first, first.Add(2 * time.Minute), {}} {
		got := []string{}
		for item, err := range a.FolderItems(t.Context(), sinktest.Mailbox, sinktest.Inbox.Dir, ItemOptions{At: at}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, show(item))
		}
		if diff := cmp.Diff(itemsAt(t, a, at), got); diff != "" {
			t.Errorf("at %v (-Items +FolderItems):\n%s", at, diff)
		}
	}
	for item := range a.FolderItems(t.Context(), sinktest.Mailbox, "other", ItemOptions{}) {
		t.Errorf("%s in a folder that is not there", item.ID)
	}
}

// TestTree: a folder is named as it was at a time, and is not there before its first page.
func TestTree(t *testing.T) {
	a := create(t, newMemory())
	first := history(t, a)
	renamed, empty := sinktest.Inbox, sinktest.Inbox
	renamed.Path = "Renamed"
	empty.ID, empty.Dir, empty.Path = "ffffffff", "empty-ffffffff", "Empty"
	for i, state := range []sinks.FolderState{{Folder: renamed, Seq: 4}, {Folder: renamed, Seq: 4, Gone: true}} {
		run := sinktest.NewRun("run" + string(rune('1'+i)))
		run.Ended = first.Add(time.Duration(i+1) * time.Hour)
		run.Folders = append(run.Folders, state, sinks.FolderState{Folder: empty, Gone: state.Gone})
		if err := a.Record(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		after time.Duration
		want  []FolderAt
	}{
		{-time.Second, nil},
		{time.Minute, []FolderAt{{Folder: sinktest.Inbox}}},
		{90 * time.Minute, []FolderAt{{Folder: empty, Empty: true}, {Folder: renamed}}},
		{3 * time.Hour, []FolderAt{{Folder: empty, Gone: true, Empty: true}, {Folder: renamed, Gone: true}}},
	} {
		got, err := a.Tree(t.Context(), sinktest.Mailbox, first.Add(c.after))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", c.after, diff)
		}
	}
	if now, err := a.Tree(t.Context(), sinktest.Mailbox, time.Time{}); err != nil || len(now) != 2 || !now[1].Gone {
		t.Errorf("now: %+v, %v", now, err)
	}
}

// TestDeparted: what was deleted has left, with where it went; what came back has not; and of a folder that is gone, all.
func TestDeparted(t *testing.T) {
	a := create(t, newMemory())
	event := func(e sinks.Event) sinktest.Put { return sinktest.Put{Event: e} }
	moved := sinktest.Mail(1)
	moved.Event.MovedFrom = "elsewhere-1-1"
	one := sinktest.Commit(t, a, sinktest.NewPage(sinktest.Inbox, 1, ""), moved, sinktest.Mail(2), sinktest.Mail(3))
	id := func(n int) string { return one.Events[n-1].ID }
	two := sinktest.Commit(t, a, sinktest.NewPage(sinktest.Inbox, 2, one.Segment.SHA256),
		event(sinks.Event{Op: sinks.OpDelete, ID: id(1), MovedTo: "other-1-1"}),
		event(sinks.Event{Op: sinks.OpDelete, ID: id(2)}),
		event(sinks.Event{Op: sinks.OpDelete, ID: "never seen"}),
	)
	back := sinktest.Mail(2)
	back.Event.ID = id(2)
	sinktest.Commit(t, a, sinktest.NewPage(sinktest.Inbox, 3, two.Segment.SHA256), back)
	for _, c := range []struct {
		gone bool
		want []Departed
	}{
		{false, []Departed{{ID: id(1), MovedTo: "other-1-1", MovedFrom: "elsewhere-1-1"}}},
		{true, []Departed{{ID: id(1), MovedTo: "other-1-1", MovedFrom: "elsewhere-1-1"}, {ID: id(2)}, {ID: id(3)}}},
	} {
		var got []Departed
		for d, err := range a.Departed(t.Context(), sinktest.Mailbox, FolderAt{Folder: sinktest.Inbox, Gone: c.gone}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, d)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("gone=%v (-want +got):\n%s", c.gone, diff)
		}
	}
}

// TestVersion: an item is found as it was, also when it has left.
func TestVersion(t *testing.T) {
	a := create(t, newMemory())
	history(t, a)
	dir, id := sinktest.Inbox.Dir, "0a1b2c3d-1-1"
	hashes := map[string]string{} // by contents
	for c, err := range a.Manifests(t.Context(), sinktest.Mailbox, dir) {
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.Events {
			if e.ID == id && e.Name != "" {
				hashes[e.SHA256] = e.Subject
			}
		}
	}
	if len(hashes) != 2 {
		t.Fatalf("%d versions, want 2", len(hashes))
	}
	for hash := range hashes {
		item, err := a.Version(t.Context(), sinktest.Mailbox, dir, id, hash)
		if err != nil || item.SHA256 != hash || item.Folder.Path != "Inbox" {
			t.Fatalf("%+v, %v", item, err)
		}
		r, err := a.OpenEntry(t.Context(), item.Segment, item.Entry())
		if err == nil {
			_, err = io.ReadAll(r) // it compares the hash
		}
		if err != nil {
			t.Errorf("its bytes: %v", err)
		}
		_ = r.Close()
	}
	deleted := "0a1b2c3d-1-2"
	var hash string
	for item := range a.Items(t.Context(), sinktest.Mailbox, sinktest.NewPage(sinktest.Inbox, 1, "").Time) {
		if item.ID == deleted {
			hash = item.SHA256
		}
	}
	if item, err := a.Version(t.Context(), sinktest.Mailbox, dir, deleted, hash); err != nil || item.ID != deleted {
		t.Errorf("a deleted one: %+v, %v", item, err)
	}
	if _, err := a.Version(t.Context(), sinktest.Mailbox, dir, id, "00"); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("a version that never was: %v", err)
	}
}
