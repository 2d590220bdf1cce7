//go:build !windows

package sinks

import (
	"errors"
	"syscall"
)

// IsDiskFull tells of an error of a file that there is no room for it, on its disk or in a quota: ErrFull to who writes it.
func IsDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
