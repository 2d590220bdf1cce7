package fidelity

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func check(msg []byte) Report {
	var c Checker
	_, _ = c.Write(msg)
	return c.Report()
}

// wantSame: how a message is cut into pieces makes no difference.
func wantSame(t *testing.T, name string, msg []byte, want Report) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, uint64(len(msg))))
	for _, most := range []int{1, 7, 100, 5000} {
		var c Checker
		for rest := msg; len(rest) > 0; {
			n := min(1+rng.IntN(most), len(rest))
			_, _ = c.Write(rest[:n])
			rest = rest[n:]
		}
		if diff := cmp.Diff(want, c.Report()); diff != "" {
			t.Errorf("%s in pieces of up to %d: %s", name, most, diff)
		}
	}
}
