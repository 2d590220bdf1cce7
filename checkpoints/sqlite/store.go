// Package sqlite keeps checkpoints in one SQLite file, the default of a single machine. No cgo.
//
// The file answers to any SQLite tool: `sqlite3 checkpoints.db .schema` prints tables with their meaning, and
// `SELECT * FROM items` the ledger in words. Its four tables are those of the contract: mailboxes, folders and ledger,
// and the names of the states.
//
// A commit is one transaction: the folder's row moves from the position that the page builds on to the next, and the
// rows of the page go to the ledger. The journal is a write-ahead log with synchronous=FULL, so a commit that was
// reported is on the disk, and one that was cut short by a crash is rolled back when the file is next opened.
//
// One connection writes, because SQLite has one writer anyway and a queue in the process is fairer than its polling;
// a few others read beside it and never wait for it. Several processes may have the file open: [OpenReadOnly] is for
// those that only look. Each connection caches at most 4 MiB, however large the file is.
//
// Nothing else in the process may open the file, be it to copy it: closing any descriptor of a file drops the POSIX
// locks that SQLite holds on it.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/airlift-eas/airlift/checkpoints"
)

// readers is how many connections read at once. What waits for one holds no lock.
const readers = 4

// Store is a checkpoint store in one file.
type Store struct {
	path   string
	closed atomic.Bool
	r      *pool // reads
	w      *pool // writes; nil when the store was opened for reading
}

var _ checkpoints.Store = (*Store)(nil)

// Open opens the store in the file at path, and creates the file (mode 0600) and its directory (0700) if they are not
// there. A file of an earlier version is converted. checkpoints.ErrUnusable says that the file is damaged, of another
// program or of a later version; it is left as it was.
func Open(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint store: %w", err)
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("checkpoint store: %w", err)
	}
	s := &Store{path: path}
	if err := s.open(ctx, versions()); err != nil {
		return nil, errors.Join(s.explain(ctx, "open", err), s.Close())
	}
	return s, nil
}

// OpenReadOnly opens the store in the file at path for looking at it, also while another process writes. It creates
// nothing: checkpoints.ErrNotFound if there is no file, or none that a run has begun to fill. The methods that store
// something report an error.
func OpenReadOnly(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint store: %w", err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("checkpoint store %s: open: %w", path, checkpoints.ErrNotFound)
	}
	s := &Store{path: path}
	if err := s.openReadOnly(ctx, versions()); err != nil {
		return nil, errors.Join(s.explain(ctx, "open", err), s.Close())
	}
	return s, nil
}

// Close ends the store, once the methods that are running have returned. Closing again does nothing.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	// The writer goes last: the last connection to a file folds the log into it and removes the log.
	var err error
	if s.r != nil {
		err = s.r.db.Close()
	}
	if s.w != nil {
		err = errors.Join(err, s.w.db.Close())
	}
	if err != nil {
		return fmt.Errorf("checkpoint store %s: close: %w", s.path, err)
	}
	return nil
}

// create makes an empty file with the mode that it keeps, since SQLite would make it readable for everyone. SQLite
// gives the same mode to the files beside it.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// Only a file that is new is ever opened here, see the package's last paragraph.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// open brings the file to the latest version before anything reads it. The first look at it changes nothing, so that
// a file of another program stays as it is.
func (s *Store) open(ctx context.Context, versions []string) error {
	if _, err := s.look(ctx, versions); err != nil {
		return err
	}
	w, err := connect(s.path, 1,
		"_journal_mode=WAL", "_synchronous=FULL", "_foreign_keys=1", "_txlock=immediate",
		// Every page touches leaves all over the index of hashes; a log of up to 16 MiB folds several changes of a
		// leaf into one. It takes a quarter less time than with SQLite's 4 MiB.
		"_pragma=wal_autocheckpoint(4000)",
		// On macOS an ordinary fsync leaves data in the drive's cache.
		"_pragma=fullfsync(1)", "_pragma=checkpoint_fullfsync(1)")
	if err != nil {
		return err
	}
	s.w = w
	if err := migrate(ctx, w, versions); err != nil {
		return err
	}
	err = w.prepare(ctx, saveMailbox, findMailbox, saveFolder, findFolder, ask, getAsked, advanceFolder, saveItem, forgetItems, forgetFolders, forgetMailbox,
		findDelivery, makeDelivery, savePlace, saveReceipt, dropReceipt, forgetReceipts, forgetPlaces, forgetDelivery)
	if err != nil {
		return err
	}
	return s.openReader(ctx)
}

// openReadOnly opens a file of the latest version as it is.
func (s *Store) openReadOnly(ctx context.Context, versions []string) error {
	v, err := s.look(ctx, versions)
	switch {
	case err != nil:
		return err
	case v == 0:
		return checkpoints.ErrNotFound
	case v < len(versions):
		return fmt.Errorf("%w: it is of version %d; the next run that writes to it converts it to version %d",
			checkpoints.ErrUnusable, v, len(versions))
	}
	return s.openReader(ctx)
}

func (s *Store) openReader(ctx context.Context) error {
	// Not mode=ro: SQLite cannot tidy up the log of a file that it may not write, and would leave one behind.
	r, err := connect(s.path, readers, "_query_only=1")
	if err != nil {
		return err
	}
	s.r = r
	return r.prepare(ctx, getMailbox, listMailboxes, listFolders, findFolder, getItems, listItems, countItems, findSHA256,
		listDeliveries, listPlaces, getReceipt, listReceipts)
}

// look tells the version of the file, 0 if it is empty.
func (s *Store) look(ctx context.Context, versions []string) (version int, err error) {
	p, err := connect(s.path, 1, "_query_only=1")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.db.Close()) }()
	return identify(ctx, p.db, len(versions))
}
