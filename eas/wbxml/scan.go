package wbxml

import (
	"bytes"
	"fmt"
	"math"
	"unicode/utf8"
)

// Global tokens, WBXML 1.3 section 7.1. Bits 6 and 7 of a tag's token say that it
// has content and attributes; LITERAL has the four forms that follow from that.
const (
	tokSwitchPage = 0x00
	tokEnd        = 0x01
	tokEntity     = 0x02
	tokStrI       = 0x03
	tokLiteral    = 0x04
	tokPI         = 0x43
	tokStrT       = 0x83
	tokOpaque     = 0xC3

	bitContent    = 0x40
	bitAttributes = 0x80
	maskTag       = 0x3F
)

// event is what the scanner met in the innermost open element.
type event uint8

const (
	evError event = iota
	evStart       // a child: it is the innermost element now
	evEnd         // the element ended: it is no longer on the stack
	evValue       // a piece of the value: read it with chunk, or next skips it
)

// piece is the kind of the value piece that is being read.
type piece uint8

const (
	pieceNone   piece = iota
	pieceString       // up to the next NUL
	pieceOpaque       // d.left bytes
	pieceHeld         // d.held: from the string table, or an entity
)

// next goes on to the next event of the innermost open element.
func (d *Decoder) next() event {
	for d.piece != pieceNone {
		d.chunk()
	}
	if d.err != nil {
		return evError
	}
	if top := len(d.stack) - 1; d.stack[top].empty {
		d.stack = d.stack[:top]
		return evEnd
	}
	for {
		b, ok := d.byte()
		switch {
		case !ok:
			return evError
		case b == tokEnd:
			d.stack = d.stack[:len(d.stack)-1]
			return evEnd
		case b == tokStrI:
			d.piece = pieceString
			return evValue
		case b == tokSwitchPage:
			d.page, _ = d.byte()
		case b == tokPI:
			d.skipAttributes()
		case b&maskTag >= tokLiteral:
			return d.push(b)
		default:
			return d.openPiece(b)
		}
	}
}

// push opens the element whose tag token was read.
func (d *Decoder) push(b byte) event {
	f := frame{tag: Tag(d.page)<<8 | Tag(b&maskTag), empty: b&bitContent == 0}
	if b&maskTag == tokLiteral && !d.literalTag(&f) {
		return evError
	}
	if len(d.stack) >= d.lim.Depth {
		d.exceed("Depth", int64(d.lim.Depth))
		return evError
	}
	d.stack = append(d.stack, f)
	if b&bitAttributes != 0 && !d.skipAttributes() {
		return evError
	}
	return evStart
}

// openPiece prepares the value pieces other than inline strings.
func (d *Decoder) openPiece(b byte) event {
	at := d.Offset() - 1
	if b != tokOpaque && b != tokStrT && b != tokEntity {
		return d.failed(at, fmt.Sprintf("extension token 0x%02X, which ActiveSync does not use", b))
	}
	n, ok := d.uint32()
	if !ok {
		return evError
	}
	switch b {
	case tokOpaque:
		d.piece, d.left = pieceOpaque, int64(n)
		return evValue
	case tokStrT:
		s, ok := d.tableString(at, n)
		if !ok {
			return evError
		}
		// The table's strings may be named again and again: what they grow to
		// counts as if it stood in the document.
		if d.expanded += int64(len(s)); d.expanded > d.lim.Document {
			d.exceed("Document", d.lim.Document)
			return evError
		}
		d.held = append(d.held[:0], s...)
	case tokEntity:
		if n == 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return d.failed(at, fmt.Sprintf("entity %d is no character", n))
		}
		d.held = utf8.AppendRune(d.held[:0], rune(n))
	}
	d.piece = pieceHeld
	return evValue
}

// chunk returns the next bytes of the current piece as they lie in the buffer,
// valid until the next call that reads. The piece is over when d.piece is none.
func (d *Decoder) chunk() []byte {
	if d.piece == pieceHeld {
		d.piece = pieceNone
		return d.held
	}
	if d.piece == pieceOpaque && d.left == 0 {
		d.piece = pieceNone
		return nil
	}
	if d.r == d.w && !d.fill() {
		d.piece = pieceNone
		return nil
	}
	c := d.buf[d.r:d.w]
	if d.piece == pieceString {
		if i := bytes.IndexByte(c, 0); i >= 0 {
			d.r += i + 1
			d.piece = pieceNone
			return c[:i]
		}
		d.r = d.w
		return c
	}
	if int64(len(c)) >= d.left {
		c = c[:d.left]
		d.piece = pieceNone
	}
	d.r += len(c)
	d.left -= int64(len(c))
	return c
}

func (d *Decoder) byte() (byte, bool) {
	if d.r == d.w && !d.fill() {
		return 0, false
	}
	b := d.buf[d.r]
	d.r++
	return b, true
}

// uint32 reads an mb_u_int32, WBXML 1.3 section 5.1.
func (d *Decoder) uint32() (uint32, bool) {
	at := d.Offset()
	var v uint64
	for range 5 {
		b, ok := d.byte()
		if !ok {
			return 0, false
		}
		v = v<<7 | uint64(b&0x7F)
		if b < 0x80 {
			if v > math.MaxUint32 {
				break
			}
			return uint32(v), true
		}
	}
	d.fail(at, "an integer of more than 32 bits")
	return 0, false
}

// fill reads more input where the document must go on.
func (d *Decoder) fill() bool {
	if d.more() {
		return true
	}
	where := "before its root element"
	if n := len(d.stack); n > 0 {
		where = "inside " + d.stack[n-1].tag.String()
	}
	d.truncated("the document ends " + where)
	return false
}

func (d *Decoder) failed(offset int64, msg string) event {
	d.fail(offset, msg)
	return evError
}
