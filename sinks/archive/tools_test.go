package archive

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// tool skips the test if a program is not installed. TestTar and TestFrames hold the same without it.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	return path
}

func run(t *testing.T, dir string, arg ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), arg[0], arg[1:]...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("%q: %v\n%s", arg, err, errs.String())
	}
	return out.Bytes()
}

// TestExtract unpacks every segment of a mailbox into one directory with GNU tar, or bsdtar, and zstd.
func TestExtract(t *testing.T) {
	tarPath := tool(t, "tar")
	tool(t, "zstd")
	b := openDir(t, t.TempDir())
	a := create(t, b)
	list := messages(t)
	var want []stored
	var folders []string
	// Two of one display path, one named like a file of another, and one that differs from another in case only.
	for _, f := range []sinks.Folder{
		sinktest.Inbox, sinktest.Twin,
		{ID: "00000001", Dir: "x-00000001", Path: "INBOX", Class: "Email"},
		{ID: "00000002", Dir: "x-00000002", Path: "Inbox/2020-01-01_Grüße 0 a b_0a1b2c3d-1-1.eml", Class: "Email"},
		{ID: "00000003", Dir: "x-00000003", Path: "a/b/c/Ünï/.airlift/CON", Class: "Email"},
	} {
		n := min(len(list), 60)
		if len(folders) == 0 {
			n = len(list)
		}
		_, items := fill(t, a, f, list[:n], 25)
		want = append(want, items...)
		folders = append(folders, f.Dir)
	}
	out := t.TempDir()
	segments := sinktest.Names(t, b, "mailboxes/", "")
	for _, name := range segments {
		run(t, out, tarPath, "--zstd", "-xf", filepath.Join(b.Path(), name))
	}
	wantUnpacked(t, out, want, len(segments))
	for _, dir := range folders {
		if _, err := os.Stat(filepath.Join(out, ".airlift", dir, "00000001.jsonl")); err != nil {
			t.Error(err)
		}
	}
}

// wantUnpacked holds what tar made of so many segments against what was stored in them.
func wantUnpacked(t *testing.T, out string, want []stored, segments int) {
	t.Helper()
	for _, item := range want {
		data, err := os.ReadFile(filepath.Join(out, item.entry.Name))
		if err != nil || !bytes.Equal(data, item.data) {
			t.Errorf("%s was not unpacked as it was stored: %v", item.entry.Name, err)
		}
	}
	files := 0
	err := filepath.WalkDir(out, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files++
		}
		return err
	})
	if err != nil || files != len(want)+segments {
		t.Errorf("%d files, %v; want %d items and %d manifests", files, err, len(want), segments)
	}
}

func TestZstd(t *testing.T) {
	zstdPath := tool(t, "zstd")
	b := openDir(t, t.TempDir())
	a := create(t, b)
	pages, _ := fill(t, a, sinktest.Inbox, messages(t), 50)
	for _, page := range pages {
		file := filepath.Join(b.Path(), page.Segment.Name)
		run(t, "", zstdPath, "-q", "-t", file)
		r, err := a.OpenSegment(t.Context(), page.Segment.Name)
		if err != nil {
			t.Fatal(err)
		}
		var ours []byte
		for i := range r.table {
			raw, err := r.frame(i)
			if err != nil {
				t.Fatal(err)
			}
			ours = append(ours, raw...)
		}
		r.Close()
		if !bytes.Equal(ours, run(t, "", zstdPath, "-q", "-d", "-c", file)) {
			t.Errorf("zstd -d of %s yields other bytes than its frames", page.Segment.Name)
		}
	}
}

// TestSHA256 compares the hashes of segments and items with another program's.
func TestSHA256(t *testing.T) {
	sha := tool(t, "sha256sum")
	tarPath := tool(t, "tar")
	tool(t, "zstd")
	b := openDir(t, t.TempDir())
	a := create(t, b)
	pages, items := fill(t, a, sinktest.Inbox, messages(t)[:30], 10)
	var list strings.Builder
	for _, page := range pages {
		list.WriteString(page.Segment.SHA256 + "  " + filepath.Join(b.Path(), page.Segment.Name) + "\n")
		run(t, b.Path(), tarPath, "--zstd", "-xf", page.Segment.Name)
	}
	for _, item := range items {
		list.WriteString(item.entry.SHA256 + "  " + filepath.Join(b.Path(), item.entry.Name) + "\n")
	}
	sums := filepath.Join(t.TempDir(), "sums")
	if err := os.WriteFile(sums, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "", sha, "--check", "--strict", "--quiet", sums)
}
