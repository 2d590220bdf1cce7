package wbxml

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
)

// xmlValue is the string or opaque value that is being read from XML.
type xmlValue struct {
	begun  xmlBegin
	base64 bool
	quanta []byte // base64 characters that wait for their fours
	padded bool   // base64 has ended with "="
	layout []byte // white space that is data only if more than white space follows
}

// maxLayout is how much white space between two elements may be layout.
const maxLayout = 4 << 10

// text takes text of the innermost element. White space alone between tags is
// layout, unless it is data for sure: from references, CDATA, after <?string?>.
func (x *xmlReader) text(p []byte, data bool) {
	v := &x.value
	if v.base64 {
		x.base64Text(p)
		return
	}
	if v.begun == beginNothing && !data {
		n := len(p) - len(bytes.TrimLeft(p, " \t\n"))
		v.layout = append(v.layout, p[:n]...)
		if p = p[n:]; len(p) == 0 && len(v.layout) <= maxLayout {
			return
		}
	}
	if v.begun == beginNothing {
		x.begin(beginString)
		x.put(v.layout)
		v.layout = v.layout[:0]
	}
	x.put(p)
}

func (x *xmlReader) begin(what xmlBegin) {
	x.value.begun = what
	if x.err == nil {
		x.sinkErr(x.sink.data(nil, what))
	}
}

func (x *xmlReader) put(p []byte) {
	if x.value.begun == beginString && bytes.IndexByte(p, 0) >= 0 {
		x.fail(x.offset(), "NUL in a string: WBXML has it in opaque values only")
	}
	if x.err == nil && len(p) > 0 {
		x.sinkErr(x.sink.data(p, beginNothing))
	}
}

func (x *xmlReader) sinkErr(err error) {
	if x.err == nil && err != nil {
		x.err = err
	}
}

// base64Text collects base64, white space apart, and decodes what is complete.
func (x *xmlReader) base64Text(p []byte) {
	v := &x.value
	for _, c := range p {
		if !isSpace(c) {
			v.quanta = append(v.quanta, c)
		}
		if len(v.quanta) == 4<<10 {
			x.decodeBase64()
		}
	}
}

func (x *xmlReader) decodeBase64() {
	v := &x.value
	if len(v.quanta) == 0 {
		return
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(v.quanta)))
	n, err := base64.StdEncoding.Strict().Decode(out, v.quanta)
	if err != nil || v.padded {
		x.fail(x.offset(), "text that is not base64")
		return
	}
	v.padded = v.quanta[len(v.quanta)-1] == '='
	v.quanta = v.quanta[:0]
	x.put(out[:n])
}

// endValue ends the value at a tag or an instruction.
func (x *xmlReader) endValue() {
	x.decodeBase64()
	v := &x.value
	v.begun, v.base64, v.padded, v.layout = beginNothing, false, false, v.layout[:0]
}

// instruction acts on the processing instruction in x.token.
func (x *xmlReader) instruction(at int64) {
	target, rest, _ := strings.Cut(string(x.token), " ")
	rest = strings.TrimSpace(rest)
	if len(x.open) == 0 {
		x.prologInstruction(at, target, rest)
		return
	}
	form := rest == "base64"
	if (rest != "" && !form) && target != "cut" {
		x.fail(at, fmt.Sprintf("processing instruction <?%.40s?> is not understood", x.token))
		return
	}
	switch target {
	case "string", "opaque":
		x.endValue()
		x.value.base64 = form
		if target == "string" {
			x.begin(beginString)
		} else {
			x.begin(beginOpaque)
		}
	case "continue":
		if x.value.begun == beginNothing {
			x.fail(at, "<?continue?> without a value before it")
			return
		}
		x.decodeBase64()
		x.value.base64, x.value.padded = form, false
	case "diverted":
		x.endValue()
		x.begin(beginDiverted)
		x.value.begun = beginNothing
	case "cut":
		x.fail(at, "a value of "+rest+" bytes was cut when the XML was written")
	default:
		x.fail(at, fmt.Sprintf("processing instruction <?%.40s?> is not understood", x.token))
	}
}

// prologInstruction acts on an instruction outside of the root element. Those of
// others are none of ours there.
func (x *xmlReader) prologInstruction(at int64, target, rest string) {
	switch target {
	case "xml":
		_, encoding, ok := strings.Cut(rest, "encoding=")
		encoding = strings.ToLower(encoding)
		if ok && !strings.HasPrefix(encoding, `"utf-8"`) && !strings.HasPrefix(encoding, `'utf-8'`) {
			x.fail(at, fmt.Sprintf("XML in the encoding %.20s: UTF-8 is wanted", encoding))
		}
	case "strtbl":
		table, err := base64.StdEncoding.DecodeString(rest)
		if err != nil || len(table) > x.lim.Name || x.table != "" || x.done {
			x.fail(at, "<?strtbl?> is not one string table within the limit")
			return
		}
		x.table = string(table)
	}
}
