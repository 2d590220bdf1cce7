package s3

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// Of the Windows API, where package syscall has no names for them.
const (
	fileFlagDeleteOnClose = 0x04000000
	errorHandleDiskFull   = syscall.Errno(39)
	errorDiskFull         = syscall.Errno(112)
)

// createTemp creates a file that the system deletes when its last handle is closed, also by the death of its process.
func createTemp(dir string) (*os.File, error) {
	name := filepath.Join(dir, "airlift-"+rand.Text())
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|fileFlagDeleteOnClose, 0o600)
}

func isDiskFull(err error) bool {
	return errors.Is(err, errorDiskFull) || errors.Is(err, errorHandleDiskFull)
}
