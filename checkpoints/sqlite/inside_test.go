package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/checkpoints"
)

var key = checkpoints.FolderKey{Key: checkpoints.Key{Job: "job", Mailbox: "alice@example.com"}, Folder: "inbox"}

// newStore has one folder at page 1 with one row.
func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "checkpoints.db"))
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	must(t, s.SaveMailbox(t.Context(), checkpoints.Mailbox{Key: key.Key}))
	must(t, s.SaveFolder(t.Context(), key.Key, checkpoints.Folder{ID: key.Folder}))
	must(t, s.Commit(t.Context(), pageOf(1, 1)))
	return s
}

// pageOf is page seq, with so many rows.
func pageOf(seq, rows int) checkpoints.Commit {
	c := checkpoints.Commit{FolderKey: key, Now: checkpoints.Position{Seq: seq, SyncKey: fmt.Sprint(seq)}}
	if seq > 1 {
		c.After = checkpoints.Position{Seq: seq - 1, SyncKey: fmt.Sprint(seq - 1)}
	}
	for i := range rows {
		c.Items = append(c.Items, checkpoints.Item{ServerID: fmt.Sprint(i), State: checkpoints.Archived, Seq: seq})
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// standsAt says that the folder is at page seq, and all its rows are of it.
func standsAt(t *testing.T, s *Store, seq, rows int) {
	t.Helper()
	folders, err := s.Folders(t.Context(), key.Key)
	must(t, err)
	if folders[0].Seq != seq {
		t.Errorf("at page %d, want %d", folders[0].Seq, seq)
	}
	for i, err := range s.Live(t.Context(), key) {
		must(t, err)
		if rows--; i.Seq != seq {
			t.Errorf("row %s is of page %d, want %d", i.ServerID, i.Seq, seq)
		}
	}
	if rows != 0 {
		t.Errorf("%d rows are missing", rows)
	}
	var answer string
	must(t, s.w.db.QueryRow("PRAGMA integrity_check").Scan(&answer))
	if answer != "ok" {
		t.Error(answer)
	}
}

// TestFull: a commit for which there is no room is refused as that, and happens once there is.
func TestFull(t *testing.T) {
	s := newStore(t)
	var pages int
	must(t, s.w.db.QueryRow("PRAGMA page_count").Scan(&pages))
	_, err := s.w.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+3))
	must(t, err)
	if err := s.Commit(t.Context(), pageOf(2, 5000)); !errors.Is(err, checkpoints.ErrFull) {
		t.Fatalf("got %v, want ErrFull", err)
	}
	standsAt(t, s, 1, 1)
	must(t, s.Commit(t.Context(), pageOf(2, 1)))
	standsAt(t, s, 2, 1)
	_, err = s.w.db.Exec("PRAGMA max_page_count = 1000000")
	must(t, err)
	must(t, s.Commit(t.Context(), pageOf(3, 5000)))
	standsAt(t, s, 3, 5000)
}

