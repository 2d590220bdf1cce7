package s3

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
)

// TestSpool writes in pieces of odd sizes over the limits of memory and of parts, and holds what comes out to what went in.
func TestSpool(t *testing.T) {
	for _, size := range []int{0, 1, 99, 100, 101, 999, 1000, 1001, 2000, 5555} {
		dir := t.TempDir()
		s := newSpool(&Options{MemoryLimit: 100, PartSize: 1000, TempDir: dir})
		data := make([]byte, size)
		r := rand.NewChaCha8([32]byte{byte(size)})
		_, _ = r.Read(data)
		for rest := data; len(rest) > 0; {
			n := min(len(rest), int(r.Uint64()%700))
			if m, err := s.Write(rest[:n]); m != n || err != nil {
				t.Fatalf("%d bytes: Write = %d, %v", size, m, err)
			}
			rest = rest[n:]
		}
		if (s.file != nil) != (size > 100) || cap(s.mem) > 128 {
			t.Errorf("%d bytes: in a file: %v, in memory: %d", size, s.file != nil, cap(s.mem))
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 0 && runtime.GOOS != "windows" {
			t.Errorf("%d bytes: the temporary file has a name: %v, %v", size, names, err)
		}
		sums := s.parts()
		if want := max(1, (size+999)/1000); len(sums) != want {
			t.Fatalf("%d bytes: %d parts, want %d", size, len(sums), want)
		}
		var got []byte
		for i, sum := range sums {
			part, err := io.ReadAll(s.reader(i))
			if err != nil || sha256.Sum256(part) != sum {
				t.Errorf("%d bytes: part %d: %d bytes, another hash, or %v", size, i, len(part), err)
			}
			got = append(got, part...)
		}
		if !bytes.Equal(got, data) {
			t.Errorf("%d bytes: other bytes came out", size)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSpoolLimits(t *testing.T) {
	s := newSpool(&Options{MemoryLimit: 1 << 20, PartSize: 1})
	if _, err := s.Write(make([]byte, maxParts)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write([]byte{0}); !errors.Is(err, sinks.ErrFull) {
		t.Errorf("one part more than S3 takes: %v, want ErrFull", err)
	}
	s = newSpool(&Options{PartSize: 1 << 20, TempDir: "/nowhere/at/all"})
	if _, err := s.Write([]byte("x")); err == nil {
		t.Error("a temporary directory that is not there was used")
	}
}
