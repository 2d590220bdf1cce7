package checkpointtest

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints"
)

var closeTests = map[string]func(*testing.T, checkpoints.Store){
	"after it every method reports fs.ErrClosed": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		page(t, s, k, oneOfEach()...)
		next := nextPage(t, s, k)
		for range 2 { // closing a closed store does nothing
			must(t, s.Close())
		}
		methods := readers(s)
		methods["SaveMailbox"] = func(ctx context.Context, k checkpoints.FolderKey) error {
			return s.SaveMailbox(ctx, checkpoints.Mailbox{Key: k.Key})
		}
		methods["SaveFolder"] = func(ctx context.Context, k checkpoints.FolderKey) error {
			return s.SaveFolder(ctx, k.Key, checkpoints.Folder{ID: "f"})
		}
		methods["Ask"] = func(ctx context.Context, k checkpoints.FolderKey) error {
			_, err := s.Ask(ctx, k)
			return err
		}
		methods["Commit"] = func(ctx context.Context, _ checkpoints.FolderKey) error { return s.Commit(ctx, next) }
		for name, call := range methods {
			if err := call(t.Context(), k); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("%s: got %v, want fs.ErrClosed", name, err)
			}
		}
	},

	"it may come while others work": func(t *testing.T, s checkpoints.Store) {
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		var g errgroup.Group
		started := make(chan struct{})
		for range 4 {
			g.Go(func() error {
				for n := 0; ; n++ {
					if n == 1 {
						started <- struct{}{}
					}
					if _, err := s.Ask(t.Context(), k); err != nil {
						return err
					}
					if _, err := s.Items(t.Context(), k, []string{"1"}); err != nil {
						return err
					}
				}
			})
		}
		for range 4 {
			<-started
		}
		must(t, s.Close())
		if err := g.Wait(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("got %v, want fs.ErrClosed", err)
		}
	},
}

// readers returns every method that reads. Folder f of alice is there.
func readers(s checkpoints.Store) map[string]func(context.Context, checkpoints.FolderKey) error {
	return map[string]func(context.Context, checkpoints.FolderKey) error{
		"Mailbox": func(ctx context.Context, k checkpoints.FolderKey) error {
			_, err := s.Mailbox(ctx, k.Key)
			return err
		},
		"List": func(ctx context.Context, _ checkpoints.FolderKey) (last error) {
			for _, err := range s.List(ctx) {
				last = err
			}
			return last
		},
		"Folders": func(ctx context.Context, k checkpoints.FolderKey) error {
			_, err := s.Folders(ctx, k.Key)
			return err
		},
		"Items": func(ctx context.Context, k checkpoints.FolderKey) error {
			_, err := s.Items(ctx, k, []string{"1"})
			return err
		},
		"Items of no ids": func(ctx context.Context, k checkpoints.FolderKey) error {
			_, err := s.Items(ctx, k, nil)
			return err
		},
		"Live": func(ctx context.Context, k checkpoints.FolderKey) (last error) {
			for _, err := range s.Live(ctx, k) {
				last = err
			}
			return last
		},
		"Counts": func(ctx context.Context, k checkpoints.FolderKey) error {
			_, err := s.Counts(ctx, k)
			return err
		},
		"BySHA256": func(ctx context.Context, k checkpoints.FolderKey) error {
			_, err := s.BySHA256(ctx, k.Key, hash("1"))
			return err
		},
	}
}
