package item

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	ics "github.com/arran4/golang-ical"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Bounds of an iCalendar stream that is read. golang-ical has none: it goes as deep
// as components are nested, and takes as much for each parameter as its line is
// long. So its parser gets the head of one line at a time, and the components are
// put together here.
const (
	maxCalendar = 64 << 20 // bytes
	maxNesting  = 8        // VCALENDAR, VEVENT, VALARM and what others add
	maxLineHead = 16 << 10 // bytes of a property's name and parameters
)

// ErrTooLarge means that an iCalendar stream is larger than what is read of one.
var ErrTooLarge = errors.New("too large")

// icalLine is a property as it stands in a stream: RFC 5545 3.1. Names are in upper
// case, the value is raw: what it is depends on the name.
type icalLine struct {
	name   string
	params map[string][]string
	value  string
}

// param returns the first value of a parameter, "" if there is none.
func (l *icalLine) param(name string) string {
	if l == nil || len(l.params[name]) == 0 {
		return ""
	}
	return l.params[name][0]
}

// text returns a value of type TEXT: RFC 5545 3.3.11.
func (l *icalLine) text() string {
	if l == nil {
		return ""
	}
	return cleanText(ics.FromText(l.value))
}

// list returns the texts of a value that is a list of them.
func (l *icalLine) list() (texts []string) {
	begin := 0
	for i := 0; i <= len(l.value); i++ {
		if i == len(l.value) || l.value[i] == ',' {
			texts = append(texts, strings.TrimSpace(cleanText(ics.FromText(l.value[begin:i]))))
			begin = i + 1
		} else if l.value[i] == '\\' {
			i++
		}
	}
	return texts
}

// icalComponent is a component of a stream.
type icalComponent struct {
	kind  string // in upper case
	lines []icalLine
	subs  []*icalComponent
	raw   []byte // from BEGIN to END, as it came
	bad   []string
}

// first returns the first property of a name, nil if there is none.
func (c *icalComponent) first(name string) *icalLine {
	for i := range c.lines {
		if c.lines[i].name == name {
			return &c.lines[i]
		}
	}
	return nil
}

