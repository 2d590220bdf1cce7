package imapdst

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-imap/v2"
)

// keyword makes a keyword of a category: the "Q" encoding of RFC 2047 4.2, in which "Red Team" is "Red_Team" and "Grün" is "Gr=C3=BCn".
// What it leaves is an atom (RFC 9051 9) and does not begin with "$", as keywords do that have a meaning (RFC 5788). [category] is
// its inverse.
func keyword(category string) imap.Flag {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(category) {
		switch c := category[i]; {
		case c == ' ':
			b.WriteByte('_')
		case c <= ' ' || c >= 0x7F || strings.IndexByte(`(){%*"\]_=`, c) >= 0 || c == '$' && i == 0:
			b.WriteByte('=')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	if ofPrograms(b.String()) { // it would not be read as a category
		return imap.Flag("=" + strings.ToUpper(strconv.FormatInt(int64(category[0]), 16)) + b.String()[1:])
	}
	return imap.Flag(b.String())
}

// ofPrograms tells keywords that programs set for themselves.
func ofPrograms(k string) bool {
	switch strings.ToLower(k) {
	case "junk", "nonjunk", "notjunk", "forwarded", "mdnsent", "receiptchecked", "redirected":
		return true
	}
	return false
}

// category returns the category that a keyword stands for. It is none: "" and false.
func category(f imap.Flag) (string, bool) {
	k := string(f)
	if k == "" || k[0] == '\\' || k[0] == '$' || ofPrograms(k) {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(k); i++ {
		switch {
		case k[i] == '_':
			b.WriteByte(' ')
		case k[i] == '=' && i+2 < len(k):
			c, err := strconv.ParseUint(k[i+1:i+3], 16, 8)
			if err != nil {
				return k, true // another program's
			}
			b.WriteByte(byte(c))
			i += 2
		case k[i] == '=':
			return k, true
		default:
			b.WriteByte(k[i])
		}
	}
	if !utf8.ValidString(b.String()) {
		return k, true
	}
	return b.String(), true
}
