// Package dir keeps objects as files below one directory: a [sinks.Bucket] on a local or mounted file system.
//
// An object is written to a temporary file beside its place, flushed to the disk, and then given its name in one step
// that fails if the name is taken; the directory, and every directory above it that nobody is known to have flushed,
// are flushed after that. So an object is either there, whole and durable, or it is not there; and of several writers
// of one name, on one machine or on several that share the file system, exactly one wins.
//
// A temporary file is locked as long as its writer lives. [Bucket.Clean] removes those that nobody holds.
//
// Directories are 0700, files 0600. Nothing outside the directory is reached, whatever symbolic links it holds.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/airlift-eas/airlift/sinks"
)

// A Bucket is a directory of objects. Its methods may be called from many goroutines.
type Bucket struct {
	root  *os.Root
	path  string                              // absolute
	reads bool                                // it was opened to be read only: nothing will be built on what is read
	steps func(s Step, do func() error) error // nil = they are simply taken

	mu      sync.Mutex
	durable map[string]bool // directories whose entry in their parent is known to be on the disk
	settled map[string]bool // directories that were flushed, and in which no commit has failed since
}

var _ sinks.Bucket = (*Bucket)(nil)

// Open opens the directory at path. If there is none, create says whether it is made, with its parents, or the error
// is sinks.ErrNotExist. Close the bucket after use.
func Open(path string, create bool) (*Bucket, error) {
	return OpenWith(path, Options{Create: create})
}

// OpenWith is Open with options.
func OpenWith(path string, o Options) (*Bucket, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	b := &Bucket{
		path: abs, steps: o.Step, reads: !o.Create,
		durable: map[string]bool{".": true}, settled: make(map[string]bool),
	}
	if o.Create {
		if err := b.makeRoot(); err != nil {
			return nil, mapError(abs, err)
		}
	}
	if b.root, err = os.OpenRoot(abs); err != nil {
		return nil, mapError(abs, err)
	}
	return b, nil
}

// makeRoot makes the directory and flushes the entry of every directory that it had to make.
func (b *Bucket) makeRoot() error {
	var made []string
	for p := b.path; ; p = filepath.Dir(p) {
		if _, err := os.Stat(p); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) || p == filepath.Dir(p) {
			return err
		}
		made = append(made, p)
	}
	if len(made) == 0 {
		made = append(made, b.path) // its maker may have died before it came to the flush
	}
	if err := b.step(Step{Op: OpMkdir, Path: b.path}, func() error { return os.MkdirAll(b.path, 0o700) }); err != nil {
		return err
	}
	for _, p := range made {
		parent, err := os.Open(filepath.Dir(p))
		if errors.Is(err, fs.ErrPermission) && p == b.path {
			continue // it stands in a directory of another's, who made it
		}
		if err != nil {
			return err
		}
		if err := errors.Join(b.flushDir(filepath.Dir(p), parent), parent.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Path returns the absolute path of the directory.
func (b *Bucket) Path() string { return b.path }

// Close lets go of the directory. Objects and uploads that are open stay usable only in part; end them first.
func (b *Bucket) Close() error { return b.root.Close() }

// Open implements sinks.Bucket.
func (b *Bucket) Open(ctx context.Context, name string) (sinks.Object, error) {
	if err := errors.Join(ctx.Err(), sinks.CheckName(name)); err != nil {
		return nil, err
	}
	f, err := b.root.Open(name)
	if errors.Is(err, syscall.ENOTDIR) {
		err = fs.ErrNotExist // below another object
	}
	if err != nil {
		return nil, mapError(b.full(name), err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fs.ErrNotExist // a directory of that name: no object
	}
	if err == nil {
		err = b.settle(path.Dir(name))
	}
	if err != nil {
		return nil, errors.Join(mapError(b.full(name), err), f.Close())
	}
	return &object{File: f, ctx: ctx, size: info.Size()}, nil
}

type object struct {
	*os.File
	ctx  context.Context
	size int64
}

func (o *object) Size() int64 { return o.size }

func (o *object) ReadAt(p []byte, off int64) (int, error) {
	if err := o.ctx.Err(); err != nil {
		return 0, err
	}
	return o.File.ReadAt(p, off)
}

func (b *Bucket) full(name string) string { return filepath.Join(b.path, filepath.FromSlash(name)) }

// mapError puts the path in front of err, without the operation and the relative path that package os says, and
// the contract's sentinel behind it.
func mapError(path string, err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		err = pe.Err
	case errors.As(err, &le):
		err = le.Err
	}
	switch {
	case sinks.IsDiskFull(err):
		return fmt.Errorf("%s: %w: %w", path, sinks.ErrFull, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", path, sinks.ErrNotExist)
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s: %w", path, sinks.ErrExist)
	}
	return fmt.Errorf("%s: %w", path, err)
}
