package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

	"github.com/airlift-eas/airlift/checkpoints"
)

// applicationID marks the file as ours in its header (PRAGMA application_id): "alck" in ASCII.
const applicationID = 0x616c636b

//go:embed schema_1.sql
var schema1 string

//go:embed schema_2.sql
var schema2 string

//go:embed schema_3.sql
var schema3 string

//go:embed schema_4.sql
var schema4 string

// versions lists what leads from each version of the schema to the next. The first entry leads from an empty file to
// version 1. An entry that was released is never changed.
func versions() []string {
	return []string{schema1, schema2, schema3, schema4}
}

// querier is what a pool and a transaction have in common.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// identify tells the version of the file, 0 if it is empty, and refuses what this package cannot use.
func identify(ctx context.Context, db querier, latest int) (int, error) {
	var application, version, objects int
	err := db.QueryRowContext(ctx, `
		SELECT (SELECT application_id FROM pragma_application_id),
		       (SELECT user_version FROM pragma_user_version),
		       (SELECT count(*) FROM sqlite_schema)`).Scan(&application, &version, &objects)
	switch {
	case err != nil:
		return 0, err
	case application == 0 && version == 0 && objects == 0:
		return 0, nil
	case application != applicationID:
		return 0, fmt.Errorf("%w: it belongs to another program; name another file", checkpoints.ErrUnusable)
	case version > latest:
		return 0, fmt.Errorf("%w: it is of version %d and this program knows up to %d; use a later program, or move it "+
			"away: the checkpoints can be made again from the archive", checkpoints.ErrUnusable, version, latest)
	case version < 1:
		return 0, fmt.Errorf("%w: its header names version %d; "+moveAway, checkpoints.ErrUnusable, version)
	}
	return version, nil
}

// migrate brings the file to the latest version, whole or not at all. Of several processes that try, one does it and
// the others find it done.
func migrate(ctx context.Context, p *pool, versions []string) error {
	return transact(ctx, p, func(t transaction) error {
		version, err := identify(ctx, t.tx, len(versions))
		if err != nil || version == len(versions) {
			return err
		}
		for i, statements := range versions[version:] {
			if _, err := t.tx.ExecContext(ctx, statements); err != nil {
				return fmt.Errorf("convert to version %d: %w", version+i+1, err)
			}
		}
		// PRAGMA takes no parameters. Both fields are in the header, and the header is part of the transaction.
		header := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(versions))
		_, err = t.tx.ExecContext(ctx, header)
		return err
	})
}
