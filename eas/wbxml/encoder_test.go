package wbxml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncoder(t *testing.T) {
	tests := []struct {
		name, want string
		write      func(*Encoder)
	}{
		{"empty root", head + "05", func(e *Encoder) { e.Empty(AirSyncSync) }},
		{"page of the root", head + "00 07 56 52 03 '0' 00 01 01", func(e *Encoder) {
			e.Start(FolderHierarchyFolderSync)
			e.Text(FolderHierarchySyncKey, "0")
			e.End()
		}},
		{"page only where it changes", head + "45 00 11 4A 46 03 '1' 00 01 01 05 00 00 14 01", func(e *Encoder) {
			e.Start(AirSyncSync)
			e.Start(AirSyncBaseBody)
			e.Text(AirSyncBaseType, "1")
			e.End()
			e.Empty(AirSyncBaseBodyPreference)
			e.Empty(AirSyncMoreAvailable)
			e.End()
		}},
		{"empty text and empty string", head + "45 0E 4E 03 00 01 01", func(e *Encoder) {
			e.Start(AirSyncSync)
			e.Text(AirSyncStatus, "")
			e.Start(AirSyncStatus)
			e.String("")
			e.End()
			e.End()
		}},
		{"streams", head + "45 03 'abc' 00 C3 03 'a' 00 'c' 01", func(e *Encoder) {
			e.Start(AirSyncSync)
			e.StringFrom(strings.NewReader("abc"))
			e.OpaqueFrom(strings.NewReader("a\x00c"), 3)
			e.End()
		}},
		{"unknown", head + "00 1E 5F 03 'x' 00 01", func(e *Encoder) { e.Text(30<<8|0x1F, "x") }},
		{"literals", "03 01 6A 0A 'News' 00 'Item' 00 44 00 C3 01 'x' 04 05 01", func(e *Encoder) {
			root := lit(0, "News", "x")
			root.Opaque = true
			root.Append(lit(0, "Item", ""))
			e.Element(&root)
		}},
	}
	for _, test := range tests {
		var b bytes.Buffer
		e := NewEncoder(&b)
		test.write(e)
		if err := e.Close(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(fmt.Sprintf("%x", unhex(t, test.want)), fmt.Sprintf("%x", b.Bytes())); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.name, diff)
		}
	}
}

// TestEncoderLengths holds mb_u_int32 against the table of WBXML 1.3 section 5.1
// and its neighbours.
func TestEncoderLengths(t *testing.T) {
	for n, want := range map[int]string{0: "00", 0x7F: "7F", 0x80: "81 00", 0xA0: "81 20", 0x3FFF: "FF 7F", 0x4000: "81 80 00", 1 << 21: "81 80 80 00"} {
		var b bytes.Buffer
		e := NewEncoder(&b)
		e.Start(AirSyncSync)
		e.Opaque(make([]byte, n))
		e.End()
		prefix := unhex(t, head+"45 C3 "+want)
		if err := e.Close(); err != nil || !bytes.HasPrefix(b.Bytes(), prefix) || b.Len() != len(prefix)+n+1 {
			t.Errorf("%d bytes: %v, begins %x", n, err, b.Bytes()[:12])
		}
	}
	if got := fmt.Sprintf("%x", appendUint32(nil, 1<<32-1)); got != "8fffffff7f" {
		t.Errorf("4 GiB - 1 is %s", got)
	}
}

func TestEncoderErrors(t *testing.T) {
	tests := map[string]func(*Encoder){
		"no root element":                          func(*Encoder) {},
		"AirSync:Sync is still open":               func(e *Encoder) { e.Start(AirSyncSync) },
		"End without Start":                        func(e *Encoder) { e.End(); e.Empty(AirSyncSync) }, // the first error stays
		"content outside of the root":              func(e *Encoder) { e.String("x") },
		"AirSync:Sync after the end":               func(e *Encoder) { e.Empty(AirSyncSync); e.Empty(AirSyncSync) },
		"NUL in a string":                          func(e *Encoder) { e.Text(AirSyncSync, "a\x00b") },
		"AirSync:tag00 is no tag":                  func(e *Encoder) { e.Empty(0) },
		"AirSync:tag45 is no tag":                  func(e *Encoder) { e.Empty(0x45) },
		"AirSync:tag04 is no tag":                  func(e *Encoder) { e.Element(&Element{Tag: literal}) },
		"opaque value of 3 bytes: unexpected EOF":  func(e *Encoder) { e.Start(AirSyncSync); e.OpaqueFrom(strings.NewReader("ab"), 3) },
		"more than the 1 bytes announced":          func(e *Encoder) { e.Start(AirSyncSync); e.OpaqueFrom(strings.NewReader("ab"), 1) },
		"opaque value of 4294967296 bytes":         func(e *Encoder) { e.Start(AirSyncSync); e.OpaqueFrom(strings.NewReader("ab"), 1<<32) },
		"opaque value of -1 bytes":                 func(e *Encoder) { e.Start(AirSyncSync); e.OpaqueFrom(strings.NewReader("ab"), -1) },
		`tag "New" is in no code page and not in `: func(e *Encoder) { e.Start(AirSyncSync); x := lit(0, "New", ""); e.Element(&x) },
		"boom": func(e *Encoder) {
			e.Start(AirSyncSync)
			e.StringFrom(io.MultiReader(strings.NewReader("a"), errReader{errors.New("boom")}))
		},
	}
	for want, write := range tests {
		e := NewEncoder(io.Discard)
		write(e)
		if err := e.Close(); err == nil || !strings.HasPrefix(err.Error(), "wbxml: encode: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	full := errors.New("disk full")
	e := NewEncoder(writerFunc(func([]byte) (int, error) { return 0, full }))
	e.Start(AirSyncSync)
	e.OpaqueFrom(io.LimitReader(&endless{strings.NewReader(""), 'x'}, 1<<30), 1<<30)
	if err := e.Close(); !errors.Is(err, full) {
		t.Errorf("error %v, want the writer's", err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// TestOpaqueHole: with the value put in where it belongs, the document is as if it had been there all the time.
func TestOpaqueHole(t *testing.T) {
	for _, size := range []int{0, 1, 200, 70000} {
		value := bytes.Repeat([]byte("v"), size)
		whole := E(ComposeMailSendMail, T(ComposeMailClientId, "1"), B(ComposeMailMime, value), T(RightsManagementTemplateID, "t"))
		want, err := Marshal(&whole)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		enc := NewEncoder(&b)
		enc.Start(whole.Tag)
		enc.Element(&whole.Children[0])
		enc.Start(ComposeMailMime)
		enc.OpaqueHole(int64(size))
		b.Write(value)
		enc.End()
		enc.Element(&whole.Children[2])
		enc.End()
		if err := enc.Close(); err != nil || !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
