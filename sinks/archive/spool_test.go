package archive

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestSpool: what was written is read, wherever it waited, and the budget is kept.
func TestSpool(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{0, 1, spoolFirst, spoolFirst + 1, spoolMemory - 1, spoolMemory, spoolMemory + 1, 5<<20 + 3} {
		all := &spools{dir: t.TempDir()}
		s := all.open()
		data := noise(r, size)
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(100_000))
			if _, err := s.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if inFile := s.file != nil; inFile != (size > spoolMemory) {
			t.Errorf("%d bytes: in a file: %v", size, inFile)
		}
		if names, err := os.ReadDir(all.dir); s.file != nil && !s.linked && len(names) != 0 || err != nil {
			t.Errorf("%d bytes: the file has a name: %v, %v", size, names, err)
		}
		in, err := s.reader()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(in); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: other bytes, %v", size, err)
		}
		for range 2 {
			if err := s.close(); err != nil || all.used.Load() != 0 {
				t.Errorf("%d bytes: close: %v, %d bytes of memory are still taken", size, err, all.used.Load())
			}
		}
	}
}

func TestSpoolBudget(t *testing.T) {
	all := &spools{dir: t.TempDir()}
	all.used.Store(spoolBudget - spoolFirst)
	one, two := all.open(), all.open()
	for _, s := range []*spool{one, two} {
		if _, err := s.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if one.file != nil || two.file == nil || all.used.Load() != spoolBudget {
		t.Errorf("the second page beyond the budget is in memory; %d bytes are taken", all.used.Load())
	}
	if err := one.close(); err != nil {
		t.Error(err)
	}
	if err := two.close(); err != nil || all.used.Load() != spoolBudget-spoolFirst {
		t.Errorf("%v, %d bytes are taken", err, all.used.Load())
	}
}

func TestSpoolNowhere(t *testing.T) {
	a := createWith(t, newMemory(), toOwner())
	a.crypt.spools.dir = "/nonexistent/directory"
	w := begin(t, a, encryptedPage(a, 1))
	if _, err := w.Put(t.Context(), sinktest.Mail(1).Event, sinktest.Text(".eml", string(noise(rand.New(rand.NewPCG(1, 1)), 3<<20)))); err == nil {
		t.Error("3 MiB were taken without a place for them")
	}
	if err := w.Abort(); err != nil {
		t.Error(err)
	}
}

// TestEncryptedMemory: an item of 150 MB goes through bounded memory, into the archive and out of it.
func TestEncryptedMemory(t *testing.T) {
	b := openDir(t, t.TempDir())
	a := createWith(t, b, asOwner())
	warm := begin(t, a, encryptedPage(a, 1))
	putBytes(t, warm, sinktest.Mail(1).Event, ".eml", madeUp()[1])
	s := end(t, warm)
	const size = 150 << 20
	before := heap()
	peak := int64(0)
	p := encryptedPage(a, 2)
	p.Prev = s.SHA256
	w := begin(t, a, p)
	e, err := w.Put(t.Context(), sinktest.Mail(2).Event, sinks.Content{Ext: ".eml", Size: size, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(&measured{r: io.LimitReader(rand.NewChaCha8([32]byte{1}), size), peak: &peak}), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	open := heap() - before
	s = end(t, w)
	r, err := a.OpenEntry(t.Context(), s.Name, e.Entry())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	reading := int64(0)
	if n, err := io.Copy(io.Discard, &measured{r: r, peak: &reading}); n != size || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	t.Logf("150 MiB in one item: %d KiB while it is written, %d KiB while the page is open, %d KiB while it is read", (peak-before)>>10, open>>10, (reading-before)>>10)
	if limit := int64(8 << 20); peak-before > limit || open > limit || reading-before > limit {
		t.Errorf("more than %d KiB", limit>>10)
	}
}

// measured notes how much memory is in use while it is read, every 16 MiB.
type measured struct {
	r    io.Reader
	n    int64
	peak *int64
}

func (m *measured) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	if m.n/(16<<20) != (m.n+int64(n))/(16<<20) {
		*m.peak = max(*m.peak, heap())
	}
	m.n += int64(n)
	return n, err
}

// TestEncryptedWriterMemory is TestWriterMemory for pages that wait for their commit.
func TestEncryptedWriterMemory(t *testing.T) {
	var contents []sinks.Content
	contents = append(contents, sinktest.Text(".eml", string(madeUp()[156]))) // large
	for range 150 {
		contents = append(contents, sinktest.Text(".eml", string(madeUp()[1])))
	}
	for _, c := range []struct{ open, each int64 }{{1, 4 << 20}, {16, 2500 << 10}, {128, 1500 << 10}} {
		a := createWith(t, discard{newMemory()}, toOwner())
		w := begin(t, a, encryptedPage(a, 1))
		putBytes(t, w, sinktest.Mail(1).Event, ".eml", madeUp()[1])
		end(t, w)
		openPages(t, a, c.open, c.each, contents)
		if a.codec.budget.Load() != 0 || a.crypt.spools.used.Load() != 0 {
			t.Errorf("%d and %d bytes of buffers were not given back", a.codec.budget.Load(), a.crypt.spools.used.Load())
		}
	}
}
