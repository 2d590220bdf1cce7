package sqlite

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"

	"github.com/airlift-eas/airlift/checkpoints"
)

const itemColumns = `server_id, id, state, sha256, properties, fingerprint, size, seq, pass, reason`

// The third parameter is a JSON array of the ids in hex, because JSON holds no arbitrary bytes.
const getItems = `
SELECT ` + itemColumns + ` FROM ledger
WHERE mailbox_id = ? AND folder_id = ? AND server_id IN (SELECT CAST(unhex(value) AS TEXT) FROM json_each(?))`

// The third parameter has a bit for each state that is wanted.
const listItems = `
SELECT ` + itemColumns + ` FROM ledger
WHERE mailbox_id = ?1 AND folder_id = ?2 AND server_id >= ?4 AND (?3 >> state) & 1
ORDER BY server_id LIMIT ?5`

// One pass over the rows: GROUP BY would sort them first.
const countItems = `
SELECT count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3),
  count(*) FILTER (WHERE state = 4), count(*) FILTER (WHERE state = 5)
FROM ledger WHERE mailbox_id = ? AND folder_id = ?`

// Left to itself, the planner prefers to read the whole mailbox: it knows nothing of how rare a hash is.
const findSHA256 = `
SELECT (SELECT identity FROM folders f WHERE f.mailbox_id = l.mailbox_id AND f.id = l.folder_id), ` + itemColumns + `
FROM ledger l INDEXED BY ledger_by_sha256
WHERE mailbox_id = (SELECT id FROM mailboxes WHERE job = ?1 AND mailbox = ?2)
  AND substr(sha256, 1, 8) = substr(?3, 1, 8) AND sha256 = ?3 AND sha256 <> ''
LIMIT 16`

// itemFields are what itemColumns are read into.
func itemFields(i *checkpoints.Item) []any {
	return []any{
		&i.ServerID, (*compact)(&i.ID), (*numbered)(&i.State), (*compact)(&i.SHA256), (*compact)(&i.Properties),
		(*compact)(&i.Fingerprint), &i.Size, &i.Seq, &i.Pass, &i.Reason,
	}
}

// itemIn reads a row of a folder.
func itemIn(folder string) func(scanner) (checkpoints.Item, error) {
	return func(row scanner) (checkpoints.Item, error) {
		i := checkpoints.Item{Folder: folder}
		err := row.Scan(itemFields(&i)...)
		return i, err
	}
}

// itemAnywhere reads a row that begins with its folder.
func itemAnywhere(row scanner) (i checkpoints.Item, err error) {
	err = row.Scan(append([]any{&i.Folder}, itemFields(&i)...)...)
	return i, err
}

// idsAtOnce bounds what one statement of Items looks up: a page's ids with room to spare.
const idsAtOnce = 1000

// Items implements checkpoints.Ledger.
func (s *Store) Items(ctx context.Context, k checkpoints.FolderKey, serverIDs []string) (map[string]checkpoints.Item, error) {
	items, err := s.items(ctx, k, serverIDs)
	return items, s.explain(ctx, fmt.Sprintf("items of folder %s of %s", k.Folder, k.Mailbox), err)
}

func (s *Store) items(ctx context.Context, k checkpoints.FolderKey, serverIDs []string) (map[string]checkpoints.Item, error) {
	at, known, err := s.place(ctx, k)
	if err != nil {
		return nil, err
	}
	items := make(map[string]checkpoints.Item)
	if !known {
		return items, nil
	}
	for ids := range slices.Chunk(serverIDs, idsAtOnce) {
		found, err := collect(ctx, s.r, itemIn(k.Folder), getItems, at.mailbox, at.folder, hexArray(ids))
		if err != nil {
			return nil, err
		}
		for _, i := range found {
			items[i.ServerID] = i
		}
	}
	return items, nil
}

// hexArray is a JSON array of the strings in hex.
func hexArray(ids []string) string {
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = hex.AppendEncode(b, []byte(id))
		b = append(b, '"')
	}
	return string(append(b, ']'))
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
		n, err := numbered(state).number()
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
	return collect(ctx, s.r, itemIn(k.Folder), listItems, at.mailbox, at.folder, wanted, from, batchSize)
}

// Counts implements checkpoints.Ledger. It counts the rows themselves, a million in a quarter of a second: a counter
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
	var n [len(numbers)]int
	err = s.r.statements[countItems].QueryRowContext(ctx, at.mailbox, at.folder).Scan(&n[1], &n[2], &n[3], &n[4], &n[5])
	for i, n := range n {
		if n > 0 {
			counts[numbers[i]] = n
		}
	}
	return counts, err
}

// BySHA256 implements checkpoints.Ledger.
func (s *Store) BySHA256(ctx context.Context, k checkpoints.Key, sha256 string) ([]checkpoints.Item, error) {
	items, err := collect(ctx, s.r, itemAnywhere, findSHA256, k.Job, k.Mailbox, compact(sha256))
	return items, s.explain(ctx, "find content in "+k.Mailbox, err)
}
