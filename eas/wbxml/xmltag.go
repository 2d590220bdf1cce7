package wbxml

import (
	"bytes"
	"fmt"
	"strings"
)

// xmlBinding is a namespace declaration. A namespace that is no code page may be
// declared, but no element may use it.
type xmlBinding struct {
	prefix, namespace string
}

// maxBindings bounds the namespace declarations in scope.
const maxBindings = 256

// startTag reads a start tag or an empty-element tag behind its "<".
func (x *xmlReader) startTag(at int64) {
	x.endValue()
	if x.done {
		x.fail(at, "a second root element")
	}
	if len(x.open) >= x.lim.Depth {
		x.exceed("Depth", int64(x.lim.Depth))
	}
	if !x.name() {
		return
	}
	x.open = append(x.open, xmlOpen{len(x.names), len(x.scope)})
	x.names = append(x.names, x.token...)
	empty := x.attributes()
	if x.err != nil {
		return
	}
	tag, literal, err := x.resolve(string(x.names[x.open[len(x.open)-1].names:]))
	if err != nil {
		x.fail(at, err.Error())
		return
	}
	x.sinkErr(x.sink.start(tag, literal))
	if empty && x.err == nil {
		x.close()
	}
}

// endTag reads an end tag behind its "</".
func (x *xmlReader) endTag(at int64) {
	x.endValue()
	if !x.name() {
		return
	}
	if n := len(x.open); n == 0 || !bytes.Equal(x.token, x.names[x.open[n-1].names:]) {
		x.fail(at, fmt.Sprintf("end tag </%.60s> does not match", x.token))
		return
	}
	if c := x.skipSpace(); c != '>' {
		x.fail(at, "an end tag without its >")
		return
	}
	x.close()
}

func (x *xmlReader) close() {
	n := len(x.open) - 1
	x.names = x.names[:x.open[n].names]
	x.scope = x.scope[:x.open[n].scope]
	x.open = x.open[:n]
	x.done = n == 0
	x.sinkErr(x.sink.end())
}

// name reads a name with or without a prefix into x.token.
func (x *xmlReader) name() bool {
	at := x.offset()
	x.token = x.token[:0]
	for x.err == nil {
		c := x.byte()
		if isSpace(c) || c == '=' || c == '/' || c == '>' || c == '<' {
			x.r--
			break
		}
		x.token = append(x.token, c)
		if len(x.token) > 2*maxLiteral {
			x.fail(at, "a name of too many bytes")
		}
	}
	prefix, local, prefixed := strings.Cut(string(x.token), ":")
	if !prefixed {
		prefix, local = "_", prefix
	}
	if x.err == nil && (!isName(prefix) || !isName(local)) {
		x.fail(at, fmt.Sprintf("%.60q is no name", x.token))
	}
	return x.err == nil
}

// skipSpace returns the next byte that is not white space.
func (x *xmlReader) skipSpace() byte {
	for {
		if c := x.byte(); x.err != nil || !isSpace(c) {
			return c
		}
	}
}

// attributes reads the rest of a start tag and tells whether it closes the element.
func (x *xmlReader) attributes() (empty bool) {
	for x.err == nil {
		at := x.offset()
		switch c := x.skipSpace(); {
		case x.err != nil:
		case c == '>':
			return false
		case c == '/':
			if x.byte() != '>' {
				x.fail(at, "a / inside of a tag")
			}
			return true
		default:
			x.r--
			x.attribute(at)
		}
	}
	return false
}

func (x *xmlReader) attribute(at int64) {
	if !x.name() {
		return
	}
	name := string(x.token)
	if x.skipSpace() != '=' {
		x.fail(at, fmt.Sprintf("attribute %.60s without a value", name))
		return
	}
	quote := x.skipSpace()
	if quote != '"' && quote != '\'' {
		x.fail(at, fmt.Sprintf("attribute %.60s without quotes", name))
		return
	}
	if !x.until(string(quote)) {
		return
	}
	prefix, ok := strings.CutPrefix(name, "xmlns")
	if !ok || prefix != "" && prefix[0] != ':' {
		x.fail(at, fmt.Sprintf("attribute %.60s: there are none in ActiveSync", name))
		return
	}
	if len(x.scope) >= maxBindings {
		x.fail(at, "too many namespace declarations")
		return
	}
	x.scope = append(x.scope, xmlBinding{strings.TrimPrefix(prefix, ":"), string(x.token)})
}

// resolve finds the tag of an element's name.
func (x *xmlReader) resolve(name string) (tag Tag, literalName string, err error) {
	prefix, local, ok := strings.Cut(name, ":")
	if !ok {
		prefix, local = "", name
	}
	for i := len(x.scope) - 1; i >= 0; i-- {
		if x.scope[i].prefix != prefix {
			continue
		}
		namespace := x.scope[i].namespace
		page, ok := lookupPage(namespace)
		if !ok {
			return 0, "", fmt.Errorf("element %.60s: namespace %.60q is no code page", name, namespace)
		}
		if tag, ok := lookupName(page, local); ok {
			return tag, "", nil
		}
		if strings.Contains(x.table, local+"\x00") {
			return Tag(page)<<8 | literal, local, nil
		}
		return 0, "", fmt.Errorf("namespace %s has no tag %.60s", namespace, local)
	}
	return 0, "", fmt.Errorf("element %.60s has no namespace", name)
}
