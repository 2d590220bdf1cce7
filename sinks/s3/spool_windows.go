package s3

import (
	"crypto/rand"
	"os"
	"path/filepath"
)

// fileFlagDeleteOnClose is FILE_FLAG_DELETE_ON_CLOSE of the Windows API, for which package syscall has no name.
const fileFlagDeleteOnClose = 0x04000000

// createTemp creates a file that the system deletes when its last handle is closed, also by the death of its process.
func createTemp(dir string) (*os.File, error) {
	name := filepath.Join(dir, "airlift-"+rand.Text())
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|fileFlagDeleteOnClose, 0o600)
}
