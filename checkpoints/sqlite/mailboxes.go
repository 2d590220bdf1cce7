package sqlite

import (
	"context"
	"iter"

	"github.com/airlift-eas/airlift/checkpoints"
)

const mailboxColumns = `job, mailbox, server, named, user, device_id, eas, policy_key, hierarchy_key, last_run, last_result, last_ended`

const getMailbox = `SELECT ` + mailboxColumns + ` FROM mailboxes WHERE job = ? AND mailbox = ?`

const listMailboxes = `
SELECT ` + mailboxColumns + ` FROM mailboxes
WHERE (job, mailbox) >= (?, ?) ORDER BY job, mailbox LIMIT ?`

const saveMailbox = `
INSERT INTO mailboxes (` + mailboxColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (job, mailbox) DO UPDATE SET
  server = excluded.server, named = excluded.named, user = excluded.user, device_id = excluded.device_id, eas = excluded.eas,
  policy_key = excluded.policy_key, hierarchy_key = excluded.hierarchy_key,
  last_run = excluded.last_run, last_result = excluded.last_result, last_ended = excluded.last_ended`

func scanMailbox(row scanner) (m checkpoints.Mailbox, err error) {
	err = row.Scan(&m.Job, &m.Mailbox, &m.Server, &m.Named, &m.User, &m.DeviceID, &m.EAS, &m.PolicyKey, &m.HierarchyKey,
		&m.LastRun, &m.LastResult, (*instant)(&m.LastEnded))
	return m, err
}

// Mailbox implements checkpoints.Mailboxes.
func (s *Store) Mailbox(ctx context.Context, k checkpoints.Key) (checkpoints.Mailbox, error) {
	m, err := scanMailbox(s.r.statements[getMailbox].QueryRowContext(ctx, k.Job, k.Mailbox))
	return m, s.explain(ctx, "mailbox "+k.Mailbox, err)
}

// SaveMailbox implements checkpoints.Mailboxes.
func (s *Store) SaveMailbox(ctx context.Context, m checkpoints.Mailbox) error {
	return s.write(ctx, "save mailbox "+m.Mailbox, func(tx transaction) error {
		_, err := tx.statement(saveMailbox).exec(m.Job, m.Mailbox, m.Server, m.Named, m.User, m.DeviceID, m.EAS, m.PolicyKey,
			m.HierarchyKey, m.LastRun, m.LastResult, instant(m.LastEnded))
		return err
	})
}

// List implements checkpoints.Mailboxes; ordered by job and mailbox.
func (s *Store) List(ctx context.Context) iter.Seq2[checkpoints.Mailbox, error] {
	return batches(func(last *checkpoints.Mailbox) ([]checkpoints.Mailbox, error) {
		var from checkpoints.Key
		if last != nil {
			from = checkpoints.Key{Job: last.Job, Mailbox: after(last.Mailbox)}
		}
		found, err := collect(ctx, s.r, scanMailbox, listMailboxes, from.Job, from.Mailbox, batchSize)
		return found, s.explain(ctx, "list mailboxes", err)
	})
}
