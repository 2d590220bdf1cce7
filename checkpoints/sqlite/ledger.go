package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/airlift-eas/airlift/checkpoints"
)

const selectItem = `
SELECT f.identity, l.server_id, l.id, s.name, l.sha256, l.properties, l.fingerprint, l.size, l.seq, l.pass, l.reason
FROM ledger l
JOIN folders f ON f.mailbox_id = l.mailbox_id AND f.id = l.folder_id
JOIN states s ON s.id = l.state
`

const getItem = selectItem + `WHERE l.mailbox_id = ? AND l.folder_id = ? AND l.server_id = ?`

// The third parameter has a bit for each state that is wanted.
const listItems = selectItem + `
WHERE l.mailbox_id = ?1 AND l.folder_id = ?2 AND l.server_id >= ?4 AND (?3 >> l.state) & 1
ORDER BY l.server_id LIMIT ?5`

const countItems = `
SELECT s.name, n FROM (
  SELECT state, count(*) AS n FROM ledger WHERE mailbox_id = ? AND folder_id = ? GROUP BY state
) JOIN states s ON s.id = state`

const findSHA256 = selectItem + `
WHERE l.mailbox_id = (SELECT id FROM mailboxes WHERE job = ?1 AND mailbox = ?2)
  AND substr(l.sha256, 1, 8) = substr(?3, 1, 8) AND l.sha256 = ?3 AND l.sha256 <> ''
LIMIT 16`

func scanItem(row scanner) (i checkpoints.Item, err error) {
	err = row.Scan(&i.Folder, &i.ServerID, (*compact)(&i.ID), (*string)(&i.State), (*compact)(&i.SHA256),
		(*compact)(&i.Properties), (*compact)(&i.Fingerprint), &i.Size, &i.Seq, &i.Pass, &i.Reason)
	return i, err
}

// Items implements checkpoints.Ledger. All rows are of one moment.
func (s *Store) Items(ctx context.Context, k checkpoints.FolderKey, serverIDs []string) (map[string]checkpoints.Item, error) {
	items, err := s.items(ctx, k, serverIDs)
	return items, s.explain(ctx, fmt.Sprintf("items of folder %s of %s", k.Folder, k.Mailbox), err)
}

func (s *Store) items(ctx context.Context, k checkpoints.FolderKey, serverIDs []string) (map[string]checkpoints.Item, error) {
	tx, err := s.r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to undo
	at, err := scanPlace(tx.StmtContext(ctx, s.r.findFolder).QueryRowContext(ctx, k.Job, k.Mailbox, k.Folder))
	if errors.Is(err, sql.ErrNoRows) {
		return map[string]checkpoints.Item{}, nil
	}
	if err != nil {
		return nil, err
	}
	items := make(map[string]checkpoints.Item)
	get := tx.StmtContext(ctx, s.r.getItem)
	for _, id := range serverIDs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		item, err := scanItem(get.QueryRowContext(context.WithoutCancel(ctx), at.mailbox, at.folder, id))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		items[id] = item
	}
	return items, nil
}

// Live implements checkpoints.Ledger.
func (s *Store) Live(ctx context.Context, k checkpoints.FolderKey, states ...checkpoints.State) iter.Seq2[checkpoints.Item, error] {
	return batches(func(last *checkpoints.Item) ([]checkpoints.Item, error) {
		found, err := s.live(ctx, k, states, last)
		return found, s.explain(ctx, fmt.Sprintf("items of folder %s of %s", k.Folder, k.Mailbox), err)
	})
}

func (s *Store) live(ctx context.Context, k checkpoints.FolderKey, states []checkpoints.State, last *checkpoints.Item) ([]checkpoints.Item, error) {
	wanted := 0
	for _, state := range states {
		n, err := stateNumber(state)
		if err != nil {
			return nil, err
		}
		wanted |= 1 << n
	}
	if len(states) == 0 {
		wanted = -1
	}
	from := ""
	if last != nil {
		from = after(last.ServerID)
	}
	at, known, err := s.place(ctx, k)
	if !known {
		return nil, err
	}
	rows, err := s.r.listItems.QueryContext(ctx, at.mailbox, at.folder, wanted, from, batchSize)
	return collect(rows, err, scanItem)
}

// Counts implements checkpoints.Ledger. It counts the rows themselves, a second for some millions, since a counter
// that is kept beside them could differ from them.
func (s *Store) Counts(ctx context.Context, k checkpoints.FolderKey) (map[checkpoints.State]int, error) {
	counts, err := s.counts(ctx, k)
	return counts, s.explain(ctx, fmt.Sprintf("count items of folder %s of %s", k.Folder, k.Mailbox), err)
}

func (s *Store) counts(ctx context.Context, k checkpoints.FolderKey) (map[checkpoints.State]int, error) {
	at, known, err := s.place(ctx, k)
	if err != nil {
		return nil, err
	}
	counts := make(map[checkpoints.State]int)
	if !known {
		return counts, nil
	}
	rows, err := s.r.countItems.QueryContext(ctx, at.mailbox, at.folder)
	_, err = collect(rows, err, func(row scanner) (none struct{}, _ error) {
		var state checkpoints.State
		var n int
		err := row.Scan(&state, &n)
		counts[state] = n
		return none, err
	})
	return counts, err
}

// BySHA256 implements checkpoints.Ledger.
func (s *Store) BySHA256(ctx context.Context, k checkpoints.Key, sha256 string) ([]checkpoints.Item, error) {
	rows, err := s.r.findSHA256.QueryContext(ctx, k.Job, k.Mailbox, compact(sha256))
	items, err := collect(rows, err, scanItem)
	return items, s.explain(ctx, "find content in "+k.Mailbox, err)
}
