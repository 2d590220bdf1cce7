package wbxml

import (
	"encoding/base64"
	"strconv"
)

// begin, add and finish write one string or opaque value.
func (x *xmlWriter) begin(opaque bool) {
	x.closeTag()
	x.opaque, x.begun, x.total = opaque, false, 0
	x.window = x.window[:0]
}

func (x *xmlWriter) add(p []byte) {
	p = p[:x.room(len(p))]
	for len(p) > 0 {
		n := min(len(p), xmlWindow-len(x.window))
		x.window = append(x.window, p[:n]...)
		p = p[n:]
		if len(x.window) == xmlWindow {
			x.emit(false)
		}
	}
}

func (x *xmlWriter) addString(s string) {
	s = s[:x.room(len(s))]
	for len(s) > 0 {
		n := min(len(s), xmlWindow-len(x.window))
		x.window = append(x.window, s[:n]...)
		s = s[n:]
		if len(x.window) == xmlWindow {
			x.emit(false)
		}
	}
}

// room counts n more bytes of the value and returns how many of them to write.
func (x *xmlWriter) room(n int) int {
	before := x.total
	x.total += int64(n)
	if x.max <= 0 {
		return n
	}
	return int(max(0, min(int64(n), int64(x.max)-before)))
}

func (x *xmlWriter) finish() {
	cut := x.max > 0 && x.total > int64(x.max)
	if cut {
		x.window = x.window[:len(x.window)-incompleteRune(x.window)]
	}
	x.emit(true)
	if cut {
		x.b = append(x.b, "<?cut "...)
		x.b = strconv.AppendInt(x.b, x.total, 10)
		x.b = append(x.b, "?>"...)
	}
	x.open[len(x.open)-1].text = true
}

// emit writes the window: as text if all of it is XML text, else as base64. What
// does not make a whole character, or three bytes for base64, waits for the next.
func (x *xmlWriter) emit(final bool) {
	n := len(x.window)
	if !final {
		n -= incompleteRune(x.window)
	}
	base64Form := !isXMLText(x.window[:n])
	if base64Form {
		if n = len(x.window); !final {
			n -= n % 3
		}
	}
	x.instruct(base64Form)
	if base64Form {
		x.b = base64.StdEncoding.AppendEncode(x.b, x.window[:n])
	} else {
		x.b = appendXMLText(x.b, x.window[:n])
	}
	x.window = x.window[:copy(x.window, x.window[n:])]
	x.flush(xmlFlush)
}

// instruct writes the processing instruction that the next bytes of a value need.
func (x *xmlWriter) instruct(base64Form bool) {
	target := ""
	e := &x.open[len(x.open)-1]
	switch {
	case x.begun && x.base64 != base64Form && len(x.window) > 0:
		target = "continue"
	case x.begun:
		return
	case x.opaque:
		target = "opaque"
	case base64Form, e.text, e.children, len(x.window) == 0, isSpace(x.window[0]):
		target = "string"
	}
	x.begun, x.base64 = true, base64Form
	if target == "" {
		return
	}
	x.b = append(append(x.b, "<?"...), target...)
	if base64Form {
		x.b = append(x.b, " base64"...)
	}
	x.b = append(x.b, "?>"...)
}
