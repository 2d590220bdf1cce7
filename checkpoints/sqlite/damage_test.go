package sqlite_test

import (
	"bytes"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
)

// stored returns the path of a closed store with so many pages.
func stored(t *testing.T, pages int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "checkpoints.db")
	s := open(t, path)
	k := crashCommit(1).Key
	must(t, s.SaveMailbox(t.Context(), checkpoints.Mailbox{Key: k}))
	must(t, s.SaveFolder(t.Context(), k, checkpoints.Folder{ID: "inbox", SyncKey: "0"}))
	for p := 1; p <= pages; p++ {
		must(t, s.Commit(t.Context(), crashCommit(p)))
	}
	must(t, s.Close())
	return path
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// statements changes a closed store behind our back.
func statements(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	must(t, err)
	defer db.Close()
	_, err = db.Exec(query)
	must(t, err)
}

// TestUnusable: a file that is not to be used is refused by both ways to open it, with advice, and left as it was.
func TestUnusable(t *testing.T) {
	garbage := func(n int) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			b := make([]byte, n)
			random := rand.NewChaCha8([32]byte{1})
			_, _ = random.Read(b)
			must(t, os.WriteFile(path, b, 0o600))
		}
	}
	truncated := func(size func(int64) int64) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			info, err := os.Stat(path)
			must(t, err)
			must(t, os.Truncate(path, size(info.Size())))
		}
	}
	for name, test := range map[string]struct {
		spoil  func(t *testing.T, path string)
		advice string
	}{
		"garbage of 2 bytes":     {garbage(2), "move it away"},
		"garbage of 100 bytes":   {garbage(100), "move it away"},
		"garbage of 4,096 bytes": {garbage(4096), "move it away"},
		"garbage of 1 MB":        {garbage(1e6), "move it away"},
		"a text": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("remember the milk\n"), 0o600))
		}, "move it away"},
		"the first bytes":          {truncated(func(int64) int64 { return 2 }), "move it away"},
		"the header":               {truncated(func(int64) int64 { return 100 }), "move it away"},
		"the first page":           {truncated(func(int64) int64 { return 4096 }), "move it away"},
		"the first half":           {truncated(func(n int64) int64 { return n / 2 }), "move it away"},
		"all but the last page":    {truncated(func(n int64) int64 { return n - 4096 }), "move it away"},
		"all but more than a page": {truncated(func(n int64) int64 { return n - 5000 }), "move it away"},
		"a later version": {func(t *testing.T, path string) {
			statements(t, path, "PRAGMA user_version = 5")
		}, "use a later program"},
		"a version that never was": {func(t *testing.T, path string) {
			statements(t, path, "PRAGMA user_version = 0")
		}, "move it away"},
		"another program's": {func(t *testing.T, path string) {
			statements(t, path, "PRAGMA application_id = 252006675") // GeoPackage's, of SQLite's list of them
		}, "name another file"},
		"another program's, without a mark": {func(t *testing.T, path string) {
			must(t, os.Remove(path))
			statements(t, path, "CREATE TABLE bookmarks (url TEXT)")
		}, "name another file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := stored(t, 5)
			test.spoil(t, path)
			before, err := os.ReadFile(path)
			must(t, err)
			for _, open := range []func() (*sqlite.Store, error){
				func() (*sqlite.Store, error) { return sqlite.Open(t.Context(), path) },
				func() (*sqlite.Store, error) { return sqlite.OpenReadOnly(t.Context(), path) },
			} {
				s, err := open()
				if s != nil || !errors.Is(err, checkpoints.ErrUnusable) {
					t.Fatalf("got %v, want ErrUnusable", err)
				}
				if !strings.Contains(err.Error(), test.advice) || !strings.Contains(err.Error(), path) {
					t.Errorf("no path or advice in: %v", err)
				}
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed: %v", err)
			}
			if d := cmp.Diff([]string{"checkpoints.db"}, files(t, filepath.Dir(path))); d != "" {
				t.Errorf("files: -want +got\n%s", d)
			}
		})
	}
}

// TestDamagedInside: damage that shows only when a page is read is reported then, as what it is.
func TestDamagedInside(t *testing.T) {
	path := stored(t, 50)
	b, err := os.ReadFile(path)
	must(t, err)
	for at := 12 * 4096; at+4096 <= len(b); at += 4096 { // the pages before hold the schema and the small tables
		copy(b[at:], "damage damage damage damage")
	}
	must(t, os.WriteFile(path, b, 0o600))
	s := open(t, path)
	var last error
	for _, err := range s.Live(t.Context(), crashCommit(1).FolderKey) {
		last = err
	}
	if !errors.Is(last, checkpoints.ErrUnusable) || !strings.Contains(last.Error(), "move it away") {
		t.Errorf("Live: got %v, want ErrUnusable and advice", last)
	}
	if err := s.Commit(t.Context(), crashCommit(51)); !errors.Is(err, checkpoints.ErrUnusable) {
		t.Errorf("Commit: got %v, want ErrUnusable", err)
	}
}

// TestNoFile: what cannot be a store for another reason is not called damaged.
func TestNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := sqlite.Open(t.Context(), dir); err == nil || errors.Is(err, checkpoints.ErrUnusable) {
		t.Errorf("a directory: got %v", err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	if _, err := sqlite.Open(t.Context(), filepath.Join(dir, "file", "checkpoints.db")); err == nil {
		t.Error("a file in place of the directory was accepted")
	}
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
