package wbxml

import (
	"fmt"
	"strings"
)

const (
	charsetUnknown = 0
	charsetUTF8    = 106 // MIBenum
	maxLiteral     = 255 // bytes of a tag's name from the string table
)

// header reads what comes before the body: version, public identifier, charset
// and string table. WBXML 1.3 section 5.3.
func (d *Decoder) header() bool {
	d.peek(8)
	if head := d.buf[d.r:d.w]; d.err == nil && (len(head) == 0 || head[0] < 1 || head[0] > 3 || isMultipart(head)) {
		d.peek(64)
		if d.err == nil {
			d.err = notWBXML(d.buf[d.r:d.w])
		}
	}
	if d.err != nil {
		return false
	}
	d.byte()
	public, ok := d.uint32()
	if ok && public == 0 {
		_, ok = d.uint32() // the identifier is in the string table
	}
	if !ok {
		return false
	}
	at := d.Offset()
	charset, ok := d.uint32()
	if !ok {
		return false
	}
	if charset != charsetUnknown && charset != charsetUTF8 {
		d.fail(at, fmt.Sprintf("charset %s: ActiveSync speaks UTF-8 (106)", charsetName(charset)))
		return false
	}
	return d.stringTable()
}

// charsetName names the IANA MIBenums that WBXML devices used.
func charsetName(mib uint32) string {
	switch mib {
	case 3:
		return "3 (US-ASCII)"
	case 4:
		return "4 (ISO-8859-1)"
	case 17:
		return "17 (Shift_JIS)"
	case 1000:
		return "1000 (ISO-10646-UCS-2)"
	case 1015:
		return "1015 (UTF-16)"
	case 2252:
		return "2252 (windows-1252)"
	}
	return fmt.Sprint(mib)
}

func (d *Decoder) stringTable() bool {
	n, ok := d.uint32()
	if !ok {
		return false
	}
	if int64(n) > int64(d.lim.Name) {
		d.exceed("Name", int64(d.lim.Name))
		return false
	}
	var table strings.Builder
	for left := int(n); left > 0; {
		if d.r == d.w && !d.fill() {
			return false
		}
		c := d.buf[d.r:min(d.w, d.r+left)]
		table.Write(c)
		d.r += len(c)
		left -= len(c)
	}
	d.table = table.String()
	return true
}

// tableString returns the string that begins at an index of the string table, for
// the token at an offset.
func (d *Decoder) tableString(at int64, index uint32) (string, bool) {
	if int64(index) < int64(len(d.table)) {
		if s, _, ok := strings.Cut(d.table[index:], "\x00"); ok {
			return s, true
		}
	}
	d.fail(at, fmt.Sprintf("index %d points to no string of the string table (%d bytes)", index, len(d.table)))
	return "", false
}

// literalTag reads the name of a LITERAL tag. A name that the code page knows
// becomes that tag.
func (d *Decoder) literalTag(f *frame) bool {
	at := d.Offset() - 1
	index, ok := d.uint32()
	if !ok {
		return false
	}
	name, ok := d.tableString(at, index)
	if !ok {
		return false
	}
	if len(name) > maxLiteral || !isName(name) {
		d.fail(at, fmt.Sprintf("literal tag %.40q is no XML name of at most %d bytes", name, maxLiteral))
		return false
	}
	if tag, known := lookupName(d.page, name); known {
		f.tag = tag
	} else {
		f.literal = name
	}
	return true
}

// isName tells whether s can be an element's name in XML, and is ASCII as every
// name of ActiveSync.
func isName(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return s != ""
}

// prolog reads up to the root element and enters it.
func (d *Decoder) prolog() bool {
	for {
		at := d.Offset()
		b, ok := d.byte()
		switch {
		case !ok:
			return false
		case b == tokSwitchPage:
			d.page, _ = d.byte()
		case b == tokPI:
			d.skipAttributes()
		case b&maskTag >= tokLiteral:
			return d.push(b) == evStart
		default:
			d.fail(at, fmt.Sprintf("token 0x%02X where the root element should begin", b))
			return false
		}
	}
}

// epilog reads what comes after the root element: nothing but instructions.
func (d *Decoder) epilog() {
	for d.r < d.w || d.more() {
		at := d.Offset()
		if b, _ := d.byte(); b != tokPI {
			d.fail(at, fmt.Sprintf("byte 0x%02X after the end of the root element", b))
		} else {
			d.skipAttributes()
		}
		if d.err != nil {
			return
		}
	}
}

// skipAttributes reads attributes, or a processing instruction, up to their END.
// ActiveSync has neither (MS-ASWBXML 2.1.3), so nothing is lost with them.
func (d *Decoder) skipAttributes() bool {
	for {
		at := d.Offset()
		b, ok := d.byte()
		switch {
		case !ok:
		case b == tokEnd:
			return true
		case b == tokSwitchPage: // the attributes' own code page
			_, ok = d.byte()
		case b == tokStrI, b >= 0x40 && b <= 0x42: // EXT_I has a string as well
			d.piece = pieceString
		case b == tokOpaque:
			var n uint32
			n, ok = d.uint32()
			d.piece, d.left = pieceOpaque, int64(n)
		case b == tokEntity, b == tokLiteral, b == tokStrT, b >= 0x80 && b <= 0x82: // and EXT_T an index
			_, ok = d.uint32()
		case b == tokPI, b&maskTag == tokLiteral:
			d.fail(at, fmt.Sprintf("token 0x%02X among attributes", b))
		}
		for d.piece != pieceNone {
			d.chunk()
		}
		if !ok || d.err != nil {
			return false
		}
	}
}
