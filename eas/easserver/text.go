package easserver

import (
	"html"
	"strings"
)

// textOfHTML returns the text of an HTML document: enough for previews and for
// clients that want plain text, without layout.
func textOfHTML(s string) string {
	var b strings.Builder
	for {
		text, rest, ok := strings.Cut(s, "<")
		b.WriteString(strings.Map(lineBreaksToSpaces, text))
		if !ok {
			break
		}
		tag, after, _ := strings.Cut(rest, ">")
		s = after
		switch name := tagName(tag); name {
		case "br", "/p", "/div", "/tr", "/li", "/h1", "/h2", "/h3":
			b.WriteString("\r\n")
		case "script", "style", "head", "title":
			if _, after, ok := strings.Cut(strings.ToLower(s), "</"+name); ok {
				s = s[len(s)-len(after):]
				_, s, _ = strings.Cut(s, ">")
			}
		}
	}
	return strings.TrimSpace(html.UnescapeString(b.String()))
}

func tagName(tag string) string {
	if i := strings.IndexAny(tag, " \t\r\n"); i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(strings.TrimSuffix(tag, "/"))
}

func lineBreaksToSpaces(r rune) rune {
	if r == '\r' || r == '\n' {
		return ' '
	}
	return r
}

// htmlOfText returns a text as an HTML document.
func htmlOfText(s string) string {
	s = strings.ReplaceAll(html.EscapeString(s), "\r\n", "\n")
	return "<html><body>" + strings.ReplaceAll(s, "\n", "<br>\r\n") + "</body></html>"
}
