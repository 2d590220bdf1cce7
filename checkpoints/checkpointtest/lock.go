package checkpointtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints"
)

var lockTests = map[string]func(*testing.T, checkpoints.Store){
	"of many that want one mailbox exactly one gets it": func(t *testing.T, s checkpoints.Store) {
		for range 20 {
			var g errgroup.Group
			var got atomic.Int32
			unlocks := make(chan func() error, 16)
			for range cap(unlocks) {
				g.Go(func() error {
					unlock, err := s.Lock(t.Context(), alice)
					if err == nil {
						got.Add(1)
						unlocks <- unlock
					} else if !errors.Is(err, checkpoints.ErrLocked) {
						return err
					}
					return nil
				})
			}
			must(t, g.Wait())
			equal(t, "locks held at once", int(got.Load()), 1)
			must(t, (<-unlocks)())
		}
	},

	"unlocking twice does not free what another run holds": func(t *testing.T, s checkpoints.Store) {
		first := lock(t, s, alice)
		must(t, first())
		second := lock(t, s, alice)
		must(t, first())
		locked(t, s, alice)
		must(t, second())
	},

	"mailboxes and jobs are apart, byte for byte": func(t *testing.T, s checkpoints.Store) {
		var unlocks []func() error
		for _, name := range append(oddStrings(), "../../x", "CON", "aux.txt", "a:b", "alice@example.com", "ALICE@example.com") {
			for _, k := range []checkpoints.Key{{Job: name, Mailbox: "m"}, {Job: "j", Mailbox: name}} {
				unlocks = append(unlocks, lock(t, s, k))
				locked(t, s, k)
			}
		}
		unlocks = append(unlocks, lock(t, s, checkpoints.Key{Job: "ab", Mailbox: "c"}), lock(t, s, checkpoints.Key{Job: "a", Mailbox: "bc"}))
		for _, unlock := range unlocks {
			must(t, unlock())
		}
	},

	"nothing else asks for it": func(t *testing.T, s checkpoints.Store) {
		unlock := lock(t, s, alice)
		setUp(t, s, alice, "f")
		k := folderKey(alice, "f")
		page(t, s, k, oneOfEach()...)
		if _, err := s.Ask(t.Context(), k); err != nil {
			t.Error(err)
		}
		for name, read := range readers(s) {
			if err := read(t.Context(), k); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, unlock())
	},

	"a cancelled context takes none": func(t *testing.T, s checkpoints.Store) {
		if _, err := s.Lock(cancelled(t), alice); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		must(t, lock(t, s, alice)())
	},

	"a closed store gives none, and what it gave can be unlocked": func(t *testing.T, s checkpoints.Store) {
		unlock := lock(t, s, alice)
		must(t, s.Close())
		if _, err := s.Lock(t.Context(), checkpoints.Key{Job: "another"}); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("got %v, want fs.ErrClosed", err)
		}
		must(t, unlock())
	},
}

func lock(t *testing.T, s checkpoints.Store, k checkpoints.Key) (unlock func() error) {
	t.Helper()
	unlock, err := s.Lock(t.Context(), k)
	if err != nil {
		t.Fatal(fmt.Errorf("lock %q: %w", k, err))
	}
	return unlock
}

// locked says that nobody else gets the mailbox.
func locked(t *testing.T, s checkpoints.Store, k checkpoints.Key) {
	t.Helper()
	if _, err := s.Lock(t.Context(), k); !errors.Is(err, checkpoints.ErrLocked) {
		t.Fatalf("a second lock of %q: got %v, want ErrLocked", k, err)
	}
}
