package item

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
)

// Fingerprint returns a short name of what a listing without bodies tells of an
// item, by which two listings are matched as multisets: class, date to the
// second, sender and subject, and nothing that came from the MIME head. Two
// items can share it.
//
// A size above 0 follows as a hint to tell such items apart. It is not part of
// what identifies, since servers count sizes differently with and without a body:
// match by what [SplitFingerprint] returns, never by whole fingerprints.
func Fingerprint(class string, s Summary, size int64) string {
	h := sha256.New()
	write := func(field string) {
		h.Write([]byte(field))
		h.Write([]byte{0})
	}
	write(class)
	if !s.FromHead.Date && !s.Date.IsZero() {
		write(strconv.FormatInt(s.Date.Unix(), 10))
	} else {
		write("")
	}
	if s.FromHead.From {
		write("")
	} else {
		write(senderKey(s.From))
	}
	if s.FromHead.Subject {
		write("")
	} else {
		write(strings.ToLower(strings.Join(strings.Fields(s.Subject), " ")))
	}
	name := strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)[:15]))
	if size > 0 {
		name += sizeMark + strconv.FormatInt(size, 10)
	}
	return name
}

// sizeMark parts the size from what identifies.
const sizeMark = "~"

// SplitFingerprint returns the part of a fingerprint that identifies, and the
// size in bytes that it was made with, 0 if none.
func SplitFingerprint(fingerprint string) (key string, size int64) {
	key, hint, _ := strings.Cut(fingerprint, sizeMark)
	size, err := strconv.ParseInt(hint, 10, 64)
	if err != nil || size < 0 {
		size = 0
	}
	return key, size
}

// senderKey is the address alone: its display name is not the same everywhere.
func senderKey(from string) string {
	if i := strings.LastIndexByte(from, '<'); i >= 0 {
		if n := strings.IndexByte(from[i:], '>'); n > 0 {
			from = from[i+1 : i+n]
		}
	}
	return strings.ToLower(strings.TrimSpace(from))
}
