package imapdst

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
)

// utf7Alphabet is BASE64 with "," for "/". RFC 3501 5.1.3.
var utf7Alphabet = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// encodeMailbox writes a mailbox name as a quoted string in modified UTF-7. The library has this too, but keeps it to itself.
func encodeMailbox(name string) string {
	if strings.EqualFold(name, inbox) {
		return inbox
	}
	var b strings.Builder
	b.WriteByte('"')
	var wide []rune
	flush := func() {
		if len(wide) == 0 {
			return
		}
		var raw []byte
		for _, unit := range utf16.Encode(wide) {
			raw = append(raw, byte(unit>>8), byte(unit))
		}
		b.WriteString("&" + utf7Alphabet.EncodeToString(raw) + "-")
		wide = wide[:0]
	}
	for _, r := range name {
		if r < ' ' || r > '~' {
			wide = append(wide, r)
			continue
		}
		flush()
		switch r {
		case '&':
			b.WriteString("&-")
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	flush()
	b.WriteByte('"')
	return b.String()
}
