package wbxml

import "unicode/utf8"

// isXMLText tells whether all of p may stand in an XML document as text: valid
// UTF-8 of characters that XML 1.0 section 2.2 knows.
func isXMLText(p []byte) bool {
	for i := 0; i < len(p); {
		if c := p[i]; c < utf8.RuneSelf {
			if c < 0x20 && !isSpace(c) {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(p[i:])
		if size == 1 || r == 0xFFFE || r == 0xFFFF {
			return false
		}
		i += size
	}
	return true
}

// incompleteRune returns how many bytes at the end of p begin a character that
// more bytes could make whole.
func incompleteRune(p []byte) int {
	for n := 1; n <= min(len(p), utf8.UTFMax-1); n++ {
		if tail := p[len(p)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return n
			}
			return 0
		}
	}
	return 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// appendXMLText escapes. A CR that stood as it is would come back as LF (XML 1.0
// section 2.11).
func appendXMLText(b, p []byte) []byte {
	from := 0
	for i, c := range p {
		var escape string
		switch c {
		case '&':
			escape = "&amp;"
		case '<':
			escape = "&lt;"
		case '>':
			escape = "&gt;"
		case '\r':
			escape = "&#13;"
		default:
			continue
		}
		b = append(append(b, p[from:i]...), escape...)
		from = i + 1
	}
	return append(b, p[from:]...)
}
