package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/airlift-eas/airlift/sinks"
)

const (
	headName     = "archive.json"
	mailboxesDir = "mailboxes/"
	foldersDir   = "folders/"
	runsDir      = "runs/"
	segmentExt   = ".tar.zst"
	runExt       = ".json"
	manifestsDir = ".airlift/"
	manifestExt  = ".jsonl"

	maxSeq = 99_999_999 // eight digits: what sorts by number sorts by name
)

var folderID = regexp.MustCompile(`^[0-9a-f]{8}$`)

// MailboxDir returns the name of the mailbox's directory. Lower-case addresses of the usual characters are their own
// names; every other byte is written as "%" and two hex digits. So no two addresses share a directory, also where
// upper and lower case are one. An address that gets too long by that is cut, and its hash put behind a "~".
func MailboxDir(address string) string {
	var b strings.Builder
	device := sinks.ReservedName(address)
	for i := range len(address) {
		c := address[i]
		edge := i == 0 && (c == '.' || device) || i == len(address)-1 && c == '.'
		if !edge && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("@._+-=", c) >= 0) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	if b.Len() == 0 {
		return "%"
	}
	if b.Len() > 160 {
		sum := sha256.Sum256([]byte(address))
		return b.String()[:120] + "~" + hex.EncodeToString(sum[:16])
	}
	return b.String()
}

// mailboxAddress is the inverse of MailboxDir. cut: the address must be read from a segment or run record.
func mailboxAddress(dir string) (address string, cut bool, err error) {
	if strings.Contains(dir, "~") {
		return "", true, nil
	}
	var b strings.Builder
	for i := 0; i < len(dir); i++ {
		if dir[i] != '%' {
			b.WriteByte(dir[i])
			continue
		}
		c, err := strconv.ParseUint(dir[min(i+1, len(dir)):min(i+3, len(dir))], 16, 8)
		if err != nil {
			return "", false, fmt.Errorf("%s%s: no mailbox is named so: %w", mailboxesDir, dir, sinks.ErrCorrupt)
		}
		b.WriteByte(byte(c))
		i += 2
	}
	if MailboxDir(b.String()) != dir {
		return "", false, fmt.Errorf("%s%s: no mailbox is named so: %w", mailboxesDir, dir, sinks.ErrCorrupt)
	}
	return b.String(), false, nil
}

// Place implements sinks.Sink: a readable slug of the path and the identity.
func (*Archive) Place(path, id string) string { return folderDir(path, id) }

func folderDir(path, id string) string {
	const maxSlug = 48
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(path) {
		switch r = unicode.ToLower(r); {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // the accent of the letter before it
		default:
			gap = true
		}
	}
	slug := b.String()
	if slug == "" {
		slug = "folder"
	}
	return strings.TrimRight(slug[:min(len(slug), maxSlug)], "-") + "-" + id
}

// checkFolder returns an error for a folder that FolderID and FolderDir did not make.
func checkFolder(f sinks.Folder) error {
	if !folderID.MatchString(f.ID) {
		return fmt.Errorf("folder id %q is not 8 hex digits", f.ID)
	}
	return checkDir(f.Dir, f.ID)
}

func checkDir(dir, id string) error {
	if !strings.HasSuffix(dir, "-"+id) || strings.ContainsRune(dir, '/') || dir != strings.ToLower(dir) {
		return fmt.Errorf("folder directory %q is not a lower-case name that ends in -%s", dir, id)
	}
	return sinks.CheckName(dir)
}

// SegmentName returns the name of the object that holds a page.
func SegmentName(mailbox, dir string, seq int) string {
	return folderPrefix(mailbox, dir) + fmt.Sprintf("%08d", seq) + segmentExt
}

func mailboxPrefix(mailbox string) string { return mailboxesDir + MailboxDir(mailbox) + "/" }

func folderPrefix(mailbox, dir string) string { return mailboxPrefix(mailbox) + foldersDir + dir + "/" }

func runName(mailbox, id string) string { return mailboxPrefix(mailbox) + runsDir + id + runExt }

func manifestName(dir string, seq int) string {
	return fmt.Sprintf("%s%s/%08d%s", manifestsDir, dir, seq, manifestExt)
}

// segmentSeq returns the number of a segment by the last part of its name; 0 = it is none.
func segmentSeq(base string) int {
	digits, ok := strings.CutSuffix(base, segmentExt)
	if !ok || len(digits) != 8 {
		return 0
	}
	seq, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	return int(seq)
}
