package item

import (
	"strings"
	"unicode/utf8"
)

// lines writes the content lines of vCard and iCalendar: RFC 6350 3.2, RFC 5545 3.1.
type lines struct {
	b       []byte
	scratch []byte // the line before it is folded
	vcard   bool   // in a text a semicolon stands for itself: RFC 6350 4
}

// maxLine is the length of a line in octets, its CRLF not counted.
const maxLine = 75

// param is a property parameter. Its value is a single one and is quoted when needed.
type param struct{ name, value string }

func (l *lines) begin(component string) { l.raw("BEGIN", component) }
func (l *lines) end(component string)   { l.raw("END", component) }

// text writes a property of type TEXT. Without a value there is no line.
func (l *lines) text(name, value string, params ...param) {
	if value != "" {
		l.start(name, params)
		l.scratch = appendText(l.scratch, value, !l.vcard)
		l.fold()
	}
}

// fields writes a property whose value is structured text: parts divided by sep,
// each escaped. Without any part there is no line.
func (l *lines) fields(name string, sep byte, values []string, params ...param) {
	if strings.Join(values, "") == "" {
		return
	}
	l.start(name, params)
	for i, v := range values {
		if i > 0 {
			l.scratch = append(l.scratch, sep)
		}
		l.scratch = appendText(l.scratch, v, true)
	}
	l.fold()
}

// raw writes a property whose value has no escapes, such as a date or a URI.
// Control characters are left out. Without a value there is no line.
func (l *lines) raw(name, value string, params ...param) {
	if value == "" {
		return
	}
	l.start(name, params)
	for _, r := range value {
		if !isControl(r) {
			l.scratch = utf8.AppendRune(l.scratch, r)
		}
	}
	l.fold()
}

func (l *lines) start(name string, params []param) {
	l.scratch = append(l.scratch[:0], name...)
	for _, p := range params {
		if p.value == "" {
			continue
		}
		l.scratch = append(l.scratch, ';')
		l.scratch = append(l.scratch, p.name...)
		l.scratch = append(l.scratch, '=')
		l.scratch = appendParam(l.scratch, p.value)
	}
	l.scratch = append(l.scratch, ':')
}

// fold ends the line. It breaks between characters, never inside one.
func (l *lines) fold() {
	rest, room := l.scratch, maxLine
	for len(rest) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(rest[cut]) {
			cut--
		}
		l.b = append(append(l.b, rest[:cut]...), "\r\n "...)
		rest, room = rest[cut:], maxLine-1
	}
	l.b = append(append(l.b, rest...), "\r\n"...)
}

// appendText escapes a TEXT value: RFC 5545 3.3.11, RFC 6350 3.4. Line breaks of
// any kind become \n, control characters are left out, and bytes that are not
// UTF-8 become U+FFFD.
func appendText(b []byte, s string, semicolons bool) []byte {
	for i, r := range s {
		switch {
		case r == '\\' || r == ',' || r == ';' && semicolons:
			b = append(b, '\\', byte(r))
		case r == '\n', r == '\r' && !strings.HasPrefix(s[i+1:], "\n"):
			b = append(b, '\\', 'n')
		case !isControl(r):
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// appendParam writes a parameter's value: RFC 5545 3.2 with the escapes of RFC
// 6868, since a quoted parameter can hold anything but a quote.
func appendParam(b []byte, s string) []byte {
	quoted := strings.ContainsAny(s, ":;,")
	if quoted {
		b = append(b, '"')
	}
	for _, r := range s {
		switch {
		case r == '^':
			b = append(b, "^^"...)
		case r == '"':
			b = append(b, "^'"...)
		case r == '\n':
			b = append(b, "^n"...)
		case !isControl(r):
			b = utf8.AppendRune(b, r)
		}
	}
	if quoted {
		b = append(b, '"')
	}
	return b
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }
