package diskcache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// entry is a file of the directory.
type entry struct {
	file string
	size int64 // that it takes
	used time.Time
}

// trim removes what was not used for the longest time until the directory is within its limit, and what killed processes left.
// Other processes may do the same at the same time.
func (c *Cache) trim() error {
	entries, total, err := c.entries()
	if err != nil {
		return err
	}
	c.added = 0
	if total <= c.o.Limit {
		return nil
	}
	slices.SortFunc(entries, func(a, b entry) int { return a.used.Compare(b.used) })
	for _, e := range entries {
		// A little more goes than must, or the next entry would have the whole directory looked at again.
		if total <= c.o.Limit-c.o.Limit/slack {
			return nil
		}
		if err := ignoreMissing(os.Remove(e.file)); err != nil {
			return err
		}
		total -= e.size
	}
	return nil
}

// entries lists the directory, and takes stale temporary files away.
func (c *Cache) entries() (entries []entry, total int64, err error) {
	stale := time.Now().Add(-tempAge)
	err = filepath.WalkDir(c.o.Dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return ignoreMissing(err)
		}
		if d.IsDir() && file != c.o.Dir && !isHex(d.Name(), 2) {
			return fs.SkipDir // somebody else's
		}
		if !d.Type().IsRegular() || filepath.Dir(file) == c.o.Dir {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return ignoreMissing(err)
		}
		switch temp := strings.HasPrefix(d.Name(), sinks.TempPrefix); {
		case temp && info.ModTime().Before(stale):
			return ignoreMissing(os.Remove(file))
		case !isHex(d.Name(), 2*checkSize-2):
			return nil // it is being written, or is somebody else's
		}
		entries = append(entries, entry{file: file, size: taken(info.Size()), used: info.ModTime()})
		total += taken(info.Size())
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // somebody cleared the whole cache away
	}
	return entries, total, err
}

// isHex tells what Cache.key makes names of.
func isHex(name string, length int) bool {
	return len(name) == length && strings.Trim(name, "0123456789abcdef") == ""
}
