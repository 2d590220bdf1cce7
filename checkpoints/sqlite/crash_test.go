package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
)

// writerPath makes this test binary a writer that the test can kill: it commits pages to the store at that path.
const writerPath = "AIRLIFT_TEST_CHECKPOINTS"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerPath); path != "" {
		if err := commitForever(path, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

const crashRows = 40

// crashCommit is page p. It adds crashRows rows and touches those of the page before.
func crashCommit(p int) checkpoints.Commit {
	c := checkpoints.Commit{
		FolderKey: checkpoints.FolderKey{Key: checkpoints.Key{Job: "job", Mailbox: "alice@example.com"}, Folder: "inbox"},
		After:     checkpoints.Position{Seq: p - 1, SyncKey: strconv.Itoa(p - 1)},
		Now:       checkpoints.Position{Seq: p, SyncKey: strconv.Itoa(p)},
		Last:      benchHash(p),
	}
	for page := max(1, p-1); page <= p; page++ {
		for i := range crashRows {
			n := page*crashRows + i
			c.Items = append(c.Items, checkpoints.Item{
				ServerID: strconv.Itoa(n), ID: benchHash(n)[:16], SHA256: benchHash(-n), State: checkpoints.Archived, Seq: p,
			})
		}
	}
	return c
}

// commitForever goes on from where the store is, and reports every page once its commit has returned.
func commitForever(path string, done io.Writer) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	k := crashCommit(1).Key
	if err := s.SaveMailbox(ctx, checkpoints.Mailbox{Key: k}); err != nil {
		return err
	}
	if err := s.SaveFolder(ctx, k, checkpoints.Folder{ID: "inbox", SyncKey: "0"}); err != nil {
		return err
	}
	folders, err := s.Folders(ctx, k)
	if err != nil {
		return err
	}
	for p := folders[0].Seq + 1; ; p++ {
		if err := s.Commit(ctx, crashCommit(p)); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(done, p); err != nil {
			return err
		}
	}
}

// TestKilled kills a writer again and again. After each death the store opens, is whole, and holds every page that was
// reported, at most one more, and nothing of any other.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoints.db")
	random := rand.New(rand.NewPCG(1, 2)) // moments differ from run to run anyway; the seed only spreads them
	pages, reported := 0, 0
	for range 12 {
		last := killedWriter(t, path, time.Duration(random.IntN(40))*time.Millisecond)
		reported = max(reported, last)
		if pages = checkPrefix(t, path); pages != reported && pages != reported+1 {
			t.Fatalf("page %d was reported, and the store is at page %d", reported, pages)
		}
		reported = pages
	}
	if pages < 12 {
		t.Errorf("only %d pages in all: the writer hardly wrote", pages)
	}
}

// TestKilledAtTheStart kills writers while they make the file, before anything was reported.
func TestKilledAtTheStart(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		path := filepath.Join(t.TempDir(), "checkpoints.db")
		writer := writerProcess(t, path)
		must(t, writer.Start())
		time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
		must(t, writer.Process.Kill())
		_ = writer.Wait()
		s := open(t, path)
		for m, err := range s.List(t.Context()) {
			must(t, err)
			if _, err := s.Folders(t.Context(), m.Key); err != nil {
				t.Fatal(err)
			}
		}
		must(t, s.Close())
		integrity(t, path)
	}
}

// writerProcess is this test binary as a writer, not yet started.
func writerProcess(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	writer := exec.CommandContext(t.Context(), os.Args[0])
	writer.Env = append(os.Environ(), writerPath+"="+path)
	writer.Stderr = os.Stderr
	return writer
}

// killedWriter runs a writer until it has reported a page, and kills it some time later. It returns the last page that
// the writer reported.
func killedWriter(t *testing.T, path string, after time.Duration) (last int) {
	t.Helper()
	writer := writerProcess(t, path)
	out, err := writer.StdoutPipe()
	must(t, err)
	must(t, writer.Start())
	var timer *time.Timer
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		last, err = strconv.Atoi(lines.Text())
		must(t, err)
		if timer == nil {
			timer = time.AfterFunc(after, func() { _ = writer.Process.Kill() })
		}
	}
	_ = writer.Wait() // it was killed
	if timer == nil {
		t.Fatal("the writer ended before it reported a page")
	}
	return last
}

// checkPrefix says that the store is whole and holds exactly the pages up to the one that it returns.
func checkPrefix(t *testing.T, path string) int {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	must(t, err)
	defer s.Close()
	k := crashCommit(1).FolderKey
	folders, err := s.Folders(t.Context(), k.Key)
	must(t, err)
	at := folders[0].Seq
	if f := folders[0]; f.SyncKey != strconv.Itoa(at) || f.Last != benchHash(at) {
		t.Fatalf("the folder is torn: %+v", f)
	}
	rows := 0
	for i, err := range s.Live(t.Context(), k) {
		must(t, err)
		rows++
		n, _ := strconv.Atoi(i.ServerID)
		if want := min(n/crashRows+1, at); i.Seq != want || i.SHA256 != benchHash(-n) {
			t.Fatalf("row %s is of page %d, want %d", i.ServerID, i.Seq, want)
		}
		if i.Seq < at-1 {
			continue
		}
		if found, err := s.BySHA256(t.Context(), k.Key, i.SHA256); err != nil || len(found) != 1 {
			t.Fatalf("row %s: %d rows by its hash, %v", i.ServerID, len(found), err)
		}
	}
	if rows != at*crashRows {
		t.Fatalf("%d rows at page %d, want %d", rows, at, at*crashRows)
	}
	integrity(t, path)
	return at
}

// integrity asks SQLite itself whether the file is whole.
func integrity(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=rw")
	must(t, err)
	defer db.Close()
	for _, check := range []string{
		"PRAGMA integrity_check",
		"SELECT count(*) || '' FROM pragma_foreign_key_check",
		"SELECT count(*) || '' FROM ledger LEFT JOIN folders f ON f.mailbox_id = ledger.mailbox_id AND f.id = folder_id WHERE f.id IS NULL",
	} {
		var answer string
		if err := db.QueryRow(check).Scan(&answer); err != nil || answer != "ok" && answer != "0" {
			t.Fatalf("%s: %s, %v", check, answer, err)
		}
	}
}
