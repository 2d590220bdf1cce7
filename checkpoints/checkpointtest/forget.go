package checkpointtest

import (
	"errors"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
)

// forgetTests are for a store that can forget a mailbox.
var forgetTests = map[string]func(*testing.T, checkpoints.Store){
	"what is forgotten is gone, and nothing else": func(t *testing.T, s checkpoints.Store) {
		f, ok := s.(checkpoints.Forgetter)
		if !ok {
			t.Skip("the store forgets nothing")
		}
		ctx := t.Context()
		others := []checkpoints.Key{{Job: alice.Job, Mailbox: "bob@example.com"}, {Job: "job-2", Mailbox: alice.Mailbox}}
		item := filled[checkpoints.Item](1)
		item.State, item.Folder = checkpoints.Archived, ""
		fill := func(k checkpoints.Key) {
			m := filled[checkpoints.Mailbox](1)
			m.Key = k
			must(t, s.SaveMailbox(ctx, m))
			for _, id := range []string{"f1", "f2"} {
				must(t, s.SaveFolder(ctx, k, checkpoints.Folder{ID: id}))
				must(t, s.Commit(ctx, checkpoints.Commit{FolderKey: folderKey(k, id), Now: checkpoints.Position{Seq: 1, SyncKey: "k"}, Items: []checkpoints.Item{item}}))
			}
		}
		for _, k := range append(others, alice) {
			fill(k)
		}
		must(t, f.Forget(ctx, alice))
		must(t, f.Forget(ctx, alice)) // again: there is nothing
		if _, err := s.Mailbox(ctx, alice); !errors.Is(err, checkpoints.ErrNotFound) {
			t.Errorf("the mailbox: %v", err)
		}
		folders, err := s.Folders(ctx, alice)
		must(t, err)
		counts, err := s.Counts(ctx, folderKey(alice, "f1"))
		must(t, err)
		bytes, err := s.BySHA256(ctx, alice, item.SHA256)
		must(t, err)
		equal(t, "folders, states and items that are left", len(folders)+len(counts)+len(bytes), 0)
		for _, k := range others {
			folders, err := s.Folders(ctx, k)
			must(t, err)
			counts, err := s.Counts(ctx, folderKey(k, "f2"))
			must(t, err)
			equal(t, "folders and items of "+k.Mailbox, len(folders)+counts[checkpoints.Archived], 3)
		}
		// It may come back, and nothing of before is there.
		m := filled[checkpoints.Mailbox](2)
		m.Key = alice
		must(t, s.SaveMailbox(ctx, m))
		must(t, s.SaveFolder(ctx, alice, checkpoints.Folder{ID: "f1"}))
		found, err := s.Items(ctx, folderKey(alice, "f1"), []string{item.ServerID})
		must(t, err)
		equal(t, "items of before", len(found), 0)
	},
}
