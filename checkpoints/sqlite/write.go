package sqlite

import (
	"context"
	"database/sql"
)

// write does something in one transaction, whole or not at all. The transaction is the writer's from its first
// statement on (BEGIN IMMEDIATE): what it reads stays true until it commits.
func (s *Store) write(ctx context.Context, op string, do func(transaction) error) error {
	if s.w == nil {
		return s.explain(ctx, op, errReadOnly)
	}
	return s.explain(ctx, op, transact(ctx, s.w, do))
}

func transact(ctx context.Context, p *pool, do func(transaction) error) (err error) {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // if that fails too, the connection is dropped, and the transaction with it
		}
	}()
	if err := do(transaction{ctx: ctx, tx: tx, statements: p.statements}); err != nil {
		return err
	}
	return tx.Commit()
}

// A transaction runs statements until its context is cancelled. The statements themselves do not watch it: each takes
// microseconds, and the driver would start a goroutine for every one.
type transaction struct {
	ctx        context.Context
	tx         *sql.Tx
	statements map[string]*sql.Stmt
}

// statement makes a prepared statement the transaction's own.
func (t transaction) statement(query string) statement {
	ctx := context.WithoutCancel(t.ctx)
	return statement{t.ctx, t.tx.StmtContext(ctx, t.statements[query])}
}

type statement struct {
	ctx  context.Context
	stmt *sql.Stmt
}

func (s statement) exec(args ...any) (rows int64, err error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	result, err := s.stmt.ExecContext(context.WithoutCancel(s.ctx), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query reads one row.
func (s statement) query(args ...any) scanner {
	return s.stmt.QueryRowContext(context.WithoutCancel(s.ctx), args...)
}
