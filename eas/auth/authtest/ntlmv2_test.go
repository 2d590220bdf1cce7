package authtest

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

// The values of MS-NLMP 4.2: user, domain, password, both challenges, and the messages of 4.2.4.3.
const (
	publishedChallenge = `
		4e 54 4c 4d 53 53 50 00 02 00 00 00 0c 00 0c 00 38 00 00 00 33 82 8a e2 01 23 45 67 89 ab cd ef
		00 00 00 00 00 00 00 00 24 00 24 00 44 00 00 00 06 00 70 17 00 00 00 0f 53 00 65 00 72 00 76 00
		65 00 72 00 02 00 0c 00 44 00 6f 00 6d 00 61 00 69 00 6e 00 01 00 0c 00 53 00 65 00 72 00 76 00
		65 00 72 00 00 00 00 00`
	publishedAnswer = `
		4e 54 4c 4d 53 53 50 00 03 00 00 00 18 00 18 00 6c 00 00 00 54 00 54 00 84 00 00 00 0c 00 0c 00
		48 00 00 00 08 00 08 00 54 00 00 00 10 00 10 00 5c 00 00 00 10 00 10 00 d8 00 00 00 35 82 88 e2
		05 01 28 0a 00 00 00 0f 44 00 6f 00 6d 00 61 00 69 00 6e 00 55 00 73 00 65 00 72 00 43 00 4f 00
		4d 00 50 00 55 00 54 00 45 00 52 00 86 c3 50 97 ac 9c ec 10 25 54 76 4a 57 cc cc 19 aa aa aa aa
		aa aa aa aa 68 cd 0a b8 51 e5 1c 96 aa bc 92 7b eb ef 6a 1c 01 01 00 00 00 00 00 00 00 00 00 00
		00 00 00 00 aa aa aa aa aa aa aa aa 00 00 00 00 02 00 0c 00 44 00 6f 00 6d 00 61 00 69 00 6e 00
		01 00 0c 00 53 00 65 00 72 00 76 00 65 00 72 00 00 00 00 00 00 00 00 00 c5 da d2 54 4f c9 79 90
		94 ce 1c e9 0b c9 d0 3e`
)

func published(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPublishedValues holds what the endpoint computes against the examples of the specification.
func TestPublishedValues(t *testing.T) {
	// MS-NLMP 4.2.4.1.1
	if got, want := ntowfv2("Password", "User", "Domain"), published(t, "0c 86 8a 40 3b fd 7a 93 a3 00 1e f2 2e f0 2e 3f"); !bytes.Equal(got, want) {
		t.Errorf("NTOWFv2 is %x, want %x", got, want)
	}
	second := published(t, publishedChallenge)
	challenge := [8]byte(second[24:32])
	password := "Password"
	of := func(user string) (string, bool) { return password, user == `Domain\User` }
	answer := published(t, publishedAnswer)
	if user, err := verify(answer, challenge, of); err != nil || user != `Domain\User` {
		t.Errorf("the published answer: %q, %v", user, err)
	}
	// The target information of a challenge of ours is that of the specification.
	if ours := challengeMessage(challenge, "Domain", "Server"); !bytes.HasSuffix(ours, second[56:]) || !bytes.Equal(ours[24:32], second[24:32]) {
		t.Errorf("our challenge is %x", ours)
	}

	password = "password"
	if _, err := verify(answer, challenge, of); err == nil {
		t.Error("another password was taken")
	}
	password = "Password"
	if _, err := verify(answer, [8]byte{1}, of); err == nil {
		t.Error("an answer to another challenge was taken")
	}
	// Whatever of the proof, the names or what is signed is changed, the answer is no longer good.
	for i := 0x48; i < 0xd8; i++ {
		if i >= 0x5c && i < 0x84 {
			continue // the workstation and the LM answer prove nothing
		}
		bad := bytes.Clone(answer)
		bad[i] ^= 2
		if _, err := verify(bad, challenge, of); err == nil {
			t.Errorf("an answer with another byte at %#x was taken", i)
		}
	}
	for n := range answer[:0xd8] {
		if _, err := verify(answer[:n], challenge, of); err == nil {
			t.Errorf("the first %d bytes of an answer were taken", n)
		}
	}
}
