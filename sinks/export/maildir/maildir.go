// Package maildir has the names of Maildir and Maildir++: those of messages, which hold their flags, and those of folders.
//
// A Maildir is a directory with cur, new and tmp in it (https://cr.yp.to/proto/maildir.html), and one file for a message. Its
// name is unique and ends in ":2," and the flags. In Maildir++ (https://www.courier-mta.org/imap/README.maildirquota.html) the
// Maildir is the inbox, and each further folder, however deep, is a Maildir in it whose name begins with a dot and has a dot
// between the names of the folders, which are in the modified UTF-7 of IMAP (RFC 3501 5.1.3).
package maildir

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The directories of a Maildir.
const (
	Cur = "cur" // messages that a reader has seen
	New = "new" // messages that no reader has seen
	Tmp = "tmp" // messages that are being delivered: not yet there
)

// Colon is what stands between a message's name and its flags. Windows has no such names: there it may be "!" or ";", which
// some programs do, and which [ParseName] takes too.
const Colon = ":"

// The flags, in the order in which they stand.
const (
	Draft   = 'D'
	Flagged = 'F'
	Passed  = 'P' // resent, forwarded or bounced
	Replied = 'R'
	Seen    = 'S'
	Trashed = 'T'
)

// A Name is what a message's file is called.
type Name struct {
	Time   time.Time // when it was delivered, in seconds
	Unique string    // what no other message of that second has: letters, digits, "-", "_" and dots
	Size   int64     // bytes; -1 = not said
	Flags  string    // each once
}

// String returns the name with colon before the flags.
func (n Name) String(colon string) string {
	size := ""
	if n.Size >= 0 {
		size = ",S=" + strconv.FormatInt(n.Size, 10) // as Dovecot and Maildir++ have it
	}
	flags := []rune(n.Flags)
	slices.Sort(flags)
	return fmt.Sprintf("%d.%s%s%s2,%s", n.Time.Unix(), n.Unique, size, colon, string(flags))
}

// ParseName takes a name apart as far as it is one. Every file in cur and new is a message, whatever it is called.
func ParseName(s string) (n Name) {
	n.Size = -1
	for _, colon := range []string{":2,", "!2,", ";2,"} {
		if i := strings.LastIndex(s, colon); i >= 0 {
			s, n.Flags = s[:i], s[i+len(colon):]
			break
		}
	}
	s, fields, _ := strings.Cut(s, ",")
	for field := range strings.SplitSeq(fields, ",") {
		if digits, ok := strings.CutPrefix(field, "S="); ok {
			if size, err := strconv.ParseInt(digits, 10, 64); err == nil && size >= 0 {
				n.Size = size
			}
		}
	}
	seconds, unique, ok := strings.Cut(s, ".")
	if t, err := strconv.ParseInt(seconds, 10, 64); ok && err == nil && t >= 0 && t < 1<<36 {
		n.Time, n.Unique = time.Unix(t, 0).UTC(), unique
	} else {
		n.Unique = s
	}
	return n
}
