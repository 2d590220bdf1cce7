package item

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/emersion/go-vcard"
)

// card is a vCard while it is filled.
type card struct {
	vcard.Card
	old bool // of version 3.0
}

// add adds a property of type TEXT; without a value there is none.
func (c card) add(name, value string, params ...param) {
	if c.old { // where a semicolon needs an escape in any text: RFC 2426 4
		c.structured(name, "", []string{value}, params...)
		return
	}
	c.put(name, cleanText(value), params)
}

// uri adds a property whose value is a URI: it has no escapes.
func (c card) uri(name, value string, params ...param) { c.put(name, shield(value), params) }

// structured adds a property whose value has several parts.
func (c card) structured(name, sep string, values []string, params ...param) {
	c.put(name, parts(sep, values), params)
}

func (c card) put(name, value string, params []param) {
	if value != "" {
		c.Add(name, &vcard.Field{Value: value, Params: parameters(params)})
	}
}

func (c card) serialize() ([]byte, error) {
	var b bytes.Buffer
	if err := vcard.NewEncoder(&b).Encode(c.Card); err != nil {
		return nil, fmt.Errorf("vCard: %w", err)
	}
	return fold(unshield(b.Bytes())), nil
}

// fold folds lines that are longer than 75 octets, between characters and never
// inside one (RFC 6350 3.2): go-vcard does not.
func fold(b []byte) []byte {
	const most = 75
	out := make([]byte, 0, len(b)+len(b)/16)
	for line := range bytes.SplitAfterSeq(b, []byte("\r\n")) {
		for room := most; len(line) > room+len("\r\n"); room = most - 1 {
			cut := room
			for !utf8.RuneStart(line[cut]) {
				cut--
			}
			out = append(append(out, line[:cut]...), "\r\n "...)
			line = line[cut:]
		}
		out = append(out, line...)
	}
	return out
}
