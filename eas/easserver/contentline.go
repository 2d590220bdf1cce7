package easserver

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// component is an object of an iCalendar stream: what stands between BEGIN and END.
// RFC 5545 3.1.
type component struct {
	name     string
	props    []contentLine
	children []*component
}

type contentLine struct {
	name   string
	params map[string][]string
	value  string
}

// maxComponents bounds what one stream may hold.
const maxComponents = 100_000

// parseComponents reads the top components of a stream.
func parseComponents(r io.Reader) ([]*component, error) {
	lines, err := unfoldedLines(r)
	if err != nil {
		return nil, err
	}
	root := &component{}
	open := []*component{root}
	n := 0
	for i, text := range lines {
		l := parseContentLine(text)
		at := open[len(open)-1]
		switch {
		case text == "":
		case l.name == "BEGIN" && (len(open) > maxDepth || n >= maxComponents):
			return nil, fmt.Errorf("line %d: too many components", i+1)
		case l.name == "BEGIN":
			n++
			c := &component{name: strings.ToUpper(l.value)}
			at.children = append(at.children, c)
			open = append(open, c)
		case l.name == "END" && len(open) > 1:
			open = open[:len(open)-1]
		case len(open) == 1:
			return nil, fmt.Errorf("line %d is outside of any component", i+1)
		default:
			at.props = append(at.props, l)
		}
	}
	if len(open) > 1 {
		return nil, fmt.Errorf("%s: %w", open[len(open)-1].name, io.ErrUnexpectedEOF)
	}
	return root.children, nil
}

func unfoldedLines(r io.Reader) ([]string, error) {
	var lines []string
	s := bufio.NewScanner(r)
	s.Buffer(nil, 8<<20)
	for s.Scan() {
		text := strings.TrimSuffix(s.Text(), "\r")
		if text != "" && (text[0] == ' ' || text[0] == '\t') && len(lines) > 0 {
			lines[len(lines)-1] += text[1:]
			continue
		}
		lines = append(lines, strings.TrimPrefix(text, "\uFEFF"))
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return nil, errors.New("a line of more than 8 MiB")
	}
	return lines, s.Err()
}

// parseContentLine reads `group.NAME;PARAM=a,"b":value`.
func parseContentLine(text string) contentLine {
	l := contentLine{params: map[string][]string{}}
	quoted, start, part := false, 0, 0
	take := func(end int) {
		s := text[start:end]
		if part == 0 {
			l.name = strings.ToUpper(s[strings.LastIndexByte(s, '.')+1:])
		} else if name, value, ok := strings.Cut(s, "="); ok {
			name = strings.ToUpper(name)
			l.params[name] = append(l.params[name], splitParam(value)...)
		} else {
			l.params["TYPE"] = append(l.params["TYPE"], s) // vCalendar 1.0
		}
		start, part = end+1, part+1
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ';':
			take(i)
		case c == ':':
			take(i)
			l.value = strings.ToValidUTF8(text[i+1:], string(utf8.RuneError))
			return l
		}
	}
	return l
}

func splitParam(s string) []string {
	if strings.HasPrefix(s, `"`) {
		return []string{strings.Trim(s, `"`)}
	}
	return strings.Split(s, ",")
}

// get returns the first line with the name.
func (c *component) get(name string) (contentLine, bool) {
	for _, l := range c.props {
		if l.name == name {
			return l, true
		}
	}
	return contentLine{}, false
}

// text returns the text of the first line with the name.
func (c *component) text(name string) string {
	l, _ := c.get(name)
	return unescape(l.value)
}

// all returns the lines with the name.
func (c *component) all(name string) []contentLine {
	var lines []contentLine
	for _, l := range c.props {
		if l.name == name {
			lines = append(lines, l)
		}
	}
	return lines
}

// param returns the first value of a parameter.
func (l contentLine) param(name string) string {
	if v := l.params[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// fields splits a value at separators that are not escaped, and unescapes the
// parts.
func (l contentLine) fields(sep byte) []string {
	var parts []string
	start := 0
	for i := 0; i < len(l.value); i++ {
		switch l.value[i] {
		case '\\':
			i++
		case sep:
			parts = append(parts, unescape(l.value[start:i]))
			start = i + 1
		}
	}
	return append(parts, unescape(l.value[start:]))
}

var escapes = strings.NewReplacer(`\n`, "\r\n", `\N`, "\r\n", `\,`, ",", `\;`, ";", `\\`, `\`, `\:`, ":")

func unescape(s string) string { return escapes.Replace(s) }
