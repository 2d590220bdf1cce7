package imapdst

import (
	"bytes"
	"strconv"
	"strings"
)

// Bounds on what a server can send. The library reads lines and literals into memory, all but those of BODY[].
const (
	maxLine    = 1 << 20
	maxLiteral = 64 << 10 // of a name
	maxBody    = 1 << 32  // of a message, which is streamed. RFC 3501: a number has 32 bits
)

// literalAt returns the length of the literal that a line ends with.
func literalAt(line []byte) (n int64, ok bool) {
	line = bytes.TrimRight(line, "\r\n")
	if !bytes.HasSuffix(line, []byte{'}'}) {
		return 0, false
	}
	digits := line[bytes.LastIndexByte(line, '{')+1 : len(line)-1]
	n, err := strconv.ParseInt(string(digits), 10, 64)
	return n, err == nil && n >= 0 && digits[0] != '+'
}

// inString tells that a line ends within a quoted string. RFC 3501 4.3.
func inString(line []byte) (quoted bool) {
	if bytes.IndexByte(line, '"') < 0 {
		return false
	}
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '"':
			quoted = !quoted
		case line[i] == '\\' && quoted:
			i++
		}
	}
	return quoted
}

// isFetch tells "* 12 FETCH (...".
func isFetch(line []byte) bool {
	f := bytes.SplitN(line, []byte{' '}, 4)
	return len(f) == 4 && string(f[0]) == "*" && strings.EqualFold(string(f[2]), "FETCH")
}

// isData tells a response whose quotes are those of strings, and not of a text to people.
func isData(line []byte) bool {
	f := bytes.SplitN(line, []byte{' '}, 3)
	return len(f) == 3 && string(f[0]) == "*" && (isFetch(line) || strings.EqualFold(string(f[1]), "LIST") || strings.EqualFold(string(f[1]), "STATUS"))
}

// isBody tells that the literal at the end of a line is that of BODY[].
func isBody(line []byte) bool {
	before := bytes.TrimRight(line[:bytes.LastIndexByte(line, '{')], " ")
	return bytes.Contains(bytes.ToUpper(before), []byte("BODY[")) && bytes.HasSuffix(before, []byte{']'})
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

// isUnderstood tells whether the library can read a response. A client ignores others (RFC 9051 2.2.2), and the library gives up. What is
// no response at all is its business, too.
func isUnderstood(line []byte) bool {
	f := bytes.Fields(line)
	if len(f) < 2 || string(f[0]) != "*" {
		return true
	}
	word := f[1]
	if word[0] >= '0' && word[0] <= '9' && len(f) > 2 {
		word = f[2]
	}
	switch strings.ToUpper(string(word)) {
	case "OK", "PREAUTH", "NO", "BAD", "BYE", "ID", "CAPABILITY", "ENABLED", "NAMESPACE", "FLAGS", "EXISTS", "RECENT", "LIST", "STATUS", "FETCH",
		"EXPUNGE", "QUOTA", "QUOTAROOT":
		return true
	}
	return false
}
