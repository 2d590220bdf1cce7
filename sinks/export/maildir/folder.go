package maildir

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// base64 of RFC 3501 5.1.3: "," for "/", and no padding.
func utf7() *base64.Encoding {
	return base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)
}

// FolderDir returns the directory of a folder in a Maildir++, by the names of the folders from the outermost in. What a folder in a
// Maildir or a file of some system cannot have in its name is another character, which looks like it: see [standIn].
func FolderDir(names ...string) string {
	var b strings.Builder
	for i, name := range names {
		if i == 0 && strings.EqualFold(name, inbox) {
			name = inbox // Dovecot looks for those below the inbox in directories of that name
		}
		b.WriteByte('.')
		b.WriteString(encode(standIns(name)))
	}
	return b.String()
}

const inbox = "INBOX" // RFC 3501 5.1: in any case, the inbox

// FolderNames is the inverse of FolderDir, but for the case of an inbox. What is not encoded as it should be is taken as it stands.
// No names: dir is no folder's.
func FolderNames(dir string) []string {
	rest, ok := strings.CutPrefix(dir, ".")
	if !ok || rest == "" || strings.HasPrefix(rest, ".") {
		return nil
	}
	names := strings.Split(rest, ".")
	for i, name := range names {
		if decoded, ok := decode(name); ok {
			names[i] = originals(decoded)
		}
	}
	if names[0] == inbox {
		names[0] = "Inbox"
	}
	return names
}

// Characters that stand in for others. Modified UTF-7 could encode the others, too, and Courier does that; but RFC 3501 forbids it
// for printable ASCII, and Dovecot does not open a folder whose name does it.
const (
	fullWidth = 0xFEE0   // from a character of ASCII to its full-width form
	pictures  = 0x2400   // from a control character to its picture
	space     = '\u2420' // for one at an end
	literally = '\u201B' // before one of these that is itself
)

// standIn returns what stands for a character: for <>:"/\|?* and the dot their full-width forms, and so for a tilde at the
// beginning; for control characters and a space at an end their pictures.
func standIn(r rune, first, last bool) rune {
	switch {
	case strings.ContainsRune(`<>:"/\|?*.`, r), r == '~' && first:
		return r + fullWidth
	case r < ' ':
		return r + pictures
	case r == ' ' && (first || last):
		return space
	}
	return r
}

// isStandIn tells what standIn may return, and what stands before it.
func isStandIn(r rune) bool {
	return r == literally || r == space || r >= pictures && r < pictures+' ' ||
		r > fullWidth && r < fullWidth+0x7F && strings.ContainsRune(`<>:"/\|?*.~`, r-fullWidth)
}

func standIns(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if isStandIn(r) {
			b.WriteRune(literally)
		}
		b.WriteRune(standIn(r, i == 0, i == len(runes)-1))
	}
	return b.String()
}

func originals(name string) string {
	var b strings.Builder
	literal := false
	for _, r := range name {
		switch {
		case literal || !isStandIn(r):
			literal = false
		case r == literally:
			literal = true
			continue
		case r == space:
			r = ' '
		case r < pictures+' ':
			r -= pictures
		default:
			r -= fullWidth
		}
		b.WriteRune(r)
	}
	return b.String()
}

// encode is the modified UTF-7 of RFC 3501 5.1.3.
func encode(name string) string {
	var b strings.Builder
	var run []rune // to be encoded together
	flush := func() {
		if len(run) == 0 {
			return
		}
		var units []byte
		for _, u := range utf16.Encode(run) {
			units = append(units, byte(u>>8), byte(u))
		}
		b.WriteString("&" + utf7().EncodeToString(units) + "-")
		run = run[:0]
	}
	for _, r := range name {
		if r < ' ' || r > '~' {
			run = append(run, r)
			continue
		}
		flush()
		b.WriteRune(r)
		if r == '&' {
			b.WriteByte('-')
		}
	}
	flush()
	return b.String()
}

func decode(name string) (string, bool) {
	var b strings.Builder
	for rest := name; rest != ""; {
		before, after, ok := strings.Cut(rest, "&")
		b.WriteString(before)
		if !ok {
			break
		}
		encoded, behind, ok := strings.Cut(after, "-")
		if !ok {
			return "", false
		}
		if rest = behind; encoded == "" {
			b.WriteByte('&')
			continue
		}
		units, err := utf7().DecodeString(encoded)
		if err != nil || len(units)%2 != 0 {
			return "", false
		}
		var u []uint16
		for i := 0; i < len(units); i += 2 {
			u = append(u, uint16(units[i])<<8|uint16(units[i+1]))
		}
		b.WriteString(string(utf16.Decode(u)))
	}
	return b.String(), utf8.ValidString(b.String())
}
