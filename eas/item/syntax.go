package item

import (
	"strings"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
)

// The libraries that write iCalendar and vCard both escape parameter values with
// backslashes, which a reader takes as they stand (RFC 5545 3.2, RFC 6350 3.3),
// and know no value of several parts. So parameters and such values are handed
// over in their final form, shielded: each character that a library would escape
// is one that no value may hold, and gets back what it was in what the library
// wrote. Both are one octet, so that the folding stays right.
const shielded = `\,;:"'`

func shield(s string) string {
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(shielded, r); i >= 0 {
			return rune(i + 1)
		}
		return r
	}, s)
}

func unshield(b []byte) []byte {
	for i, c := range b {
		if 1 <= c && int(c) <= len(shielded) {
			b[i] = shielded[c-1]
		}
	}
	return b
}

// cleanText is what a TEXT value can hold of s: line breaks of any kind become \n,
// control characters are left out, and bytes that are not UTF-8 become U+FFFD.
func cleanText(s string) string {
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if utf8.ValidString(s) && strings.IndexFunc(s, isBad) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isBad(r) {
			return -1
		}
		return r
	}, s)
}

func isBad(r rune) bool { return r != '\n' && isControl(r) }

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

// parts is a value of several texts divided by sep, shielded; "" if all are empty.
func parts(sep string, values []string) string {
	if strings.Join(values, "") == "" {
		return ""
	}
	escaped := make([]string, len(values))
	for i, v := range values {
		escaped[i] = ics.ToText(cleanText(v)) // the escapes of RFC 6350 3.4 too
	}
	return shield(strings.Join(escaped, sep))
}

// param is a property parameter of one value. Without a value it is not there.
type param struct{ name, value string }

// parameters are in the form that both libraries have.
func parameters(params []param) map[string][]string {
	var m map[string][]string
	for _, p := range params {
		if p.value != "" {
			if m == nil {
				m = map[string][]string{}
			}
			m[p.name] = append(m[p.name], shield(quoted(p.value)))
		}
	}
	return m
}

var caret = strings.NewReplacer("^", "^^", "\n", "^n", `"`, "^'")

// quoted is a parameter's value: RFC 5545 3.2 with the escapes of RFC 6868, since
// a quoted parameter can hold anything but a quote.
func quoted(s string) string {
	s = caret.Replace(cleanText(strings.ReplaceAll(s, "\r", "")))
	if strings.ContainsAny(s, ":;,") {
		return `"` + s + `"`
	}
	return s
}
