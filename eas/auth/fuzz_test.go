package auth

import (
	"encoding/hex"
	"testing"
)

// FuzzNTLMChallenge: whatever a server sends as its challenge, there is an answer or an error.
func FuzzNTLMChallenge(f *testing.F) {
	// MS-NLMP 4.2.4.3, without the key exchange, and 4.2.2.3.
	for _, text := range []string{
		"4e544c4d53535000020000000c000c003800000033828aa20123456789abcdef00000000000000002400240044000000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c005300650072007600650072000000000000",
		"4e544c4d53535000020000000c000c003800000033820ae20123456789abcdef00000000000000000000000000000000060070170000000f530065007200760065007200",
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	n := NewNTLM(`Domain\User`, "Password", "https://mail.example", nil)
	f.Fuzz(func(t *testing.T, challenge []byte) {
		if m, err := n.answer(challenge); err == nil && len(m) < 64 {
			t.Errorf("an answer of %d bytes", len(m))
		}
	})
}
