package fidelity

import (
	"bufio"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// corpusFlags are what other programs found of the messages of the corpus: properties by file.
func corpusFlags(tb testing.TB) (dir string, flags map[string][]string) {
	tb.Helper()
	if dir = os.Getenv("AIRLIFT_CORPUS"); dir == "" {
		tb.Skip("AIRLIFT_CORPUS is not set")
	}
	f, err := os.Open(filepath.Join(dir, "FLAGS.tsv"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	flags = map[string][]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		if fields := strings.Split(s.Text(), "\t"); len(fields) == 3 && strings.HasPrefix(fields[0], "mail/") {
			flags[fields[0]] = strings.Split(fields[2], "; ")
		}
	}
	return dir, flags
}

// TestCorpus holds the reports on the messages of the corpus against what other programs said of them, and against themselves
// when a message comes in pieces.
func TestCorpus(t *testing.T) {
	dir, flags := corpusFlags(t)
	smime, err := os.ReadFile(filepath.Join(dir, "SMIME_VERIFIES.txt"))
	if err != nil {
		t.Fatal(err)
	}
	verifies := strings.Fields(string(smime))
	seen := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		msg, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		r := check(msg)
		has := func(flag string) bool { return slices.Contains(flags[name], flag) }
		pass := r.Count(Pass) > 0
		if want := has("DKIM body hash verifies (>=1 signature)") || has("DKIM body hash verifies, empty body (vacuous)"); pass != want {
			t.Errorf("%s: DKIM passes %t, want %t: %+v", name, pass, want, r.DKIM)
		}
		if got := len(r.DKIM) > 0; got != has("DKIM-Signature") {
			t.Errorf("%s: has DKIM %t, and says %t", name, got, !got)
		}
		if slices.Contains(verifies, name) && r.Signed != SignedOK {
			t.Errorf("%s: signed %q; openssl says ok", name, r.Signed)
		}
		if pass {
			seen["dkim"]++
		}
		seen["signed "+string(r.Signed)]++
		seen["structure "+string(r.Structure)]++
		seen["sealed "+string(r.Sealed)]++
		wantSame(t, name, msg, r)
	}
	t.Log(seen)
}
