package archive

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// history is a folder of some pages, one a minute, in which everything happens that can.
func history(t *testing.T, a *Archive) (first time.Time) {
	t.Helper()
	yes, no := true, false
	add := sinktest.Mail
	event := func(e sinks.Event) sinktest.Put { return sinktest.Put{Event: e} }
	id := func(page, n int) string { return fmt.Sprintf("0a1b2c3d-%d-%d", page, n) }
	prev := ""
	for i, items := range [][]sinktest.Put{
		{add(1), add(2), add(3), event(sinks.Event{Op: sinks.OpExclude, ServerID: "x"})},
		{
			event(sinks.Event{Op: sinks.OpChange, ID: id(1, 1), Read: &yes, Flag: "active", Categories: []string{"red"}}),
			event(sinks.Event{Op: sinks.OpDelete, ID: id(1, 2)}),
			event(sinks.Event{Op: sinks.OpQuarantine, ServerID: "q", Reason: "unreadable"}),
			event(sinks.Event{Op: sinks.OpDelete, ID: "never seen"}),
			event(sinks.Event{Op: sinks.OpChange, ID: "never seen", Read: &yes}),
		},
		{
			event(sinks.Event{Op: sinks.OpResync, Reason: "status 3"}),
			{Event: sinks.Event{Op: sinks.OpChange, ID: id(1, 1), ServerID: "new/1", Subject: "edited", Read: &no}, Contents: []sinks.Content{sinktest.Text(".eml", "version 2")}},
			event(sinks.Event{Op: sinks.OpSoftDelete, ID: id(1, 3)}),
		},
		{
			event(sinks.Event{Op: sinks.OpChange, ID: id(1, 1), Flag: "none", Categories: []string{}}),
			event(sinks.Event{Op: sinks.OpChange, ID: id(1, 3), Read: &yes}), // it is in the window again
			add(4),
		},
	} {
		prev = sinktest.Commit(t, a, sinktest.NewPage(sinktest.Inbox, i+1, prev), items...).Segment.SHA256
	}
	return sinktest.NewPage(sinktest.Inbox, 1, "").Time
}

// show says of an item what the test looks at.
func show(item Item) string {
	read := "?"
	if item.Read != nil {
		read = fmt.Sprint(*item.Read)
	}
	seq := strings.TrimPrefix(strings.TrimSuffix(item.Segment, segmentExt), layout{}.folderPrefix(sinktest.Mailbox, sinktest.Inbox.Dir))
	return fmt.Sprintf("%s %s %q read=%s flag=%s cat=%q seg=%s size=%d soft=%v %s", item.ID, item.ServerID, item.Subject, read, item.Flag, item.Categories, seq, item.Size, item.SoftDeleted, item.Folder.Path)
}

func itemsAt(t *testing.T, a *Archive, at time.Time) []string {
	t.Helper()
	list := []string{}
	for item, err := range a.Items(t.Context(), sinktest.Mailbox, at) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, show(item))
	}
	return list
}

func TestItems(t *testing.T) {
	a := create(t, newMemory())
	first := history(t, a)
	const (
		one   = `0a1b2c3d-1-1 mail/1/1 "message 1" read=? flag= cat=[] seg=00000001 size=28 soft=false Inbox`
		two   = `0a1b2c3d-1-2 mail/1/2 "message 2" read=? flag= cat=[] seg=00000001 size=28 soft=false Inbox`
		three = `0a1b2c3d-1-3 mail/1/3 "message 3" read=? flag= cat=[] seg=00000001 size=28 soft=false Inbox`
		one2  = `0a1b2c3d-1-1 mail/1/1 "message 1" read=true flag=active cat=["red"] seg=00000001 size=28 soft=false Inbox`
		one3  = `0a1b2c3d-1-1 new/1 "edited" read=false flag=active cat=["red"] seg=00000003 size=9 soft=false Inbox`
		soft3 = `0a1b2c3d-1-3 mail/1/3 "message 3" read=? flag= cat=[] seg=00000001 size=28 soft=true Inbox`
		one4  = `0a1b2c3d-1-1 new/1 "edited" read=false flag=none cat=[] seg=00000003 size=9 soft=false Inbox`
		back4 = `0a1b2c3d-1-3 mail/1/3 "message 3" read=true flag= cat=[] seg=00000001 size=28 soft=false Inbox`
		four  = `0a1b2c3d-4-3 mail/1/4 "message 4" read=? flag= cat=[] seg=00000004 size=28 soft=false Inbox`
	)
	for _, c := range []struct {
		at   time.Time
		want []string
	}{
		{first.Add(-time.Second), []string{}},
		{first, []string{one, two, three}},
		{first.Add(59 * time.Second), []string{one, two, three}},
		{first.Add(time.Minute), []string{one2, three}},
		{first.Add(2 * time.Minute), []string{one3, soft3}},
		{first.Add(time.Hour), []string{one4, back4, four}},
		{time.Time{}, []string{one4, back4, four}},
	} {
		if diff := cmp.Diff(c.want, itemsAt(t, a, c.at)); diff != "" {
			t.Errorf("at %v (-want +got):\n%s", c.at, diff)
		}
	}
	for item, err := range a.Items(t.Context(), sinktest.Mailbox, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readEntry(t.Context(), a, item.Segment, item.Entry()); err != nil {
			t.Errorf("the newest version of %s: %v", item.ID, err)
		}
	}
}

