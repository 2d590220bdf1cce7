package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/airlift-eas/airlift/checkpoints"
)

const (
	forgetItems   = `DELETE FROM ledger WHERE mailbox_id = ?`
	forgetFolders = `DELETE FROM folders WHERE mailbox_id = ?`
	forgetMailbox = `DELETE FROM mailboxes WHERE id = ?`
)

var _ checkpoints.Forgetter = (*Store)(nil)

// Forget implements checkpoints.Forgetter. The room stays the file's, for what is stored next.
func (s *Store) Forget(ctx context.Context, k checkpoints.Key) error {
	return s.write(ctx, "forget mailbox "+k.Mailbox, func(tx transaction) error {
		if err := forgetDeliveries(tx, k); err != nil {
			return err
		}
		var id int64
		switch err := tx.statement(findMailbox).query(k.Job, k.Mailbox).Scan(&id); {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return err
		}
		for _, statement := range []string{forgetItems, forgetFolders, forgetMailbox} {
			if _, err := tx.statement(statement).exec(id); err != nil {
				return err
			}
		}
		return nil
	})
}
