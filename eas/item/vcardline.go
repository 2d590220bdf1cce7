package item

import (
	"bytes"
	"io"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
)

// shieldedBreak stands for a line break in a shielded value that was read.
const shieldedBreak = '\a'

// unshielded returns the text that a shielded value stands for.
func unshielded(s string) string {
	return strings.ReplaceAll(string(unshield([]byte(s))), string(shieldedBreak), "\n")
}

// property rewrites a line for go-vcard: GROUP.NAME;PARAM=value:value.
func (r *cardLines) property(line []byte) (string, bool) {
	segments, value, ok := cutHead(string(line))
	if !ok { // a quote that does not end
		var head string
		head, value, ok = strings.Cut(string(line), ":")
		segments = strings.SplitN(head, ";", maxParameters)
	}
	if !ok || !isPropertyName(strings.TrimSpace(segments[0])) {
		return "", false
	}
	name := strings.TrimSpace(segments[0])
	var b strings.Builder
	b.WriteString(name)
	var encoded, set string
	for _, s := range segments[1:] {
		name, values := r.parameter(s)
		switch name {
		case "ENCODING":
			encoded = transferEncoding(values)
			continue
		case "CHARSET":
			set = values
			continue
		case "":
			continue
		}
		b.WriteString(";" + name + "=" + values)
	}
	b.WriteByte(':')
	switch encoded {
	case quotedPrintable:
		value = r.escapes(decodeCharset(decodeQuoted(value), set))
	case inBase64:
		value = cleanText(strings.Join(strings.Fields(value), ""))
	default:
		value = r.escapes(decodeCharset(value, set))
	}
	b.WriteString(value)
	return b.String(), true
}

// What the parameters of a property may be, without what is in quotes: some have
// the label of an address.
const (
	maxParameters = 64
	maxParameter  = 16 << 10 // bytes
)

// cutHead divides a line into the name and its parameters, and the value, if no
// quote is open.
func cutHead(line string) (segments []string, value string, ok bool) {
	begin, quoted := 0, false
	for i := range min(len(line), maxParameters*maxParameter) {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ';':
			if segments = append(segments, line[begin:i]); len(segments) > maxParameters {
				return nil, "", false
			}
			begin = i + 1
		case c == ':':
			return append(segments, line[begin:i]), line[i+1:], true
		}
	}
	return nil, "", false
}

func isPropertyName(s string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	return s != "" && strings.Trim(s, letters) == ""
}

// parameter returns a parameter with its name, and its values as go-vcard divides
// them. In 2.1 a value may stand alone.
func (r *cardLines) parameter(s string) (name, values string) {
	name, values, named := strings.Cut(s, "=")
	name = strings.ToUpper(strings.TrimSpace(name))
	if !named {
		values = name
		switch name {
		case "QUOTED-PRINTABLE", "BASE64", "B", "7BIT", "8BIT":
			name = "ENCODING"
		case "URL", "URI", "CONTENT-ID", "CID", "INLINE":
			name = "VALUE"
		case "":
			return "", ""
		default:
			name = "TYPE"
		}
	}
	if !isPropertyName(name) {
		return "", ""
	}
	quoted := false
	var b strings.Builder
	for _, c := range strings.ToValidUTF8(cutText(values, maxParameter), "\uFFFD") {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			b.WriteRune(c)
		case c != '\n' && !isControl(c):
			b.WriteString(shield(string(c)))
		}
	}
	if values = b.String(); !r.old {
		values = plainCaret(values)
	}
	return name, values
}

// plainCaret undoes the escapes of RFC 6868 in a shielded value.
func plainCaret(s string) string {
	return strings.NewReplacer("^^", "^", "^n", string(shieldedBreak), "^"+shield("'"), shield(`"`)).Replace(s)
}

// escapes undoes the escapes of a value, into shields. In 2.1 a backslash is only
// one before a separator, and text such as C:\new is no line break.
func (r *cardLines) escapes(s string) string {
	if strings.IndexByte(s, '\\') < 0 && strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\n':
			b.WriteByte(shieldedBreak)
		case isControl(rune(c)):
		case c != '\\':
			b.WriteByte(c)
		case i+1 < len(s) && strings.IndexByte(shielded, s[i+1]) >= 0:
			i++
			b.WriteString(shield(s[i : i+1]))
		case i+1 < len(s) && (s[i+1] == 'n' || s[i+1] == 'N') && !r.old:
			i++
			b.WriteByte(shieldedBreak)
		default:
			b.WriteString(shield(`\`))
		}
	}
	return b.String()
}

// decodeQuoted undoes quoted-printable (RFC 2045 6.7); what is none stays.
func decodeQuoted(s string) string {
	b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(s)))
	if err != nil {
		return strings.ReplaceAll(s, "=\r\n", "")
	}
	return strings.ReplaceAll(string(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))), "\r", "\n")
}

// decodeCharset returns a value in UTF-8. Bytes that are none, and of which nobody
// says what they are, are read as Windows-1252; but for text that is UTF-8 all the
// same and was cut somewhere.
func decodeCharset(s, set string) string {
	if set != "" && !strings.EqualFold(set, "utf-8") {
		if r, err := charset.Reader(set, strings.NewReader(s)); err == nil {
			if b, err := io.ReadAll(r); err == nil {
				s = string(b)
			}
		}
	}
	if set == "" && !utf8.ValidString(s) {
		characters, bytes := 0, 0
		for i, c := range s {
			switch {
			case c == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
				bytes++
			case c >= utf8.RuneSelf:
				characters++
			}
		}
		if characters <= bytes {
			s, _ = charmap.Windows1252.NewDecoder().String(s) // it decodes any byte
		}
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
