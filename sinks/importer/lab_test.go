package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
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

const bob = "bob@example.com"

// newArchive makes an archive in a directory.
func newArchive(t *testing.T, o archive.Options) (*archive.Archive, *dir.Bucket) {
	t.Helper()
	b, err := dir.Open(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	a, err := archive.CreateWith(t.Context(), b, o)
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

// write makes files in a new directory, by their names.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o700)
		if text == "/" {
			err = errors.Join(err, os.MkdirAll(file, 0o700))
		} else {
			err = errors.Join(err, os.WriteFile(file, []byte(text), 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// imports imports into bob's mailbox, and holds the archive against what it should be.
func imports(t *testing.T, a *archive.Archive, o Options) (Summary, []Problem) {
	t.Helper()
	var problems []Problem
	o.Mailbox, o.Problem = bob, func(p Problem) { problems = append(problems, p) }
	sum, err := Run(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, a)
	if len(problems) != sum.Problems {
		t.Errorf("%d problems told, %+v", len(problems), sum)
	}
	return sum, problems
}

// sound verifies every byte of an archive.
func sound(t *testing.T, a *archive.Archive) {
	t.Helper()
	_, err := a.Verify(t.Context(), archive.VerifyOptions{Problem: func(p archive.Problem) { t.Errorf("verify: %+v", p) }})
	if err != nil {
		t.Errorf("verify: %v", err)
	}
	left, err := a.Unrecorded(t.Context(), bob)
	if err != nil || len(left) > 0 {
		t.Errorf("no run record names %v, %v", left, err)
	}
}

// living lists the items of a mailbox by folder, as show has them.
func living(t *testing.T, a *archive.Archive, mailbox string, show func(archive.Item) string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for item, err := range a.ItemsWith(t.Context(), mailbox, archive.ItemOptions{Properties: true}) {
		if err != nil {
			t.Fatal(err)
		}
		key := item.Folder.Class + " " + item.Folder.Path
		all[key] = append(all[key], show(item))
	}
	for _, list := range all {
		slices.Sort(list)
	}
	return all
}

// bytesOf reads what the archive has of an item.
func bytesOf(t *testing.T, a *archive.Archive, item archive.Item) string {
	t.Helper()
	r, err := a.OpenEntry(t.Context(), item.Segment, item.Entry())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// subjects shows an item as its subject with what is known of its state.
func subjects(item archive.Item) string {
	s := item.Subject
	if item.Read != nil {
		s += fmt.Sprintf(" read=%t", *item.Read)
	}
	if item.Flag != "" {
		s += " " + item.Flag
	}
	if item.Verb != "" {
		s += " " + item.Verb
	}
	return s
}

// mailbox is an archive of messages in folders, read and flagged in all ways, and of people's data.
func mailbox(t *testing.T) (*archive.Archive, int) {
	t.Helper()
	a, _ := newArchive(t, archive.Options{})
	texts := []string{
		"", "Subject: 1", "Subject: 2\n\nFrom here\n", "Subject: 3\r\n\r\nFrom here\r\n\r\n", "From x\nSubject: of an mbox\n\nx\n", "Subject: the same\n", "Subject: the same\n",
		"\x00\xff\n>From ", "Subject: large\n\n" + strings.Repeat("0123456789\n", 100_000),
	}
	if os.Getenv("AIRLIFT_CORPUS") != "" {
		err := filepath.WalkDir(filepath.Join(os.Getenv("AIRLIFT_CORPUS"), "mail"), func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(p)
			texts = append(texts, string(b))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	paths := []string{"Inbox", "Archive/2024/Übersicht", "Archive", "Drafts"}
	puts := make([][]sinktest.Put, len(paths))
	for i, text := range texts {
		date := time.Date(2020, 1, 1, 0, 0, i, 0, time.UTC)
		read := i%2 == 0
		puts[i/2%len(paths)] = append(puts[i/2%len(paths)], sinktest.Put{
			Event: sinks.Event{
				Op: sinks.OpAdd, ServerID: fmt.Sprint(i), Received: &date, Read: &read, Flag: []string{"none", "active"}[i/2%2], From: "ada@example.com",
			},
			Contents: []sinks.Content{sinktest.Text(".eml", text)},
		})
	}
	for i, path := range paths {
		f := sinks.Folder{ID: fmt.Sprintf("%08d", i), Path: path, Class: "Email", ServerID: fmt.Sprint(i), Type: 12}
		f.Dir = a.Place(path, f.ID)
		sinktest.Commit(t, a, sinktest.NewPage(f, 1, ""), puts[i]...)
	}
	return a, len(texts)
}

// cancelAfter is a context that ends with the n-th call of the function.
func cancelAfter(t *testing.T, n int) (context.Context, func(Summary)) {
	ctx, cancel := context.WithCancel(t.Context())
	return ctx, func(Summary) {
		if n--; n == 0 {
			cancel()
		}
	}
}
