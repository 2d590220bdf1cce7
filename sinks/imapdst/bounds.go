package imapdst

import (
	"bytes"
	"fmt"
	"strconv"
)

// Bounds on what a server can send. The library reads lines and literals into memory, all but those of BODY[].
const (
	maxLine     = 1 << 20
	maxLiteral  = 64 << 10 // of a name
	maxBody     = 1 << 32  // of a message, which is streamed. RFC 3501: a number has 32 bits
	maxResponse = 4 << 20  // of all of a response, but for the bytes of messages
)

// kind is what is to be known of a response, to hand it on.
type kind int

const (
	kindText      kind = iota // a status, or no response: a text to people is at its end, and no literal in it
	kindData                  // its quotes are those of strings
	kindFetch                 // the bytes of a message may be in it
	kindForeign               // the library does not know it, and would give up. A client ignores it (RFC 9051 2.2.2)
	kindAbilities             // it may name what the server can do
)

// kindOf tells of a line that begins a response.
func kindOf(line []byte) kind {
	rest, untagged := bytes.CutPrefix(line, []byte("* "))
	if !untagged {
		return kindAbilities // of a tagged OK
	}
	name, rest, _ := bytes.Cut(rest, []byte{' '})
	if len(name) > 0 && name[0] >= '0' && name[0] <= '9' {
		name, _, _ = bytes.Cut(rest, []byte{' '})
	}
	switch name = bytes.TrimRight(name, "\r\n"); {
	case is(name, "FETCH"):
		return kindFetch
	case is(name, "OK", "CAPABILITY", "PREAUTH"):
		return kindAbilities
	case is(name, "NO", "BAD", "BYE"):
		return kindText
	case is(name, "QUOTA") && bytes.IndexByte(line, '(') < 0: // QUIRK(Courier 5.0): a root without a quota
		return kindForeign
	case is(name, "LIST", "STATUS", "ID", "NAMESPACE", "QUOTA", "QUOTAROOT", "FLAGS", "EXISTS", "RECENT", "EXPUNGE", "ENABLED"):
		return kindData
	}
	return kindForeign
}

func is(name []byte, names ...string) bool {
	for _, n := range names {
		if len(n) == len(name) && bytes.EqualFold(name, []byte(n)) {
			return true
		}
	}
	return false
}

// literalAt returns the length of the literal that a line of a response ends with.
func (k kind) literalAt(line []byte) (n int64, ok bool, err error) {
	if k == kindText || k == kindAbilities {
		return 0, false, nil
	}
	if inString(line) && k != kindForeign {
		return 0, false, fmt.Errorf("%w: a string without end", ErrProtocol)
	}
	line = bytes.TrimRight(line, "\r\n")
	if !bytes.HasSuffix(line, []byte{'}'}) {
		return 0, false, nil
	}
	open := bytes.LastIndexByte(line, '{')
	if n, err = strconv.ParseInt(string(line[open+1:len(line)-1]), 10, 64); err != nil || n < 0 {
		return 0, false, nil //nolint:nilerr // then it is no literal, and the library's business
	}
	if n > maxBody || n > maxLiteral && !(k == kindFetch && isBody(line[:open])) {
		return 0, false, fmt.Errorf("%w: a literal of %d bytes", ErrProtocol, n)
	}
	return n, true, nil
}

// inString tells that a line ends within a quoted string. RFC 3501 4.3.
func inString(line []byte) (quoted bool) {
	for i := bytes.IndexByte(line, '"'); i >= 0 && i < len(line); i++ {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == '\\' && quoted:
			i++
		}
	}
	return quoted
}

// isBody tells that what comes after this is the value of BODY[].
func isBody(before []byte) bool {
	before = bytes.TrimRight(before, " ")
	return bytes.HasSuffix(before, []byte{']'}) && bytes.Contains(bytes.ToUpper(before), []byte("BODY["))
}

// hideRev2 takes IMAP4rev2 out of capabilities that have IMAP4rev1 too. Such a server speaks IMAP4rev1 until ENABLE (RFC 9051 7.2.2), and
// the library would send it names in UTF-8 all the same.
func hideRev2(line []byte) []byte {
	const rev1, rev2 = " IMAP4REV1", " IMAP4REV2"
	upper := bytes.ToUpper(line)
	at := bytes.Index(upper, []byte(rev2))
	if at < 0 || !bytes.Contains(upper, []byte("CAPABILITY ")) || !bytes.Contains(upper, []byte(rev1)) {
		return line
	}
	return append(bytes.Clone(line[:at]), line[at+len(rev2):]...)
}
