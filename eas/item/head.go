package item

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
)

// head is what a summary wants of the header of a MIME message, raw.
type head struct{ messageID, date, from, to, subject string }

// scanHead reads the header fields at the beginning of a message: the first of
// each name. It goes over the header once and copies only what is wanted, since
// it is done for every mail there is.
func scanHead(b []byte) (h head) {
	for len(b) > 0 {
		line, rest := cutField(b)
		b = rest
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return h
		}
		name, value, found := bytes.Cut(line, []byte(":"))
		if !found {
			continue
		}
		var into *string
		switch name = bytes.TrimRight(name, " \t"); {
		case equalFold(name, "message-id"):
			into = &h.messageID
		case equalFold(name, "date"):
			into = &h.date
		case equalFold(name, "from"):
			into = &h.from
		case equalFold(name, "to"):
			into = &h.to
		case equalFold(name, "subject"):
			into = &h.subject
		}
		if into != nil && *into == "" {
			*into = string(bytes.TrimSpace(value[:min(len(value), maxRaw)]))
		}
	}
	return h
}

// cutField takes a field with its continuation lines.
func cutField(b []byte) (field, rest []byte) {
	end := 0
	for {
		i := bytes.IndexByte(b[end:], '\n')
		if i < 0 {
			return b, nil
		}
		end += i + 1
		empty := len(bytes.TrimRight(b[:end], "\r\n")) == 0
		if empty || end == len(b) || b[end] != ' ' && b[end] != '\t' {
			return b[:end], b[end:]
		}
	}
}

func equalFold(name []byte, lower string) bool {
	return len(name) == len(lower) && strings.EqualFold(string(name), lower)
}

// maxRaw bounds how much of a header field is read, in bytes: enough for the
// recipients that a summary keeps.
const maxRaw = 16 << 10

// maxExpansion is how much longer a text can be in encoded words.
const maxExpansion = 8

// clean makes a short readable line of a header's value: encoded words decoded
// (RFC 2047), white space and control characters as single spaces, valid UTF-8,
// at most limit bytes.
func clean(s string, limit int) string {
	s = s[:min(len(s), maxExpansion*limit)]
	if !utf8.ValidString(s) {
		s = decode8bit(s)
	}
	if strings.Contains(s, "=?") {
		d := mime.WordDecoder{CharsetReader: charset.Reader}
		if decoded, err := d.DecodeHeader(s); err == nil {
			s = strings.ToValidUTF8(decoded, "\uFFFD")
		}
	}
	if strings.IndexFunc(s, func(r rune) bool { return isControl(r) || r == '\t' }) >= 0 || strings.Contains(s, "  ") {
		s = strings.Map(func(r rune) rune {
			if isControl(r) {
				return ' '
			}
			return r
		}, s)
		s = strings.Join(strings.Fields(s), " ")
	}
	return cutText(strings.TrimSpace(s), limit)
}

// decode8bit reads bytes that are not UTF-8 as Windows-1252, the most frequent
// charset of headers that have an undeclared one; a character cut off at the end
// does not count.
func decode8bit(s string) string {
	if whole := cutText(s, len(s)-1); utf8.ValidString(whole) && len(s)-len(whole) < utf8.UTFMax {
		return whole
	}
	decoded, err := charmap.Windows1252.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return decoded
}

// cutText cuts s between characters to at most limit bytes.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// splitAddresses divides an address list at its commas, or semicolons, outside
// quotes, angle brackets and comments, into at most limit parts.
func splitAddresses(s string, limit int) (parts []string) {
	var quoted bool
	var angle, comment, begin int
	add := func(end int) {
		if p := clean(s[begin:end], maxAddress); p != "" {
			parts = append(parts, p)
		}
		begin = end + 1
	}
	for i := 0; i < len(s) && len(parts) < limit; i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' && comment == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			comment++
		case c == ')' && comment > 0:
			comment--
		case comment > 0:
		case c == '<':
			angle = 1
		case c == '>':
			angle = 0
		case (c == ',' || c == ';') && angle == 0:
			add(i)
		}
	}
	if len(parts) < limit && begin < len(s) {
		add(len(s))
	}
	return parts
}
