package diskcache_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/archive/diskcache"
	"github.com/airlift-eas/airlift/sinks/dir"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// tagging is a bucket in a directory that tells ETags, as a store does, and counts what is opened.
type tagging struct {
	*dir.Bucket
	opened atomic.Int64
	// swap is called between a listing and what is opened after it.
	swap func()
}

func tag(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}

// List tells the states that the objects have when it begins, as one answer of a store does.
func (b *tagging) List(ctx context.Context, prefix, after string) iter.Seq2[sinks.ObjectInfo, error] {
	return func(yield func(sinks.ObjectInfo, error) bool) {
		var all []sinks.ObjectInfo
		for o, err := range b.Bucket.List(ctx, prefix, after) {
			var data []byte
			if err == nil {
				data, err = b.bytes(ctx, o.Name)
			}
			if err != nil {
				yield(o, err)
				return
			}
			o.ETag = tag(data)
			all = append(all, o)
		}
		for _, o := range all {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (b *tagging) bytes(ctx context.Context, name string) ([]byte, error) {
	o, err := b.Bucket.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	return io.ReadAll(io.NewSectionReader(o, 0, o.Size()))
}

func (b *tagging) Open(ctx context.Context, name string) (sinks.Object, error) {
	if b.swap != nil && filepath.Ext(name) == ".zst" {
		b.swap()
	}
	b.opened.Add(1)
	data, err := b.bytes(ctx, name)
	if err != nil {
		return nil, err
	}
	return tagged{bytes.NewReader(data), tag(data)}, nil
}

type tagged struct {
	*bytes.Reader
	etag string
}

func (tagged) Close() error   { return nil }
func (t tagged) ETag() string { return t.etag }

// made is an archive with pages of one message each, and the cache of it.
type made struct {
	t        *testing.T
	b        *tagging
	path     string // of the archive
	cacheDir string
	opts     archive.Options
}

const pages = 5

func inbox(a *archive.Archive) sinks.Folder {
	return sinks.Folder{ID: "0a1b2c3d", Dir: a.Place("Inbox", "0a1b2c3d"), Path: "Inbox", Class: "Email", ServerID: "5"}
}

func newMade(t *testing.T, o archive.Options) *made {
	t.Helper()
	m := &made{t: t, path: t.TempDir(), cacheDir: filepath.Join(t.TempDir(), "cache"), opts: o}
	b, err := dir.Open(m.path, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	m.b = &tagging{Bucket: b}
	a, err := archive.CreateWith(t.Context(), m.b, o)
	if err != nil {
		t.Fatal(err)
	}
	m.fill(a, "")
	return m
}

// fill writes the pages, whose messages have numbers that begin with one.
func (m *made) fill(a *archive.Archive, subject string) {
	m.t.Helper()
	prev := ""
	var all []sinks.Committed
	for seq := 1; seq <= pages; seq++ {
		p := sinktest.NewPage(inbox(a), seq, prev)
		put := sinktest.Mail(seq)
		put.Event.Subject += subject
		c := sinktest.Commit(m.t, a, p, put)
		all, prev = append(all, c), c.Segment.SHA256
	}
	if err := a.Record(m.t.Context(), sinktest.NewRun("run1", all...)); err != nil {
		m.t.Fatal(err)
	}
}

// list returns the subjects of the live items and what was opened for that, by an archive with or without the cache.
func (m *made) list(cached bool) (subjects []string, opened int64) {
	m.t.Helper()
	o := m.opts
	if cached {
		c, err := diskcache.Open(diskcache.Options{Dir: m.cacheDir, Place: "s3://bucket/archive"})
		if err != nil {
			m.t.Fatal(err)
		}
		defer func() {
			if err := c.Close(); err != nil {
				m.t.Error(err)
			}
		}()
		o.Cache = c
	}
	before := m.b.opened.Load()
	a, err := archive.OpenWith(m.t.Context(), m.b, o)
	if err != nil {
		m.t.Fatal(err)
	}
	for item, err := range a.Items(m.t.Context(), sinktest.Mailbox, time.Time{}) {
		if err != nil {
			m.t.Fatal(err)
		}
		subjects = append(subjects, item.Subject)
	}
	return subjects, m.b.opened.Load() - before
}

// entries returns the files of the cache.
func (m *made) entries() []string {
	m.t.Helper()
	found, err := filepath.Glob(filepath.Join(m.cacheDir, "*", "*"))
	if err != nil {
		m.t.Fatal(err)
	}
	return found
}

func (m *made) segment(seq int) string {
	return filepath.Join(m.path, fmt.Sprintf("mailboxes/%s/folders/inbox-0a1b2c3d/%08d.tar.zst", sinktest.Mailbox, seq))
}

func TestItems(t *testing.T) {
	m := newMade(t, archive.Options{})
	want, cold := m.list(false)
	if len(want) != pages {
		t.Fatalf("items: %q", want)
	}
	first, filled := m.list(true)
	second, warm := m.list(true)
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("while the cache is filled (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("from the cache (-want +got):\n%s", diff)
	}
	// What is left is archive.json and the newest run record.
	if filled != cold || warm != 2 || cold != 2+pages {
		t.Errorf("%d objects are opened without a cache, %d to fill it, %d with it", cold, filled, warm)
	}
	t.Logf("%d segments: %d objects opened without a cache, %d to fill it, %d with it", pages, cold, filled, warm)

	if a, err := archive.OpenWith(t.Context(), m.b, archive.Options{}); err != nil {
		t.Fatal(err)
	} else if sum, err := a.Verify(t.Context(), archive.VerifyOptions{}); err != nil || sum.Problems > 0 {
		t.Errorf("verify: %+v, %v", sum, err)
	}
}

// TestDamagedEntries: entries that are damaged, or good and no manifest of theirs, are read again from the store.
func TestDamagedEntries(t *testing.T) {
	m := newMade(t, archive.Options{})
	want, _ := m.list(true)
	for _, file := range m.entries() {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, opened := m.list(true); !cmp.Equal(want, got) || opened != 2+pages {
		t.Errorf("damaged: %q, %d objects opened", got, opened)
	}
	if got, opened := m.list(true); !cmp.Equal(want, got) || opened != 2 {
		t.Errorf("and mended: %q, %d objects opened", got, opened)
	}

	// The checksum is right, and the content is another segment's, or nothing.
	c, err := diskcache.Open(diskcache.Options{Dir: m.cacheDir, Place: "s3://bucket/archive"})
	if err != nil {
		t.Fatal(err)
	}
	var listed []sinks.ObjectInfo
	for o, err := range m.b.List(t.Context(), "mailboxes/", "") {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, o)
	}
	c.Put(listed[0], c.Get(listed[1]))
	c.Put(listed[2], []byte("no frame"))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got, opened := m.list(true); !cmp.Equal(want, got) || opened != 4 {
		t.Errorf("foreign: %q, %d objects opened", got, opened)
	}
}

// TestReplaced: a segment that somebody replaced is read anew, also if that happens between the listing and the reading.
func TestReplaced(t *testing.T) {
	m, other := newMade(t, archive.Options{}), newMade(t, archive.Options{})
	if err := os.RemoveAll(filepath.Join(other.path, "mailboxes")); err != nil {
		t.Fatal(err)
	}
	a, err := archive.Open(t.Context(), other.b)
	if err != nil {
		t.Fatal(err)
	}
	other.fill(a, " again")
	replace := func() {
		data, err := os.ReadFile(other.segment(3))
		if err == nil {
			err = os.WriteFile(m.segment(3), data, 0o600)
		}
		if err != nil {
			t.Error(err)
		}
	}
	m.b.swap = replace
	m.list(true)
	m.b.swap = nil
	if n := len(m.entries()); n != pages-1 {
		t.Errorf("%d entries: the segment that was replaced in between was put under its old ETag", n)
	}
	got, opened := m.list(true)
	if len(got) != pages || got[2] != "message 3 again" || opened != 3 {
		t.Errorf("%q, %d objects opened", got, opened)
	}
}

// TestEncrypted: of an encrypted archive nothing gets into the cache, though it is read with an identity.
func TestEncrypted(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	m := newMade(t, archive.Options{
		Recipients: []string{id.Recipient().String()}, Identities: []age.Identity{id}, TempDir: t.TempDir(),
	})
	for range 2 {
		if got, _ := m.list(true); len(got) != pages || got[0] != "message 1" {
			t.Errorf("items: %q", got)
		}
	}
	if found := m.entries(); len(found) > 0 {
		t.Errorf("the cache holds %q", found)
	}
}
