package sqlite_test

import (
	"database/sql"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/checkpoints"
)

// TestReopened: what was stored is there for the next to open the file, under names that need care in a URL.
func TestReopened(t *testing.T) {
	for _, name := range []string{"checkpoints.db", "a?mode=memory&b#c%20d ü.db", "file:x.db", "-"} {
		path := filepath.Join(t.TempDir(), name)
		s := open(t, path)
		c := crashCommit(1)
		m := checkpoints.Mailbox{Key: c.Key, DeviceID: "device", LastEnded: time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC)}
		must(t, s.SaveMailbox(t.Context(), m))
		must(t, s.SaveFolder(t.Context(), c.Key, checkpoints.Folder{ID: c.Folder, SyncKey: "0"}))
		must(t, s.Commit(t.Context(), c))
		_, err := s.Ask(t.Context(), c.FolderKey)
		must(t, err)
		must(t, s.Close())
		if d := cmp.Diff([]string{name}, files(t, filepath.Dir(path))); d != "" {
			t.Errorf("files after Close: -want +got\n%s", d)
		}

		s = open(t, path)
		got, err := s.Mailbox(t.Context(), c.Key)
		must(t, err)
		if d := cmp.Diff(m, got); d != "" {
			t.Errorf("mailbox: -want +got\n%s", d)
		}
		folders, err := s.Folders(t.Context(), c.Key)
		must(t, err)
		want := []checkpoints.Folder{{ID: c.Folder, Seq: 1, SyncKey: "1", Asked: 1, Last: c.Last}}
		if d := cmp.Diff(want, folders); d != "" {
			t.Errorf("folders: -want +got\n%s", d)
		}
		n := 0
		for i, err := range s.Live(t.Context(), c.FolderKey) {
			must(t, err)
			c.Items[n].Folder = c.Folder
			if d := cmp.Diff(c.Items[n], i); d != "" {
				t.Errorf("row: -want +got\n%s", d)
			}
			n++
		}
		if n != len(c.Items) {
			t.Errorf("%d rows, want %d", n, len(c.Items))
		}
		must(t, s.Close())
	}
}

// TestModes: ServerIds and folder names are nobody else's business.
func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, filepath.Join(dir, "checkpoints.db"))
	must(t, s.SaveMailbox(t.Context(), checkpoints.Mailbox{Key: crashCommit(1).Key}))
	for _, name := range []string{"", "checkpoints.db", "checkpoints.db-wal", "checkpoints.db-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		want := fs.FileMode(0o600)
		if name == "" {
			want = fs.ModeDir | 0o700
		}
		if info.Mode() != want {
			t.Errorf("%q has mode %v, want %v", name, info.Mode(), want)
		}
	}
}

// TestOpenToAnyone reads a store in use through what its own schema says, with SQLite's command line where there is one.
func TestOpenToAnyone(t *testing.T) {
	path := stored(t, 2)
	s := open(t, path)
	c := crashCommit(3)
	c.Items = []checkpoints.Item{{ServerID: "5:1", ID: "odd", SHA256: benchHash(7), State: checkpoints.SoftDeleted, Size: 12, Seq: 3}}
	must(t, s.Commit(t.Context(), c))
	const query = `SELECT mailbox, server_id, state, id, sha256, size FROM items WHERE seq = 3 OR server_id = '80' ORDER BY seq`
	want := "alice@example.com|80|archived|" + benchHash(80)[:16] + "|" + benchHash(-80) + "|0\n" +
		"alice@example.com|5:1|soft-deleted|odd|" + benchHash(7) + "|12\n"

	if d := cmp.Diff(want, rawQuery(t, path, query)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	tool, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Log("sqlite3 is not installed: its reading was not tried")
		return
	}
	out, err := exec.CommandContext(t.Context(), tool, "-readonly", path, "PRAGMA integrity_check;"+query+";").CombinedOutput()
	if d := cmp.Diff("ok\n"+want, string(out)); d != "" || err != nil {
		t.Errorf("sqlite3: %v, -want +got\n%s", err, d)
	}
	schema, err := exec.CommandContext(t.Context(), tool, "-readonly", path, ".schema").Output()
	if must(t, err); !strings.Contains(string(schema), "-- how often the key was shown to the server since") {
		t.Errorf("the schema does not explain itself:\n%s", schema)
	}
}

// rawQuery returns rows as sqlite3 prints them.
func rawQuery(t *testing.T, path, query string) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	must(t, err)
	defer db.Close()
	rows, err := db.Query(query)
	must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	var out strings.Builder
	for rows.Next() {
		values, dest := make([]string, len(columns)), make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		must(t, rows.Scan(dest...))
		out.WriteString(strings.Join(values, "|") + "\n")
	}
	must(t, rows.Err())
	return out.String()
}
