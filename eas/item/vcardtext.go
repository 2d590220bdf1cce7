package item

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/emersion/go-vcard"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// What one vCard may be: two pictures of a camera, and more lines than any program
// writes.
const (
	maxCard      = 16 << 20 // bytes
	maxCardLines = 10_000   // properties
)

// decodeCard reads the first vCard of data, of version 2.1, 3.0 or 4.0. The values
// and parameters that it returns are shielded: what had an escape is behind the
// shield, so that what stands in the open divides a value of several parts.
// unshielded gives back the text.
func decodeCard(data []byte) (card vcard.Card, lost []Loss, err error) {
	if len(data) > maxCard {
		return nil, nil, fmt.Errorf("vCard: larger than %d MiB", maxCard>>20)
	}
	text, lost, err := plainCard(data)
	if err != nil {
		return nil, nil, fmt.Errorf("vCard: %w", err)
	}
	card, err = vcard.NewDecoder(bytes.NewReader(text)).Decode()
	if err != nil {
		return nil, nil, fmt.Errorf("vCard: %w: %w", ErrNotItem, err)
	}
	return card, lost, nil
}

// plainCard rewrites a vCard of any version into lines that go-vcard takes: one
// line a property whatever folded it, a name for every parameter, no transfer
// encoding but base64, no charset but UTF-8, no card inside a card, and shields in
// place of escapes.
func plainCard(data []byte) (text []byte, lost []Loss, err error) {
	r := newCardLines(cardText(data))
	var out bytes.Buffer
	for depth, n := 0, 0; ; {
		line, ok := r.next()
		if !ok {
			return nil, nil, fmt.Errorf("%w: it does not end", ErrNotItem)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if n++; n > maxCardLines {
			return nil, nil, fmt.Errorf("more than %d properties", maxCardLines)
		}
		switch {
		case isCardMark(line, "BEGIN:VCARD"):
			if depth++; depth > 1 { // 2.1 has the card of an AGENT so
				lost = append(lost, newLoss("AGENT", "", "a card inside a card"))
				continue
			}
		case depth == 0:
			return nil, nil, fmt.Errorf("%w: it does not begin", ErrNotItem)
		case isCardMark(line, "END:VCARD"):
			if depth--; depth > 0 {
				continue
			}
			out.WriteString("END:VCARD\n")
			if rest := bytes.TrimSpace(r.rest); len(rest) > 0 {
				lost = append(lost, newLoss("VCARD", lossText(rest), "after the first card: SplitVCards divides a file"))
			}
			return out.Bytes(), lost, nil
		case depth > 1:
			continue
		}
		property, ok := r.property(line)
		if !ok {
			lost = append(lost, newLoss("", lossText(line), "not a line of a vCard"))
			continue
		}
		out.WriteString(property)
		out.WriteByte('\n')
	}
}

// lossText is as much of a text as a Loss tells.
func lossText(text []byte) string { return cleanText(string(text[:min(len(text), MaxLossValue)])) }

func isCardMark(line []byte, mark string) bool {
	line = bytes.TrimSpace(line)
	return len(line) == len(mark) && strings.EqualFold(string(line), mark)
}

// cardText returns text in UTF-8 if it begins with a byte order mark, and without
// it, and with LF where it has only CR.
func cardText(data []byte) []byte {
	text, _, err := transform.Bytes(unicode.BOMOverride(encoding.Nop.NewDecoder()), data)
	if err != nil {
		text = data
	}
	if bytes.IndexByte(text, '\n') < 0 {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text
}

// cardLines reads the lines of a vCard.
type cardLines struct {
	rest []byte
	old  bool // 2.1: quoted-printable, parameters without names, few escapes
}

func newCardLines(text []byte) cardLines {
	r := cardLines{rest: text}
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(":"))
		switch {
		case equalFold(name, "version"):
			value = bytes.TrimSpace(value)
			r.old = bytes.HasPrefix(value, []byte("2."))
			return r
		case equalFold(name, "end"):
			return r
		}
	}
	return r
}

// next returns the next line, without its folds.
func (r *cardLines) next() (line []byte, ok bool) {
	line, ok = r.physical()
	encoding := r.encoding(line)
	if encoding == quotedPrintable {
		for bytes.HasSuffix(line, []byte("=")) && len(r.rest) > 0 { // RFC 2045 6.7 (5)
			more, _ := r.physical()
			line = append(append(line, "\r\n"...), more...)
		}
		return line, ok
	}
	for len(r.rest) > 0 && (r.rest[0] == ' ' || r.rest[0] == '\t') {
		more, _ := r.physical()
		if !r.old {
			more = more[1:] // in 2.1 the white space belongs to the text
		}
		line = append(line, more...)
	}
	// QUIRK(phones): base64 of several lines that no fold marks.
	for encoding == inBase64 && len(r.rest) > 0 && isBase64Line(r.rest) {
		more, _ := r.physical()
		line = append(line, more...)
	}
	return line, ok
}

// The transfer encodings that a value may be in.
const (
	quotedPrintable = "QUOTED-PRINTABLE"
	inBase64        = "B"
)

// encoding returns the transfer encoding of a line, "" if it has none. A line that
// is folded before its value has none: no program that writes one does that.
func (r *cardLines) encoding(line []byte) string {
	segments, _, ok := cutHead(string(line[:min(len(line), maxCardHead)]))
	for i := 1; ok && i < len(segments); i++ {
		if name, value := r.parameter(segments[i]); name == "ENCODING" {
			return transferEncoding(value)
		}
	}
	return ""
}

func transferEncoding(value string) string {
	switch value = strings.ToUpper(value); value {
	case quotedPrintable, inBase64:
		return value
	case "BASE64":
		return inBase64
	}
	return ""
}

// maxCardHead is how far the encoding of a property is looked for, in bytes.
const maxCardHead = 1 << 10

// isBase64Line tells whether the next line can only be base64.
func isBase64Line(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSpace(line)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
	return len(line) > 0 && len(bytes.Trim(line, alphabet)) == 0
}

// physical returns the text up to the next line break, in memory of its own. Every
// CR before it belongs to it.
//
// QUIRK(iPhone): there are exports whose lines end with CR CR LF.
func (r *cardLines) physical() (line []byte, ok bool) {
	if len(r.rest) == 0 {
		return nil, false
	}
	line, r.rest, _ = bytes.Cut(r.rest, []byte("\n"))
	return bytes.Clone(bytes.TrimRight(line, "\r")), true
}
