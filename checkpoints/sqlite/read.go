package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"github.com/airlift-eas/airlift/checkpoints"
)

// scanner is a row, alone or among others.
type scanner interface {
	Scan(dest ...any) error
}

// collect reads the rows that a query finds.
func collect[T any](ctx context.Context, p *pool, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := p.statements[query].QueryContext(ctx, args...)
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
	p, err = scanPlace(s.r.statements[findFolder].QueryRowContext(ctx, k.Job, k.Mailbox, k.Folder))
	if errors.Is(err, sql.ErrNoRows) {
		return place{}, false, nil
	}
	return p, err == nil, err
}
