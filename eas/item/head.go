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
// each name. It goes over the header once and looks only at the lines whose first
// letter may be right, since it is done for every mail there is.
func scanHead(b []byte) (h head) {
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n') + 1
		if end == 0 {
			end = len(b)
		}
		switch b[0] {
		case '\n':
			return h
		case '\r':
			if end == 2 {
				return h
			}
		case 'D', 'F', 'M', 'S', 'T', 'd', 'f', 'm', 's', 't':
			h.field(b, end)
		}
		b = b[end:]
	}
	return h
}

// field takes the field whose first line is b[:end], if it is wanted.
func (h *head) field(b []byte, end int) {
	name, value, _ := bytes.Cut(b[:end], []byte(":"))
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
	if into == nil || *into != "" {
		return
	}
	begin := end - len(value)
	for end < len(b) && end-begin < maxRaw && (b[end] == ' ' || b[end] == '\t') { // continued
		next := bytes.IndexByte(b[end:], '\n') + 1
		if next == 0 {
			next = len(b) - end
		}
		end += next
	}
	*into = string(bytes.TrimSpace(b[begin:min(end, begin+maxRaw)]))
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
// at most limit bytes. Bytes that are not UTF-8 are read as Windows-1252, the most
// frequent charset of headers that declare none.
func clean(s string, limit int) string {
	s = cutText(s, maxExpansion*limit)
	if !utf8.ValidString(s) {
		s, _ = charmap.Windows1252.NewDecoder().String(s) // it decodes any byte
	}
	if strings.Contains(s, "=?") {
		d := mime.WordDecoder{CharsetReader: charset.Reader}
		if decoded, err := d.DecodeHeader(s); err == nil {
			s = strings.ToValidUTF8(decoded, "\uFFFD")
		}
	}
	if strings.IndexFunc(s, isSpaced) >= 0 || strings.Contains(s, "  ") {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || isSpaced(r) }), " ")
	}
	return cutText(strings.TrimSpace(s), limit)
}

// isSpaced tells whether a summary has a space for the character.
func isSpaced(r rune) bool { return r == '\t' || isControl(r) }

// cutText cuts s to at most limit bytes, between characters where it has some.
func cutText(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > limit-utf8.UTFMax && end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
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
