//go:build interop

package sogo

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
)

// sameStage holds the messages of the targets against the live ones of the stage: the same bytes in the same folders, each once.
func (m migration) sameStage(boxes map[string]*mailbox) {
	m.t.Helper()
	for _, p := range m.pairs {
		staged := m.mailOf(p.from)
		for _, msg := range boxes[p.to].messages() {
			name := exactly(msg)
			if _, ok := staged[name]; !ok {
				m.t.Errorf("%s: message %d of %s is not in the stage, or twice at the target: %.60q", p.to, msg.uid, msg.folder, msg.raw)
			}
			delete(staged, name)
		}
		for name := range staged {
			m.t.Errorf("%s: %s is in the stage and not at the target", p.to, name)
		}
	}
}

// mailOf are the live messages of a source in the stage.
func (m migration) mailOf(user string) map[string]listed {
	m.t.Helper()
	items := m.stage().ls(user)
	maps.DeleteFunc(items, func(_ string, item listed) bool { return item.Class != "Email" })
	return items
}

// exactly names a message as ls does, by the bytes that it has.
func exactly(m message) string {
	sum := sha256.Sum256(m.raw)
	return m.folder + " " + hex.EncodeToString(sum[:])
}

// sameFolders holds the folders of a target against those of its source: it has each, and none that the source has not, but for empty ones
// that were made since another was below them.
func (m migration) sameFolders(source, target *mailbox) {
	m.t.Helper()
	want, have := withParents(source.folders()), withParents(target.folders())
	for _, folder := range source.folders() {
		for above := range withParents([]string{path.Dir(folder)}) {
			m.parents[above] = true
		}
	}
	for _, folder := range keysOf(want) {
		if !have[folder] {
			m.t.Errorf("%s -> %s: folder %s is not at the target", source.user, target.user, folder)
		}
	}
	for _, folder := range keysOf(have) {
		if !want[folder] && !m.parents[folder] { // with a message in it, sameMail would tell
			m.t.Errorf("%s -> %s: folder %s is at the target only", source.user, target.user, folder)
		}
	}
}

// withParents are folders and all above them, which IMAP servers need not have.
func withParents(folders []string) map[string]bool {
	all := map[string]bool{}
	for _, folder := range folders {
		for ; folder != "."; folder = path.Dir(folder) {
			all[folder] = true
		}
	}
	return all
}

// sameMarks holds flags and internal dates of a target's messages against those of its source. It is for mailboxes that hold the same
// messages, as sameMail finds out.
func (m migration) sameMarks(source, target *mailbox) {
	m.t.Helper()
	staged := m.mailOf(source.user)
	there := map[string][]message{} // by bytes
	for _, msg := range target.messages() {
		there[exactly(msg)] = append(there[exactly(msg)], msg)
	}
	because := map[string]int{}
	var anew []message
	for _, msg := range source.messages() {
		name := key(msg.folder, msg.raw)
		if len(there[name]) == 0 {
			anew = append(anew, msg)
			continue
		}
		if !m.paired(msg, there, []string{name}, staged, because) {
			m.t.Errorf("%s: %s: message %d: %v %q, at the target %v %q", source.user, msg.folder, msg.uid, msg.date, msg.flags, there[name][0].date, there[name][0].flags)
		}
	}
	slices.SortStableFunc(anew, func(a, b message) int { return dateOf(b.raw).Compare(dateOf(a.raw)) }) // those without a date last
	for _, msg := range anew {
		var names []string // of those that SOGo may have made of it
		for name, all := range there {
			if all[0].folder == msg.folder && messageID(all[0].raw) == messageID(msg.raw) {
				names = append(names, name)
			}
		}
		if !m.paired(msg, there, names, staged, because) {
			m.t.Errorf("%s: %s: message %d, which was written anew: %v %q: none of the %d at the target with its id is so", source.user, msg.folder, msg.uid, msg.date, msg.flags, len(names))
		}
	}
	for _, reason := range keysOf(because) {
		m.t.Logf("%s -> %s: %4d %s", source.user, target.user, because[reason], reason)
	}
}

// paired finds a message of the target, among those of the names, that has the marks that a message of the source leads to, and takes it
// from what is there.
func (m migration) paired(msg message, there map[string][]message, names []string, staged map[string]listed, because map[string]int) bool {
	flags, reasons := servedFlags(msg.flags)
	for _, name := range names {
		for i, got := range there[name] {
			reason, ok := sameDate(msg, got, staged[name].Received)
			if !ok || flagText(got.flags) != flags {
				continue
			}
			for _, why := range append(reasons, reason) {
				if why != "" {
					because[why]++
				}
			}
			there[name] = slices.Delete(there[name], i, i+1)
			if len(there[name]) == 0 {
				delete(there, name)
			}
			return true
		}
	}
	return false
}

// sameDate tells whether a target's message has the right internal date: that of the source, or for a message without a date what SOGo
// said of it, which is another time whenever it is asked.
func sameDate(msg, got message, received string) (reason string, ok bool) {
	said, err := time.Parse(time.RFC3339, received)
	switch {
	case got.date.Equal(msg.date):
		return "", true
	case !dateOf(msg.raw).IsZero():
		return "", false
	case err != nil:
		return "internal date: SOGo's: it says none of a message without a date", true
	case said.Year() > 2037, said.Year() < 1970:
		return "internal date: Dovecot's: it keeps none that is that far away", true
	case field(msg.raw, "Date") == "":
		return "internal date: SOGo's: a message without a date it takes for received when it is asked", true
	}
	return "internal date: SOGo's: it says what it reads in the header", got.date.Equal(said.Truncate(time.Second))
}

// servedFlags predicts what a target has of the flags of a message after SOGo 5.8 told them by EAS, and says why they differ, if they do.
func servedFlags(flags []imap.Flag) (predicted string, reasons []string) {
	var served []imap.Flag
	for _, f := range flags {
		switch label := strings.ToLower(string(f)); {
		case strings.HasPrefix(label, `\`):
			served = append(served, f)
		case label == "$forwarded":
			served = append(served, f, "=46orwarded")
			reasons = append(reasons, "$Forwarded: SOGo's: it makes a category of it, too")
		case label == "$label1":
			served = append(served, "Important")
			reasons = append(reasons, "keyword: SOGo's: a label is a category of its name")
		default:
			reasons = append(reasons, "keyword: SOGo's: it tells of no keyword but its labels")
		}
	}
	return flagText(served), reasons
}

// flagText are flags in one form and order; they have no case.
func flagText(flags []imap.Flag) string {
	var words []string
	for _, f := range flags {
		words = append(words, strings.ToLower(string(f)))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
