package s3

import (
	"crypto/rand"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// canaryPrefix begins the names of canaries. It is one that no object has, so that a bucket that holds nothing but
// canaries lists as empty, and a copy of an archive to a directory takes them for unfinished files.
const canaryPrefix = sinks.TempPrefix + "canary-"

func newCanary() string { return canaryPrefix + strings.ToLower(rand.Text()) }

func isCanary(name string) bool {
	return strings.HasPrefix(name, canaryPrefix) && !strings.Contains(name, "/")
}
