package checkpointtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints"
)

var concurrencyTests = map[string]func(*testing.T, checkpoints.Store){
	"commits of different folders all happen": func(t *testing.T, s checkpoints.Store) {
		const workers, pages = 16, 12
		var keys []checkpoints.FolderKey
		for i := range workers {
			k := checkpoints.Key{Job: "job-1", Mailbox: fmt.Sprint("mailbox ", i/4)}
			setUp(t, s, k, fmt.Sprint(i))
			keys = append(keys, folderKey(k, fmt.Sprint(i)))
		}
		var g errgroup.Group
		for _, k := range keys {
			g.Go(func() error { return fillFolder(t, s, k, pages) })
		}
		must(t, g.Wait())
		for _, k := range keys {
			equal(t, "position", folder(t, s, k).Seq, pages)
			counts(t, s, k, map[checkpoints.State]int{checkpoints.Archived: pages * 10})
		}
	},

	"of commits that build on one position exactly one happens": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		const writers = 16
		for range 5 {
			var commits []checkpoints.Commit
			for i := range writers {
				c := nextPage(t, s, k, checkpoints.Item{ServerID: "1", State: checkpoints.Archived, Size: int64(i)},
					checkpoints.Item{ServerID: "2", State: checkpoints.Archived, Size: int64(i)})
				c.Now.SyncKey += fmt.Sprint(" of writer ", i)
				commits = append(commits, c)
			}
			outcomes := make([]error, writers)
			var g errgroup.Group
			for i, c := range commits {
				g.Go(func() error {
					outcomes[i] = s.Commit(t.Context(), c)
					return nil
				})
			}
			must(t, g.Wait())
			winner := slices.Index(outcomes, nil)
			if winner < 0 {
				t.Fatalf("no commit happened: %v", outcomes[0])
			}
			for i, err := range outcomes {
				if i != winner && !errors.Is(err, checkpoints.ErrConflict) {
					t.Errorf("writer %d: got %v, want ErrConflict", i, err)
				}
			}
			f := folder(t, s, k)
			equal(t, "key", f.SyncKey, fmt.Sprintf("key %d of writer %d", f.Seq, winner))
			for _, row := range live(t, s, k) {
				equal(t, "writer of row "+row.ServerID, row.Size, int64(winner))
			}
		}
	},

	"no two get one number from Ask": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		numbers := make([]int, 32)
		var g errgroup.Group
		for i := range numbers {
			g.Go(func() (err error) {
				numbers[i], err = s.Ask(t.Context(), folderKey(alice, "f"))
				return err
			})
		}
		must(t, g.Wait())
		slices.Sort(numbers)
		for i, n := range numbers {
			equal(t, "number", n, i+1)
		}
	},
}

// fillFolder commits pages of ten rows each, as the engine would: ask, then commit.
func fillFolder(t *testing.T, s checkpoints.Store, k checkpoints.FolderKey, pages int) error {
	at := checkpoints.Position{SyncKey: "0"}
	for p := 1; p <= pages; p++ {
		if n, err := s.Ask(t.Context(), k); err != nil || n != 1 {
			return fmt.Errorf("ask: %d, %w", n, err)
		}
		c := checkpoints.Commit{FolderKey: k, After: at, Now: checkpoints.Position{Seq: p, SyncKey: fmt.Sprint("key ", p)}}
		var ids []string
		for i := range 10 {
			ids = append(ids, fmt.Sprint(p, ":", i))
			c.Items = append(c.Items, checkpoints.Item{ServerID: ids[i], State: checkpoints.Archived, Seq: p})
		}
		if err := s.Commit(t.Context(), c); err != nil {
			return err
		}
		if found, err := s.Items(t.Context(), k, ids); err != nil || len(found) != len(ids) {
			return fmt.Errorf("%d of the %d rows just committed are there: %w", len(found), len(ids), err)
		}
		at = c.Now
	}
	return nil
}
