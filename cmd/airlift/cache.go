package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/sinks/archive"
	"github.com/airlift-eas/airlift/sinks/archive/diskcache"
	"github.com/airlift-eas/airlift/sinks/s3"
)

// cacheFlags are those of the verbs that read manifests to show what is in an archive. What reads it to prove something, or to
// build on it, reads the archive itself.
func cacheFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("cache-dir", "", "keep the manifests of an archive in a bucket in `DIR`, to be read from there the next time; never those of an encrypted one (default: in the user's cache directory)"),
		stringFlag("cache-size", "1G", "let that directory grow to `BYTES`, then what was not used for long goes (k, M, G are powers of 1024)"),
		boolFlag("no-cache", "read everything from the bucket, and keep nothing"),
	}
}

// manifestCache is what the flags say of it, and the one that was opened.
type manifestCache struct {
	dir   string
	limit int64
	own   bool             // the directory is the user's cache directory: nobody asked for it
	disk  *diskcache.Cache // nil: none is in use
}

// cacheOf reads the flags; nil: there shall be none.
func cacheOf(ctx *cli.Context) (*manifestCache, error) {
	limit, err := parseSize("cache-size", ctx.String("cache-size"))
	if err != nil {
		return nil, err
	}
	c := &manifestCache{dir: ctx.String("cache-dir"), limit: limit}
	if ctx.Bool("no-cache") {
		return nil, nil
	}
	if c.dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, nil //nolint:nilerr // a user without a home has no cache, and can read all the same
		}
		c.dir, c.own = filepath.Join(base, "airlift", "manifests"), true
	}
	return c, nil
}

// of opens the cache for a bucket of a store. There is none of a directory, which is as near as the cache would be.
func (c *manifestCache) of(b bucket) (archive.Cache, error) {
	store, ok := b.(*s3.Bucket)
	if c == nil || !ok {
		return nil, nil
	}
	disk, err := diskcache.Open(diskcache.Options{Dir: c.dir, Place: store.Endpoint() + " " + store.URL(), Limit: c.limit})
	if err != nil && c.own {
		return nil, nil // so it is on a system that can only be read
	}
	if err != nil {
		return nil, usage(fmt.Sprintf("--cache-dir: %s", err), "name a directory that may be written to, or read with --no-cache")
	}
	c.disk = disk
	return disk, nil
}

// close ends its use.
func (c *manifestCache) close() error {
	if c == nil || c.disk == nil {
		return nil
	}
	return c.disk.Close()
}

// readCached is readArchive with the cache that the flags ask for.
func readCached(ctx *cli.Context, c *console, read func(a *archive.Archive, mailboxes []string) error) error {
	cache, err := cacheOf(ctx)
	if err != nil {
		return err
	}
	err = readPlace(ctx.Context, ctx, cache, read)
	if cerr := cache.close(); cerr != nil {
		c.warn(cerr.Error(), "name another directory with --cache-dir, or read with --no-cache")
	}
	return err
}
