//go:build interop

package sogo

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A file is one item that an archive holds, as tar gives it back.
type file struct {
	mailbox string
	path    string // the folder's display path
	name    string
	data    []byte
}

// segments lists the segments of an archive.
func (a archive) segments() []string {
	a.t.Helper()
	names, err := filepath.Glob(filepath.Join(a.dir, "mailboxes", "*", "folders", "*", "*.tar.zst"))
	if err != nil {
		a.t.Fatal(err)
	}
	return names
}

// extract unpacks every segment of each mailbox into one directory with tar, and holds the files against the manifests:
// each file is spoken of once, with its size and its hash. It returns the items, without the lossless forms beside them.
func (a archive) extract() []file {
	a.t.Helper()
	var items []file
	out := map[string]string{} // mailbox directory -> where it was extracted
	for _, segment := range a.segments() {
		mailbox := filepath.Dir(filepath.Dir(filepath.Dir(segment)))
		if out[mailbox] == "" {
			out[mailbox] = a.t.TempDir()
		}
		// --keep-old-files makes tar fail where two segments hold the same name.
		cmd := exec.CommandContext(a.t.Context(), "tar", "--zstd", "--keep-old-files", "-xf", segment, "-C", out[mailbox])
		if text, err := cmd.CombinedOutput(); err != nil {
			a.t.Fatalf("tar %s: %v\n%s", segment, err, text)
		}
	}
	for _, dir := range out {
		items = append(items, a.check(dir)...)
	}
	return items
}

// check reads the manifests of an extracted mailbox.
func (a archive) check(dir string) []file {
	a.t.Helper()
	type entry struct {
		Name   string
		Size   int
		SHA256 string
	}
	known := map[string]bool{}
	data := func(e entry) []byte {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(e.Name)))
		if err != nil {
			a.t.Fatal(err)
		}
		if sum := sha256.Sum256(b); len(b) != e.Size || hex.EncodeToString(sum[:]) != e.SHA256 || known[e.Name] {
			a.t.Errorf("%s is not what its manifest says, or in two manifests", e.Name)
		}
		known[e.Name] = true
		return b
	}

	var items []file
	manifests, err := filepath.Glob(filepath.Join(dir, ".airlift", "*", "*.jsonl"))
	if err != nil {
		a.t.Fatal(err)
	}
	for _, manifest := range manifests {
		known[strings.TrimPrefix(filepath.ToSlash(manifest), filepath.ToSlash(dir)+"/")] = true
		f, err := os.Open(manifest)
		if err != nil {
			a.t.Fatal(err)
		}
		defer f.Close()
		var page struct{ Mailbox, Path string }
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 64<<20)
		for n := 0; lines.Scan(); n++ {
			var line struct {
				entry
				Op   string
				Also []entry
			}
			into := any(&line)
			if n == 0 {
				into = &page
			}
			if err := json.Unmarshal(lines.Bytes(), into); err != nil {
				a.t.Fatalf("%s: line %d: %v", manifest, n+1, err)
			}
			if line.Op == "quarantine" {
				a.t.Errorf("%s: %s", manifest, lines.Text())
			}
			if line.Name == "" {
				continue
			}
			items = append(items, file{page.Mailbox, page.Path, line.Name, data(line.entry)})
			for _, e := range line.Also {
				data(e)
			}
		}
		if err := lines.Err(); err != nil {
			a.t.Fatal(err)
		}
	}

	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if name, _ := filepath.Rel(dir, path); !known[filepath.ToSlash(name)] {
			a.t.Errorf("%s is in no manifest", name)
		}
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return items
}
