package wbxml

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// xmlReader reads the part of XML 1.0 that WBXML has a form for: elements in
// namespaces, text, and the processing instructions of this package. DOCTYPE and
// attributes other than xmlns are refused.
type xmlReader struct {
	input
	lim   Limits
	sink  xmlSink
	open  []xmlOpen
	names []byte // the names of the open elements, as their end tags must spell them
	scope []xmlBinding
	table string // the string table, from <?strtbl?>
	token []byte // the name, attribute or instruction that is being read
	done  bool   // the root element has ended
	value xmlValue
}

type xmlOpen struct {
	names, scope int // where its own begin
}

func newXMLReader(r io.Reader, lim Limits) *xmlReader {
	lim = lim.withDefaults()
	return &xmlReader{input: input{src: r, buf: make([]byte, bufferSize), max: lim.Document}, lim: lim}
}

// byte returns the next byte, 0 with x.err set at the end of the input.
func (x *xmlReader) byte() byte {
	if x.r == x.w && !x.more() {
		x.truncated("the XML ends before its root element does")
		return 0
	}
	x.r++
	return x.buf[x.r-1]
}

// content reads one piece of the innermost element: text up to a mark, and it.
func (x *xmlReader) content() {
	if x.r == x.w && !x.more() {
		x.byte()
		return
	}
	p := x.buf[x.r:x.w]
	n := 0
	for n < len(p) && p[n] != '<' && p[n] != '&' && (p[n] >= 0x20 || p[n] == '\n' || p[n] == '\t') {
		n++
	}
	x.r += n
	x.text(p[:n], false)
	if n == len(p) || x.err != nil {
		return
	}
	x.r++
	switch p[n] {
	case '<':
		x.markup()
	case '&':
		x.reference()
	case '\r': // XML 1.0 section 2.11: CR and CR LF are read as LF
		if x.peek(1); x.r < x.w && x.buf[x.r] == '\n' {
			x.r++
		}
		x.text([]byte{'\n'}, false)
	default:
		x.fail(x.offset()-1, fmt.Sprintf("character 0x%02X, which XML does not have", p[n]))
	}
}

// markup reads what begins with "<".
func (x *xmlReader) markup() {
	at := x.offset() - 1
	switch c := x.byte(); {
	case x.err != nil:
	case c == '?':
		if x.until("?>") {
			x.instruction(at)
		}
	case c == '!':
		x.declaration(at)
	case c == '/':
		x.endTag(at)
	default:
		x.r--
		x.startTag(at)
	}
}

// declaration reads comments and CDATA.
func (x *xmlReader) declaration(at int64) {
	x.peek(7)
	switch head := x.buf[x.r:x.w]; {
	case bytes.HasPrefix(head, []byte("--")):
		x.r += 2
		x.through("-->", func(byte) {})
	case bytes.HasPrefix(head, []byte("[CDATA[")) && len(x.open) > 0:
		x.r += 7
		x.through("]]>", func(c byte) { x.text([]byte{c}, true) })
	default:
		x.fail(at, "a declaration that has no form in WBXML")
	}
}

// through reads up to an end mark of three bytes, the first two the same, and
// gives what comes before it to each.
func (x *xmlReader) through(mark string, each func(byte)) {
	seen := 0 // bytes of the mark's first two
	for x.err == nil {
		c := x.byte()
		switch {
		case x.err != nil:
			return
		case c == mark[2] && seen == 2:
			return
		case c == mark[0] && seen < 2:
			seen++
			continue
		case c == mark[0]: // "]]]": the first is not of the mark
			each(c)
			continue
		}
		for ; seen > 0; seen-- {
			each(mark[0])
		}
		each(c)
	}
}

// until reads up to an end mark into x.token.
func (x *xmlReader) until(mark string) bool {
	x.token = x.token[:0]
	for x.err == nil {
		x.token = append(x.token, x.byte())
		if bytes.HasSuffix(x.token, []byte(mark)) {
			x.token = x.token[:len(x.token)-len(mark)]
			return x.err == nil
		}
		if len(x.token) > 2*x.lim.Name {
			x.exceed("Name", int64(x.lim.Name))
		}
	}
	return false
}

// reference reads &lt; and the like; a reference is never layout.
func (x *xmlReader) reference() {
	at := x.offset() - 1
	if !x.until(";") {
		return
	}
	var c rune
	switch name := string(x.token); name {
	case "lt":
		c = '<'
	case "gt":
		c = '>'
	case "amp":
		c = '&'
	case "quot":
		c = '"'
	case "apos":
		c = '\''
	default:
		digits, base := strings.TrimPrefix(name, "#"), 10
		if hex, ok := strings.CutPrefix(digits, "x"); ok {
			digits, base = hex, 16
		}
		n, err := strconv.ParseUint(digits, base, 21)
		c = rune(n)
		if !strings.HasPrefix(name, "#") || err != nil || !utf8.ValidRune(c) || !isXMLText(utf8.AppendRune(nil, c)) {
			x.fail(at, fmt.Sprintf("reference &%.20s; to no character", name))
			return
		}
	}
	x.text(utf8.AppendRune(nil, c), true)
}
