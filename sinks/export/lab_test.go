package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/dir"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// lab is an archive in a directory, of one mailbox.
type lab struct {
	t    *testing.T
	path string
	a    *archive.Archive
	last map[string]sinks.Committed // page of each folder
	n    int
}

func newLab(t *testing.T) *lab {
	l := &lab{t: t, path: t.TempDir(), last: map[string]sinks.Committed{}}
	l.reopen()
	return l
}

func (l *lab) reopen() {
	b, err := dir.Open(l.path, true)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { b.Close() })
	if l.a, err = archive.Create(l.t.Context(), b); err != nil {
		l.t.Fatal(err)
	}
}

// folder makes a folder of a path and class.
func (l *lab) folder(path, class string, typ int) sinks.Folder {
	l.n++
	id := sinks.FolderID(sinktest.Mailbox, fmt.Sprint(l.n), func(string) bool { return false })
	return sinks.Folder{ID: id, Dir: l.a.Place(path, id), Path: path, Class: class, ServerID: fmt.Sprint(l.n), Type: typ}
}

// put commits a page, and returns its events.
func (l *lab) put(f sinks.Folder, items ...sinktest.Put) []sinks.Event {
	l.t.Helper()
	before := l.last[f.Dir]
	p := sinktest.NewPage(f, before.Page.Seq+1, before.Segment.SHA256)
	p.Time = time.Date(2026, 1, 2, 3, 0, p.Seq, 0, time.UTC)
	c := sinktest.Commit(l.t, l.a, p, items...)
	l.last[f.Dir] = c
	return c.Events
}

func ptr[T any](v T) *T { return &v }

// mail is a message, read and flagged in all ways by turns.
func mail(n int, text string) sinktest.Put {
	date := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n*7919%1000) * time.Hour)
	e := sinks.Event{
		Op: sinks.OpAdd, ServerID: fmt.Sprint(n), From: fmt.Sprintf(`"Ada %d" <ada%d@example.com>`, n, n), Subject: fmt.Sprintf("Message: %d?", n),
		Received: &date, Read: ptr(n%2 == 0), Flag: []string{"none", "active", "complete"}[n%3], Whole: true,
	}
	if n%5 == 0 {
		e.Verb = []string{"reply", "reply-all", "forward"}[n%3]
		e.Properties = `<ApplicationData xmlns="AirSync:" xmlns:email2="Email2:"><email2:LastVerbExecuted>` + fmt.Sprint(1+n%3) + `</email2:LastVerbExecuted></ApplicationData>`
	}
	return sinktest.Put{Event: e, Contents: []sinks.Content{sinktest.Text(".eml", text)}}
}

// messages are made to be hard on whoever puts them into files, and real ones if AIRLIFT_CORPUS names a directory of them.
func messages(t *testing.T) (all []string) {
	t.Helper()
	all = []string{
		"", "\n", "Subject: no end", "Subject: x\n\nFrom here\n>From there\n", "Subject: x\r\n\r\nFrom here\r\n\r\n", "From ada Thu Jan  1 00:00:00 1970\nSubject: of an mbox\n\nx",
		"Subject: nul\n\n\x00\xff", "Subject: long\n\n" + strings.Repeat("0123456789", 200_000), ">", ">>From ", "Subject: the same\n", "Subject: the same\n",
	}
	if os.Getenv("AIRLIFT_CORPUS") == "" {
		return all
	}
	err := filepath.WalkDir(filepath.Join(os.Getenv("AIRLIFT_CORPUS"), "mail"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		all = append(all, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sumText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// manifest reads the lines of an export's manifest, and holds those of files against the files.
func manifest(t *testing.T, out string) (files, items []Line, sum Summary) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	named := map[string]bool{ManifestName: true}
	for _, text := range lines[1 : len(lines)-1] {
		var l Line
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatal(err)
		}
		if l.In != "" {
			items = append(items, l)
			continue
		}
		files = append(files, l)
		if l.ID != "" {
			items = append(items, l)
		}
		named[l.Path] = true
		b, err := os.ReadFile(filepath.Join(out, l.Path))
		if err != nil || int64(len(b)) != l.Size || sumText(string(b)) != l.SHA256 {
			t.Errorf("%s is not what the manifest says: %d bytes, %v", l.Path, len(b), err)
		}
	}
	if err := json.Unmarshal(lines[len(lines)-1], &struct{ Summary *Summary }{&sum}); err != nil || sum.Files != len(files) || sum.Items != len(items) && sum.Problems == 0 {
		t.Errorf("summary %+v, %v, of %d files and %d items", sum, err, len(files), len(items))
	}
	for name := range treeOf(t, out) {
		if !named[name] {
			t.Errorf("%s is not in the manifest", name)
		}
	}
	return files, items, sum
}

// treeOf reads a directory: the bytes and times of its files.
func treeOf(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(root, p)
		files[filepath.ToSlash(rel)] = info.ModTime().UTC().Format(time.RFC3339) + " " + sumText(string(b))
		if rel == ManifestName {
			files[rel] = sumText(string(b))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// run exports to a directory, which is new if it is "".
func (l *lab) run(out string, o Options) (string, Summary) {
	l.t.Helper()
	if out == "" {
		out = filepath.Join(l.t.TempDir(), "out")
	}
	o.Dir = out
	sum, err := Run(l.t.Context(), l.a, o)
	if err != nil {
		l.t.Fatal(err)
	}
	return out, sum
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
