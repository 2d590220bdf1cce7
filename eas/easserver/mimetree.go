package easserver

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"strings"
)

// Bounds of what is read of a message to find its texts and attachments.
const (
	maxText  = 4 << 20 // bytes of a text part
	maxDepth = 16      // multiparts in each other
	maxParts = 1000
)

// attachment is a leaf of a message that is not its text.
type attachment struct {
	index       int // counts the leaves of the message
	name        string
	contentType string
	contentID   string
	location    string
	inline      bool
	message     bool // message/rfc822
	size        int64
}

// mailBody is what a message shows: its texts and its attachments.
type mailBody struct {
	text, html  string
	hasText     bool
	hasHTML     bool
	calendar    string // a text/calendar part, and
	method      string // its method parameter
	attachments []attachment
}

// nativeType is the format of the text as it came. MS-ASAIRS 2.2.2.32.
func (b *mailBody) nativeType() int {
	if b.hasHTML {
		return typeHTML
	}
	return typePlain
}

// leaf is a part of a message that has no parts.
type leaf struct {
	index       int
	contentType string
	params      map[string]string
	disposition string
	name        string
	contentID   string
	location    string
	body        io.Reader // decoded
}

// body reads the message and returns its texts and a list of its attachments. A
// message that is broken gives what could be read.
func (c *Content) body() *mailBody {
	b := &mailBody{}
	r, err := c.open()
	if err != nil {
		return b
	}
	defer r.Close()
	walkMessage(r, func(l leaf) bool {
		b.take(l)
		return true
	})
	return b
}

func (b *mailBody) take(l leaf) {
	plainText := l.disposition != "attachment" && l.name == ""
	switch {
	case l.contentType == "text/calendar" && b.calendar == "":
		b.calendar, b.method = l.text(), l.params["method"]
	case plainText && l.contentType == "text/plain" && !b.hasText:
		b.text, b.hasText = l.text(), true
	case plainText && l.contentType == "text/html" && !b.hasHTML:
		b.html, b.hasHTML = l.text(), true
	default:
		n, _ := io.Copy(io.Discard, l.body)
		b.attachments = append(b.attachments, attachment{
			index: l.index, name: l.fileName(), contentType: l.contentType, contentID: strings.Trim(l.contentID, "<>"),
			location: l.location, inline: l.disposition == "inline" || l.contentID != "" && l.disposition == "",
			message: l.contentType == "message/rfc822", size: n,
		})
	}
}

// text returns the part as UTF-8.
func (l leaf) text() string {
	r := io.LimitReader(l.body, maxText)
	if cs := strings.ToLower(l.params["charset"]); cs != "" && cs != "utf-8" && cs != "us-ascii" {
		if conv, err := charsetReader(cs, r); err == nil {
			r = conv
		}
	}
	b, _ := io.ReadAll(r)
	return cleanText(string(b))
}

// cleanText drops what an XML text cannot hold.
func cleanText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func (l leaf) fileName() string {
	switch {
	case l.name != "":
		return l.name
	case l.contentType == "message/rfc822":
		return "message.eml"
	}
	return "attachment"
}

// walkMessage calls visit for every leaf of a message until it returns false.
func walkMessage(r io.Reader, visit func(leaf) bool) {
	w := walker{visit: visit}
	br := newLineReader(r)
	w.entity(br.header(), br, 0)
}

type walker struct {
	visit func(leaf) bool
	next  int
	done  bool
}

func (w *walker) entity(h map[string]string, r io.Reader, depth int) {
	if w.done || w.next >= maxParts {
		return
	}
	ct, params, err := mime.ParseMediaType(h["content-type"])
	if err != nil && ct == "" {
		ct = "text/plain"
	}
	if strings.HasPrefix(ct, "multipart/") && params["boundary"] != "" && depth < maxDepth {
		w.multipart(multipart.NewReader(r, params["boundary"]), depth)
		return
	}
	disposition, dparams, _ := mime.ParseMediaType(h["content-disposition"])
	name := dparams["filename"]
	if name == "" {
		name = params["name"]
	}
	l := leaf{
		index: w.next, contentType: ct, params: params, disposition: disposition, name: decodeWords(name),
		contentID: h["content-id"], location: h["content-location"], body: decodeTransfer(h["content-transfer-encoding"], r),
	}
	w.next++
	w.done = !w.visit(l)
}

func (w *walker) multipart(mr *multipart.Reader, depth int) {
	for !w.done {
		p, err := mr.NextRawPart()
		if err != nil {
			return
		}
		h := map[string]string{}
		for k, v := range p.Header {
			h[strings.ToLower(k)] = strings.Map(unfold, v[0])
		}
		w.entity(h, p, depth+1)
	}
}

func decodeTransfer(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	}
	return r
}

// lineReader reads the header section of a message and then is its body.
type lineReader struct {
	buf []byte
	r   io.Reader
}

func newLineReader(r io.Reader) *lineReader { return &lineReader{r: r} }

func (l *lineReader) header() map[string]string {
	head, _ := io.ReadAll(io.LimitReader(l.r, maxHeader))
	end := len(head)
	for _, sep := range []string{"\n\r\n", "\n\n"} {
		if i := bytes.Index(head[:end], []byte(sep)); i >= 0 {
			end = i + len(sep)
		}
	}
	l.buf = head[end:]
	h := map[string]string{}
	for name, value := range headerFields(head[:end]) {
		if _, ok := h[name]; !ok {
			h[name] = value
		}
	}
	return h
}

func (l *lineReader) Read(p []byte) (int, error) {
	if len(l.buf) > 0 {
		n := copy(p, l.buf)
		l.buf = l.buf[n:]
		return n, nil
	}
	return l.r.Read(p)
}
