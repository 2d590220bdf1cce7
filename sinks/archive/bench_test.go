package archive

import (
	"fmt"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// writeAll stores mail in pages of 100, as an engine would, and returns the bytes stored.
func writeAll(b *testing.B, a *Archive, contents []sinks.Content) (stored int64) {
	b.Helper()
	prev := ""
	for seq := 1; len(contents) > 0; seq++ {
		p := sinktest.NewPage(sinktest.Inbox, seq, prev)
		if a.Encrypted() {
			p.Folder.Dir = a.Place(p.Folder.Path, p.Folder.ID)
		}
		w := begin(b, a, p)
		n := min(100, len(contents))
		for i, c := range contents[:n] {
			e := sinks.Event{Op: sinks.OpAdd, ServerID: fmt.Sprint(seq, ":", i), Subject: "a subject of usual length", Via: sinks.ViaSync, Whole: true}
			if _, err := w.Put(b.Context(), e, c); err != nil {
				b.Fatal(err)
			}
		}
		s := end(b, w)
		stored += s.Size
		prev = s.SHA256
		contents = contents[n:]
	}
	return stored
}

func mail(b *testing.B) (contents []sinks.Content, size int64) {
	b.Helper()
	for _, m := range messages(b) {
		contents = append(contents, sinktest.Text(".eml", string(m)))
		size += int64(len(m))
	}
	return contents, size
}

// BenchmarkWrite writes to a directory: compression, hashes and flushes. AIRLIFT_CORPUS adds real mail.
func BenchmarkWrite(b *testing.B) {
	contents, size := mail(b)
	b.SetBytes(size)
	b.ReportAllocs()
	stored := int64(0)
	for b.Loop() {
		stored = writeAll(b, create(b, openDir(b, b.TempDir())), contents)
	}
	b.ReportMetric(float64(size)/float64(stored), "ratio")
}

// BenchmarkWriteEncrypted is BenchmarkWrite with what encryption adds: a page waits, is encrypted and has a part in clear.
func BenchmarkWriteEncrypted(b *testing.B) {
	contents, size := mail(b)
	b.SetBytes(size)
	b.ReportAllocs()
	stored := int64(0)
	for b.Loop() {
		stored = writeAll(b, createWith(b, openDir(b, b.TempDir()), toOwner()), contents)
	}
	b.ReportMetric(float64(size)/float64(stored), "ratio")
}

func BenchmarkVerifyEncrypted(b *testing.B) {
	contents, size := mail(b)
	a := createWith(b, openDir(b, b.TempDir()), asOwner())
	writeAll(b, a, contents)
	b.SetBytes(size)
	for b.Loop() {
		if sum, err := a.Verify(b.Context(), VerifyOptions{}); sum.Problems != 0 || err != nil {
			b.Fatal(sum, err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	contents, size := mail(b)
	a := create(b, openDir(b, b.TempDir()))
	writeAll(b, a, contents)
	b.SetBytes(size)
	for b.Loop() {
		if sum, err := a.Verify(b.Context(), VerifyOptions{}); sum.Problems != 0 || err != nil {
			b.Fatal(sum, err)
		}
	}
}
