package sinks

import (
	"errors"
	"syscall"
)

// IsDiskFull tells of an error of a file that there is no room for it, on its disk or in a quota: ErrFull to who writes it.
// ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL and ERROR_DISK_QUOTA_EXCEEDED of winerror.h.
func IsDiskFull(err error) bool {
	return errors.Is(err, syscall.Errno(112)) || errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(1295))
}
