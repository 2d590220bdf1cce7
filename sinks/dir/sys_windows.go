package dir

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

var errLocked = errors.New("locked by another process")

// lock takes the file's lock and does not wait for it. It is let go when the file is closed or its process dies.
// errLocked: somebody holds it. The locked byte lies far behind the data, since Windows' locks forbid reading and
// writing.
func lock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	at := &windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errLocked
	}
	if errors.Is(err, windows.ERROR_NOT_SUPPORTED) {
		return errors.Join(errors.ErrUnsupported, err)
	}
	return err
}

// syncDir does nothing: Windows does not flush directories, and publish asks for a write-through.
func syncDir(*os.File) error { return nil }

func isUnsupported(err error) bool { return errors.Is(err, errors.ErrUnsupported) }

// publish gives the object its name, unless the name is taken: a move without MOVEFILE_REPLACE_EXISTING.
func (u *upload) publish(*os.File) error {
	from, err := windows.UTF16PtrFromString(u.b.full(u.temp))
	if err != nil {
		return err
	}
	to, err := windows.UTF16PtrFromString(u.b.full(u.name))
	if err != nil {
		return err
	}
	return windows.MoveFileEx(from, to, windows.MOVEFILE_WRITE_THROUGH)
}
