package fidelity

import (
	"bytes"
	"mime"
	"strings"
)

// Bounds of a tree of parts.
const (
	maxDepth    = 50
	maxBoundary = 4 << 10   // bytes of a delimiter line; RFC 2046 5.1.1 has 70
	maxLeaf     = 256 << 10 // bytes that are held of a signature or a key
	maxSigned   = 10        // signed parts
	maxKeys     = 8
)

// tree follows the parts of a body line by line. What is no delimiter and no header of a part it hardly looks at.
type tree struct {
	report *Report
	levels []level // multiparts and messages that are open, the outer first
	state  state
	line   []byte // the beginning of a line that is not whole yet
	long   bool   // in a line that is longer than any that matters
	head   []byte // of a part
	leaf   leaf
	signed captures
	room   int64 // how much may still be held of signatures with what they are about
}

type state byte

const (
	inContent state = iota // of a leaf, or between the parts
	inHeader               // of a part, or of a message in it
)

// level is a multipart, or a message in a part, which has no delimiter.
type level struct {
	delimiter []byte // "--" and the boundary; nil = a message
	digest    bool
	signed    *signedKind // of a multipart/signed
	parts     int
}

// begin looks at the message's own header, and tells whether its body is to be followed.
func (t *tree) begin(h header) bool {
	for _, raw := range h.autocrypt {
		t.signed.autocrypt(raw)
	}
	t.entity(h, false)
	return len(t.levels) > 0 || t.leaf.kind != leafPlain || t.leaf.sealed != "" || t.state == inHeader
}

// entity begins the body that a header announces.
func (t *tree) entity(h header, digest bool) {
	t.state, t.leaf = inContent, leaf{}
	if len(h.contentType) == 0 && !digest || isText(h.contentType) {
		return
	}
	value := unfold(h.contentType)
	kind, _, _ := strings.Cut(value, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind == "" && digest {
		kind = "message/rfc822"
	}
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		t.multipart(kind, value)
	case kind == "message/rfc822" || kind == "message/global":
		t.message(h)
	case kind == "text/calendar":
		t.report.Calendar = true
	default:
		t.leaf = newLeaf(kind, value, h)
		t.seal(t.leaf.sealed)
	}
}

// isText tells of a type, without looking further, that it is text, and no calendar: nearly all leaves.
func isText(value []byte) bool {
	value = bytes.TrimLeft(value, " \t\r\n")
	const text, calendar = "text/", "text/calendar"
	return len(value) > len(text) && bytes.EqualFold(value[:len(text)], []byte(text)) &&
		(len(value) < len(calendar) || !bytes.EqualFold(value[:len(calendar)], []byte(calendar)))
}

func (t *tree) multipart(kind, value string) {
	_, params, _ := mime.ParseMediaType(value)
	boundary := params["boundary"]
	if boundary == "" {
		boundary = looseBoundary(value)
	}
	switch {
	case boundary == "" || len(boundary) > maxBoundary/2:
		t.wrong(StructureNoBoundary)
		return
	case len(t.levels) == maxDepth:
		t.wrong(StructureDeep)
		return
	}
	l := level{delimiter: []byte("--" + strings.TrimRight(boundary, " \t")), digest: kind == "multipart/digest"}
	switch kind {
	case "multipart/signed":
		l.signed = newSignedKind(value)
	case "multipart/encrypted":
		t.seal(SealedPGP)
	}
	t.levels = append(t.levels, l)
}

// looseBoundary finds a boundary in a value that is not well-formed.
func looseBoundary(value string) string {
	const name = "boundary="
	i := 0
	for ; i+len(name) <= len(value) && !strings.EqualFold(value[i:i+len(name)], name); i++ {
	}
	if i+len(name) > len(value) {
		return ""
	}
	b := value[i+len(name):]
	if quoted, ok := strings.CutPrefix(b, `"`); ok {
		b, _, _ = strings.Cut(quoted, `"`)
		return b
	}
	b, _, _ = strings.Cut(b, ";")
	return strings.TrimSpace(b)
}

// message begins a message in a part, unless it is encoded (which RFC 2046 5.2.1 forbids): then it is a leaf.
func (t *tree) message(h header) {
	switch strings.ToLower(unfold(h.encoding)) {
	case "", "7bit", "8bit", "binary":
	default:
		return
	}
	if len(t.levels) == maxDepth {
		t.wrong(StructureDeep)
		return
	}
	t.levels = append(t.levels, level{})
	t.state, t.head = inHeader, t.head[:0]
}

// wrong keeps the first thing that is wrong.
func (t *tree) wrong(s Structure) {
	if t.report.Structure == "" {
		t.report.Structure = s
	}
}

func (t *tree) seal(s Sealed) {
	if s != "" && t.report.Sealed == "" {
		t.report.Sealed = s
	}
}

// write takes the next bytes of the body: whole lines at once, and what is left of one with what follows. What comes of a
// message does not depend on how it is cut.
func (t *tree) write(p []byte) {
	for len(p) > 0 {
		n := bytes.IndexByte(p, '\n') + 1
		switch {
		case t.long: // the rest of a line that is longer than any that matters
			piece := p
			if n > 0 {
				piece, t.long = p[:n], false
			}
			t.middle(piece)
			p = p[len(piece):]
		case len(t.line) > 0 && n > 0:
			t.line = append(t.line, p[:n]...)
			p = p[n:]
			t.lines(t.line)
			t.line = t.line[:0]
		case n > 0:
			end := bytes.LastIndexByte(p, '\n') + 1
			t.lines(p[:end])
			p = p[end:]
		case len(t.line)+len(p) <= t.longest():
			t.line = append(t.line, p...)
			return
		default:
			t.middle(t.line)
			t.line, t.long = t.line[:0], true
		}
	}
}