// TestBusy: while another process writes, a commit waits for as long as its context and the store allow.
func TestBusy(t *testing.T) {
	s := newStore(t)
	other, err := Open(t.Context(), s.path)
	must(t, err)
	defer other.Close()
	tx, err := other.w.db.BeginTx(t.Context(), nil)
	must(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	started := time.Now()
	if err := s.Commit(ctx, pageOf(2, 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded", err)
	}
	if waited := time.Since(started); waited > 5*time.Second {
		t.Errorf("the context ended after 30 ms, the commit after %v", waited)
	}

	_, err = s.w.db.Exec("PRAGMA busy_timeout = 30") // less than the 10 s of connect
	must(t, err)
	if err := s.Commit(t.Context(), pageOf(2, 1)); !errors.Is(err, checkpoints.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	readersSee(t, s, 1)

	_, err = s.w.db.Exec("PRAGMA busy_timeout = 10000")
	must(t, err)
	timer := time.AfterFunc(50*time.Millisecond, func() { _ = tx.Rollback() })
	defer timer.Stop()
	must(t, s.Commit(t.Context(), pageOf(2, 1)))
	standsAt(t, s, 2, 1)
}

// readersSee says that reading does not wait for a writer.
func readersSee(t *testing.T, s *Store, seq int) {
	t.Helper()
	folders, err := s.Folders(t.Context(), key.Key)
	must(t, err)
	if folders[0].Seq != seq {
		t.Errorf("at page %d, want %d", folders[0].Seq, seq)
	}
}

// TestDurable holds what no test can pull the plug for: what a commit promises rests on these two settings.
func TestDurable(t *testing.T) {
	s := newStore(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "fullfsync": "1"} {
		var got string
		must(t, s.w.db.QueryRow("PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
}

// TestConvert: a store becomes one of the next version whole or not at all, and then refuses who knows only the one before.
func TestConvert(t *testing.T) {
	s := newStore(t)
	must(t, s.Close())
	reopened := func(open func(*Store, context.Context, []string) error, versions ...string) (*Store, error) {
		again := &Store{path: s.path}
		t.Cleanup(func() { must(t, again.Close()) })
		return again, again.explain(t.Context(), "open", open(again, t.Context(), versions))
	}
	const second = `ALTER TABLE folders ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'; UPDATE folders SET colour = 'red';`

	if _, err := reopened((*Store).openReadOnly, append(versions(), second)...); !errors.Is(err, checkpoints.ErrUnusable) ||
		!strings.Contains(err.Error(), "the next run that writes") {
		t.Errorf("reading what is not converted: got %v, want ErrUnusable", err)
	}
	if _, err := reopened((*Store).open, append(versions(), second+`SELECT no_such_function();`)...); err == nil {
		t.Error("a conversion that fails was reported as done")
	}
	still, err := reopened((*Store).open, versions()...)
	must(t, err)
	standsAt(t, still, 1, 1)
	must(t, still.Close())

	converted, err := reopened((*Store).open, append(versions(), second)...)
	must(t, err)
	standsAt(t, converted, 1, 1)
	var colour string
	must(t, converted.r.db.QueryRow("SELECT colour FROM folders").Scan(&colour))
	if colour != "red" {
		t.Errorf("colour is %q", colour)
	}
	must(t, converted.Close())

	if _, err := reopened((*Store).open, append(versions(), second)...); err != nil {
		t.Errorf("opening it again: %v", err)
	}
	if _, err := Open(t.Context(), s.path); !errors.Is(err, checkpoints.ErrUnusable) {
		t.Errorf("opening it with what knows the version before only: got %v, want ErrUnusable", err)
	}
}

// TestConvertFrom1: what a store of version 1 holds is there in the latest.
func TestConvertFrom1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoints.db")
	first, err := sql.Open("sqlite", path)
	must(t, err)
	for _, statement := range []string{
		schema1, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 1", applicationID),
		`INSERT INTO mailboxes (job, mailbox, server, user, device_id, eas, policy_key, hierarchy_key, last_run, last_result)
		 VALUES ('job', 'a@example.com', '', '', '', '', '', '', '', '')`,
		`INSERT INTO folders VALUES (1, 1, '0a1b2c3d', 'd', 'Inbox', '5', '0', 'Inbox', 2, 'Email', 0, 7, 'key7', 1, 'l', 'o', 0, 1, 7, 9, 1, NULL, '')`,
	} {
		if _, err := first.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	must(t, first.Close())
	s, err := Open(t.Context(), path)
	must(t, err)
	defer s.Close()
	folders, err := s.Folders(t.Context(), checkpoints.Key{Job: "job", Mailbox: "a@example.com"})
	must(t, err)
	if len(folders) != 1 || folders[0].SyncKey != "key7" || folders[0].Seq != 7 || folders[0].Doubted {
		t.Errorf("after the conversion: %+v", folders)
	}
}

// TestStates: the numbers of the states in the code are those in the file.
func TestStates(t *testing.T) {
	s := newStore(t)
	rows, err := s.r.db.Query("SELECT id, name FROM states")
	must(t, err)
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var id int
		var name checkpoints.State
		must(t, rows.Scan(&id, &name))
		if numbers[id] != name {
			t.Errorf("state %d is %q in the file and %q in the code", id, name, numbers[id])
		}
	}
	if must(t, rows.Err()); n != len(numbers)-1 {
		t.Errorf("%d states in the file, %d in the code", n, len(numbers)-1)
	}
}
