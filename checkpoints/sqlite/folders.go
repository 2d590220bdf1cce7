package sqlite

import (
	"context"
	"fmt"

	"github.com/airlift-eas/airlift/checkpoints"
)

const folderColumns = `identity, dir, path, server_id, parent_id, name, type, class, gone,
  seq, sync_key, asked, last, options, resync, pass, recorded, estimate, balanced, drained, problem, doubted`

const listFolders = `
SELECT ` + folderColumns + ` FROM folders
WHERE mailbox_id = (SELECT id FROM mailboxes WHERE job = ? AND mailbox = ?) ORDER BY identity`

const findMailbox = `SELECT id FROM mailboxes WHERE job = ? AND mailbox = ?`

// A folder that is known keeps its position: everything from seq to pass.
const saveFolder = `
INSERT INTO folders (mailbox_id, id, ` + folderColumns + `)
VALUES (?1, (SELECT coalesce(max(id), 0) + 1 FROM folders WHERE mailbox_id = ?1),
  ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (mailbox_id, identity) DO UPDATE SET
  dir = excluded.dir, path = excluded.path, server_id = excluded.server_id, parent_id = excluded.parent_id,
  name = excluded.name, type = excluded.type, class = excluded.class, gone = excluded.gone,
  recorded = excluded.recorded, estimate = excluded.estimate, balanced = excluded.balanced,
  drained = excluded.drained, problem = excluded.problem, doubted = excluded.doubted`

const ask = `UPDATE folders SET asked = asked + 1 WHERE mailbox_id = ? AND id = ?`

const getAsked = `SELECT asked FROM folders WHERE mailbox_id = ? AND id = ?`

func scanFolder(row scanner) (f checkpoints.Folder, err error) {
	err = row.Scan(&f.ID, &f.Dir, &f.Path, &f.ServerID, &f.ParentID, &f.Name, &f.Type, &f.Class, &f.Gone,
		&f.Seq, &f.SyncKey, &f.Asked, &f.Last, &f.Options, &f.Resync, &f.Pass,
		&f.Recorded, &f.Estimate, &f.Balanced, (*instant)(&f.Drained), &f.Problem, &f.Doubted)
	return f, err
}

// Folders implements checkpoints.Folders.
func (s *Store) Folders(ctx context.Context, k checkpoints.Key) ([]checkpoints.Folder, error) {
	folders, err := collect(ctx, s.r, scanFolder, listFolders, k.Job, k.Mailbox)
	return folders, s.explain(ctx, "folders of "+k.Mailbox, err)
}

// SaveFolder implements checkpoints.Folders.
func (s *Store) SaveFolder(ctx context.Context, k checkpoints.Key, f checkpoints.Folder) error {
	return s.write(ctx, fmt.Sprintf("save folder %s of %s", f.ID, k.Mailbox), func(tx transaction) error {
		var mailbox int64
		if err := tx.statement(findMailbox).query(k.Job, k.Mailbox).Scan(&mailbox); err != nil {
			return err
		}
		_, err := tx.statement(saveFolder).exec(mailbox,
			f.ID, f.Dir, f.Path, f.ServerID, f.ParentID, f.Name, f.Type, f.Class, f.Gone,
			f.Seq, f.SyncKey, f.Asked, f.Last, f.Options, f.Resync, f.Pass,
			f.Recorded, f.Estimate, f.Balanced, instant(f.Drained), f.Problem, f.Doubted)
		return err
	})
}

// Ask implements checkpoints.Folders.
func (s *Store) Ask(ctx context.Context, k checkpoints.FolderKey) (asked int, err error) {
	err = s.write(ctx, fmt.Sprintf("ask for folder %s of %s", k.Folder, k.Mailbox), func(tx transaction) error {
		at, err := scanPlace(tx.statement(findFolder).query(k.Job, k.Mailbox, k.Folder))
		if err != nil {
			return err
		}
		if _, err := tx.statement(ask).exec(at.mailbox, at.folder); err != nil {
			return err
		}
		return tx.statement(getAsked).query(at.mailbox, at.folder).Scan(&asked)
	})
	if err != nil {
		return 0, err
	}
	return asked, nil
}
