//go:build interop

package sogo

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// holding is all that a user's mailbox, address book and calendar hold: by IMAP and DAV, each thing by its name there.
func holding(t *testing.T, box *mailbox) map[string]string {
	t.Helper()
	all := map[string]string{}
	for folder := range withParents(box.folders()) {
		if !slices.Contains(standardFolders, folder) {
			all["folder "+folder] = ""
		}
	}
	for _, m := range box.messages() {
		all[fmt.Sprintf("%s %d", m.folder, m.uid)] = fmt.Sprintf("%s %s %s %s", m.date, flagText(m.flags), messageID(m.raw), exactly(m))
	}
	for _, c := range []collection{addressBook(t, box.user), calendar(t, box.user)} {
		for _, name := range c.names() {
			all[path.Base(path.Dir(strings.TrimSuffix(c.url, "/")))+"/"+name] = string(c.get(name))
		}
	}
	return all
}
