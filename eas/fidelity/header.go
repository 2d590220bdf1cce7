package fidelity

import "bytes"

// Bounds of what is held.
const (
	maxHeader     = 256 << 10 // bytes of a header, of the message or of a part
	maxSignatures = 20        // DKIM-Signature fields
	maxAutocrypt  = 4         // Autocrypt fields
)

// header is what is wanted of the header of a message or a part. Its values are raw, and parts of what was scanned.
type header struct {
	contentType, encoding, disposition []byte
	dkim, autocrypt                    [][]byte
	fields, received                   int
}

// scan reads the fields at the beginning of b. It returns the length of the header with the empty line behind it, and
// whether that line was there. It looks only at the names that begin right, since it is done for every message.
func (h *header) scan(b []byte) (end int, whole bool) {
	var into *[]byte
	value := 0
	for pos := 0; pos < len(b); {
		next := len(b)
		n := bytes.IndexByte(b[pos:], '\n')
		if n >= 0 {
			next = pos + n + 1
		}
		switch c := b[pos]; {
		case n == 0, n == 1 && c == '\r':
			return next, true
		case c == ' ' || c == '\t':
			if into != nil {
				*into = b[value:next]
			}
		default:
			h.fields++
			into = nil
			if c |= 0x20; c == 'd' || c == 'c' || c == 'a' {
				if into = h.wanted(b[pos:next]); into != nil {
					value = pos + bytes.IndexByte(b[pos:next], ':') + 1
					*into = b[value:next]
				}
			} else if c == 'r' && isReceived(b[pos:next]) {
				h.received++
			}
		}
		pos = next
	}
	return len(b), false
}

// wanted returns where the value of a field goes; nil = it is not wanted. Of a field that may be there once the first counts.
func (h *header) wanted(line []byte) *[]byte {
	name, _, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return nil
	}
	name = bytes.TrimRight(name, " \t")
	once := func(v *[]byte) *[]byte {
		if *v != nil {
			return nil
		}
		return v
	}
	several := func(list *[][]byte, most int) *[]byte {
		if len(*list) == most {
			return nil
		}
		*list = append(*list, nil)
		return &(*list)[len(*list)-1]
	}
	switch {
	case is(name, "content-type"):
		return once(&h.contentType)
	case is(name, "content-transfer-encoding"):
		return once(&h.encoding)
	case is(name, "content-disposition"):
		return once(&h.disposition)
	case is(name, "dkim-signature"):
		return several(&h.dkim, maxSignatures)
	case is(name, "autocrypt"):
		return several(&h.autocrypt, maxAutocrypt)
	}
	return nil
}

func isReceived(line []byte) bool {
	const name = "received:"
	return len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name))
}

func is(name []byte, lower string) bool {
	return len(name) == len(lower) && bytes.EqualFold(name, []byte(lower))
}

// unfold copies a value into one line.
func unfold(raw []byte) string {
	out := make([]byte, 0, len(raw))
	for _, c := range raw {
		if c != '\r' && c != '\n' {
			out = append(out, c)
		}
	}
	return string(bytes.TrimSpace(out))
}
