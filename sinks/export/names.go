package export

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"github.com/airlift-eas/airlift/sinks/archive"
)

// names are the files and folders of a mailbox that have names already.
type names struct{ taken map[string]bool }

// free returns the first of the names that no other folder has, also where case does not count, and takes it. The last one is
// one that no other folder can have.
func (n *names) free(candidates ...string) string {
	if n.taken == nil {
		n.taken = map[string]bool{}
	}
	for _, name := range candidates {
		if key := strings.ToLower(name); !n.taken[key] || name == candidates[len(candidates)-1] {
			n.taken[key] = true
			return name
		}
	}
	return ""
}

// mailboxDir is the directory of a mailbox: its address, or what is nearest to it and the beginning of its hash.
func mailboxDir(address string) string {
	const limit = 120
	dir := archive.PortableName(address, limit)
	// No two differ only in case, and none is named like what is beside them.
	if dir == address && dir == strings.ToLower(dir) && dir != ManifestName && !strings.HasSuffix(dir, filesExt) {
		return dir
	}
	sum := sha256.Sum256([]byte(address))
	return dir + "_" + hex.EncodeToString(sum[:4])
}

// fileName is the name of a file of the items of a folder, without its extension. A directory on the way to it never has an
// extension of such a file.
func (f *folder) fileName(ext string) string {
	parts := strings.Split(archive.PortableDir(f.Path), "/")
	for i, part := range parts[:len(parts)-1] {
		switch strings.ToLower(path.Ext(part)) {
		case ".mbox", ".ics", ".vcf", filesExt:
			parts[i] = part + "_"
		}
	}
	name := strings.Join(parts, "/")
	return strings.TrimSuffix(f.names.free(name+ext, name+"_"+f.ID+ext), ext)
}
