package sqlite

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// A pool is connections to the file, and the statements that are prepared on them by their text.
type pool struct {
	db         *sql.DB
	statements map[string]*sql.Stmt
}

// connect makes a pool of connections to an existing file. It does not yet open one.
func connect(path string, connections int, params ...string) (*pool, error) {
	name := filepath.ToSlash(path)
	if !strings.HasPrefix(name, "/") { // C:/...
		name = "/" + name
	}
	params = append(params, "mode=rw", "_busy_timeout=10000", "_defensive=1", "_dqs=0", "_error_rc=1",
		"_pragma=trusted_schema(0)", "_pragma=cache_size(-4096)") // KiB
	u := url.URL{Scheme: "file", Path: name, RawQuery: strings.Join(params, "&")}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return &pool{db: db, statements: make(map[string]*sql.Stmt)}, nil
}

// prepare prepares statements.
func (p *pool) prepare(ctx context.Context, queries ...string) error {
	for _, query := range queries {
		stmt, err := p.db.PrepareContext(ctx, query) //nolint:sqlclosecheck // closed with the pool
		if err != nil {
			return err
		}
		p.statements[query] = stmt
	}
	return nil
}
