package checkpointtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
)

var commitTests = map[string]func(*testing.T, checkpoints.Store){
	"it moves the folder and keeps what describes it": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice)
		want := filled[checkpoints.Folder](1)
		must(t, s.SaveFolder(t.Context(), alice, want))
		c := filled[checkpoints.Commit](2)
		c.FolderKey = folderKey(alice, want.ID)
		c.After = checkpoints.Position{Seq: want.Seq, SyncKey: want.SyncKey}
		must(t, s.Commit(t.Context(), c))
		want.Seq, want.SyncKey, want.Asked, want.Last = c.Now.Seq, c.Now.SyncKey, c.Asked, c.Last
		want.Options, want.Resync, want.Pass = c.Options, c.Resync, c.Pass
		equal(t, "folders", folders(t, s, alice), []checkpoints.Folder{want})
	},

	"one that holds a part of an answer keeps the count of how often the key was shown": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		for n := 1; n <= 3; n++ {
			asked, err := s.Ask(t.Context(), k)
			if err != nil || asked != n {
				t.Fatalf("Ask: %d, %v, want %d", asked, err, n)
			}
			c := nextPage(t, s, k, checkpoints.Item{ServerID: fmt.Sprint(n), State: checkpoints.Archived})
			c.Now.SyncKey, c.Asked = c.After.SyncKey, asked
			must(t, s.Commit(t.Context(), c))
		}
		must(t, s.Commit(t.Context(), nextPage(t, s, k)))
		if asked, err := s.Ask(t.Context(), k); err != nil || asked != 1 {
			t.Errorf("Ask when the answer is stored: %d, %v, want 1", asked, err)
		}
	},

	"its rows are there, field by field, and replaced as a whole": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		for seed := range 3 {
			row := filled[checkpoints.Item](seed)
			row.Folder, row.ServerID, row.State = "f", "1", states[seed]
			page(t, s, k, row)
			equal(t, "items", items(t, s, k, "1"), map[string]checkpoints.Item{"1": row})
			equal(t, "live", live(t, s, k), []checkpoints.Item{row})
		}
		page(t, s, k, checkpoints.Item{ServerID: "1", State: checkpoints.Deleted})
		equal(t, "live", live(t, s, k), []checkpoints.Item{{Folder: "f", ServerID: "1", State: checkpoints.Deleted}})
	},

	"the later of two rows with one ServerId stays": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		page(t, s, k,
			checkpoints.Item{ServerID: "1", State: checkpoints.Archived, ID: "early"},
			checkpoints.Item{ServerID: "1", State: checkpoints.Deleted, ID: "late"})
		equal(t, "live", live(t, s, k),
			[]checkpoints.Item{{Folder: "f", ServerID: "1", State: checkpoints.Deleted, ID: "late"}})
	},

	"one that builds on another position is a conflict and changes nothing": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		done := nextPage(t, s, k, checkpoints.Item{ServerID: "1", State: checkpoints.Archived})
		must(t, s.Commit(t.Context(), done))
		for name, change := range map[string]func(*checkpoints.Commit){
			"another number": func(c *checkpoints.Commit) { c.After.Seq++ },
			"another key":    func(c *checkpoints.Commit) { c.After.SyncKey += " " },
			"the key in other case": func(c *checkpoints.Commit) {
				c.After.SyncKey = "KEY 1"
			},
			"the same again": func(c *checkpoints.Commit) { *c = done },
		} {
			c := nextPage(t, s, k, checkpoints.Item{ServerID: "1", State: checkpoints.Deleted},
				checkpoints.Item{ServerID: "2", State: checkpoints.Archived})
			change(&c)
			refused(t, s, name, c, checkpoints.ErrConflict)
		}
	},

	"one to an unknown folder or mailbox is not found": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		bob := checkpoints.Key{Job: alice.Job, Mailbox: "bob@example.com"}
		for _, k := range []checkpoints.FolderKey{folderKey(alice, "g"), folderKey(bob, "f")} {
			c := nextPage(t, s, folderKey(alice, "f"), checkpoints.Item{ServerID: "1", State: checkpoints.Archived})
			c.FolderKey = k
			refused(t, s, k.Folder, c, checkpoints.ErrNotFound)
		}
	},

	"one with a row that cannot be stored changes nothing": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f", "g")
		k := folderKey(alice, "f")
		for name, bad := range map[string]checkpoints.Item{
			"no state":         {ServerID: "2"},
			"unknown state":    {ServerID: "2", State: "lost"},
			"another folder's": {ServerID: "2", State: checkpoints.Archived, Folder: "g"},
		} {
			refused(t, s, name, nextPage(t, s, k, checkpoints.Item{ServerID: "1", State: checkpoints.Archived}, bad), nil)
		}
	},

	"a cancelled context commits nothing": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		c := nextPage(t, s, k, checkpoints.Item{ServerID: "1", State: checkpoints.Archived})
		if err := s.Commit(cancelled(t), c); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		equal(t, "position", folder(t, s, k).Seq, 0)
		equal(t, "rows", len(live(t, s, k)), 0)
	},

	"a context that is cancelled at any moment commits all or nothing": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		var rows []checkpoints.Item
		for i := range 100 {
			rows = append(rows, checkpoints.Item{ServerID: fmt.Sprint(i), State: checkpoints.Archived, Seq: 1})
		}
		started := time.Now()
		page(t, s, k, rows...)
		whole := time.Since(started)

		const tries = 40
		for i := range tries {
			c := nextPage(t, s, k)
			for _, row := range rows {
				row.Seq = c.Now.Seq
				c.Items = append(c.Items, row)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*whole*time.Duration(i)/tries)
			err := s.Commit(ctx, c)
			cancel()
			want := c.Now.Seq
			if err != nil {
				want = c.After.Seq
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Fatalf("got %v, want context.DeadlineExceeded", err)
				}
			}
			equal(t, "position", folder(t, s, k).Seq, want)
			for _, row := range live(t, s, k) {
				if row.Seq != want {
					t.Fatalf("row %s is of page %d, and the folder at page %d", row.ServerID, row.Seq, want)
				}
			}
		}
	},
}

// refused says that a commit reports want (nil: any error) and leaves folder f of alice as it was.
func refused(t *testing.T, s checkpoints.Store, name string, c checkpoints.Commit, want error) {
	t.Helper()
	k := folderKey(alice, "f")
	foldersBefore, itemsBefore := folders(t, s, alice), live(t, s, k)
	if err := s.Commit(t.Context(), c); err == nil || want != nil && !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", name, err, want)
	}
	equal(t, name+": folders", folders(t, s, alice), foldersBefore)
	equal(t, name+": items", live(t, s, k), itemsBefore)
}

var states = []checkpoints.State{
	checkpoints.Archived, checkpoints.Excluded, checkpoints.Quarantined, checkpoints.Deleted, checkpoints.SoftDeleted,
}
