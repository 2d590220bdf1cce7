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
	ageExt       = ".age" // follows the extension of what is inside
	manifestsDir = ".airlift/"
	manifestExt  = ".jsonl"

	maxSeq = 99_999_999 // eight digits: what sorts by number sorts by name
)

var folderID = regexp.MustCompile(`^[0-9a-f]{8}$`)

// mailboxDir returns the name of a mailbox's directory in an archive that is not encrypted. Lower-case addresses of the usual characters are their own
// names; every other byte is written as "%" and two hex digits. So no two addresses share a directory, also where
// upper and lower case are one. An address that gets too long by that is cut, and its hash put behind a "~".
func mailboxDir(address string) string {
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

// mailboxAddress is the inverse of mailboxDir. cut: the address must be read from a segment or run record.
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
	if mailboxDir(b.String()) != dir {
		return "", false, fmt.Errorf("%s%s: no mailbox is named so: %w", mailboxesDir, dir, sinks.ErrCorrupt)
	}
	return b.String(), false, nil
}

// folderDir returns a readable slug of the path and the identity.
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

func manifestName(dir string, seq int) string {
	return fmt.Sprintf("%s%s/%08d%s", manifestsDir, dir, seq, manifestExt)
}
