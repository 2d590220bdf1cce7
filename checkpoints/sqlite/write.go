package sqlite

import (
	"context"
	"database/sql"
)

// writer is the one connection that writes, and what it does.
type writer struct {
	db *sql.DB

	saveMailbox   *sql.Stmt
	findMailbox   *sql.Stmt
	saveFolder    *sql.Stmt
	findFolder    *sql.Stmt
	ask           *sql.Stmt
	getAsked      *sql.Stmt
	advanceFolder *sql.Stmt
	saveItem      *sql.Stmt
}

func (w *writer) prepare(ctx context.Context) error {
	return prepare(ctx, w.db, map[**sql.Stmt]string{
		&w.saveMailbox:   saveMailbox,
		&w.findMailbox:   findMailbox,
		&w.saveFolder:    saveFolder,
		&w.findFolder:    findFolder,
		&w.ask:           ask,
		&w.getAsked:      getAsked,
		&w.advanceFolder: advanceFolder,
		&w.saveItem:      saveItem,
	})
}

// write does something in one transaction, whole or not at all. The transaction is the writer's from its first
// statement on (BEGIN IMMEDIATE): what it reads stays true until it commits.
func (s *Store) write(ctx context.Context, op string, do func(transaction) error) error {
	if s.w == nil {
		return s.explain(ctx, op, errReadOnly)
	}
	return s.explain(ctx, op, transact(ctx, s.w.db, do))
}

func transact(ctx context.Context, db *sql.DB, do func(transaction) error) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback() // if that fails too, the connection is dropped, and the transaction with it
		}
	}()
	if err := do(transaction{ctx: ctx, tx: tx}); err != nil {
		return err
	}
	return tx.Commit()
}

// A transaction runs statements until its context is cancelled. The statements themselves do not watch it: each takes
// microseconds, and the driver would start a goroutine for every one.
type transaction struct {
	ctx context.Context
	tx  *sql.Tx
}

// statement makes a statement the transaction's own.
func (t transaction) statement(stmt *sql.Stmt) statement {
	ctx := context.WithoutCancel(t.ctx)
	return statement{t.ctx, t.tx.StmtContext(ctx, stmt)}
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