// longest is how long a line can be that matters.
func (t *tree) longest() int {
	if t.state == inHeader {
		return maxHeader
	}
	return maxBoundary
}

// middle takes a piece of a line that is too long to matter.
func (t *tree) middle(p []byte) {
	if t.state == inHeader {
		t.signed.take(p)
		return
	}
	t.content(p)
}

// lines takes whole lines, the last one perhaps without its end.
func (t *tree) lines(p []byte) {
	for len(p) > 0 {
		if t.state == inHeader {
			p = t.headerLine(p)
			continue
		}
		if !bytes.HasPrefix(p, dashes) {
			n := bytes.Index(p, lineDashes) + 1
			if n == 0 {
				t.content(p)
				return
			}
			t.content(p[:n])
			p = p[n:]
		}
		line := firstLine(p)
		if !t.delimiter(line) {
			t.content(line)
		}
		p = p[len(line):]
	}
}

var dashes, lineDashes = []byte("--"), []byte("\n--")

func firstLine(p []byte) []byte {
	if n := bytes.IndexByte(p, '\n'); n >= 0 {
		return p[:n+1]
	}
	return p
}

// headerLine takes a line of the header of a part.
func (t *tree) headerLine(p []byte) []byte {
	line := firstLine(p)
	p = p[len(line):]
	empty := len(bytes.TrimRight(line, "\r\n")) == 0
	if !empty && bytes.HasPrefix(line, []byte("--")) && t.delimiter(line) {
		return p
	}
	t.signed.take(line)
	if !empty {
		if len(t.head)+len(line) <= maxHeader {
			t.head = append(t.head, line...)
		}
		return p
	}
	t.endHeader()
	return p
}

// endHeader begins the body of a part, or of a message in it.
func (t *tree) endHeader() {
	var h header
	h.scan(t.head)
	digest := false
	if n := len(t.levels); n > 0 {
		digest = t.levels[n-1].digest
	}
	t.entity(h, digest)
	if t.state == inContent {
		t.head = t.head[:0]
	}
}

// content takes what is in no header.
func (t *tree) content(p []byte) {
	t.signed.take(p)
	t.leaf.take(p, t)
}

// delimiter ends the part before it, if the line is the delimiter of a multipart that is open.
func (t *tree) delimiter(line []byte) bool {
	text := bytes.TrimRight(line, " \t\r\n")
	if len(line) > maxBoundary {
		return false
	}
	for i := len(t.levels) - 1; i >= 0; i-- {
		rest, ok := bytes.CutPrefix(text, t.levels[i].delimiter)
		closing := string(rest) == "--"
		if t.levels[i].delimiter == nil || !ok || len(rest) > 0 && !closing {
			continue
		}
		t.endPart(i, line)
		if closing {
			if t.levels[i].parts == 0 {
				t.wrong(StructureNoParts)
			}
			t.levels = t.levels[:i]
			t.state = inContent // what is behind it belongs to the part around
		} else {
			t.beginPart(i)
		}
		return true
	}
	return false
}

// beginPart begins the next part of a level.
func (t *tree) beginPart(i int) {
	l := &t.levels[i]
	l.parts++
	t.state, t.head, t.leaf = inHeader, t.head[:0], leaf{}
	if l.signed != nil && l.parts == 1 {
		t.signed.begin(i, l.signed)
	}
}

// endPart ends what is open in the level. The line that ends it may be one of a signed part.
func (t *tree) endPart(i int, line []byte) {
	if t.state == inHeader { // a part without a body
		t.endHeader()
		t.state = inContent
	}
	t.endLeaf()
	for _, l := range t.levels[i+1:] {
		l.unclosed(t)
	}
	t.levels = t.levels[:i+1]
	t.signed.endPart(i, line)
}

// unclosed tells that the level has no end.
func (l *level) unclosed(t *tree) {
	switch {
	case l.delimiter == nil: // a message ends with the part that it is in
	case l.parts == 0:
		t.wrong(StructureNoParts)
	default:
		t.wrong(StructureUnclosed)
	}
}

func (t *tree) endLeaf() {
	l := &t.leaf
	if l.kind == leafPlain && l.sealed == "" {
		return
	}
	l.settle(t)
	if l.sealed != "" && !l.filled {
		t.report.Hollow = true
		t.wrong(StructureHollow)
	}
	if n := len(t.levels); n > 0 && t.levels[n-1].signed != nil && t.levels[n-1].parts == 2 {
		t.signed.signature(n-1, l)
	}
	switch l.kind {
	case leafKey:
		t.signed.key(l.decoded())
	case leafOpaque:
		t.signed.opaque(l)
	}
	*l = leaf{}
}

// end ends the body.
func (t *tree) end() {
	if len(t.line) > 0 {
		t.lines(t.line)
		t.line = t.line[:0]
	}
	if t.state == inHeader {
		t.endHeader()
	}
	t.endLeaf()
	for i := len(t.levels) - 1; i >= 0; i-- {
		t.levels[i].unclosed(t)
	}
	t.report.Signed = t.signed.verify()
}
