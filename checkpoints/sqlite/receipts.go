package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/airlift-eas/airlift/checkpoints"
)

const (
	findDelivery = `SELECT id FROM deliveries WHERE job = ? AND mailbox = ?`
	makeDelivery = `INSERT INTO deliveries (job, mailbox) VALUES (?, ?) RETURNING id`

	listDeliveries = `SELECT job, mailbox FROM deliveries WHERE (job, mailbox) >= (?, ?) ORDER BY job, mailbox LIMIT ?`

	placeColumns = `folder, path, class, target, at, want, next, made, mark`
	listPlaces   = `SELECT ` + placeColumns + ` FROM places
WHERE delivery_id = (SELECT id FROM deliveries WHERE job = ? AND mailbox = ?)`
	savePlace = `INSERT OR REPLACE INTO places (delivery_id, ` + placeColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	receiptColumns = `item, folder, state, target, id, holds, sha256, size, marks, altered, reason, written, run`
	getReceipt     = `SELECT ` + receiptColumns + ` FROM receipts
WHERE delivery_id = (SELECT id FROM deliveries WHERE job = ? AND mailbox = ?) AND item = ?`
	listReceipts = `SELECT ` + receiptColumns + ` FROM receipts
WHERE delivery_id = (SELECT id FROM deliveries WHERE job = ? AND mailbox = ?) AND folder = ? AND item >= ? ORDER BY item LIMIT ?`
	// An update rather than a replacement: what stays of a row leaves the index alone.
	saveReceipt = `INSERT INTO receipts (delivery_id, ` + receiptColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (delivery_id, item) DO UPDATE SET
  folder = excluded.folder, state = excluded.state, target = excluded.target, id = excluded.id, holds = excluded.holds,
  sha256 = excluded.sha256, size = excluded.size, marks = excluded.marks, altered = excluded.altered, reason = excluded.reason,
  written = excluded.written, run = excluded.run`
	dropReceipt = `DELETE FROM receipts WHERE delivery_id = ? AND item = ?`

	forgetReceipts = `DELETE FROM receipts WHERE delivery_id = ?`
	forgetPlaces   = `DELETE FROM places WHERE delivery_id = ?`
	forgetDelivery = `DELETE FROM deliveries WHERE id = ?`
)

var _ checkpoints.Receipts = (*Store)(nil)

func scanPlaceOf(row scanner) (p checkpoints.Place, err error) {
	err = row.Scan(&p.Folder, &p.Path, &p.Class, &p.Target, &p.At, &p.Want, &p.Next, &p.Made, &p.Mark)
	return p, err
}

func scanReceipt(row scanner) (r checkpoints.Receipt, err error) {
	err = row.Scan(&r.Item, &r.Folder, (*delivery)(&r.State), &r.Target, &r.ID, (*compact)(&r.Holds), (*compact)(&r.SHA256), &r.Size,
		(*compact)(&r.Marks), &r.Altered, &r.Reason, (*instant)(&r.Written), &r.Run)
	return r, err
}

// Deliveries implements checkpoints.Receipts.
func (s *Store) Deliveries(ctx context.Context) iter.Seq2[checkpoints.Key, error] {
	return batches(func(last *checkpoints.Key) ([]checkpoints.Key, error) {
		var from checkpoints.Key
		if last != nil {
			from = checkpoints.Key{Job: last.Job, Mailbox: after(last.Mailbox)}
		}
		found, err := collect(ctx, s.r, scanKey, listDeliveries, from.Job, from.Mailbox, batchSize)
		return found, s.explain(ctx, "list deliveries", err)
	})
}

func scanKey(row scanner) (k checkpoints.Key, err error) {
	err = row.Scan(&k.Job, &k.Mailbox)
	return k, err
}

// Places implements checkpoints.Receipts.
func (s *Store) Places(ctx context.Context, k checkpoints.Key) (map[string]checkpoints.Place, error) {
	found, err := collect(ctx, s.r, scanPlaceOf, listPlaces, k.Job, k.Mailbox)
	if err != nil {
		return nil, s.explain(ctx, "places of "+k.Mailbox, err)
	}
	places := make(map[string]checkpoints.Place, len(found))
	for _, p := range found {
		places[p.Folder] = p
	}
	return places, nil
}

// SavePlace implements checkpoints.Receipts.
func (s *Store) SavePlace(ctx context.Context, k checkpoints.Key, p checkpoints.Place) error {
	return s.write(ctx, fmt.Sprintf("save the place of folder %s of %s", p.Folder, k.Mailbox), func(tx transaction) error {
		id, err := deliveryID(tx, k)
		if err != nil {
			return err
		}
		_, err = tx.statement(savePlace).exec(id, p.Folder, p.Path, p.Class, p.Target, p.At, p.Want, p.Next, p.Made, p.Mark)
		return err
	})
}

// deliveryID finds the row of a migration's mailbox, or makes it.
func deliveryID(tx transaction, k checkpoints.Key) (id int64, err error) {
	err = tx.statement(findDelivery).query(k.Job, k.Mailbox).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = tx.statement(makeDelivery).query(k.Job, k.Mailbox).Scan(&id)
	}
	return id, err
}

// Receipts implements checkpoints.Receipts.
func (s *Store) Receipts(ctx context.Context, k checkpoints.FolderKey) iter.Seq2[checkpoints.Receipt, error] {
	return batches(func(last *checkpoints.Receipt) ([]checkpoints.Receipt, error) {
		from := ""
		if last != nil {
			from = after(last.Item)
		}
		found, err := collect(ctx, s.r, scanReceipt, listReceipts, k.Job, k.Mailbox, k.Folder, from, batchSize)
		return found, s.explain(ctx, fmt.Sprintf("receipts of folder %s of %s", k.Folder, k.Mailbox), err)
	})
}

// Receipt implements checkpoints.Receipts.
func (s *Store) Receipt(ctx context.Context, k checkpoints.Key, item string) (checkpoints.Receipt, error) {
	r, err := scanReceipt(s.r.statements[getReceipt].QueryRowContext(ctx, k.Job, k.Mailbox, item))
	if err != nil {
		return checkpoints.Receipt{}, s.explain(ctx, fmt.Sprintf("receipt of %s of %s", item, k.Mailbox), err)
	}
	return r, nil
}

// SaveReceipts implements checkpoints.Receipts.
func (s *Store) SaveReceipts(ctx context.Context, k checkpoints.Key, rows []checkpoints.Receipt) error {
	return s.write(ctx, fmt.Sprintf("save %d receipts of %s", len(rows), k.Mailbox), func(tx transaction) error {
		if len(rows) == 0 {
			return nil
		}
		id, err := deliveryID(tx, k)
		if err != nil {
			return err
		}
		save := tx.statement(saveReceipt)
		for _, r := range rows {
			_, err := save.exec(id, r.Item, r.Folder, delivery(r.State), r.Target, r.ID, compact(r.Holds), compact(r.SHA256), r.Size,
				compact(r.Marks), r.Altered, r.Reason, instant(r.Written), r.Run)
			if err != nil {
				return fmt.Errorf("item %q: %w", r.Item, err)
			}
		}
		return nil
	})
}

// DropReceipts implements checkpoints.Receipts.
func (s *Store) DropReceipts(ctx context.Context, k checkpoints.Key, items []string) error {
	return s.write(ctx, fmt.Sprintf("drop %d receipts of %s", len(items), k.Mailbox), func(tx transaction) error {
		var id int64
		switch err := tx.statement(findDelivery).query(k.Job, k.Mailbox).Scan(&id); {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return err
		}
		drop := tx.statement(dropReceipt)
		for _, item := range items {
			if _, err := drop.exec(id, item); err != nil {
				return err
			}
		}
		return nil
	})
}

// forgetDeliveries removes what became of a mailbox's items.
func forgetDeliveries(tx transaction, k checkpoints.Key) error {
	var id int64
	switch err := tx.statement(findDelivery).query(k.Job, k.Mailbox).Scan(&id); {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	for _, statement := range []string{forgetReceipts, forgetPlaces, forgetDelivery} {
		if _, err := tx.statement(statement).exec(id); err != nil {
			return err
		}
	}
	return nil
}
