package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"github.com/airlift-eas/airlift/checkpoints"
)

// reader is the pool of connections that only read, and what they ask.
type reader struct {
	db *sql.DB

	getMailbox    *sql.Stmt
	listMailboxes *sql.Stmt
	listFolders   *sql.Stmt
	findFolder    *sql.Stmt
	getItems      *sql.Stmt
	listItems     *sql.Stmt
	countItems    *sql.Stmt
	findSHA256    *sql.Stmt
}

func (r *reader) prepare(ctx context.Context) error {
	return prepare(ctx, r.db, map[**sql.Stmt]string{
		&r.getMailbox:    getMailbox,
		&r.listMailboxes: listMailboxes,
		&r.listFolders:   listFolders,
		&r.findFolder:    findFolder,
		&r.getItems:      getItems,
		&r.listItems:     listItems,
		&r.countItems:    countItems,
		&r.findSHA256:    findSHA256,
	})
}

func prepare(ctx context.Context, db *sql.DB, statements map[**sql.Stmt]string) error {
	for stmt, query := range statements {
		var err error
		if *stmt, err = db.PrepareContext(ctx, query); err != nil { //nolint:sqlclosecheck // closed with the pool
			return err
		}
	}
	return nil
}

// scanner is a row, alone or among others.
type scanner interface {
	Scan(dest ...any) error
}

// collect reads the rows of a query to their end.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, v)
	}
	return found, rows.Err()
}

const batchSize = 500

// batches yields what read finds after last (nil: from the start), at most batchSize at a time. Between two batches
// nothing is held: a reader that stays in a transaction would keep the log from being folded into the file, and the
// log would grow for as long as the caller takes.
func batches[T any](read func(last *T) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var last *T
		for {
			found, err := read(last)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, v := range found {
				if !yield(v, nil) {
					return
				}
			}
			if len(found) < batchSize {
				return
			}
			last = &found[len(found)-1]
		}
	}
}

// after is the least string above s in byte order.
func after(s string) string { return s + "\x00" }

// place is where a folder's rows are: its mailbox_id and id.
type place struct{ mailbox, folder int64 }

const findFolder = `
SELECT f.mailbox_id, f.id FROM folders f JOIN mailboxes m ON m.id = f.mailbox_id
WHERE m.job = ? AND m.mailbox = ? AND f.identity = ?`

func scanPlace(row scanner) (p place, err error) {
	err = row.Scan(&p.mailbox, &p.folder)
	return p, err
}

// place finds a folder; known is false if there is none.
func (s *Store) place(ctx context.Context, k checkpoints.FolderKey) (p place, known bool, err error) {
	p, err = scanPlace(s.r.findFolder.QueryRowContext(ctx, k.Job, k.Mailbox, k.Folder))
	if errors.Is(err, sql.ErrNoRows) {
		return place{}, false, nil
	}
	return p, err == nil, err
}
