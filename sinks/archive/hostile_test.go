package archive

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

var hostileName = segmentName(sinktest.Mailbox, sinktest.Inbox.Dir, 1)

// readAll does with a segment all that a reader can do, and returns the first error.
func readAll(t testing.TB, object []byte) error {
	t.Helper()
	b := newMemory()
	a := create(t, b)
	b.objects[hostileName] = object
	_, err := a.manifest(t.Context(), sinktest.Mailbox, sinks.ObjectInfo{Name: hostileName})
	problems, _ := verifyOne(t, a)
	if err != nil && problems == 0 {
		t.Errorf("the manifest cannot be read (%v), but Verify finds nothing", err)
	}
	r, openErr := a.OpenSegment(t.Context(), hostileName)
	if openErr != nil {
		return openErr
	}
	defer r.Close()
	for _, f := range r.table {
		e, openErr := r.Open(sinks.Entry{Name: "x", Offset: f.rawAt, Size: min(f.raw, 1<<20), SHA256: "0"})
		if openErr == nil {
			_, openErr = io.Copy(io.Discard, e)
		}
		if !errors.Is(openErr, sinks.ErrCorrupt) {
			t.Fatalf("an entry of no hash: %v", openErr)
		}
	}
	return err
}

func verifyOne(t testing.TB, a *Archive) (problems int, sum Summary) {
	t.Helper()
	sum, err := a.Verify(t.Context(), VerifyOptions{Problem: func(Problem) { problems++ }})
	if err != nil {
		t.Errorf("Verify: %v", err)
	}
	return problems, sum
}

// framed makes an object of frames with a seek table that says the truth of them, or what claims makes of it.
func framed(raw [][]byte, options []zstd.EOption, claims func(seekTable)) []byte {
	z, err := zstd.NewWriter(nil, options...)
	if err != nil {
		panic(err)
	}
	var object []byte
	var table seekTable
	for _, r := range raw {
		c := z.EncodeAll(r, nil)
		object = append(object, c...)
		table.add(frame{size: int64(len(c)), raw: int64(len(r)), sum: binary.LittleEndian.Uint32(c[len(c)-4:])})
	}
	if claims != nil {
		claims(table)
	}
	return append(object, table.encode()...)
}

// TestBombs: what an object claims, and what comes out of it, is bounded before memory is taken for it.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 100<<20)
	le := binary.LittleEndian
	for name, object := range map[string][]byte{
		"2^32-1 frames":       le.AppendUint32(append(make([]byte, 1000), 0xff, 0xff, 0xff, 0xff, checksumFlag), seekableMagic),
		"a frame of 4 GiB":    framed([][]byte{zeros[:5000]}, nil, func(t seekTable) { t[0].raw = math.MaxUint32 }),
		"more than it claims": framed([][]byte{zeros}, nil, func(t seekTable) { t[0].raw = 1 << 20 }),
		"no size of its own":  stream(zeros),
		"a lie in the header": lying(zeros),
		"a file of 4 EiB":     framed([][]byte{sparse()}, nil, nil),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := readAll(t, object)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, sinks.ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 90<<20 {
			t.Errorf("%s took %d MiB", name, used>>20)
		}
	}
}

// stream makes a frame that does not say its size, and a seek table that says a small one.
func stream(raw []byte) []byte {
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		panic(err)
	}
	if _, err := z.Write(raw); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	table := seekTable{}
	table.add(frame{size: int64(b.Len()), raw: 1 << 20, sum: binary.LittleEndian.Uint32(b.Bytes()[b.Len()-4:])})
	return append(b.Bytes(), table.encode()...)
}

// lying makes a frame whose header and seek table agree on a size that is far too small.
func lying(raw []byte) []byte {
	object := framed([][]byte{raw}, []zstd.EOption{zstd.WithSingleSegment(true)}, func(t seekTable) { t[0].raw = 1 << 20 })
	// RFC 8878, 3.1.1.1: magic, descriptor, and in a single segment of this size a field of 4 bytes.
	binary.LittleEndian.PutUint32(object[5:], 1<<20)
	return object
}

// sparse makes a tar whose one file is nothing but a hole of 4 EiB, in GNU's format 1.0.
func sparse() []byte {
	const size = "4611686018427387904"
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	name := manifestName(sinktest.Inbox.Dir, 1)
	err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: 512, Mode: 0o600, Format: tar.FormatPAX, PAXRecords: map[string]string{
		"GNU_sparse.major": "1", "GNU_sparse.minor": "0", "GNU_sparse.name": name, "GNU_sparse.realsize": size,
	}})
	if err != nil {
		panic(err)
	}
	regions := make([]byte, 512)
	copy(regions, "1\n"+size+"\n0\n")
	if _, err := w.Write(regions); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("GNU_sparse."), []byte("GNU.sparse.")) // the library does not write it
}

// TestSparse: the file is what TestBombs takes it for.
func TestSparse(t *testing.T) {
	h, err := tar.NewReader(bytes.NewReader(sparse())).Next()
	if err != nil || h.Size != 1<<62 || h.Typeflag != tar.TypeReg {
		t.Errorf("header %+v, %v", h, err)
	}
}