// readCalendars returns the VCALENDAR objects of a stream. Lines that are none are
// kept apart, components that do not end, end where the one around them does, and
// what stands outside of any object is taken for one: people have calendars that
// other programs wrote. The error is ErrTooLarge, or
// ErrNotItem where there is no object at all.
func readCalendars(data []byte) (calendars []*icalComponent, err error) {
	if len(data) > maxCalendar {
		return nil, fmt.Errorf("iCalendar: %w: %d bytes", ErrTooLarge, len(data))
	}
	if plain, _, err := transform.Bytes(unicode.BOMOverride(encoding.Nop.NewDecoder()), data); err == nil { // UTF-16 too, if it says so
		data = plain
	}
	if bytes.IndexByte(data, '\n') < 0 {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	var open []*icalComponent
	var alone *icalComponent
	var begins []int
	closeTop := func(end int) {
		top := open[len(open)-1]
		top.raw = data[begins[len(open)-1]:end]
		open, begins = open[:len(open)-1], begins[:len(begins)-1]
		if len(open) > 0 {
			open[len(open)-1].subs = append(open[len(open)-1].subs, top)
		} else if top.kind == "VCALENDAR" {
			calendars = append(calendars, top)
		} else {
			alone.subs = append(alone.subs, top)
		}
	}
	for at := 0; at < len(data); {
		text, next := unfold(data, at)
		begin := at
		at = next
		if strings.TrimSpace(text) == "" {
			continue
		}
		l, ok := parseLine(text)
		switch {
		case !ok, l.name == "BEGIN" && strings.TrimSpace(l.value) == "":
			if len(open) > 0 {
				top := open[len(open)-1]
				top.bad = append(top.bad, cutText(cleanText(text), MaxLossValue))
			}
		case l.name == "BEGIN":
			if len(open) == maxNesting {
				return nil, fmt.Errorf("iCalendar: %w: components in %d others", ErrTooLarge, maxNesting)
			}
			kind := strings.ToUpper(strings.TrimSpace(l.value))
			if len(open) == 0 && kind != "VCALENDAR" && alone == nil {
				alone = &icalComponent{kind: "VCALENDAR"}
			}
			open, begins = append(open, &icalComponent{kind: kind}), append(begins, begin)
		case l.name == "END":
			kind := strings.ToUpper(strings.TrimSpace(l.value))
			for i := len(open) - 1; i >= 0; i-- {
				if open[i].kind == kind {
					for len(open) > i {
						closeTop(at)
					}
					break
				}
			}
		case len(open) > 0:
			top := open[len(open)-1]
			top.lines = append(top.lines, l)
		}
	}
	for len(open) > 0 {
		closeTop(len(data))
	}
	if alone != nil {
		calendars = append(calendars, alone)
	}
	if len(calendars) == 0 {
		return nil, fmt.Errorf("iCalendar: %w", ErrNotItem)
	}
	return calendars, nil
}

// unfold returns the line that begins at a place, without its folds, and where the
// next one begins.
func unfold(data []byte, at int) (line string, next int) {
	end := func(from int) (text []byte, next int) {
		n := bytes.IndexByte(data[from:], '\n')
		if n < 0 {
			return data[from:], len(data)
		}
		return bytes.TrimSuffix(data[from:from+n], []byte("\r")), from + n + 1
	}
	first, next := end(at)
	if next >= len(data) || data[next] != ' ' && data[next] != '\t' {
		return string(first), next
	}
	var b strings.Builder
	b.Write(first)
	for next < len(data) && (data[next] == ' ' || data[next] == '\t') {
		var more []byte
		more, next = end(next + 1)
		b.Write(more)
	}
	return b.String(), next
}

// parseLine reads a property.
func parseLine(text string) (l icalLine, ok bool) {
	head := headEnd(text)
	if head <= 0 || head > maxLineHead {
		return icalLine{}, false
	}
	p, err := ics.ParseProperty(ics.ContentLine(plainHead(text[:head]) + ":"))
	if err != nil || p == nil {
		return icalLine{}, false
	}
	l = icalLine{name: strings.ToUpper(p.IANAToken), value: text[head+1:]}
	for name, values := range p.ICalParameters {
		if l.params == nil {
			l.params = map[string][]string{}
		}
		for i, v := range values {
			values[i] = uncaret(v)
		}
		l.params[strings.ToUpper(name)] = values
	}
	return l, true
}

// headEnd returns where the colon before the value is, -1 if there is none.
func headEnd(text string) int {
	quoted := false
	for i := range len(text) {
		switch text[i] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				return i
			}
		}
	}
	return strings.IndexByte(text, ':') // a quote that never ends
}

// plainHead is a head as golang-ical reads it: it refuses control characters, and
// takes a backslash for an escape, which it is not (RFC 5545 3.2), but where some
// writers escape what would end the value.
func plainHead(head string) string {
	head = strings.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, head)
	if strings.IndexByte(head, '\\') < 0 {
		return head
	}
	var b strings.Builder
	for i := 0; i < len(head); i++ {
		b.WriteByte(head[i])
		if head[i] != '\\' {
			continue
		}
		if i+1 < len(head) && strings.IndexByte(`,;:"\`, head[i+1]) >= 0 {
			i++
			b.WriteByte(head[i])
		} else {
			b.WriteByte('\\')
		}
	}
	return b.String()
}

var uncaretted = strings.NewReplacer("^^", "^", "^n", "\n", "^N", "\n", "^'", `"`)

// uncaret undoes the escapes of RFC 6868.
func uncaret(s string) string {
	if strings.IndexByte(s, '^') < 0 {
		return s
	}
	return uncaretted.Replace(s)
}
