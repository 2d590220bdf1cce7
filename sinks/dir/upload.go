package dir

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

type upload struct {
	b    *Bucket
	name string
	temp string   // name of the temporary file
	f    *os.File // nil once the upload has ended
}

// Create implements sinks.Bucket.
func (b *Bucket) Create(ctx context.Context, name string) (sinks.Upload, error) {
	if err := errors.Join(ctx.Err(), sinks.CheckName(name)); err != nil {
		return nil, err
	}
	dir := path.Dir(name)
	if err := b.step(Step{Op: OpMkdir, Path: b.full(dir)}, func() error { return b.root.MkdirAll(dir, 0o700) }); err != nil {
		return nil, mapError(b.full(dir), err)
	}
	temp, f, err := b.createTemp(dir)
	if err != nil {
		return nil, mapError(b.full(name), err)
	}
	return &upload{b: b, name: name, temp: temp, f: f}, nil
}

// createTemp creates a temporary file that is locked and has its name. Between its creation and its lock Clean may take
// it for a dead run's: then it is gone, and another one is made.
func (b *Bucket) createTemp(dir string) (string, *os.File, error) {
	const tries = 100
	for range tries {
		temp := path.Join(dir, sinks.TempPrefix+strings.ToLower(rand.Text()))
		var f *os.File
		err := b.step(Step{Op: OpCreate, Path: b.full(temp)}, func() (err error) {
			f, err = b.root.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
			return err
		})
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		if err := lock(f); err == nil || errors.Is(err, errors.ErrUnsupported) {
			if b.isNamed(temp, f) {
				return temp, f, nil
			}
		} else if !errors.Is(err, errLocked) {
			return "", nil, errors.Join(err, f.Close(), b.remove(temp))
		}
		if err := f.Close(); err != nil {
			return "", nil, err
		}
	}
	return "", nil, fmt.Errorf("no temporary file after %d tries", tries)
}

// isNamed reports whether name still is the file f.
func (b *Bucket) isNamed(name string, f *os.File) bool {
	there, err1 := b.root.Lstat(name)
	ours, err2 := f.Stat()
	return err1 == nil && err2 == nil && os.SameFile(there, ours)
}

// Write implements sinks.Upload.
func (u *upload) Write(p []byte) (int, error) {
	if u.f == nil {
		return 0, fmt.Errorf("%s: %w", u.b.full(u.name), fs.ErrClosed)
	}
	n := 0
	err := u.b.step(Step{Op: OpWrite, Path: u.b.full(u.temp)}, func() (err error) {
		n, err = u.f.Write(p)
		return err
	})
	if err != nil {
		return n, u.fail(err)
	}
	return n, nil
}

// Commit implements sinks.Upload.
func (u *upload) Commit(ctx context.Context) error {
	if u.f == nil {
		return fmt.Errorf("%s: %w", u.b.full(u.name), fs.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(err, u.Abort())
	}
	if err := u.b.step(Step{Op: OpSync, Path: u.b.full(u.temp)}, u.f.Sync); err != nil {
		return u.fail(err)
	}
	dir := path.Dir(u.name)
	parent, err := u.b.root.Open(dir)
	if err != nil {
		return u.fail(err)
	}
	defer parent.Close()
	if err := u.b.flushParents(dir); err != nil {
		return u.fail(err)
	}
	// The object becomes visible here. Before this line nothing of it is to be seen, after it all of it.
	publish := func() error { return u.publish(parent) }
	if err := u.b.step(Step{Op: OpPublish, Path: u.b.full(u.temp), As: u.b.full(u.name)}, publish); err != nil {
		// The answer may have got lost, and the name may be there.
		u.b.distrust(dir)
		return u.fail(err)
	}
	f := u.f
	u.f = nil
	closed := f.Close()
	if err := u.b.flushDir(u.b.full(dir), parent); err != nil {
		// It is visible and may be gone after a power cut. Nobody shall build on it before a flush succeeds.
		u.b.distrust(dir)
		return errors.Join(mapError(u.b.full(dir), err), closed)
	}
	return closed
}

// remove removes a temporary file.
func (b *Bucket) remove(temp string) error {
	return b.step(Step{Op: OpRemove, Path: b.full(temp)}, func() error { return b.root.Remove(temp) })
}

// Abort implements sinks.Upload.
func (u *upload) Abort() error {
	if u.f == nil {
		return nil
	}
	f := u.f
	u.f = nil
	// Removed while it is locked still, or Clean might be at it at the same time.
	err := errors.Join(u.b.remove(u.temp), f.Close())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return mapError(u.b.full(u.temp), err)
	}
	return nil
}

// fail ends the upload and removes the temporary file: a full disk needs the room now.
func (u *upload) fail(cause error) error {
	return errors.Join(mapError(u.b.full(u.name), cause), u.Abort())
}
