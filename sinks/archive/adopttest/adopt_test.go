package adopttest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// page is a page of the suite, in the place that the archive has for its folder.
func page(a *archive.Archive, f sinks.Folder, seq int) sinks.Page {
	p := sinktest.NewPage(f, seq, "")
	p.Folder.Dir = a.Place(f.Path, f.ID)
	return p
}

// fill stores pages of messages.
func fill(t *testing.T, a *archive.Archive, f sinks.Folder, pages, each int) (list []sinks.Committed) {
	t.Helper()
	for seq := 1; seq <= pages; seq++ {
		p := page(a, f, seq)
		if seq > 1 {
			p.Prev = list[seq-2].Segment.SHA256
		}
		var puts []sinktest.Put
		for i := range each {
			puts = append(puts, sinktest.Mail(seq*100+i))
		}
		list = append(list, sinktest.Commit(t, a, p, puts...))
	}
	return list
}

// state is all that the checkpoints of a mailbox hold.
type state struct {
	Mailbox checkpoints.Mailbox
	Folders []checkpoints.Folder
	Items   map[string][]checkpoints.Item
}

// rebuild makes the checkpoints of a mailbox from an archive.
func rebuild(t *testing.T, a *archive.Archive) (s state) {
	t.Helper()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "checkpoints.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	err = migrate.Rebuild(ctx, migrate.Options{
		Job: a.ID(), Sink: a, Checkpoints: store, Mailboxes: []migrate.Mailbox{{Address: sinktest.Mailbox}},
	})
	if err != nil {
		t.Fatal(err)
	}
	key := checkpoints.Key{Job: a.ID(), Mailbox: sinktest.Mailbox}
	if s.Mailbox, err = store.Mailbox(ctx, key); err != nil {
		t.Fatal(err)
	}
	if s.Folders, err = store.Folders(ctx, key); err != nil {
		t.Fatal(err)
	}
	s.Items = make(map[string][]checkpoints.Item)
	states := []checkpoints.State{checkpoints.Archived, checkpoints.Deleted, checkpoints.SoftDeleted, checkpoints.Excluded, checkpoints.Quarantined}
	for _, f := range s.Folders {
		for item, err := range store.Live(ctx, checkpoints.FolderKey{Key: key, Folder: f.ID}, states...) {
			if err != nil {
				t.Fatal(err)
			}
			s.Items[f.ID] = append(s.Items[f.ID], item)
		}
		slices.SortFunc(s.Items[f.ID], func(a, b checkpoints.Item) int { return strings.Compare(a.ServerID, b.ServerID) })
	}
	return s
}

// TestAdoption: a host without an identity makes the same ledger and the same cursors of an archive as one with, but for
// what is not in clear.
func TestAdoption(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	b, err := dir.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	open := func(ids ...age.Identity) *archive.Archive {
		a, err := archive.CreateWith(t.Context(), b, archive.Options{Recipients: []string{key.Recipient().String()}, Identities: ids})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := open()
	inbox := fill(t, a, sinktest.Inbox, 3, 8)
	p := page(a, sinktest.Inbox, 4)
	p.Prev, p.KeyBefore = inbox[2].Segment.SHA256, inbox[2].KeyAfter
	id := func(page, n int) sinks.Event {
		e := inbox[page].Events[n]
		return sinks.Event{ID: e.ID, ServerID: e.ServerID, Fingerprint: "abc-17", State: "r=0a1b"}
	}
	events := []sinks.Event{id(0, 0), id(0, 1), id(0, 2), id(1, 0), {ServerID: "x1"}, {ServerID: "q1"}, {ServerID: "e1", Fingerprint: "def-1"}}
	for i, op := range []sinks.Op{sinks.OpChange, sinks.OpDelete, sinks.OpSoftDelete, sinks.OpChange, sinks.OpAdd, sinks.OpQuarantine, sinks.OpExclude} {
		events[i].Op, events[i].Reason, events[i].Subject = op, "a reason", "a subject"
	}
	events[1].MovedTo, events[4].MovedFrom = "ffffffff-1-1", "ffffffff-1-2"
	events[3].ServerIDBefore, events[3].ServerID = events[3].ServerID, "renamed"
	var puts []sinktest.Put
	for i, e := range events {
		put := sinktest.Put{Event: e}
		if i == 0 || i == 5 {
			put.Contents = []sinks.Content{sinktest.Text(".eml", "new bytes"), sinktest.Text(".eas.xml", "<x/>")}
		}
		if i == 4 {
			put.Contents = []sinks.Content{sinktest.Text(".eml", "")} // no bytes are bytes, too
		}
		puts = append(puts, put)
	}
	inbox = append(inbox, sinktest.Commit(t, a, p, puts...))
	twin := fill(t, a, sinktest.Twin, 3, 2)
	if err := a.Record(t.Context(), sinktest.NewRun("run1", append(inbox[:2:2], twin...)...)); err != nil {
		t.Fatal(err)
	}
	want, got := rebuild(t, open(key)), rebuild(t, open())
	if len(want.Items[sinktest.Inbox.ID]) != 28 || want.Folders[0].SyncKey == "" || want.Mailbox.DeviceID == "" {
		t.Fatalf("with the identity: %+v", want)
	}
	want.Mailbox.Server = "" // not in clear, nor are these
	for i := range want.Folders {
		want.Folders[i].Path = ""
	}
	for _, items := range want.Items {
		for i := range items {
			items[i].Reason = strings.TrimPrefix(items[i].Reason, "a reason")
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("without an identity (-with +without):\n%s", diff)
	}
	sealed := open()
	segments, err := sealed.Unrecorded(t.Context(), sinktest.Mailbox)
	all, openErr := open(key).Unrecorded(t.Context(), sinktest.Mailbox)
	if diff := cmp.Diff(all, segments); err != nil || openErr != nil || diff != "" || len(all) != 2 {
		t.Errorf("unrecorded: %v, %v:\n%s", err, openErr, diff)
	}
	// It goes on where the other one stopped, and its run is chained to the one before.
	more := sinktest.NewRun("run2", inbox[2:]...)
	if err := sealed.Record(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	if sum, err := open(key).Verify(t.Context(), archive.VerifyOptions{}); err != nil || sum.Problems != 0 || sum.Segments != 7 || sum.Sealed != 0 {
		t.Errorf("%+v, %v", sum, err)
	}
}
