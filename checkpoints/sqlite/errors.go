package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/airlift-eas/airlift/checkpoints"
)

// errReadOnly is what the methods that store something report after OpenReadOnly.
var errReadOnly = errors.New("the store is open for reading only")

const moveAway = "move it away, with the -wal and -shm files beside it: the checkpoints can be made again from the archive"

// explain gives an error its path, and the contract's value to what SQLite says by a number.
func (s *Store) explain(ctx context.Context, op string, err error) error {
	switch {
	case err == nil:
		return nil
	case s.closed.Load():
		err = fs.ErrClosed
	case ctx.Err() != nil:
		err = ctx.Err() // and not that the statement was interrupted or the transaction gone
	}
	return fmt.Errorf("checkpoint store %s: %s: %w", s.path, op, classify(err))
}

func classify(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return checkpoints.ErrNotFound
	}
	var e *driver.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the rest of an extended code says where it happened
	case codes.SQLITE_CORRUPT:
		return fmt.Errorf("%w: it is damaged (%w); "+moveAway, checkpoints.ErrUnusable, err)
	case codes.SQLITE_NOTADB:
		return fmt.Errorf("%w: it is no SQLite database (%w); "+moveAway, checkpoints.ErrUnusable, err)
	case codes.SQLITE_FULL:
		return fmt.Errorf("%w (%w)", checkpoints.ErrFull, err)
	case codes.SQLITE_BUSY:
		return fmt.Errorf("%w: another process holds it (%w)", checkpoints.ErrBusy, err)
	}
	return err
}
