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
	delete(b.settled, dir)
}

// settle flushes a directory before the first object of it is read: what is visible in it may be there since a moment
// ago, and its writer may have died, or failed, before it came to the flush.
func (b *Bucket) settle(dir string) error {
	b.mu.Lock()
	settled := b.settled[dir]
	b.mu.Unlock()
	if settled || b.reads {
		return nil
	}
	if err := errors.Join(b.flushParents(dir), b.openAndFlush(dir)); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.settled[dir] = true
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
