package versitytest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFiles imports files into a bucket and exports them from it: they come out as they do of a directory.
func TestFiles(t *testing.T) {
	run := airlift(t)
	o := options(t, false)
	in, out := t.TempDir(), t.TempDir()
	want := map[string]bool{}
	for i := range 20 {
		text := fmt.Sprintf("From: a@example.org\r\nSubject: %d\r\nDate: Mon, 06 Jan 2025 08:00:%02d +0000\r\n\r\n%s", i, i*7%20, strings.Repeat("x\r\n", i*5000))
		want[text] = true
		file := filepath.Join(in, "Letters", fmt.Sprintf("%d.eml", i))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, stored := range []string{"20 stored", "0 stored"} {
		if code, said := run(o, "import", "--in", in, "--mailbox", address, "--to", place(o), "--state", filepath.Join(out, "state")); code != 0 || !strings.Contains(said, stored) {
			t.Fatalf("import: exit %d, want %s\n%s", code, stored, said)
		}
	}
	eml := filepath.Join(out, "eml")
	for _, files := range []string{"20 files", "20 files were there already"} {
		if code, said := run(o, "export", "--archive", place(o), "--format", "eml", "--out", eml); code != 0 || !strings.Contains(said, files) {
			t.Fatalf("export: exit %d, want %s\n%s", code, files, said)
		}
	}
	found, err := filepath.Glob(filepath.Join(eml, "*", "Letters", "*.eml"))
	if err != nil || len(found) != len(want) {
		t.Errorf("%d files, %v", len(found), err)
	}
	for _, file := range found {
		if b, err := os.ReadFile(file); err != nil || !want[string(b)] {
			t.Errorf("%s: %v, %d bytes", file, err, len(b))
		}
	}
	if code, said := run(o, "export", "--archive", place(o), "--format", "mbox", "--out", filepath.Join(out, "mbox")); code != 0 || !strings.Contains(said, "20 items of 1 folder of 1 mailbox in 1 file,") {
		t.Errorf("export: exit %d\n%s", code, said)
	}
}
