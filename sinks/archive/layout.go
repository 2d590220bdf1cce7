package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/airlift-eas/airlift/sinks"
)

// layout says how the objects of an archive are named. In an encrypted one the names tell no address and no folder's
// name: a mailbox is named by a hash, a folder by its identity.
type layout struct {
	archive string // the id of an encrypted archive; "" = it is not encrypted
}

func (l layout) encrypted() bool { return l.archive != "" }

// mailboxDir returns the directory of a mailbox. In an encrypted archive it is half of a hash of the archive's id and the
// address, so one mailbox has other directories in other archives. It is no secret: who guesses an address can see that the
// guess is right.
func (l layout) mailboxDir(address string) string {
	if !l.encrypted() {
		return mailboxDir(address)
	}
	sum := sha256.Sum256([]byte("airlift mailbox directory\x00" + l.archive + "\x00" + address))
	return hex.EncodeToString(sum[:16])
}

// checkMailboxDir returns an error for what mailboxDir does not make.
func (l layout) checkMailboxDir(dir string) error {
	if !l.encrypted() {
		_, _, err := mailboxAddress(dir)
		return err
	}
	if b, err := hex.DecodeString(dir); err != nil || len(b) != 16 || dir != strings.ToLower(dir) {
		return fmt.Errorf("%s%s: no mailbox is named so: %w", mailboxesDir, dir, sinks.ErrCorrupt)
	}
	return nil
}

func (l layout) folderDir(path, id string) string {
	if l.encrypted() {
		path = ""
	}
	return folderDir(path, id)
}

// checkFolder returns an error for a folder that sinks.FolderID and folderDir did not make.
func (l layout) checkFolder(f sinks.Folder) error {
	if !folderID.MatchString(f.ID) {
		return fmt.Errorf("folder id %q is not 8 hex digits", f.ID)
	}
	if want := l.folderDir("", f.ID); l.encrypted() && f.Dir != want {
		return fmt.Errorf("folder directory %q is not %s, as it must be in an encrypted archive", f.Dir, want)
	}
	if !strings.HasSuffix(f.Dir, "-"+f.ID) || strings.ContainsRune(f.Dir, '/') || f.Dir != strings.ToLower(f.Dir) {
		return fmt.Errorf("folder directory %q is not a lower-case name that ends in -%s", f.Dir, f.ID)
	}
	return sinks.CheckName(f.Dir)
}

func (l layout) ext(plain string) string {
	if l.encrypted() {
		return plain + ageExt
	}
	return plain
}

func (l layout) mailboxPrefix(mailbox string) string {
	return mailboxesDir + l.mailboxDir(mailbox) + "/"
}

func (l layout) folderPrefix(mailbox, dir string) string {
	return l.mailboxPrefix(mailbox) + foldersDir + dir + "/"
}

func (l layout) segment(mailbox, dir string, seq int) string {
	return l.folderPrefix(mailbox, dir) + l.segmentBase(seq)
}

func (l layout) segmentBase(seq int) string { return fmt.Sprintf("%08d", seq) + l.ext(segmentExt) }

func (l layout) run(mailbox, id string) string {
	return l.mailboxPrefix(mailbox) + runsDir + id + l.ext(runExt)
}

// seq returns the number of a segment by the last part of its name; 0 = it is none.
func (l layout) seq(base string) int { return number(base, l.ext(segmentExt)) }

// isRun tells the name of a run record.
func (l layout) isRun(name string) bool {
	return strings.HasSuffix(path.Base(name), l.ext(runExt))
}

func number(base, ext string) int {
	digits, ok := strings.CutSuffix(base, ext)
	if !ok || len(digits) != 8 {
		return 0
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// Place implements sinks.Sink: a readable slug of the path and the identity, in an encrypted archive the identity only.
func (a *Archive) Place(path, id string) string { return a.names.folderDir(path, id) }

// SegmentName returns the name of the object that holds a page.
func (a *Archive) SegmentName(mailbox, dir string, seq int) string {
	return a.names.segment(mailbox, dir, seq)
}

// MailboxDir returns the name of a mailbox's directory below mailboxes/.
func (a *Archive) MailboxDir(address string) string { return a.names.mailboxDir(address) }
