package item

import (
	"html"
	"strings"
)

// htmlText returns the words of an HTML body, for readers that show no HTML. The
// HTML itself is kept beside it, so this need not be a browser: tags go, some of
// them leave a line break, links leave their address, and what is not meant to be
// read goes with its tag. The time it takes grows with the length alone.
func htmlText(s string) string {
	var t htmlReader
	for s != "" {
		begin := tagBegin(s)
		t.text(s[:begin])
		s = s[begin:]
		if comment, ok := strings.CutPrefix(s, "<!--"); ok {
			_, s, _ = strings.Cut(comment, "-->")
			continue
		}
		end := t.tagEnd(s)
		if end < 0 {
			t.text(s)
			break
		}
		s = t.tag(s[1:end], s[end+1:])
	}
	return strings.TrimSpace(html.UnescapeString(t.String()))
}

// htmlReader is what htmlText has read so far.
type htmlReader struct {
	strings.Builder
	pre      bool   // white space counts
	unquoted bool   // a quote never ended, so none is taken for one any more
	href     string // of the link that is open
	linkText int    // where its text begins
}

// tag reads a tag and returns what of the rest is to be read.
func (t *htmlReader) tag(tag, rest string) string {
	switch name := tagName(tag); name {
	case "br":
		t.WriteByte('\n')
	case "pre", "/pre":
		t.endLine()
		t.pre = name == "pre"
	case "p", "/p", "div", "/div", "tr", "li", "table", "/table", "ul", "/ul", "ol", "/ol", "blockquote", "/blockquote", "hr", "dt", "dd",
		"h1", "/h1", "h2", "/h2", "h3", "/h3", "h4", "/h4", "h5", "/h5", "h6", "/h6":
		t.endLine()
	case "td", "th":
		t.endWord()
	case "a":
		t.href, t.linkText = attribute(tag, "href"), t.Len()
	case "/a":
		t.endLink()
	case "head", "style", "script", "title":
		return skipElement(rest, name)
	}
	return rest
}

// text writes text, outside of pre with its white space collapsed, as HTML has it.
func (t *htmlReader) text(text string) {
	if t.pre {
		t.WriteString(text)
		return
	}
	if text == "" {
		return
	}
	words := strings.Fields(text)
	if len(words) == 0 || isSpace(text[0]) {
		t.endWord()
	}
	for i, w := range words {
		if i > 0 {
			t.WriteByte(' ')
		}
		t.WriteString(w)
	}
	if len(words) > 0 && isSpace(text[len(text)-1]) {
		t.endWord()
	}
}

const spaces = " \t\r\n"

func isSpace(c byte) bool { return strings.IndexByte(spaces, c) >= 0 }

func (t *htmlReader) endWord() {
	if s := t.String(); s != "" && s[len(s)-1] != ' ' && s[len(s)-1] != '\n' {
		t.WriteByte(' ')
	}
}

// endLine ends a line that has something in it.
func (t *htmlReader) endLine() {
	if s := t.String(); s != "" && s[len(s)-1] != '\n' {
		t.WriteByte('\n')
	}
}

// endLink writes where a link leads, if its text does not say so.
func (t *htmlReader) endLink() {
	href := t.href
	t.href = ""
	if scheme, _, ok := strings.Cut(href, ":"); !ok || !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
		return
	}
	if !strings.Contains(t.String()[t.linkText:], href) {
		t.endWord()
		t.WriteString("<" + href + ">")
	}
}

// tagBegin returns where the next tag begins, or else where s ends.
func tagBegin(s string) int {
	for i := range len(s) - 1 {
		if next := s[i+1] | 0x20; s[i] == '<' && ('a' <= next && next <= 'z' || strings.IndexByte("/!?", s[i+1]) >= 0) {
			return i
		}
	}
	return len(s)
}

// tagEnd returns where the tag that s begins with ends: at a > outside the quoted
// values of its attributes; -1 if nowhere.
func (t *htmlReader) tagEnd(s string) int {
	var quote byte
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '>':
			return i
		case (c == '"' || c == '\'') && s[i-1] == '=' && !t.unquoted:
			quote = c
		}
	}
	t.unquoted = true
	return strings.IndexByte(s, '>')
}

func tagName(tag string) string {
	name := tag
	if i := strings.IndexAny(tag, spaces); i >= 0 {
		name = tag[:i]
	}
	if len(name) > 1 {
		name = strings.TrimSuffix(name, "/")
	}
	if len(name) > len("/blockquote") {
		return ""
	}
	return strings.ToLower(name)
}

// attribute returns the value of an attribute of a tag, "" if it has none.
func attribute(tag, name string) string {
	for {
		before, value, found := strings.Cut(tag, "=")
		if !found {
			return ""
		}
		value = strings.TrimLeft(value, spaces)
		ends := spaces
		if value != "" && (value[0] == '"' || value[0] == '\'') {
			value, ends = value[1:], value[:1]
		}
		end := strings.IndexAny(value, ends)
		if end < 0 {
			end = len(value)
		}
		value, tag = value[:end], value[end:]
		before = strings.TrimRight(before, spaces)
		if i := strings.LastIndexAny(before, spaces+`"'/`); strings.EqualFold(before[i+1:], name) {
			return strings.TrimSpace(value)
		}
	}
}

// skipElement returns what follows the end tag of an element, "" if it has none.
func skipElement(s, name string) string {
	for {
		_, rest, found := strings.Cut(s, "</")
		if !found {
			return ""
		}
		if len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
			_, rest, _ = strings.Cut(rest, ">")
			return rest
		}
		s = rest
	}
}
