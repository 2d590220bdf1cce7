package archive

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/airlift-eas/airlift/sinks"
)

// Limits of the names inside a segment, in bytes. A file name of ASCII fits the 100 bytes, and its directory the 155, that
// a plain tar header has for them; and both together leave room below Windows' 260.
const (
	maxSubject   = 60
	maxDirectory = 120
)

// entryBase returns the name of an event's entries up to the extension: the folder's path, and a file name by which a
// person finds the item. The event's id is in it, and by that it is unlike every other name in the mailbox, also
// where case does not count and where two folders have one path.
func entryBase(folderPath string, date *time.Time, subject, id string) string {
	day := "undated"
	if date != nil {
		day = date.UTC().Format(time.DateOnly)
	}
	subject = PortableName(subject, maxSubject)
	if subject == "" {
		subject = "no subject"
	}
	return PortableDir(folderPath) + "/" + day + "_" + subject + "_" + id
}

// PortableDir makes a display path one that every system can have as a directory: "/" between its parts, at most 120 bytes.
// Different paths may become one. It is the directory of a folder's items in the segments.
func PortableDir(folderPath string) string {
	names := sinks.SplitPath(folderPath)
	const deepest = 10
	if len(names) > deepest {
		names = append(names[:deepest/2:deepest/2], names[len(names)-deepest/2:]...)
	}
	for limit := sinks.MaxPart; ; limit = limit * 3 / 4 {
		parts := make([]string, len(names))
		for i, name := range names {
			parts[i] = entryDirPart(name, limit)
		}
		if dir := strings.Join(parts, "/"); len(dir) <= maxDirectory {
			return dir
		}
	}
}

// itemName finds what only the names of items have: an id and the dot of an extension.
var itemName = regexp.MustCompile(`(?i)(_[0-9a-f]{8}-[0-9]+-[0-9]+)\.`)

func entryDirPart(name string, limit int) string {
	name = PortableName(name, limit)
	if name == "" {
		return "_"
	}
	// A folder must not be named like a file beside it.
	return itemName.ReplaceAllString(name, "${1}_")
}

// PortableName returns what a file may be named on Linux, macOS and Windows and is nearest to s, at most limit bytes; "" if
// nothing is left. It is NFC, without control characters and what changes the direction of writing, without
// <>:"/\|?*, without a dot at its beginning, a dot or a space at its end, and no device of Windows.
func PortableName(s string, limit int) string {
	s = cut(s, 4<<10) // a server may send any length
	s = norm.NFC.String(strings.Map(portableRune, strings.ToValidUTF8(s, "_")))
	s = cut(strings.Join(strings.Fields(s), " "), limit)
	if strings.HasPrefix(s, ".") {
		s = "_" + s[1:]
	}
	s = strings.TrimRight(s, ". ")
	if sinks.ReservedName(s) {
		s = strings.TrimRight(cut("_"+s, limit), ". ")
	}
	return s
}

// portableRune maps forbidden characters to a space, and what nobody sees to nothing: the formatting characters are
// ignored by some file systems and obeyed by file managers.
func portableRune(r rune) rune {
	switch {
	case strings.ContainsRune(`<>:"/\|?*`, r):
		return ' '
	case unicode.IsPrint(r):
		return r
	case unicode.IsSpace(r), unicode.IsControl(r):
		return ' '
	}
	return -1
}

// cut shortens s to at most limit bytes without cutting a character in two.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
