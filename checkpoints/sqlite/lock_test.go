package sqlite_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
)

// lockHolder makes TestLockHolder a process that holds a lock in the store at that path.
const lockHolder = "AIRLIFT_TEST_LOCK_HOLDER"

// TestLockHolder is the other process of TestLockOfAnotherProcess. It holds alice's mailbox until it is killed or its
// input ends.
func TestLockHolder(t *testing.T) {
	path := os.Getenv(lockHolder)
	if path == "" {
		return
	}
	unlock, err := open(t, path).Lock(t.Context(), crashCommit(1).Key)
	must(t, err)
	fmt.Println("locked")
	_, _ = io.Copy(io.Discard, os.Stdin)
	must(t, unlock())
}

// TestLockOfAnotherProcess: what another process holds is refused for as long as it lives, and free once it is dead,
// whether it ended or was killed. The store may be used beside it.
func TestLockOfAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoints.db")
	s := open(t, path)
	k := crashCommit(1).Key
	must(t, s.SaveMailbox(t.Context(), checkpoints.Mailbox{Key: k}))
	for _, end := range []func(*exec.Cmd, io.Closer) error{
		func(_ *exec.Cmd, in io.Closer) error { return in.Close() },
		func(holder *exec.Cmd, _ io.Closer) error { return holder.Process.Kill() },
		func(holder *exec.Cmd, _ io.Closer) error { return holder.Process.Kill() },
	} {
		holder, in := startLockHolder(t, path)
		if _, err := s.Lock(t.Context(), k); !errors.Is(err, checkpoints.ErrLocked) {
			t.Fatalf("got %v, want ErrLocked", err)
		}
		if _, err := s.Mailbox(t.Context(), k); err != nil {
			t.Error(err)
		}
		must(t, end(holder, in))
		_ = holder.Wait() // it reports a kill as an error
		unlock, err := s.Lock(t.Context(), k)
		must(t, err)
		must(t, unlock())
	}
}

func startLockHolder(t *testing.T, path string) (*exec.Cmd, io.Closer) {
	t.Helper()
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLockHolder$")
	holder.Env = append(os.Environ(), lockHolder+"="+path)
	holder.Stderr = os.Stderr
	in, err := holder.StdinPipe()
	must(t, err)
	out, err := holder.StdoutPipe()
	must(t, err)
	must(t, holder.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return holder, in
}

// TestLockOfTwoStores: two that have one file open in one process keep each other out, and one that only reads has no
// lock to give and makes no file.
func TestLockOfTwoStores(t *testing.T) {
	path := stored(t, 1)
	k := crashCommit(1).Key
	r, err := sqlite.OpenReadOnly(t.Context(), path)
	must(t, err)
	defer r.Close()
	if _, err := r.Lock(t.Context(), k); err == nil || errors.Is(err, checkpoints.ErrLocked) {
		t.Errorf("a read-only store: got %v", err)
	}
	if _, err := os.Stat(path + ".locks"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a read-only store made a directory of locks: %v", err)
	}
	one, two := open(t, path), open(t, path)
	unlock, err := one.Lock(t.Context(), k)
	must(t, err)
	if _, err := two.Lock(t.Context(), k); !errors.Is(err, checkpoints.ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	must(t, one.Close()) // and the lock stays
	if _, err := two.Lock(t.Context(), k); !errors.Is(err, checkpoints.ErrLocked) {
		t.Errorf("after the first was closed: got %v, want ErrLocked", err)
	}
	must(t, unlock())
	unlock, err = two.Lock(t.Context(), k)
	must(t, err)
	must(t, unlock())
}
