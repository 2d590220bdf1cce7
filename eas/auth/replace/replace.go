// Package replace writes a file so that who looks sees the old one or the whole new one, after a power failure too.
package replace

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

// File is a file that will take the place of another one.
type File struct {
	*os.File
	path string
	done bool
}

// Begin makes the new file beside the one at path, which need not be there. What cannot be written fails here, before anything
// depends on it. Abort is to be called in any case.
func Begin(path string, mode os.FileMode) (*File, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".airlift-*")
	if err != nil {
		return nil, err
	}
	r := &File{File: f, path: path}
	if err := f.Chmod(mode); err != nil {
		return nil, errors.Join(err, r.Abort())
	}
	return r, nil
}

// Commit puts the new file in the place of the old one. When it returns nil the new one is durable.
func (f *File) Commit() error {
	err := f.Sync()
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return err
	}
	f.done = true
	return syncDir(filepath.Dir(f.path))
}

// Abort removes the new file unless it was committed.
func (f *File) Abort() error {
	if f.done {
		return nil
	}
	f.done = true
	_ = f.Close() // it is closed, or of no use
	return os.Remove(f.Name())
}

// Write replaces a file by what write writes.
func Write(path string, mode os.FileMode, write func(io.Writer) error) (err error) {
	f, err := Begin(path, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Abort()) }()
	if err := write(f); err != nil {
		return err
	}
	return f.Commit()
}

// syncDir makes a new name durable. Windows does not flush directories, and some network file systems neither.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return nil //nolint:nilerr // a directory that may be written but not listed; the file itself is there
	}
	_ = d.Sync()
	return d.Close()
}
