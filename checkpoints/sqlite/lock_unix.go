//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package sqlite

import (
	"errors"
	"os"
	"syscall"

	"github.com/airlift-eas/airlift/checkpoints"
)

// lockFile takes the file's lock and does not wait for it. flock ties it to this opening of the file, and so keeps out
// the same process too, which the POSIX locks of fcntl do not.
func lockFile(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return checkpoints.ErrLocked
	}
	return os.NewSyscallError("flock", err)
}
