package sqlite_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/airlift-eas/airlift/checkpoints"
	"github.com/airlift-eas/airlift/checkpoints/sqlite"
)

var benchKey = checkpoints.FolderKey{Key: checkpoints.Key{Job: "job", Mailbox: "alice@example.com"}, Folder: "0a1b2c3d"}

// benchCommit is page p of 100 rows as a mailbox has them: every hash differs.
func benchCommit(p int) checkpoints.Commit {
	c := checkpoints.Commit{
		FolderKey: benchKey,
		After:     checkpoints.Position{Seq: p - 1, SyncKey: fmt.Sprintf("{8d2f}%d", p-1)},
		Now:       checkpoints.Position{Seq: p, SyncKey: fmt.Sprintf("{8d2f}%d", p)},
		Last:      benchHash(p),
		Options:   "1f2e3d4c5b6a7988",
	}
	for i := range 100 {
		n := p*100 + i
		h := benchHash(n)
		c.Items = append(c.Items, checkpoints.Item{
			ServerID: fmt.Sprintf("5:%d", n), ID: h[:16], State: checkpoints.Archived, SHA256: benchHash(-n),
			Properties: h[16:48], Fingerprint: h[32:64], Size: int64(n%100_000) + 1000, Seq: p, Pass: 1,
		})
	}
	return c
}

func benchHash(n int) string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return hex.EncodeToString(sum[:])
}

// benchStore has the given number of pages of 100 rows each.
func benchStore(b *testing.B, pages int) (*sqlite.Store, string) {
	b.Helper()
	path := filepath.Join(b.TempDir(), "checkpoints.db")
	s, err := sqlite.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	fail(b, s.SaveMailbox(b.Context(), checkpoints.Mailbox{Key: benchKey.Key}))
	fail(b, s.SaveFolder(b.Context(), benchKey.Key, checkpoints.Folder{ID: benchKey.Folder, SyncKey: "{8d2f}0"}))
	for p := 1; p <= pages; p++ {
		fail(b, s.Commit(b.Context(), benchCommit(p)))
	}
	return s, path
}

func fail(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCommit commits pages of 100 new rows to a folder of so many.
func BenchmarkCommit(b *testing.B) {
	for _, rows := range []int{0, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			s, path := benchStore(b, rows/100)
			p := rows / 100
			for b.Loop() {
				p++
				b.StopTimer()
				c := benchCommit(p)
				b.StartTimer()
				fail(b, s.Commit(b.Context(), c))
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			b.StopTimer()
			fail(b, s.Close())
			info, err := os.Stat(path)
			fail(b, err)
			b.ReportMetric(float64(info.Size())/float64(p*100), "bytes/row")
		})
	}
}

// BenchmarkQuiet is what a run costs a folder in which nothing changed.
func BenchmarkQuiet(b *testing.B) {
	s, _ := benchStore(b, 1)
	at := checkpoints.Position{Seq: 1, SyncKey: "{8d2f}1"}
	for b.Loop() {
		_, err := s.Ask(b.Context(), benchKey)
		fail(b, err)
		fail(b, s.Commit(b.Context(), checkpoints.Commit{FolderKey: benchKey, After: at, Now: at}))
	}
}

// BenchmarkRead reads from a folder of 1,000,000 rows.
func BenchmarkRead(b *testing.B) {
	s, _ := benchStore(b, 10_000)
	ctx := context.WithoutCancel(b.Context())
	b.Run("Items of 100", func(b *testing.B) {
		var ids []string
		for i := range 100 {
			ids = append(ids, fmt.Sprintf("5:%d", 9_999*i+100))
		}
		for b.Loop() {
			found, err := s.Items(ctx, benchKey, ids)
			if err != nil || len(found) != len(ids) {
				b.Fatal(len(found), err)
			}
		}
	})
	b.Run("BySHA256", func(b *testing.B) {
		for b.Loop() {
			found, err := s.BySHA256(ctx, benchKey.Key, benchHash(-500_000))
			if err != nil || len(found) != 1 {
				b.Fatal(found, err)
			}
		}
	})
	b.Run("Counts", func(b *testing.B) {
		for b.Loop() {
			counts, err := s.Counts(ctx, benchKey)
			if err != nil || counts[checkpoints.Archived] != 1_000_000 {
				b.Fatal(counts, err)
			}
		}
	})
	b.Run("Live", func(b *testing.B) {
		for b.Loop() {
			n := 0
			for _, err := range s.Live(ctx, benchKey) {
				fail(b, err)
				n++
			}
			if n != 1_000_000 {
				b.Fatal(n)
			}
		}
	})
}
