package item

import (
	"html"
	"strings"
)

// htmlText returns the words of an HTML body, for readers that show no HTML. The
// HTML itself is kept beside it, so this need not be a browser: tags go, some of
// them leave a line break, and what is not meant to be read goes with its tag.
func htmlText(s string) string {
	var b strings.Builder
	for s != "" {
		text, rest, found := strings.Cut(s, "<")
		writeWords(&b, text)
		if !found {
			break
		}
		if comment, ok := strings.CutPrefix(rest, "!--"); ok {
			_, s, _ = strings.Cut(comment, "-->")
			continue
		}
		tag, after, closed := strings.Cut(rest, ">")
		if !closed {
			writeWords(&b, "<"+rest)
			break
		}
		s = after
		switch name := tagName(tag); name {
		case "br":
			b.WriteByte('\n')
		case "p", "/p", "div", "/div", "tr", "li", "table", "ul", "ol", "h1", "/h1", "h2", "/h2", "h3", "/h3":
			endLine(&b)
		case "head", "style", "script", "title":
			s = skipElement(s, name)
		}
	}
	return strings.TrimSpace(html.UnescapeString(b.String()))
}

// writeWords writes text with its white space collapsed, as HTML has it.
func writeWords(b *strings.Builder, text string) {
	if text == "" {
		return
	}
	words := strings.Fields(text)
	if len(words) == 0 || strings.TrimLeft(text, " \t\r\n") != text {
		endWord(b)
	}
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	if len(words) > 0 && strings.TrimRight(text, " \t\r\n") != text {
		endWord(b)
	}
}

func endWord(b *strings.Builder) {
	if s := b.String(); s != "" && s[len(s)-1] != ' ' && s[len(s)-1] != '\n' {
		b.WriteByte(' ')
	}
}

// endLine ends a line that has something in it.
func endLine(b *strings.Builder) {
	if s := b.String(); s != "" && s[len(s)-1] != '\n' {
		b.WriteByte('\n')
	}
}

func tagName(tag string) string {
	name := tag
	if i := strings.IndexAny(tag, " \t\r\n"); i >= 0 {
		name = tag[:i]
	}
	if len(name) > 1 {
		name = strings.TrimSuffix(name, "/")
	}
	if len(name) > len("script") {
		return ""
	}
	return strings.ToLower(name)
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
