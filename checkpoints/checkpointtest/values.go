package checkpointtest

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// hash is the hex SHA-256 of content.
func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// flip changes every digit of a hex string.
func flip(digits string) string {
	return strings.Map(func(r rune) rune {
		return rune(hex.EncodeToString([]byte{byte(strings.IndexRune("0123456789abcdef", r)) ^ 0xf})[1])
	}, digits)
}

// oddStrings returns strings that differ from each other only in what is easily lost: case, Unicode form, spaces,
// escapes, a suffix, the tail of something long, bytes that are no UTF-8. Servers use such for ids: SOGo names
// events by file names, percent-encoded, and Exchange counts "5:9", "5:10".
func oddStrings() []string {
	var bytes strings.Builder
	for b := 1; b <= 255; b++ {
		bytes.WriteByte(byte(b))
	}
	long := strings.Repeat("0123456789abcdef", 4096)
	return []string{
		"", " ", "  ", "\t", "\n", "\r\n", "0", "00", "1", "01", "1.0", "1e0", "-1", "+1",
		"5:9", "5:10", "5:1", "5", "5:", "5:10 ", " 5:10",
		"aB", "ab", "AB", "Ab", "aa", "AA", "deadbeef", "DEADBEEF", "deadbee", "0xdead",
		"a%20b.ics", "a b.ics", "a+b.ics", "a%2520b.ics", "a%2fb", "a%2Fb", "a/b", `a\b`, "%", "%%", "_", "?", "*", "a?b=c#d",
		"é", "e\u0301", "É", "ß", "ss", "字", "😀", "\ufeff", "\u200b", "a\u200b", "\u202e",
		"\xff", "\xfe\xff", "\xc0\x80", "a\xed\xa0\x80", "\x01", "\x7f", bytes.String(),
		"'", "''", `"`, "`", "--", "; DROP TABLE ledger", "NULL", "null", "true",
		long, long + "a", long + "b", long[1:],
	}
}
