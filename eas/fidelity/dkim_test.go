package fidelity

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// signedBy is a message with a DKIM signature of some tags.
func signedBy(tags, body string) []byte {
	return []byte("From: joe@football.example.com\r\nDKIM-Signature: v=1; d=example.com; s=brisbane;\r\n\t" + tags + "\r\nTo: suzie@shopping.example.net\r\n\r\n" + body)
}

// joe is the body of RFC 6376 A.1, with the hash that A.2 has.
const (
	joe     = "Hi.\r\n\r\nWe lost the game. Are you hungry yet?\r\n\r\nJoe.\r\n"
	joeHash = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
)

// TestDKIM: the hashes are those of RFC 6376, and of openssl over the canonical forms of its 3.4.5.
func TestDKIM(t *testing.T) {
	const example = " C \r\nD \t E\r\n\r\n\r\n"
	const exampleRelaxed = "unak6JHq0wL+Q1HP7dW1tjBx9FLA6DffoZ0qrLwbbpo="
	for _, c := range []struct {
		name, tags, body string
		want             Result
	}{
		{"A.2", "a=rsa-sha256; c=simple/simple; bh=" + joeHash, joe, Pass},
		{"changed", "a=rsa-sha256; c=simple/simple; bh=" + joeHash, strings.Replace(joe, "hungry", "Hungry", 1), Fail},
		{"one space more", "a=rsa-sha256; c=simple/simple; bh=" + joeHash, strings.Replace(joe, "the ", "the  ", 1), Fail},
		{"cut", "a=rsa-sha256; c=simple/simple; bh=" + joeHash, joe[:len(joe)-5], Fail},
		{"empty lines at the end", "a=rsa-sha256; c=simple/simple; bh=" + joeHash, joe + "\r\n\r\n", Pass},
		{"no line end at the end", "a=rsa-sha256; c=simple/simple; bh=" + joeHash, strings.TrimSpace(joe), Pass},
		{"LF", "a=rsa-sha256; c=simple/simple; bh=" + joeHash, strings.ReplaceAll(joe, "\r\n", "\n"), Pass},
		{"folded hash, other case", "a = RSA-SHA256 ; c=Simple/Simple;\r\n bh=" + joeHash[:20] + "\r\n\t " + joeHash[20:], joe, Pass},
		{"no c", "a=rsa-sha256; bh=" + joeHash, joe, Pass},
		{"header relaxed, body simple", "a=rsa-sha256; c=relaxed; bh=" + joeHash, joe, Pass},
		{"ed25519", "a=ed25519-sha256; bh=" + joeHash, joe, Pass},
		{"l, and a footer", fmt.Sprintf("a=rsa-sha256; l=%d; bh=%s", len(joe), joeHash), joe + "-- \r\nthe list\r\n", Pass},
		{"l is longer", fmt.Sprintf("a=rsa-sha256; l=%d; bh=%s", len(joe)+1, joeHash), joe, Fail},
		{"3.4.3, empty, sha1", "a=rsa-sha1; c=simple/simple; bh=uoq1oCgLlTqpdDX/iUbLy7J1Wic=", "", Pass},
		{"3.4.3, empty, sha256", "a=rsa-sha256; c=simple/simple; bh=frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=", "\r\n\r\n", Pass},
		{"3.4.4, empty, sha1", "a=rsa-sha1; c=simple/relaxed; bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "", Pass},
		{"3.4.4, empty, sha256", "a=rsa-sha256; c=simple/relaxed; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", " \r\n\t\r\n", Pass},
		{"3.4.5, relaxed", "a=rsa-sha256; c=relaxed/relaxed; bh=" + exampleRelaxed, example, Pass},
		{"3.4.5, relaxed, spaces changed", "a=rsa-sha256; c=relaxed/relaxed; bh=" + exampleRelaxed, " C\r\nD E  \n", Pass},
		{"3.4.5, simple", "a=rsa-sha256; c=relaxed/simple; bh=" + exampleRelaxed, example, Fail},
		{"an algorithm to come", "a=rsa-sha3; bh=" + joeHash, joe, Unknown},
		{"a form to come", "a=rsa-sha256; c=simple/nofws; bh=" + joeHash, joe, Unknown},
		{"no hash", "a=rsa-sha256", joe, Unknown},
		{"a bad length", "a=rsa-sha256; l=-1; bh=" + joeHash, joe, Unknown},
	} {
		msg := signedBy(c.tags, c.body)
		r := check(msg)
		if len(r.DKIM) != 1 || r.DKIM[0].Result != c.want || r.DKIM[0].Domain != "example.com" {
			t.Errorf("%s: %+v, want %s", c.name, r.DKIM, c.want)
		}
		wantSame(t, c.name, msg, r)
	}
}

// TestSeveralDKIM: each signature has its own result, in the order of the header.
func TestSeveralDKIM(t *testing.T) {
	msg := "DKIM-Signature: v=1; a=rsa-sha256; d=A.example; bh=" + joeHash + "\n" +
		"dkim-signature:v=1;a=rsa-sha1;c=relaxed/relaxed;d=b.example;bh=2jmj7l5rSw0yVb/vlWAYkK/YBwk=\n" +
		"X-DKIM-Signature: v=1\n" +
		"DKIM-Signature : v=1; a=rsa-sha256; l=0; d=c.example; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n" + joe
	want := []DKIM{
		{"a.example", "sha256", "simple", Pass}, {"b.example", "sha1", "relaxed", Fail}, {"c.example", "sha256", "simple", Pass},
	}
	if diff := cmp.Diff(want, check([]byte(msg)).DKIM); diff != "" {
		t.Error(diff)
	}
}
