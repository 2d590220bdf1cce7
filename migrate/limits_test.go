package migrate_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/wbxml"
	"github.com/airlift-eas/airlift/migrate"
)

// TestMaxDuration ends a run that would wait for ever on its server, in order: the next run goes on where it was.
func TestMaxDuration(t *testing.T) {
	down := true
	l := newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if !down || r.Command != "Sync" {
			return nil
		}
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
	}}, "alice")
	o := l.options("alice")
	o.MaxDuration = time.Millisecond
	sum, err := migrate.Run(context.Background(), o)
	if !errors.Is(err, migrate.ErrLimit) || sum.Result != migrate.ResultInterrupted {
		t.Fatalf("%v, %+v", err, sum)
	}
	down = false
	l.run(l.options("alice"))
	l.check("alice")
}

// TestMaxErrors ends a run after as many items that could not be had.
func TestMaxErrors(t *testing.T) {
	down := true
	l := newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if !down || r.Command != "ItemOperations" {
			return nil
		}
		fetch := r.Document.Child(wbxml.ItemOperationsFetch)
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answerFetch(w, wbxml.E(wbxml.ItemOperationsFetch, wbxml.T(wbxml.ItemOperationsStatus, "14"),
				wbxml.T(wbxml.AirSyncServerId, fetch.Value(wbxml.AirSyncServerId))))
		})
	}}, "alice")
	o := l.options("alice")
	o.Bodies, o.MaxErrors = migrate.BodiesFetch, 3
	sum, err := migrate.Run(context.Background(), o)
	if !errors.Is(err, migrate.ErrLimit) || sum.Result != migrate.ResultInterrupted {
		t.Fatalf("%v, %+v", err, sum)
	}
	down = false
	l.run(l.options("alice"))
	l.check("alice")
}

// TestRebuild makes the checkpoints from the archive alone; the run that follows stores nothing, under the same DeviceId.
func TestRebuild(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice", "bob")
	l.run(l.options("alice", "bob"))
	changeMailbox(t, l.store.User("alice"))
	l.run(l.options("alice", "bob"))
	l.root = moveState(t, l.root)
	o := l.options("alice", "bob")
	if err := migrate.Rebuild(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if err := migrate.Rebuild(t.Context(), o); !errors.Is(err, migrate.ErrHasState) {
		t.Fatalf("a second time: %v", err)
	}
	if sum := l.run(o); sum.ItemsStored+sum.ItemsChanged+sum.ItemsDeleted != 0 || sum.BytesFetched > 50_000 {
		t.Fatalf("%+v", sum)
	}
	if n := len(l.store.User("alice").Devices()); n > 2 { // the mailbox's own, and that of the audit
		t.Fatalf("%d device partnerships, want 2 at most", n)
	}
	l.check("alice", "bob")
	if err := migrate.Rebuild(t.Context(), l.options("carol")); err == nil {
		t.Fatal("a mailbox that the archive does not hold was rebuilt")
	}
}

// TestTwoRuns: while one run has a mailbox another one ends at once, and the first one is not disturbed.
func TestTwoRuns(t *testing.T) {
	asked, goOn := make(chan struct{}), make(chan struct{})
	var held atomic.Bool
	l := newLab(t, easserver.Config{OnRequest: func(r *easserver.Request) http.Handler {
		if r.Command == "Sync" && held.CompareAndSwap(false, true) {
			close(asked)
			<-goOn
		}
		return nil
	}}, "alice", "bob")
	first := make(chan error)
	o := l.options("alice")
	go func() {
		_, err := migrate.Run(context.Background(), o)
		first <- err
	}()
	<-asked
	if _, err := migrate.Run(t.Context(), l.options("alice")); !errors.Is(err, checkpoints.ErrLocked) {
		t.Errorf("the second run: %v", err)
	}
	l.run(l.options("bob")) // another mailbox of the same archive
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
	l.check("alice", "bob")
}
