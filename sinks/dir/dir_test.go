package dir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func open(t *testing.T, path string) *Bucket {
	t.Helper()
	b, err := Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestBucket(t *testing.T) {
	sinktest.Bucket(t, func(t *testing.T) sinks.Bucket { return open(t, t.TempDir()) })
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b")
	if _, err := Open(path, false); !errors.Is(err, sinks.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open of nothing: %v, want ErrNotExist and the path", err)
	}
	b := open(t, path)
	sinktest.Write(t, b, "x/y", []byte("z"))
	again, err := Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got := sinktest.Read(t, again, "x/y"); string(got) != "z" {
		t.Errorf("read %q", got)
	}
	if again.Path() != path {
		t.Errorf("Path = %q, want %q", again.Path(), path)
	}
	file := filepath.Join(path, "x", "y")
	if _, err := Open(file, true); err == nil {
		t.Error("a file was opened as a bucket")
	}
}

func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	path := filepath.Join(t.TempDir(), "new", "archive")
	sinktest.Write(t, open(t, path), "d/e/f", nil)
	for p, want := range map[string]fs.FileMode{".": 0o700, "d": 0o700, "d/e": 0o700, "d/e/f": 0o600} {
		info, err := os.Stat(filepath.Join(path, p))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", p, got, want)
		}
	}
}

// TestNoEscape: a link that somebody put into the archive must not lead a write or a read out of it.
func TestNoEscape(t *testing.T) {
	outside, path := t.TempDir(), t.TempDir()
	b := open(t, path)
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(path, "link")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(path, "file")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link/x", "link/new/x"} {
		if u, err := b.Create(t.Context(), name); err == nil {
			t.Errorf("Create(%s) succeeded: %v", name, u.Abort())
		}
	}
	for _, name := range []string{"link/secret", "file"} {
		if o, err := b.Open(t.Context(), name); err == nil {
			o.Close()
			t.Errorf("Open(%s) succeeded", name)
		}
	}
	for _, prefix := range []string{"", "link/", "li"} {
		if names := sinktest.Names(t, b, prefix, ""); len(names) != 0 {
			t.Errorf("listed %q", names)
		}
	}
	u, err := b.Create(t.Context(), "file")
	if err != nil {
		t.Fatal(err)
	}
	if err := u.Commit(t.Context()); !errors.Is(err, sinks.ErrExist) {
		t.Errorf("Commit over a link: %v, want ErrExist", err)
	}
	entries, err := os.ReadDir(outside)
	if err != nil || len(entries) != 1 {
		t.Errorf("outside are %v, %v", entries, err)
	}
}

func TestNoObjects(t *testing.T) {
	path := t.TempDir()
	b := open(t, path)
	for _, dir := range []string{"lost+found", "dir", sinks.TempPrefix + "dir"} {
		if err := os.Mkdir(filepath.Join(path, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, dir, sinks.TempPrefix+"x"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if names := sinktest.Names(t, b, "", ""); len(names) != 0 {
		t.Errorf("listed %q", names)
	}
	if _, err := b.Open(t.Context(), "dir"); !errors.Is(err, sinks.ErrNotExist) {
		t.Errorf("Open of a directory: %v, want ErrNotExist", err)
	}
}

// TestSuspect: an object whose directory could not be flushed after it became visible is read only once it was.
func TestSuspect(t *testing.T) {
	b := open(t, t.TempDir())
	sinktest.Write(t, b, "d/x", []byte("x"))
	b.distrust("d")
	if got := sinktest.Read(t, b, "d/x"); string(got) != "x" || !b.settled["d"] {
		t.Errorf("read %q, settled: %v", got, b.settled["d"])
	}
}
