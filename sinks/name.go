package sinks

import (
	"errors"
	"fmt"
	"strings"
)

// ErrName says that a name is not one that every system can hold.
var ErrName = errors.New("not a portable name")

// TempPrefix begins the names of unfinished files. No part of an object's name begins with it.
const TempPrefix = ".tmp-"

// Limits of object names. An S3 key has at most 1024 bytes, and a prefix must fit in front of the name.
const (
	MaxName = 800 // bytes of a whole name
	MaxPart = 180 // bytes of a part
)

// CheckName returns an error, which wraps ErrName, for a name that is no object name: every Bucket takes the same
// names, so that an archive can be copied from any one to any other.
//
// A name is parts of 1 to MaxPart bytes with "/" between them, MaxName bytes at the most, of printable ASCII without
// the characters that Windows forbids. ASCII, because file systems disagree about Unicode normalization and a name
// must be listed as it was created. No part is "." or "..", begins with TempPrefix, ends with a dot or a space, or is
// a device of Windows.
func CheckName(name string) error {
	if len(name) > MaxName {
		return fmt.Errorf("%q: longer than %d bytes: %w", name, MaxName, ErrName)
	}
	for part := range strings.SplitSeq(name, "/") {
		if why := checkPart(part); why != "" {
			return fmt.Errorf("%q: %s: %w", name, why, ErrName)
		}
	}
	return nil
}

func checkPart(part string) string {
	switch {
	case part == "":
		return "an empty part"
	case len(part) > MaxPart:
		return fmt.Sprintf("a part of more than %d bytes", MaxPart)
	case strings.HasPrefix(part, TempPrefix):
		return "a part that begins with " + TempPrefix
	case strings.HasSuffix(part, ".") || strings.HasSuffix(part, " "):
		return "a part that ends with a dot or a space"
	case ReservedName(part):
		return "a device name of Windows"
	}
	for i := range len(part) {
		if c := part[i]; c < ' ' || c > '~' || strings.IndexByte(`<>:"\|?*`, c) >= 0 {
			return fmt.Sprintf("the character %q", c)
		}
	}
	return ""
}

// ReservedName reports whether Windows takes a file name for a device: CON, nul.txt, Com1 and their like.
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
func ReservedName(part string) bool {
	base, _, _ := strings.Cut(part, ".")
	switch base = strings.ToUpper(strings.TrimRight(base, " ")); base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	digit, ok := strings.CutPrefix(base, "COM")
	if !ok {
		digit, ok = strings.CutPrefix(base, "LPT")
	}
	switch digit {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³":
		return ok
	}
	return false
}
