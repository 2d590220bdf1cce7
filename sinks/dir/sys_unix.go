//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

var errLocked = errors.New("locked by another process")

// lock takes the file's lock and does not wait for it. It is let go when the file is closed or its process dies.
// errLocked: somebody holds it. errors.ErrUnsupported: the file system has no locks.
func lock(f *os.File) error {
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err {
	case nil:
		return nil
	case unix.EWOULDBLOCK:
		return errLocked
	case unix.ENOLCK, unix.EINVAL:
		return errors.Join(errors.ErrUnsupported, err)
	default:
		return err
	}
}

func syncDir(f *os.File) error { return f.Sync() }

func isUnsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, unix.EINVAL)
}

// link gives the object its name where renaming cannot be told not to replace.
func (u *upload) link() error {
	err := u.b.root.Link(u.temp, u.name)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrExist) && u.b.isNamed(u.name, u.f):
		// NFS: the request was repeated because its answer got lost, and the first one did it.
	case errors.Is(err, unix.EPERM), errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("this file system can neither rename without replacing nor make hard links: %w", err)
	default:
		return err
	}
	// The object is there, whatever becomes of its second name: what stays is Clean's.
	_ = u.b.root.Remove(u.temp)
	return nil
}
