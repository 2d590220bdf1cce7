package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/airlift-eas/airlift/checkpoints"
)

// Lock implements checkpoints.Locks. Each mailbox has an empty file in a directory beside the database, named by a hash
// of its key and locked by the operating system, which lets go of it when the process ends. The files stay: removing
// one would let two runs hold two files of the same name.
func (s *Store) Lock(ctx context.Context, k checkpoints.Key) (unlock func() error, err error) {
	f, err := s.lock(ctx, k)
	if err != nil {
		return nil, s.explain(ctx, "lock mailbox "+k.Mailbox, err)
	}
	return sync.OnceValue(f.Close), nil
}

func (s *Store) lock(ctx context.Context, k checkpoints.Key) (*os.File, error) {
	switch {
	case s.closed.Load():
		return nil, fs.ErrClosed
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case s.w == nil:
		return nil, errReadOnly
	}
	path := lockPath(s.path, k)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lockPath names the file of a mailbox. Neither part of a key holds a NUL.
func lockPath(db string, k checkpoints.Key) string {
	sum := sha256.Sum256([]byte(k.Job + "\x00" + k.Mailbox))
	return filepath.Join(db+".locks", hex.EncodeToString(sum[:16]))
}
