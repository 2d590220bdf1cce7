package dir

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// writerEnv makes this test binary a program that begins an object in a bucket and waits to be killed.
const writerEnv = "AIRLIFT_TEST_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		if err := beginAndWait(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func beginAndWait(path string) error {
	b, err := Open(path, true)
	if err != nil {
		return err
	}
	u, err := b.Create(context.Background(), "d/e/other")
	if err != nil {
		return err
	}
	if _, err := u.Write([]byte("half")); err != nil {
		return err
	}
	fmt.Println("ready")
	_, err = os.Stdin.Read(make([]byte, 1))
	return err
}

func temps(t *testing.T, path string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(path, func(p string, d os.DirEntry, err error) error {
		if strings.HasPrefix(d.Name(), sinks.TempPrefix) {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func clean(t *testing.T, b *Bucket, want int) {
	t.Helper()
	if n, err := b.Clean(t.Context()); n != want || err != nil {
		t.Errorf("Clean = %d, %v, want %d", n, err, want)
	}
}

// TestCleanSparesTheLiving: a file of another process goes when that process is dead, and not before.
func TestCleanSparesTheLiving(t *testing.T) {
	path := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), writerEnv+"="+path)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	b := open(t, path)
	u, err := b.Create(t.Context(), "d/ours")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Abort()
	clean(t, b, 0)
	if n := temps(t, path); n != 2 {
		t.Errorf("%d temporary files while both writers live, want 2", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the other process was not killed")
	}
	clean(t, b, 1)
	if n := temps(t, path); n != 1 {
		t.Errorf("%d temporary files after the other writer's death, want 1", n)
	}
	if err := u.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	clean(t, b, 0)
	if n := temps(t, path); n != 0 {
		t.Errorf("%d temporary files after the commit, want 0", n)
	}
	if got := sinktest.Names(t, b, "", ""); len(got) != 1 || got[0] != "d/ours" {
		t.Errorf("objects: %q", got)
	}
}

// TestCleanRace: writers that begin while Clean runs lose nothing.
func TestCleanRace(t *testing.T) {
	b := open(t, t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	var cleaner, writers errgroup.Group
	cleaner.Go(func() error {
		for ctx.Err() == nil {
			if n, err := b.Clean(t.Context()); n != 0 && err == nil {
				// Only a file that its writer had not locked yet may go, and its writer makes another one.
				t.Logf("removed %d", n)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	for w := range 4 {
		writers.Go(func() error {
			for i := range 50 {
				u, err := b.Create(t.Context(), fmt.Sprintf("d%d/%03d", w, i))
				if err != nil {
					return err
				}
				if err := u.Commit(t.Context()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := writers.Wait(); err != nil {
		t.Error(err)
	}
	stop()
	if err := cleaner.Wait(); err != nil {
		t.Error(err)
	}
	if n := len(sinktest.Names(t, b, "", "")); n != 200 {
		t.Errorf("%d objects, want 200", n)
	}
}
