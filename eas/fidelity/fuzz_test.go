package fidelity

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzChecker: no message makes it panic, and how it is cut makes no difference.
func FuzzChecker(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, 100)
	}
	f.Add(signedBy("a=rsa-sha256; c=relaxed/relaxed; l=5; bh="+joeHash, joe), 3)
	f.Add([]byte(nested(5)), 1)
	f.Fuzz(func(t *testing.T, msg []byte, cut int) {
		if cut <= 0 || cut > len(msg) {
			cut = len(msg)
		}
		whole := check(msg)
		var c Checker
		_, _ = c.Write(msg[:cut])
		_, _ = c.Write(msg[cut:])
		if diff := cmp.Diff(whole, c.Report()); diff != "" {
			t.Error(diff)
		}
	})
}