// TestItemsFolders: run records tell of folders that were renamed or went, without a page.
func TestItemsFolders(t *testing.T) {
	a := create(t, newMemory())
	first := history(t, a)
	record := func(id string, after time.Duration, state sinks.FolderState) {
		run := sinktest.NewRun(id)
		run.Ended = first.Add(after)
		run.Folders = append(run.Folders, state)
		if err := a.Record(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
	renamed := sinktest.Inbox
	renamed.Path = "Renamed"
	record("run1", time.Hour, sinks.FolderState{Folder: renamed, Seq: 4})
	record("run2", 2*time.Hour, sinks.FolderState{Folder: renamed, Seq: 4, Gone: true})
	for after, want := range map[time.Duration]string{3 * time.Minute: "Inbox", time.Hour: "Renamed", 2 * time.Hour: ""} {
		got := ""
		for item, err := range a.Items(t.Context(), sinktest.Mailbox, first.Add(after)) {
			if err != nil {
				t.Fatal(err)
			}
			got = item.Folder.Path
		}
		if got != want {
			t.Errorf("after %v the folder is %q, want %q", after, got, want)
		}
	}
	folders, err := a.Folders(t.Context(), sinktest.Mailbox)
	if err != nil || len(folders) != 1 || folders[0] != renamed {
		t.Errorf("Folders = %+v, %v", folders, err)
	}
}

// TestFoldMemory: a folder's state takes about 1 KB an item, and what is deleted takes none.
func TestFoldMemory(t *testing.T) {
	const pages, perPage = 400, 100
	var f Fold
	before := heap()
	date := time.Now()
	for p := range pages {
		name := segmentName(sinktest.Mailbox, sinktest.Inbox.Dir, p+1)
		c := sinks.Committed{Page: sinktest.NewPage(sinktest.Inbox, p+1, ""), Segment: sinks.Segment{Name: name}}
		for n := range perPage {
			yes, received := true, date
			c.Events = append(c.Events, sinks.Event{
				Op: sinks.OpAdd, ID: fmt.Sprintf("0a1b2c3d-%d-%d", p+1, n+1), ServerID: fmt.Sprintf("5d1b4d7e:%d", p*perPage+n),
				Name:     fmt.Sprintf("Inbox/Projects/2024-03-01_a subject of usual length, like this_0a1b2c3d-%d-%d.eml", p+1, n+1),
				SHA256:   fmt.Sprintf("%064x", p*perPage+n),
				Received: &received, From: fmt.Sprintf("Some Body <somebody%d@example.com>", n), To: []string{fmt.Sprintf("alice%d@example.com", n)},
				Subject: fmt.Sprintf("Re: a subject of usual length, like this %d", n), MessageID: fmt.Sprintf("<%040d@mail.example.com>", n), Read: &yes,
				Verified:   &sinks.Verified{Structure: "ok"},
				Properties: fmt.Sprint("<Properties>", strings.Repeat("x", 2000), n),
			})
		}
		f.Apply(c)
	}
	if each := (heap() - before) / (pages * perPage); each > 1100 {
		t.Errorf("%d bytes an item", each)
	}
	for p := range pages {
		c := sinks.Committed{Page: sinktest.NewPage(sinktest.Inbox, pages+p+1, "")}
		for n := range perPage {
			if n > 0 {
				c.Events = append(c.Events, sinks.Event{Op: sinks.OpDelete, ID: fmt.Sprintf("0a1b2c3d-%d-%d", p+1, n+1)})
			}
		}
		f.Apply(c)
	}
	n := 0
	for item := range f.Items() {
		if want := fmt.Sprintf("0a1b2c3d-%d-1", n+1); item.ID != want {
			t.Fatalf("item %d is %s, want %s", n, item.ID, want)
		}
		n++
	}
	if n != pages {
		t.Errorf("%d items are live, want %d", n, pages)
	}
}
