package diskcache

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/sinks"
)

func open(t *testing.T, o Options) *Cache {
	t.Helper()
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func object(n int) sinks.ObjectInfo {
	return sinks.ObjectInfo{Name: fmt.Sprintf("mailboxes/m/folders/f/%08d.tar.zst", n), Size: 1000, ETag: fmt.Sprint("etag", n)}
}

func content(n, size int) []byte { return bytes.Repeat([]byte{byte(n)}, size) }

// files lists the regular files of a directory, and fails the test for those that others may read.
func files(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 && file != dir {
			t.Errorf("%s is %v", file, mode)
		}
		if d.Type().IsRegular() {
			found = append(found, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestStates: another place, name, ETag or size is another entry.
func TestStates(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir, Place: "s3://b/p"})
	o := object(1)
	c.Put(o, []byte("bytes"))
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if got := open(t, Options{Dir: dir, Place: "s3://b/p"}).Get(o); string(got) != "bytes" {
		t.Errorf("another process gets %q", got)
	}
	if got := open(t, Options{Dir: dir, Place: "s3://b/other"}).Get(o); got != nil {
		t.Errorf("another place has %q", got)
	}
	name, etag, size := o, o, o
	name.Name, etag.ETag, size.Size = "x", "x", 1001
	for _, other := range []sinks.ObjectInfo{name, etag, size} {
		if got := c.Get(other); got != nil {
			t.Errorf("%+v has %q", other, got)
		}
	}
}

// TestDamage flips every bit of an entry, cuts it everywhere, and puts it in another's place.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	want := []byte("what was put")
	c.Put(object(1), want)
	file := files(t, dir)[0]
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, data []byte, o sinks.ObjectInfo) {
		t.Helper()
		_, at := c.key(o)
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := c.Get(o); got != nil {
			t.Errorf("%s: %q", what, got)
		}
		if _, err := os.Stat(at); err == nil {
			t.Errorf("%s: the damaged file stays", what)
		}
	}
	for i := range 8 * len(whole) {
		bad := bytes.Clone(whole)
		bad[i/8] ^= 1 << (i % 8)
		try(fmt.Sprint("bit ", i), bad, object(1))
	}
	for n := range whole {
		try(fmt.Sprint("cut to ", n), whole[:n], object(1))
	}
	try("longer", append(bytes.Clone(whole), 0), object(1))
	try("another's place", whole, object(2))
	c.Put(object(1), want)
	if got := c.Get(object(1)); !bytes.Equal(got, want) {
		t.Errorf("put again: %q", got)
	}
}

// TestLimit: the directory stays within its limit, and what was used last stays in it.
func TestLimit(t *testing.T) {
	const entries, size, limit = 200, 2 * block, 64 * block // an entry takes three blocks
	dir := t.TempDir()
	foreign := filepath.Join(dir, "notes", "of-somebody.txt")
	if err := os.MkdirAll(filepath.Dir(foreign), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(foreign, content(1, 2*limit), 0o600); err != nil {
		t.Fatal(err)
	}
	c := open(t, Options{Dir: dir, Limit: limit})
	old := time.Now().Add(-24 * time.Hour)
	total := func() (sum int64) {
		for _, f := range files(t, dir) {
			if info, err := os.Stat(f); err == nil && f != foreign {
				sum += taken(info.Size())
			}
		}
		return sum
	}
	for n := range entries {
		c.Put(object(n), content(n, size))
		_, file := c.key(object(n))
		when := old.Add(time.Duration(n) * time.Second) // file systems differ in how fine their times are
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
		if n > 0 && c.Get(object(0)) == nil {
			t.Fatalf("after %d entries the one that is used all the time is gone", n)
		}
		if sum := total(); sum > limit+limit/slack+3*block {
			t.Fatalf("after %d entries there are %d bytes", n, sum)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if sum := total(); sum > limit || sum < limit/2 {
		t.Errorf("%d bytes stay, the limit is %d", sum, limit)
	}
	if c.Get(object(entries-1)) == nil || c.Get(object(1)) != nil {
		t.Error("the newest went, or the oldest stayed")
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("somebody else's file: %v", err)
	}
	c.Put(object(7), content(7, limit))
	if c.Get(object(7)) != nil {
		t.Error("an entry of the size of the limit was put")
	}
}

// TestLeftovers: what a killed process was writing is taken away once it is old, and what another one writes is not.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	c.Put(object(1), []byte("x"))
	in := filepath.Dir(files(t, dir)[0])
	stale, fresh := filepath.Join(in, sinks.TempPrefix+"1"), filepath.Join(in, sinks.TempPrefix+"2")
	for _, f := range []string{stale, fresh} {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * tempAge)
	if err := os.Chtimes(stale, long, long); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); slices.Contains(left, stale) || !slices.Contains(left, fresh) {
		t.Errorf("left: %q", left)
	}
}

// TestConcurrent: several processes put, get and trim the same entries; whatever is got is what was put.
func TestConcurrent(t *testing.T) {
	dir := t.TempDir()
	var g errgroup.Group
	for range 4 {
		c := open(t, Options{Dir: dir, Limit: 64 * block})
		for range 2 {
			g.Go(func() error {
				for i := range 80 {
					n := i % 40
					c.Put(object(n), content(n, 100+n))
					if got := c.Get(object((n + 7) % 40)); got != nil && !bytes.Equal(got, content((n+7)%40, 100+(n+7)%40)) {
						return fmt.Errorf("entry %d: %d other bytes", (n+7)%40, len(got))
					}
				}
				return nil
			})
		}
		defer func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestNoRoom: a directory that cannot be written to keeps nobody from reading, and Close says what was wrong.
func TestNoRoom(t *testing.T) {
	dir := t.TempDir()
	c := open(t, Options{Dir: dir})
	_, file := c.key(object(1))
	if err := os.WriteFile(filepath.Dir(file), nil, 0o600); err != nil { // a file where a directory must be
		t.Fatal(err)
	}
	c.Put(object(1), []byte("x"))
	if got := c.Get(object(1)); got != nil {
		t.Errorf("got %q", got)
	}
	if err := c.Close(); err == nil {
		t.Error("Close says nothing")
	}
}
