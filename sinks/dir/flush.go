package dir

import (
	"errors"
	"os"
	"path"
)

// flushParents makes the entry of a directory durable, and those of all directories above it. A directory that was
// there before this process is flushed too: its maker may have died before it came to that.
func (b *Bucket) flushParents(dir string) error {
	var flushed []string
	for ; dir != "." && !b.isDurable(dir); dir = path.Dir(dir) {
		if err := b.openAndFlush(path.Dir(dir)); err != nil {
			return err
		}
		flushed = append(flushed, dir)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, dir := range flushed {
		b.durable[dir] = true
	}
	return nil
}

// isDurable reports whether dir, and so everything above it, is known to be on the disk.
func (b *Bucket) isDurable(dir string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.durable[dir]
}

func (b *Bucket) distrust(dir string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.suspect[dir] = true
}

// settle flushes a directory again in which an object became visible that is not known to be durable.
func (b *Bucket) settle(dir string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.suspect[dir] {
		return nil
	}
	if err := b.openAndFlush(dir); err != nil {
		return err
	}
	delete(b.suspect, dir)
	return nil
}

func (b *Bucket) openAndFlush(dir string) error {
	f, err := b.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(b.flushDir(b.full(dir), f), f.Close())
}

// flushDir flushes a directory. A file system that cannot flush directories keeps its own order.
func (b *Bucket) flushDir(path string, f *os.File) error {
	err := b.step(Step{Op: OpSyncDir, Path: path}, func() error { return syncDir(f) })
	if err != nil && !isUnsupported(err) {
		return err
	}
	return nil
}
