package wbxml

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

//go:generate go run ./internal/gentokens

// Tag is an element's name as WBXML has it: code page and token, page<<8|token.
// A token is 0x05 to 0x3F; the bits for attributes and content are not part of
// it. Token 0x04 stands for a LITERAL tag: see [Element.Literal] and [Decoder.Literal].
type Tag uint16

// literal is the token of a tag that is not in the code page but spelled out in
// the document's string table.
const literal = 0x04

type codePage struct {
	namespace string
	names     *[64]string
}

// Page returns the code page.
func (t Tag) Page() uint8 { return uint8(t >> 8) }

// Token returns the token without its attribute and content bits.
func (t Tag) Token() uint8 { return uint8(t) }

// Namespace returns the XML namespace of the code page, such as "AirSync", and
// "page30" for page 30, which has none.
func (t Tag) Namespace() string {
	if ns := codePages[t.Page()].namespace; ns != "" {
		return ns
	}
	return "page" + strconv.Itoa(int(t.Page()))
}

// Name returns the local name, such as "Sync", and "tag1F" for the token 0x1F
// where it has none.
func (t Tag) Name() string {
	if name := t.known(); name != "" {
		return name
	}
	return fmt.Sprintf("tag%02X", t.Token())
}

// Known tells whether the token has a name.
func (t Tag) Known() bool { return t.known() != "" }

func (t Tag) known() string {
	names := codePages[t.Page()].names
	if names == nil || t.Token() >= uint8(len(names)) {
		return ""
	}
	return names[t.Token()]
}

// String returns "AirSync:Sync".
func (t Tag) String() string { return t.Namespace() + ":" + t.Name() }

// valid tells whether the token can stand in a document as it is.
func (t Tag) valid() bool { return t.Token() >= 0x05 && t.Token() <= 0x3F }

// Lookup finds the tag with a namespace and a name. It also knows the forms that
// Namespace and Name give for pages and tokens without a name, and only those:
// "AirSync:tag05" is not found, since that token is AirSync:Sync.
func Lookup(namespace, name string) (Tag, bool) {
	page, ok := lookupPage(namespace)
	if !ok {
		return 0, false
	}
	return lookupName(page, name)
}

func lookupPage(namespace string) (uint8, bool) {
	if page, ok := nameIndex().pages[namespace]; ok {
		return page, true
	}
	digits, ok := strings.CutPrefix(namespace, "page")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 8)
	if err != nil || codePages[n].namespace != "" || strconv.Itoa(int(n)) != digits {
		return 0, false
	}
	return uint8(n), true
}

func lookupName(page uint8, name string) (Tag, bool) {
	if t, ok := nameIndex().tags[pageName{page, name}]; ok {
		return t, true
	}
	digits, ok := strings.CutPrefix(name, "tag")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 8)
	t := Tag(page)<<8 | Tag(n)
	if err != nil || !t.valid() || t.Name() != name {
		return 0, false
	}
	return t, true
}

type pageName struct {
	page uint8
	name string
}

type names struct {
	pages map[string]uint8
	tags  map[pageName]Tag
}

// nameIndex is the inverse of codePages, made when the first name is looked up.
var nameIndex = sync.OnceValue(func() names {
	x := names{map[string]uint8{}, map[pageName]Tag{}}
	for page, p := range codePages {
		if p.names == nil {
			continue
		}
		x.pages[p.namespace] = uint8(page)
		for token, name := range p.names {
			if name != "" {
				x.tags[pageName{uint8(page), name}] = Tag(page<<8 | token)
			}
		}
	}
	return x
})
