package archive

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// madeUp is mail of all sizes and contents of no structure.
var madeUp = sync.OnceValue(func() [][]byte {
	r := rand.New(rand.NewPCG(5, 5))
	var list [][]byte
	for i := range 150 {
		list = append(list, message(r, i))
	}
	for _, size := range []int{0, 1, 511, 512, 513, largeItem - 1, largeItem, frameSize, frameSize + 1, 3*frameSize + 77} {
		list = append(list, noise(r, size))
	}
	return list
})

// messages returns real mail too, if AIRLIFT_CORPUS names a directory of it.
func messages(t testing.TB) [][]byte {
	t.Helper()
	list := slices.Clone(madeUp())
	if os.Getenv("AIRLIFT_CORPUS") == "" {
		return list
	}
	err := filepath.WalkDir(os.Getenv("AIRLIFT_CORPUS"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(p) == ".eml" {
			var data []byte
			if data, err = os.ReadFile(p); err == nil {
				list = append(list, data)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// message makes a mail of words, and of an attachment in every fifth.
func message(r *rand.Rand, i int) []byte {
	words := strings.Fields("the of and to in meeting budget report please attached regards invoice Tuesday project quarterly review draft")
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: person%d@example.com\r\nTo: alice@example.com\r\nSubject: %s %d\r\nMessage-ID: <%x@example.com>\r\n\r\n", r.IntN(50), words[r.IntN(len(words))], i, r.Uint64())
	for range 50 + r.IntN(800) {
		b.WriteString(words[r.IntN(len(words))] + " ")
	}
	if i%5 == 0 {
		b.WriteString("\r\n\r\n" + base64.StdEncoding.EncodeToString(noise(r, 10_000<<r.IntN(7))))
	}
	return b.Bytes()
}

func noise(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b[:n]
}

// stored is an item and where it was stored.
type stored struct {
	segment string
	entry   sinks.Entry
	data    []byte
}

// fill stores the messages in pages of a folder.
func fill(t testing.TB, a *Archive, f sinks.Folder, list [][]byte, perPage int) (pages []sinks.Committed, items []stored) {
	t.Helper()
	prev := ""
	if a.Encrypted() {
		f.Dir = a.Place(f.Path, f.ID)
	}
	for seq := 1; len(list) > 0; seq++ {
		page := sinktest.NewPage(f, seq, prev)
		w := begin(t, a, page)
		c := sinks.Committed{Page: page, KeyAfter: "after"}
		n := min(perPage, len(list))
		for i, data := range list[:n] {
			date := time.Date(2020, 1, 1, 0, i, 0, 0, time.UTC)
			e := putBytes(t, w, sinks.Event{Op: sinks.OpAdd, ServerID: fmt.Sprint(seq, ":", i), Subject: fmt.Sprintf("Grüße %d: a/b?", i), Received: &date}, ".eml", data)
			c.Events = append(c.Events, e)
			items = append(items, stored{a.SegmentName(page.Mailbox, f.Dir, seq), e.Entry(), data})
		}
		list = list[n:]
		c.Segment = end(t, w)
		prev = c.Segment.SHA256
		pages = append(pages, c)
	}
	return pages, items
}

// TestTar reads segments with the tar and zstd libraries alone, from the beginning to the end.
func TestTar(t *testing.T) {
	b := openDir(t, t.TempDir())
	a := create(t, b)
	pages, items := fill(t, a, sinktest.Inbox, messages(t), 40)
	for i, page := range pages {
		z, err := zstd.NewReader(bytes.NewReader(sinktest.Read(t, b, page.Segment.Name)))
		if err != nil {
			t.Fatal(err)
		}
		r := tar.NewReader(z)
		for _, e := range page.Events {
			h, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			data, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(data, items[0].data) {
				t.Fatalf("%s holds other bytes, %v", h.Name, err)
			}
			if h.Name != e.Name || h.Mode != 0o600 || h.Uid != 0 || h.Gid != 0 || !h.ModTime.Equal(*e.Received) || h.Typeflag != tar.TypeReg {
				t.Errorf("header %+v of %s", h, e.Name)
			}
			items = items[1:]
		}
		h, err := r.Next()
		if err != nil || h.Name != fmt.Sprintf(".airlift/inbox-0a1b2c3d/%08d.jsonl", i+1) {
			t.Fatalf("last entry %+v, %v", h, err)
		}
		checkManifest(t, r, page)
		if h, err := r.Next(); err != io.EOF {
			t.Errorf("after the manifest comes %+v, %v", h, err)
		}
		z.Close()
	}
	if len(items) != 0 {
		t.Errorf("%d items are missing", len(items))
	}
}

// checkManifest reads the names of the format, not those of Go.
func checkManifest(t *testing.T, r io.Reader, page sinks.Committed) {
	t.Helper()
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	var first struct {
		Page      int            `json:"page"`
		Mailbox   string         `json:"mailbox"`
		Folder    string         `json:"folder"`
		Dir       string         `json:"dir"`
		Path      string         `json:"path"`
		Class     string         `json:"class"`
		Type      int            `json:"type"`
		ServerID  string         `json:"server_id"`
		Server    string         `json:"server"`
		EAS       string         `json:"eas"`
		Device    string         `json:"device"`
		KeyBefore string         `json:"key_before"`
		KeyAfter  string         `json:"key_after"`
		Time      time.Time      `json:"time"`
		Prev      string         `json:"prev"`
		Run       string         `json:"run"`
		Counts    map[string]int `json:"counts"`
	}
	if err := d.Decode(&first); err != nil {
		t.Fatal(err)
	}
	want := first
	p := page.Page
	want.Page, want.Mailbox, want.Folder, want.Dir, want.Path, want.Class = p.Seq, p.Mailbox, p.Folder.ID, p.Folder.Dir, p.Folder.Path, p.Folder.Class
	want.Type, want.ServerID, want.Server, want.EAS, want.Device = p.Folder.Type, p.Folder.ServerID, p.Server, p.EASVersion, p.DeviceID
	want.KeyBefore, want.KeyAfter, want.Time, want.Prev, want.Run = p.KeyBefore, page.KeyAfter, p.Time, p.Prev, p.RunID
	want.Counts = map[string]int{"add": len(page.Events)}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("page line (-want +got):\n%s", diff)
	}
	for _, e := range page.Events {
		var line map[string]any
		if err := d.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line["op"] != "add" || line["id"] != e.ID || line["name"] != e.Name || line["sha256"] != e.SHA256 || line["server_id"] != e.ServerID {
			t.Errorf("line %v of %+v", line, e)
		}
	}
	if d.More() {
		t.Error("the manifest has more lines than events")
	}
}

// TestFrames parses the seek table by its specification, and the frames by it.
func TestFrames(t *testing.T) {
	b := openDir(t, t.TempDir())
	a := create(t, b)
	_, items := fill(t, a, sinktest.Inbox, messages(t), 1<<30)
	data := sinktest.Read(t, b, items[0].segment)
	le := binary.LittleEndian
	if magic := le.Uint32(data[len(data)-4:]); magic != 0x8F92EAB1 {
		t.Fatalf("the object ends with %#x", magic)
	}
	if data[len(data)-5] != 0x80 {
		t.Errorf("descriptor %#x, want checksums and nothing else", data[len(data)-5])
	}
	n := int(le.Uint32(data[len(data)-9:]))
	table := data[len(data)-9-12*n-8:]
	if le.Uint32(table) != 0x184D2A5E || int(le.Uint32(table[4:])) != 12*n+9 {
		t.Fatalf("skippable frame % x", table[:8])
	}
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var starts []int64 // of the frames, uncompressed
	var plain []byte
	rest := data[:len(data)-len(table)]
	for e := table[8:]; len(starts) < n; e = e[12:] {
		size, raw := le.Uint32(e), int(le.Uint32(e[4:]))
		got, err := z.DecodeAll(rest[:size], nil)
		if err != nil || len(got) != raw {
			t.Fatalf("frame %d: %d bytes, %v, want %d", len(starts), len(got), err, raw)
		}
		if sum := le.Uint32(rest[size-4:]); sum != le.Uint32(e[8:]) {
			t.Errorf("frame %d ends with checksum %x, the table has %x", len(starts), sum, e[8:12])
		}
		if raw > frameSize && len(starts) < n-1 {
			t.Errorf("frame %d has %d bytes", len(starts), raw)
		}
		starts = append(starts, int64(len(plain)))
		plain = append(plain, got...)
		rest = rest[size:]
	}
	if len(rest) != 0 {
		t.Errorf("%d bytes are in no frame", len(rest))
	}
	if !bytes.HasPrefix(plain[starts[n-1]:], []byte(".airlift/")) && !bytes.Contains(plain[starts[n-1]:starts[n-1]+1536], []byte(".airlift/")) {
		t.Error("the last frame does not begin with the manifest")
	}
	checkFrames(t, items, plain, starts)
	if mean := len(plain) / n; mean < 300<<10 {
		t.Errorf("%d frames of %d bytes on average: too small to compress well", n, mean)
	}
}

// checkFrames: small items lie in one frame, large ones share theirs with nobody.
func checkFrames(t *testing.T, items []stored, plain []byte, starts []int64) {
	t.Helper()
	frameOf := func(off int64) int {
		i := 0
		for i+1 < len(starts) && starts[i+1] <= off {
			i++
		}
		return i
	}
	owner := make(map[int]int)
	for i, item := range items {
		e := item.entry
		if !bytes.Equal(plain[e.Offset:e.Offset+e.Size], item.data) {
			t.Errorf("%s is not at %d", e.Name, e.Offset)
		}
		first, last := frameOf(e.Offset), frameOf(e.Offset+max(0, e.Size-1))
		if e.Size < largeItem && first != last {
			t.Errorf("%s of %d bytes is in frames %d to %d", e.Name, e.Size, first, last)
		}
		for f := first; f <= last; f++ {
			if other, ok := owner[f]; ok && (e.Size >= largeItem || items[other].entry.Size >= largeItem) {
				t.Errorf("%s shares frame %d with %s", e.Name, f, items[other].entry.Name)
			}
			owner[f] = i
		}
	}
}
