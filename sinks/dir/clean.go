package dir

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// Clean removes the temporary files that dead processes left, and returns how many. A file whose writer lives is
// locked and stays, be the writer this process or another one, on this machine or, where the file system carries locks
// over the network, on another. Where locks are not to be had nothing is removed. To be called when a run starts.
func (b *Bucket) Clean(ctx context.Context) (int, error) {
	removed := 0
	dirs := []string{"."}
	for len(dirs) > 0 {
		dir := dirs[len(dirs)-1]
		dirs = dirs[:len(dirs)-1]
		var temps []string
		err := b.readDir(dir, func(name string, isDir bool) {
			if isDir {
				dirs = append(dirs, name)
			} else if strings.HasPrefix(path.Base(name), sinks.TempPrefix) {
				temps = append(temps, name)
			}
		})
		for _, temp := range temps {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				break
			}
			var ok bool
			if ok, err = b.removeStale(temp); ok {
				removed++
			}
		}
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// removeStale removes a temporary file if its lock is to be had. It is removed under the lock: its writer looks, once
// it has the lock, whether its file still has its name.
func (b *Bucket) removeStale(temp string) (removed bool, err error) {
	f, err := b.root.OpenFile(temp, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, mapError(b.full(temp), err)
	}
	defer f.Close()
	if err := lock(f); errors.Is(err, errLocked) || errors.Is(err, errors.ErrUnsupported) {
		return false, nil
	} else if err != nil {
		return false, mapError(b.full(temp), err)
	}
	if !b.isNamed(temp, f) {
		return false, nil // published or removed between the opening and the lock
	}
	if err := b.remove(temp); err != nil {
		return false, mapError(b.full(temp), err)
	}
	return true, nil
}
