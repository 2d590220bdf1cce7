package sqlite_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
)

// TestTwoStores: two that have one file open see each other's commits, and only one of them moves a folder.
func TestTwoStores(t *testing.T) {
	path := stored(t, 1)
	one, two := open(t, path), open(t, path)
	for p := 2; p <= 20; p += 2 {
		must(t, one.Commit(t.Context(), crashCommit(p)))
		if err := two.Commit(t.Context(), crashCommit(p)); !errors.Is(err, checkpoints.ErrConflict) {
			t.Fatalf("got %v, want ErrConflict", err)
		}
		must(t, two.Commit(t.Context(), crashCommit(p+1)))
		folders, err := one.Folders(t.Context(), crashCommit(1).Key)
		must(t, err)
		if folders[0].Seq != p+1 {
			t.Fatalf("one sees page %d of the other, want %d", folders[0].Seq, p+1)
		}
	}
}

// TestTogether: writers that start on one new file at the same moment all get it, and wait for each other.
func TestTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "checkpoints.db")
	const writers, pages = 6, 20
	var g errgroup.Group
	for i := range writers {
		g.Go(func() error {
			s, err := sqlite.Open(t.Context(), path)
			if err != nil {
				return err
			}
			defer s.Close()
			c := crashCommit(1)
			c.Mailbox = strconv.Itoa(i)
			if err := s.SaveMailbox(t.Context(), checkpoints.Mailbox{Key: c.Key}); err != nil {
				return err
			}
			if err := s.SaveFolder(t.Context(), c.Key, checkpoints.Folder{ID: c.Folder, SyncKey: "0"}); err != nil {
				return err
			}
			for p := 1; p <= pages; p++ {
				c := crashCommit(p)
				c.Mailbox = strconv.Itoa(i)
				if err := s.Commit(t.Context(), c); err != nil {
					return fmt.Errorf("writer %d: %w", i, err)
				}
			}
			return nil
		})
	}
	must(t, g.Wait())
	s := open(t, path)
	for m, err := range s.List(t.Context()) {
		must(t, err)
		counts, err := s.Counts(t.Context(), checkpoints.FolderKey{Key: m.Key, Folder: "inbox"})
		must(t, err)
		if counts[checkpoints.Archived] != pages*crashRows {
			t.Errorf("mailbox %s has %d rows, want %d", m.Mailbox, counts[checkpoints.Archived], pages*crashRows)
		}
	}
	integrity(t, path)
}

// TestPagesAreWhole: whoever reads beside a writer sees a page whole or not at all.
func TestPagesAreWhole(t *testing.T) {
	path := stored(t, 1)
	s, looker := open(t, path), openReadOnly(t, path)
	const pages = 60
	var g errgroup.Group
	g.Go(func() error {
		for p := 2; p <= pages; p++ {
			if err := s.Commit(t.Context(), crashCommit(p)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, reader := range []*sqlite.Store{s, looker} {
		g.Go(func() error {
			for p := 1; p < pages; {
				next := crashCommit(p + 1)
				var ids []string
				for _, i := range next.Items {
					ids = append(ids, i.ServerID)
				}
				found, err := reader.Items(t.Context(), next.FolderKey, ids)
				switch {
				case err != nil:
					return err
				case len(found) == crashRows: // page p alone
				case len(found) == 2*crashRows:
					p++
				default:
					return fmt.Errorf("%d of %d rows of page %d are there", len(found), 2*crashRows, p+1)
				}
			}
			return nil
		})
	}
	must(t, g.Wait())
}

func openReadOnly(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.OpenReadOnly(t.Context(), path)
	must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestReadOnlyBesideAProcess looks at a store while another process fills it, and after that was killed.
func TestReadOnlyBesideAProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoints.db")
	writer := writerProcess(t, path)
	out, err := writer.StdoutPipe()
	must(t, err)
	must(t, writer.Start())
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		reported, err := strconv.Atoi(lines.Text())
		must(t, err)
		if n == 30 {
			must(t, writer.Process.Kill())
		}
		if at := look(t, path); at < reported {
			t.Fatalf("page %d was reported, and a reader sees page %d", reported, at)
		}
	}
	_ = writer.Wait() // it was killed
	if at := look(t, path); at != checkPrefix(t, path) {
		t.Errorf("a reader saw page %d after the writer died, and the next writer another", at)
	}
}

// look opens the store for reading and returns where the folder stands.
func look(t *testing.T, path string) int {
	t.Helper()
	s, err := sqlite.OpenReadOnly(t.Context(), path)
	must(t, err)
	folders, err := s.Folders(t.Context(), crashCommit(1).Key)
	must(t, err)
	must(t, s.Close())
	return folders[0].Seq
}

// TestReadOnlyLeavesNothing: looking creates no file and changes none.
func TestReadOnlyLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "none.db"), filepath.Join(dir, "none", "none.db")} {
		if _, err := sqlite.OpenReadOnly(t.Context(), path); !errors.Is(err, checkpoints.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	}
	if names := files(t, dir); names != nil {
		t.Errorf("it left %v", names)
	}
	empty := filepath.Join(dir, "empty.db")
	must(t, os.WriteFile(empty, nil, 0o600))
	if _, err := sqlite.OpenReadOnly(t.Context(), empty); !errors.Is(err, checkpoints.ErrNotFound) {
		t.Errorf("an empty file: got %v, want ErrNotFound", err)
	}

	path := stored(t, 3)
	before, err := os.ReadFile(path)
	must(t, err)
	s := openReadOnly(t, path)
	c := crashCommit(4)
	if found, err := s.Items(t.Context(), c.FolderKey, []string{"120"}); err != nil || len(found) != 1 {
		t.Errorf("%d rows, %v", len(found), err)
	}
	_, asked := s.Ask(t.Context(), c.FolderKey)
	for name, err := range map[string]error{
		"SaveMailbox": s.SaveMailbox(t.Context(), checkpoints.Mailbox{Key: c.Key}),
		"SaveFolder":  s.SaveFolder(t.Context(), c.Key, checkpoints.Folder{ID: "new"}),
		"Ask":         asked,
		"Commit":      s.Commit(t.Context(), c),
	} {
		if err == nil {
			t.Errorf("%s stored something in a store that is open for reading", name)
		}
	}
	must(t, s.Close())
	after, err := os.ReadFile(path)
	must(t, err)
	if d := cmp.Diff(before, after); d != "" {
		t.Error("the file was changed")
	}
	if d := cmp.Diff([]string{"checkpoints.db"}, files(t, filepath.Dir(path))); d != "" {
		t.Errorf("files: -want +got\n%s", d)
	}
}
