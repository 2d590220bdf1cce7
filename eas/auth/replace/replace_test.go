package replace

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	put := func(text string, fault error) error {
		return Write(file, 0o600, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, fault)
		})
	}
	look := func(want string) {
		t.Helper()
		b, err := os.ReadFile(file)
		entries, lerr := os.ReadDir(dir)
		if err != nil || lerr != nil || string(b) != want || len(entries) != 1 {
			t.Errorf("the file holds %q, want %q; %v, %v, %v", b, want, entries, err, lerr)
		}
	}
	if err := put("old", nil); err != nil {
		t.Fatal(err)
	}
	look("old")
	fault := errors.New("no more")
	if err := put("half", fault); !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
	look("old")
	if err := put("new", nil); err != nil {
		t.Fatal(err)
	}
	look("new")
	if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := Write(filepath.Join(dir, "nowhere", "f"), 0o600, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// TestBegin: until the commit nobody sees the new file by its name.
func TestBegin(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	f, err := Begin(file, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is there before the commit: %v", err)
	}
	if err := errors.Join(f.Commit(), f.Abort()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
