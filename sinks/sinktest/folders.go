package sinktest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/sinks"
)

// chain commits n pages of a folder, each with one message.
func chain(t *testing.T, s sinks.Sink, f sinks.Folder, n int) []sinks.Committed {
	t.Helper()
	var pages []sinks.Committed
	prev := ""
	for seq := 1; seq <= n; seq++ {
		pages = append(pages, Commit(t, s, NewPage(f, seq, prev), Mail(seq)))
		prev = pages[seq-1].Segment.SHA256
	}
	return pages
}

func testPagesAfter(t *testing.T, s sinks.Sink, again func() sinks.Sink) {
	pages := chain(t, s, Inbox, 12)
	for _, s := range []sinks.Sink{s, again()} {
		for after := range len(pages) + 1 {
			wantPages(t, s, Inbox.Dir, after, pages[after:]...)
		}
	}
	for c, err := range s.Pages(t.Context(), Mailbox, Inbox.Dir, 3) {
		if err != nil || c.Page.Seq != 4 {
			t.Errorf("first page after 3 is %d, %v", c.Page.Seq, err)
		}
		break // an iterator that goes on panics
	}
}

// testGap: what lies behind a gap is never shown as if it followed.
func testGap(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	pages := chain(t, s, Inbox, 2)
	if _, err := commit(t.Context(), s, NewPage(Inbox, 4, pages[1].Segment.SHA256), Mail(4)); err != nil {
		return // refusing it is as good
	}
	got, err := ReadPages(t, s, Inbox.Dir, 0)
	if !errors.Is(err, sinks.ErrCorrupt) {
		t.Errorf("pages 1, 2, 4 end with %v, want ErrCorrupt", err)
	}
	if len(got) > 2 {
		t.Errorf("%d pages were shown", len(got))
	}
}

// testLostPages: a checkpoint knows more pages than the sink has.
func testLostPages(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	chain(t, s, Inbox, 2)
	for _, after := range []int{3, 4, 100} {
		if got, err := ReadPages(t, s, Inbox.Dir, after); !errors.Is(err, sinks.ErrCorrupt) || len(got) != 0 {
			t.Errorf("of 2 pages %d are after %d, %v; want ErrCorrupt", len(got), after, err)
		}
	}
	if _, err := ReadPages(t, s, Twin.Dir, 1); !errors.Is(err, sinks.ErrCorrupt) {
		t.Errorf("pages after 1 of a folder that is not there: %v, want ErrCorrupt", err)
	}
}

// testPlace: folders of hostile names, and two of one name, each have a place of their own where pages can be.
func testPlace(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	places := make(map[string]bool)
	for i, path := range []string{"Inbox", "Inbox", "inbox", "", "..", "a/../b", "CON", "AC%2FDC", "受信トレイ", "x\x00\u202e", strings.Repeat("long/", 200)} {
		f := sinks.Folder{ID: fmt.Sprintf("%08x", i), Path: path, Class: "Email"}
		f.Dir = s.Place(f.Path, f.ID)
		if places[f.Dir] || f.Dir != s.Place(f.Path, f.ID) {
			t.Errorf("%q has the place %q, which is another folder's, or changes", path, f.Dir)
		}
		places[f.Dir] = true
		want := Commit(t, s, NewPage(f, 1, ""), Mail(i))
		wantPages(t, s, f.Dir, 0, want)
	}
}

func testFolders(t *testing.T, s sinks.Sink, again func() sinks.Sink) {
	first := Commit(t, s, NewPage(Inbox, 1, ""), Mail(1))
	twin := Commit(t, s, NewPage(Twin, 1, ""), Mail(1))
	renamed := Inbox
	renamed.Path = "Inbox renamed"
	second := Commit(t, s, NewPage(renamed, 2, first.Segment.SHA256), Mail(2))
	other := NewPage(Inbox, 1, "")
	other.Mailbox = "bob@example.com"
	Commit(t, s, other, Mail(1))
	for _, s := range []sinks.Sink{s, again()} {
		folders, err := s.Folders(t.Context(), Mailbox)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(folders, func(a, b sinks.Folder) int { return cmp.Compare(a.ID, b.ID) })
		if diff := gocmp.Diff([]sinks.Folder{renamed, Twin}, folders); diff != "" {
			t.Errorf("folders (-want +got):\n%s", diff)
		}
		wantPages(t, s, Inbox.Dir, 0, first, second)
		wantPages(t, s, Twin.Dir, 0, twin)
	}
	if first.Events[0].ID == twin.Events[0].ID || first.Events[0].ID == second.Events[0].ID {
		t.Errorf("ids %s, %s, %s are not unique", first.Events[0].ID, twin.Events[0].ID, second.Events[0].ID)
	}
}

// testParallel: pages of different folders are independent.
func testParallel(t *testing.T, s sinks.Sink, _ func() sinks.Sink) {
	var g errgroup.Group
	for _, f := range []sinks.Folder{Inbox, Twin} {
		g.Go(func() error {
			prev := ""
			for seq := 1; seq <= 20; seq++ {
				c, err := commit(t.Context(), s, NewPage(f, seq, prev), Mail(seq), Mail(seq+1))
				if err != nil {
					return err
				}
				prev = c.Segment.SHA256
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []sinks.Folder{Inbox, Twin} {
		if pages, err := ReadPages(t, s, f.Dir, 0); len(pages) != 20 || err != nil {
			t.Errorf("%s has %d pages, %v; want 20", f.Dir, len(pages), err)
		}
	}
}

// NewRun returns the record of a run that committed the segments.
func NewRun(id string, pages ...sinks.Committed) sinks.Run {
	run := sinks.Run{
		ID: id, Mailbox: Mailbox, Server: "https://eas.example.com/", DeviceID: "airlift01", EAS: "14.1", Result: "ok", Tool: "airlift test",
		Started: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC), Ended: time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC),
		Folders: []sinks.FolderState{}, Segments: []sinks.Segment{},
	}
	for _, c := range pages {
		run.Segments = append(run.Segments, c.Segment)
	}
	return run
}

func testRecord(t *testing.T, s sinks.Sink, again func() sinks.Sink) {
	pages := chain(t, s, Inbox, 2)
	if err := s.Record(t.Context(), NewRun("run1", pages...)); err != nil {
		t.Fatal(err)
	}
	for _, s := range []sinks.Sink{s, again()} {
		if err := s.Record(t.Context(), NewRun("run1", pages...)); !errors.Is(err, sinks.ErrExist) {
			t.Errorf("a second record of that id: %v, want ErrExist", err)
		}
	}
	if err := again().Record(t.Context(), NewRun("run2")); err != nil {
		t.Error(err)
	}
	wantPages(t, s, Inbox.Dir, 0, pages...)
}
