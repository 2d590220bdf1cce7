// Package diskcache keeps the manifests of archives in a directory: an [archive.Cache] for who reads an archive in a bucket
// more than once.
//
// An entry is a file of its own, named by a hash of the place, the object's name, its ETag and its size: an object that was
// replaced has another name here. The file begins with the SHA-256 of that key and the content, so an entry that is damaged,
// cut short or moved is none. It is written beside its place and renamed, so that several processes can share a directory: the
// last one wins, and what it writes is the same.
//
// A manifest tells who wrote to whom about what. So the files are 0600 in directories of 0700, as an archive in a directory
// is, and nothing of an encrypted archive gets here.
package diskcache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/archive"
)

// Options of a cache.
type Options struct {
	// Dir is the directory; it is made if it is not there. Nothing else should be in it.
	Dir string
	// Place is what the archive is called: names and ETags mean the same only within one.
	Place string
	// Limit is how many bytes the files of the directory may take, those of other places too. What was not used for the
	// longest time goes first. Zero: 1 GiB.
	Limit int64
}

const (
	defaultLimit = 1 << 30
	maxEntry     = 64 << 20 // bytes of an entry: no manifest is longer, and they are compressed
	checkSize    = sha256.Size
	tempPattern  = sinks.TempPrefix + "*"
	tempAge      = time.Hour // what is older was left by a process that was killed
	block        = 4 << 10   // of the file system: what the smallest file takes
	// A process looks at the whole directory when it has put this part of the limit into it: several of them together may go
	// beyond the limit by so much each, until one ends.
	slack = 16
)

// A Cache is a directory of entries.
type Cache struct {
	o Options

	mu    sync.Mutex
	added int64 // bytes put since the directory was last looked at
	err   error // the first that kept something from being put; nothing is put after it
}

var _ archive.Cache = (*Cache)(nil)

// Open makes the directory if it is not there. Close the cache after use.
func Open(o Options) (*Cache, error) {
	if o.Limit < 0 {
		return nil, fmt.Errorf("cache: a limit of %d bytes", o.Limit)
	}
	if o.Limit == 0 {
		o.Limit = defaultLimit
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	dir, err := filepath.EvalSymlinks(o.Dir) // a walk does not go through a link
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	o.Dir = dir
	return &Cache{o: o}, nil
}

// Close brings the directory back to its limit. It returns the first error that kept something from being put, too: who
// reads is served in any case.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.added > 0 {
		c.err = errors.Join(c.err, c.trim())
	}
	if c.err != nil {
		return fmt.Errorf("cache: %w", c.err)
	}
	return nil
}

// key returns what an entry is checked with, and where it is.
func (c *Cache) key(o sinks.ObjectInfo) (key [sha256.Size]byte, file string) {
	key = sha256.Sum256(fmt.Appendf(nil, "airlift manifest 1 %q %q %q %d", c.o.Place, o.Name, o.ETag, o.Size))
	name := hex.EncodeToString(key[:])
	return key, filepath.Join(c.o.Dir, name[:2], name[2:])
}

func check(key [sha256.Size]byte, data []byte) []byte {
	h := sha256.New()
	h.Write(key[:])
	h.Write(data)
	return h.Sum(nil)
}

// Get implements archive.Cache. A damaged entry is removed.
func (c *Cache) Get(o sinks.ObjectInfo) []byte {
	key, file := c.key(o)
	data, err := read(file)
	if err != nil {
		return nil
	}
	if len(data) < checkSize || !bytes.Equal(data[:checkSize], check(key, data[checkSize:])) {
		_ = os.Remove(file) // or it is replaced by what is read now
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(file, now, now) // where it may not be written, nothing goes either
	return data[checkSize:]
}

// read reads a file that is no longer than an entry may be.
func read(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxEntry+checkSize))
}

// Put implements archive.Cache.
func (c *Cache) Put(o sinks.ObjectInfo, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || len(data) > maxEntry || int64(len(data)) > c.o.Limit/slack {
		return
	}
	key, file := c.key(o)
	if c.err = write(file, check(key, data), data); c.err != nil {
		return
	}
	if c.added += taken(int64(len(data)) + checkSize); c.added > c.o.Limit/slack {
		c.err = c.trim()
	}
}

// write makes a file in one step. It is not flushed to the disk: what a power cut leaves of it is told by its checksum.
func write(file string, parts ...[]byte) (err error) {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, tempPattern) // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(f.Name())))
		}
	}()
	for _, p := range parts {
		if err == nil {
			_, err = f.Write(p)
		}
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// taken is what a file of some size takes of the disk.
func taken(size int64) int64 { return (size + block - 1) / block * block }

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
