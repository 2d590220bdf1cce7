package fidelity

import (
	"crypto/sha256"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mail is what the benchmarks are about: the corpus, or else messages of usual sizes, one in seven with a DKIM signature.
func mail(b *testing.B) (all [][]byte, size int64) {
	b.Helper()
	if os.Getenv("AIRLIFT_CORPUS") != "" {
		dir, flags := corpusFlags(b)
		for _, name := range slices.Sorted(maps.Keys(flags)) {
			msg, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				b.Fatal(err)
			}
			all = append(all, msg)
		}
	} else {
		text := strings.Repeat("We lost the game. Are you hungry yet?\r\n", 60)
		for i := range 1000 {
			tags := "a=unknown"
			if i%7 == 0 {
				tags = "a=rsa-sha256; c=relaxed/relaxed; bh=" + joeHash
			}
			all = append(all, signedBy(tags, text))
		}
	}
	for _, m := range all {
		size += int64(len(m))
	}
	return all, size
}

// BenchmarkCheck is what the Checker costs; BenchmarkHash what the SHA-256 of a message costs, for comparison.
func BenchmarkCheck(b *testing.B) {
	all, size := mail(b)
	b.SetBytes(size)
	b.ReportAllocs()
	var c Checker
	for b.Loop() {
		for _, m := range all {
			c.Reset()
			_, _ = c.Write(m)
			c.Report()
		}
	}
}

func BenchmarkHash(b *testing.B) {
	all, size := mail(b)
	b.SetBytes(size)
	for b.Loop() {
		for _, m := range all {
			_ = sha256.Sum256(m)
		}
	}
}
