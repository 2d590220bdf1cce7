//go:build !windows

package s3

import (
	"errors"
	"os"
)

// createTemp creates a file that has no name: it is gone when its process is.
func createTemp(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "airlift-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
