package migrate_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
)

// An answer to ItemOperations that breaks off behind its last item has brought all that was asked for, and is no answer:
// nothing is left to ask for when it is tried again.
func TestFetchBreaksOffBehindItsItems(t *testing.T) {
	for _, window := range []int{1, 5} {
		faults := easserver.NewFaults(1, easserver.FaultRule{
			Fault: easserver.FaultCutConnection, Command: "ItemOperations", Limit: 10, Offset: 1 << 20,
		})
		l := newLab(t, easserver.Config{Faults: faults}, "alice")
		o := l.options("alice")
		o.Bodies, o.Window = migrate.BodiesFetch, window
		l.run(o)
		l.check("alice")
		if n := faults.Injected()[easserver.FaultCutConnection]; n != 10 {
			t.Errorf("%d answers broke off, 10 were to", n)
		}
	}
}

// holdsOn is a bucket that keeps the context of an upload until its commit, as those do that send while they are written to.
type holdsOn struct{ sinks.Bucket }

func (b holdsOn) Create(ctx context.Context, name string) (sinks.Upload, error) {
	up, err := b.Bucket.Create(ctx, name)
	return heldUpload{up, ctx}, err
}

type heldUpload struct {
	sinks.Upload
	ctx context.Context
}

func (u heldUpload) Commit(ctx context.Context) error {
	if err := u.ctx.Err(); err != nil {
		return err
	}
	return u.Upload.Commit(ctx)
}

// A segment is begun under a context that lasts until its commit, also where the first thing in it was fetched.
func TestSegmentOutlivesRequests(t *testing.T) {
	l := newLab(t, easserver.Config{}, "alice")
	b, err := dir.Open(filepath.Join(l.root, "archive"), true)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	o := l.options("alice")
	if o.Sink, err = archive.Create(t.Context(), holdsOn{b}); err != nil {
		t.Fatal(err)
	}
	o.Bodies = migrate.BodiesFetch
	l.run(o)
	l.check("alice")
}
