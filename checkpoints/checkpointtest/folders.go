package checkpointtest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
)

var folderTests = map[string]func(*testing.T, checkpoints.Store){
	"an unknown mailbox has none and takes none": func(t *testing.T, s checkpoints.Store) {
		equal(t, "folders", len(folders(t, s, alice)), 0)
		err := s.SaveFolder(t.Context(), alice, checkpoints.Folder{ID: "f"})
		if !errors.Is(err, checkpoints.ErrNotFound) {
			t.Errorf("SaveFolder: got %v, want ErrNotFound", err)
		}
		setUp(t, s, alice)
		equal(t, "folders of the mailbox once it is saved", len(folders(t, s, alice)), 0)
	},

	"a new one is stored as given, field by field": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice)
		want := []checkpoints.Folder{filled[checkpoints.Folder](1), filled[checkpoints.Folder](2), {ID: "zero"}}
		for _, f := range want {
			must(t, s.SaveFolder(t.Context(), alice, f))
		}
		equal(t, "folders", folders(t, s, alice), want)
	},

	"they are ordered by the bytes of their identity, gone ones among them": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice)
		want := []string{"", "0", "10", "2", "A", "B", "a", "a b", "b", "e\u0301", "\xe9", "é", "字"}
		for i, id := range want {
			must(t, s.SaveFolder(t.Context(), alice, checkpoints.Folder{ID: want[len(want)-1-i], Gone: id == "A"}))
		}
		slices.Sort(want)
		var got []string
		for _, f := range folders(t, s, alice) {
			got = append(got, f.ID)
		}
		equal(t, "identities", got, want)
	},

	"saving a known one replaces what describes it and keeps where it stands": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice)
		first, second := filled[checkpoints.Folder](1), filled[checkpoints.Folder](2)
		second.ID = first.ID
		must(t, s.SaveFolder(t.Context(), alice, first))
		must(t, s.SaveFolder(t.Context(), alice, second))
		want := second
		want.Seq, want.SyncKey, want.Asked, want.Last = first.Seq, first.SyncKey, first.Asked, first.Last
		want.Options, want.Resync, want.Pass = first.Options, first.Resync, first.Pass
		equal(t, "folders", folders(t, s, alice), []checkpoints.Folder{want})
	},

	"a cancelled context saves nothing and asks for nothing": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		before := folders(t, s, alice)
		if err := s.SaveFolder(cancelled(t), alice, filled[checkpoints.Folder](1)); !errors.Is(err, context.Canceled) {
			t.Errorf("SaveFolder: got %v, want context.Canceled", err)
		}
		if _, err := s.Ask(cancelled(t), folderKey(alice, "f")); !errors.Is(err, context.Canceled) {
			t.Errorf("Ask: got %v, want context.Canceled", err)
		}
		equal(t, "folders", folders(t, s, alice), before)
	},

	"Ask counts until a commit": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f", "other")
		k := folderKey(alice, "f")
		for range 2 {
			ask(t, s, k, 1)
			ask(t, s, k, 2)
			must(t, s.SaveFolder(t.Context(), alice, checkpoints.Folder{ID: "f", Name: "renamed"}))
			ask(t, s, k, 3)
			equal(t, "asked", folder(t, s, k).Asked, 3)

			stale := nextPage(t, s, k)
			stale.After.SyncKey = "stale"
			if err := s.Commit(t.Context(), stale); !errors.Is(err, checkpoints.ErrConflict) {
				t.Fatalf("got %v, want ErrConflict", err)
			}
			ask(t, s, k, 4)

			page(t, s, k)
			equal(t, "asked after a commit", folder(t, s, k).Asked, 0)
		}
		ask(t, s, folderKey(alice, "other"), 1)
	},

	"a commit that keeps the key has its question answered": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		for range 5 {
			ask(t, s, k, 1)
			same := nextPage(t, s, k)
			same.Now = same.After
			must(t, s.Commit(t.Context(), same))
		}
	},

	"Ask for an unknown one is not found": func(t *testing.T, s checkpoints.Store) {
		for range 2 {
			_, err := s.Ask(t.Context(), folderKey(alice, "none"))
			if !errors.Is(err, checkpoints.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
			setUp(t, s, alice, "f")
		}
		equal(t, "folders", len(folders(t, s, alice)), 1)
	},
}

func ask(t *testing.T, s checkpoints.Store, k checkpoints.FolderKey, want int) {
	t.Helper()
	got, err := s.Ask(t.Context(), k)
	must(t, err)
	equal(t, "Ask", got, want)
}
