package sqlite

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"github.com/airlift-eas/airlift/checkpoints"
)

// lockFile takes the file's lock and does not wait for it. Windows ties it to this handle, and so keeps out the same
// process too.
func lockFile(f *os.File) error {
	const (
		failImmediately = 1  // LOCKFILE_FAIL_IMMEDIATELY
		exclusive       = 2  // LOCKFILE_EXCLUSIVE_LOCK
		lockViolation   = 33 // ERROR_LOCK_VIOLATION
	)
	var first syscall.Overlapped // the lock begins at the first byte
	lockFileEx := syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")
	ok, _, err := lockFileEx.Call(f.Fd(), failImmediately|exclusive, 0, 1, 0, uintptr(unsafe.Pointer(&first)))
	switch {
	case ok != 0:
		return nil
	case errors.Is(err, syscall.Errno(lockViolation)), errors.Is(err, syscall.ERROR_IO_PENDING):
		return checkpoints.ErrLocked
	}
	return os.NewSyscallError("LockFileEx", err)
}
