package sqlite

import (
	"context"
	"fmt"

	"github.com/airlift-eas/airlift/checkpoints"
)

const advanceFolder = `
UPDATE folders SET seq = ?, sync_key = ?, asked = ?, last = ?, options = ?, resync = ?, pass = ?
WHERE mailbox_id = ? AND id = ? AND seq = ? AND sync_key = ?`

// An update rather than a replacement: a flag that changes leaves the hash, and with it the index, alone.
const saveItem = `
INSERT INTO ledger (mailbox_id, folder_id, server_id, id, state, sha256, properties, fingerprint, size, seq, pass, reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (mailbox_id, folder_id, server_id) DO UPDATE SET
  id = excluded.id, state = excluded.state, sha256 = excluded.sha256, properties = excluded.properties,
  fingerprint = excluded.fingerprint, size = excluded.size, seq = excluded.seq, pass = excluded.pass,
  reason = excluded.reason`

// Commit implements checkpoints.Folders.
func (s *Store) Commit(ctx context.Context, c checkpoints.Commit) error {
	op := fmt.Sprintf("commit page %d of folder %s of %s", c.Now.Seq, c.Folder, c.Mailbox)
	return s.write(ctx, op, func(tx transaction) error {
		at, err := scanPlace(tx.statement(findFolder).query(c.Job, c.Mailbox, c.Folder))
		if err != nil {
			return err
		}
		moved, err := tx.statement(advanceFolder).exec(c.Now.Seq, c.Now.SyncKey, c.Asked, c.Last, c.Options, c.Resync, c.Pass,
			at.mailbox, at.folder, c.After.Seq, c.After.SyncKey)
		if err != nil {
			return err
		}
		if moved == 0 {
			return fmt.Errorf("the folder is not at page %d with key %q: %w", c.After.Seq, c.After.SyncKey,
				checkpoints.ErrConflict)
		}
		save := tx.statement(saveItem)
		for _, i := range c.Items {
			if i.Folder != "" && i.Folder != c.Folder {
				return fmt.Errorf("item %q belongs to folder %s", i.ServerID, i.Folder)
			}
			_, err := save.exec(at.mailbox, at.folder, i.ServerID, compact(i.ID), numbered(i.State), compact(i.SHA256),
				compact(i.Properties), compact(i.Fingerprint), i.Size, i.Seq, i.Pass, i.Reason)
			if err != nil {
				return fmt.Errorf("item %q: %w", i.ServerID, err)
			}
		}
		return nil
	})
}
