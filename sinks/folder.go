package sinks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// JoinPath makes a display path of folder names, the outermost first: "/" between them. A "/" inside a name becomes
// "%2F", and the "%" of what looks like such an escape "%25"; any other "%" stays, so that nearly all names stay as they
// are. [SplitPath] is its inverse.
func JoinPath(names ...string) string {
	escaped := make([]string, len(names))
	for i, name := range names {
		name = strings.ReplaceAll(name, "%25", "%2525")
		name = strings.ReplaceAll(name, "%2F", "%252F")
		escaped[i] = strings.ReplaceAll(name, "/", "%2F")
	}
	return strings.Join(escaped, "/")
}

// SplitPath returns the folder names of a display path.
func SplitPath(path string) []string {
	names := strings.Split(path, "/")
	unescape := strings.NewReplacer("%25", "%", "%2F", "/")
	for i, name := range names {
		names[i] = unescape.Replace(name)
	}
	return names
}

// FolderID returns the identity of a folder that a mailbox does not have yet: 8 hex digits. taken says which ones
// the mailbox has given already.
func FolderID(mailbox, serverID string, taken func(id string) bool) string {
	for n := 0; ; n++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", mailbox, serverID, n))
		if id := hex.EncodeToString(sum[:4]); !taken(id) {
			return id
		}
	}
}

// importedID begins the ServerID of a folder that no server knows.
const importedID = "import:"

// ImportedID returns the ServerID of a folder whose items are read from files. It tells its path to nobody who does not guess it.
func ImportedID(archive, class, path string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "airlift imported folder %q %q %q", archive, class, path))
	return importedID + hex.EncodeToString(sum[:16])
}

// Imported reports whether the items of the folder were read from files. No server is asked about such a folder.
func (f Folder) Imported() bool { return strings.HasPrefix(f.ServerID, importedID) }
