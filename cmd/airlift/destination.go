package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/airlift-eas/airlift/checkpoints/sqlite"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// checkpointsFile is the name of the checkpoints in the state directory.
const checkpointsFile = "checkpoints.db"

// destination is an archive that is written to, and the checkpoints that belong to it.
type destination struct {
	bucket  bucket
	archive *archive.Archive
	store   *sqlite.Store
	state   string // the directory of the checkpoints
	write   bool   // it is written to
	guard   *holdGuard
}

// openDestination opens or makes an archive and its checkpoints, and removes what killed runs left half written. The state
// directory remembers that a bucket was found to be worth of trust, which who will not write to it does not ask. What an archive
// that is there says of legal holds counts before anything is written.
func openDestination(ctx context.Context, p place, state string, write bool) (*destination, error) {
	guard := new(holdGuard)
	p.s3.Hold = guard.held
	b, err := p.open(ctx, true)
	if err != nil {
		return nil, err
	}
	d := &destination{bucket: b, state: state, write: write, guard: guard}
	d.archive, err = archive.OpenWith(ctx, b, p.keys)
	if errors.Is(err, sinks.ErrNotExist) {
		d.archive, err = nil, nil // it is made below
	}
	if err == nil && d.archive != nil && write {
		err = guard.begin(ctx, d.archive, b, settledRecords(state, d.archive))
	}
	if store, ok := b.(*s3.Bucket); ok && write && err == nil {
		err = trust(ctx, store, p, state)
	}
	if err == nil && d.archive == nil {
		d.archive, err = archive.CreateWith(ctx, b, p.keys)
	}
	if err == nil {
		if _, err = b.Clean(ctx); err == nil {
			d.store, err = sqlite.Open(ctx, filepath.Join(state, checkpointsFile))
		}
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close closes both.
func (d *destination) Close() error {
	var err error
	if d.store != nil {
		err = d.store.Close()
	}
	return errors.Join(err, d.bucket.Close())
}

// traffic is what a run cost at a store; nil for a directory.
func (d *destination) traffic() *s3.Stats {
	if store, ok := d.bucket.(*s3.Bucket); ok {
		s := store.Stats()
		return &s
	}
	return nil
}

// noMailbox is the name of something that is no mailbox's: it is to be held if anything is.
const noMailbox = "archive.json"

// trustedFile is where the state directory remembers what a store was proven to do.
const trustedFile = "trusted.json"

// trust has a bucket prove what an archive counts on before the first write, and again when more is asked of it than was
// proven.
func trust(ctx context.Context, b *s3.Bucket, p place, state string) error {
	file, asked, known, err := trusted(b, p, state)
	if err != nil || known {
		return err
	}
	if _, err := b.Check(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(state, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(file, asked, 0o600); err != nil {
		return fmt.Errorf("remember what the store can do: %w", err)
	}
	return nil
}

// trusted tells whether the bucket has proven all that is asked of it, by a file that says what that was.
func trusted(b *s3.Bucket, p place, state string) (file string, asked []byte, known bool, err error) {
	o := p.s3
	asked, err = json.Marshal(struct {
		URL, Endpoint, SSE, KMSKey string
		Lock                       s3.Lock
		AcceptWeak                 []s3.Weakness
		Hold                       bool `json:",omitempty"`
	}{b.URL(), b.Endpoint(), o.SSE, o.KMSKey, o.Lock, o.AcceptWeak, o.Hold != nil && o.Hold(noMailbox)})
	if err != nil {
		return "", nil, false, err
	}
	file = filepath.Join(state, trustedFile)
	proven, readErr := os.ReadFile(file)
	return file, asked, readErr == nil && string(proven) == string(asked), nil
}
