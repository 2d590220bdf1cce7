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

// FolderDir returns the directory of a folder in a Maildir++, by the names of the folders from the outermost in. Beside what
// RFC 3501 has encoded, it encodes what stands between names and what some system does not take in one, as Courier does with
// some of it: <>:"/\|?*, the tilde and the dot, and a space at an end.
func FolderDir(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteByte('.')
		b.WriteString(encode(name))
	}
	return b.String()
}

// FolderNames is the inverse of FolderDir. What is not encoded as it should be is taken as it stands. No names: dir is no
// folder's.
func FolderNames(dir string) []string {
	rest, ok := strings.CutPrefix(dir, ".")
	if !ok || rest == "" || strings.HasPrefix(rest, ".") {
		return nil
	}
	names := strings.Split(rest, ".")
	for i, name := range names {
		if decoded, ok := decode(name); ok {
			names[i] = decoded
		}
	}
	return names
}

// plain tells what stands for itself.
func plain(r rune) bool { return r >= ' ' && r <= '~' && !strings.ContainsRune(`<>:"/\|?*~.&`, r) }

func encode(name string) string {
	var b strings.Builder
	var run []rune // to be encoded together
	flush := func() {
		if len(run) > 0 {
			b.WriteByte('&')
			var units []byte
			for _, u := range utf16.Encode(run) {
				units = append(units, byte(u>>8), byte(u))
			}
			b.WriteString(utf7().EncodeToString(units))
			b.WriteByte('-')
			run = run[:0]
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		edge := r == ' ' && (i == 0 || i == len(runes)-1)
		switch {
		case r == '&':
			flush()
			b.WriteString("&-")
		case plain(r) && !edge:
			flush()
			b.WriteRune(r)
		default:
			run = append(run, r)
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
