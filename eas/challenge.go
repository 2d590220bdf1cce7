package eas

import (
	"net/http"
	"slices"
	"strings"
)

// maxChallenges bounds how many ways to sign in are taken from one answer.
const maxChallenges = 16

// Challenges lists the ways to sign in that an answer offers: the schemes of its WWW-Authenticate headers, as they are spelt
// there, each once. RFC 9110 11.6.1: several may stand in one header, separated by commas, as may the parameters of each.
func Challenges(h http.Header) []string {
	var schemes []string
	for _, line := range h.Values("WWW-Authenticate") {
		for _, part := range unquotedParts(line) {
			name, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
			if strings.HasPrefix(strings.TrimLeft(rest, " "), "=") || !isToken(name) {
				continue // a parameter of the scheme before it
			}
			if !slices.ContainsFunc(schemes, func(s string) bool { return strings.EqualFold(s, name) }) && len(schemes) < maxChallenges {
				schemes = append(schemes, name)
			}
		}
	}
	return schemes
}

// unquotedParts cuts a header at its commas, but for those in quoted strings.
func unquotedParts(line string) (parts []string) {
	quoted, start := false, 0
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			parts = append(parts, line[start:i])
			start = i + 1
		}
	}
	return append(parts, line[start:])
}

// isToken tells whether s may be the name of a scheme; one of more than 40 bytes is not shown to anybody.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && !strings.ContainsRune("-._~+", rune(c)) {
			return false
		}
	}
	return s != "" && len(s) <= 40
}
