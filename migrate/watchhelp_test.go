package migrate_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
)

// folders lists the folders that the checkpoints have of alice.
func (l *lab) folders(o migrate.Options) []checkpoints.Folder {
	l.t.Helper()
	folders, err := o.Checkpoints.Folders(context.Background(), checkpoints.Key{Job: o.Job, Mailbox: "alice@example.com"})
	if err != nil {
		l.t.Fatal(err)
	}
	return folders
}

func countPings(mu *sync.Mutex, n *int) func(*easserver.Request) http.Handler {
	return func(r *easserver.Request) http.Handler {
		if r.Command == "Ping" {
			mu.Lock()
			defer mu.Unlock()
			*n++
		}
		return nil
	}
}

// sleepUntil sleeps until something comes, or ctx ends.
func sleepUntil(woke <-chan struct{}) func(context.Context, time.Duration) error {
	return func(ctx context.Context, _ time.Duration) error {
		select {
		case <-woke:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// await waits until something is so.
func await(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come to that")
		}
	}
}
