package wbxml

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// head begins a document as ActiveSync does.
const head = "03 01 6A 00 "

// TestForms decodes what a server may write though the canonical form is another.
func TestForms(t *testing.T) {
	leaf := func(text string) Element { return E(AirSyncSync, T(AirSyncStatus, text)) }
	page30 := Tag(30<<8 | 0x1F)
	tests := []struct {
		name, doc string
		want      Element
	}{
		{"inline string", head + "45 4E 03 '1' 00 01 01", leaf("1")},
		{"opaque", head + "45 4E C3 01 '1' 01 01", E(AirSyncSync, B(AirSyncStatus, []byte("1")))},
		{"string table", "03 01 6A 04 'ab' 00 00 45 4E 83 01 01 01", leaf("b")},
		{"entity", head + "45 4E 02 81 20 01 01", leaf("\u00a0")},
		{"several strings", head + "45 4E 03 'a' 00 03 00 03 'b' 00 01 01", leaf("ab")},
		{"string and opaque", head + "45 4E 03 'a' 00 C3 02 'b' 00 01 01", E(AirSyncSync, B(AirSyncStatus, []byte("ab\x00")))},
		{"empty opaque", head + "45 4E C3 00 01 01", E(AirSyncSync, B(AirSyncStatus, nil))},
		{"no content bit", head + "45 0E 01", leaf("")},
		{"content bit and no content", head + "45 4E 01 01", leaf("")},
		{"empty root", head + "05", Empty(AirSyncSync)},
		{"not UTF-8", head + "45 4E 03 FF FE 00 01 01", leaf("\xFF\xFE")},
		{"unknown token", head + "45 7F 03 '1' 00 01 01", E(AirSyncSync, T(0x3F, "1"))},
		{"unknown page", head + "45 00 1E 5F 03 '1' 00 01 01", E(AirSyncSync, T(page30, "1"))},
		{
			"switch page anywhere", head + "00 01 00 00 45 00 11 4A 00 00 03 'x' 00 00 11 01 00 00 4E 03 '1' 00 00 05 01 01",
			E(AirSyncSync, T(AirSyncBaseBody, "x"), T(AirSyncStatus, "1")),
		},
		{"instructions", head + "43 05 03 'x' 00 01 45 43 05 85 01 4E 43 05 01 03 '1' 00 01 01 43 05 C3 02 01 01 01", leaf("1")},
		{
			"attributes", head + "C5 05 03 'x' 00 02 20 83 00 40 'y' 00 81 00 C1 00 07 04 00 01 8E 05 85 01 CE 05 01 03 '1' 00 01 01",
			E(AirSyncSync, Empty(AirSyncStatus), T(AirSyncStatus, "1")),
		},
		{"literal of the page", "03 01 6A 07 'Status' 00 45 44 00 03 '1' 00 01 01", leaf("1")},
		{
			"literals", "03 01 6A 06 'X' 00 'New' 00 45 04 02 44 02 03 '1' 00 01 84 02 05 01 C4 02 05 01 03 '2' 00 01 01",
			E(AirSyncSync, lit(0, "New", ""), lit(0, "New", "1"), lit(0, "New", ""), lit(0, "New", "2")),
		},
		{"public identifier in the table", "03 00 01 6A 02 'x' 00 05", Empty(AirSyncSync)},
		{"unknown charset", "03 01 00 00 05", Empty(AirSyncSync)},
		{"version 1.1", "01 01 6A 00 05", Empty(AirSyncSync)},
		{"mixed content", head + "45 03 'a' 00 0E 03 'b' 00 01", Element{Tag: AirSyncSync, Text: "ab", Children: []Element{Empty(AirSyncStatus)}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := unhex(t, test.doc)
			got, err := Unmarshal(doc, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("whole: (-want +got)\n%s", diff)
			}
			d := NewDecoder(iotest.OneByteReader(bytes.NewReader(doc)), Limits{})
			_, err = d.Root()
			if err == nil {
				got, err = d.Element(nil)
			}
			if err := errors.Join(err, d.Close()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("byte by byte: (-want +got)\n%s", diff)
			}
			if d.Offset() != int64(len(doc)) {
				t.Errorf("consumed %d of %d bytes", d.Offset(), len(doc))
			}
		})
	}
}

// lit is an element with a LITERAL tag.
func lit(page uint8, name, text string) Element {
	return Element{Tag: Tag(page)<<8 | literal, Text: text, Children: []Element{T(literalName, name)}}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name, doc string
		offset    int64
		msg       string
	}{
		{"charset", "03 01 04 00 05", 2, "charset 4 (ISO-8859-1)"},
		{"integer of 33 bits", "03 01 90 80 80 80 00 00 05", 2, "more than 32 bits"},
		{"integer without end", "03 01 80 80 80 80 80 80 05", 2, "more than 32 bits"},
		{"index behind the table", "03 01 6A 02 'x' 00 45 83 02 01", 7, "index 2 points to no string of the string table (2 bytes)"},
		{"table without NUL", "03 01 6A 01 'x' 45 83 00 01", 6, "points to no string"},
		{"extension", head + "45 40 'x' 00 01", 5, "extension token 0x40"},
		{"extension with an index", head + "45 80 00 01", 5, "extension token 0x80"},
		{"extension of one byte", head + "45 C2 01", 5, "extension token 0xC2"},
		{"no character", head + "45 02 83 B0 00 01", 5, "entity 55296 is no character"},
		{"NUL as entity", head + "45 02 00 01", 5, "entity 0"},
		{"literal that is no name", "03 01 6A 03 'a b' 45 04 00 01", 8, "no string"},
		{"literal with a space", "03 01 6A 04 'a b' 00 45 04 00 01", 9, `literal tag "a b" is no XML name`},
		{"text before the root", head + "03 'x' 00 45 01", 4, "token 0x03 where the root element should begin"},
		{"trailing byte", head + "05 00", 5, "byte 0x00 after the end of the root element"},
		{"second root", head + "45 01 05", 6, "byte 0x05 after the end"},
		{"instruction among attributes", head + "85 05 43 01", 6, "token 0x43 among attributes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Unmarshal(unhex(t, test.doc), Limits{})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error %v, want a SyntaxError", err)
			}
			if syntax.Offset != test.offset || !strings.Contains(syntax.Msg, test.msg) || errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v, want offset %d and %q", err, test.offset, test.msg)
			}
		})
	}
}

func TestNotWBXML(t *testing.T) {
	tests := map[string]string{
		"":                                   "empty",
		"\r\n <!DOCTYPE html><html>":         `looks like HTML: "\r\n <!DOCTYPE html><html>"`,
		"\xEF\xBB\xBF<?xml version='1.0'?>":  "looks like XML",
		`{"error":"throttled"}`:              "looks like JSON",
		"\x1F\x8B\x08\x00\x00\x00\x00":       "looks like gzip",
		"\x03\x00\x00\x00\x1C\x00\x00\x00ab": "looks like a multipart response",
		"\x04\x01\x6A\x00\x05":               `"\x04\x01j\x00\x05"`,
		"\x00\x01\x6A\x00\x05":               `"\x00\x01j\x00\x05"`,
	}
	for in, want := range tests {
		d := NewDecoder(iotest.OneByteReader(strings.NewReader(in)), Limits{})
		err := d.Close()
		if !errors.Is(err, ErrNotWBXML) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", in, err, want)
		}
	}
}

// TestEveryPrefix cuts a document off at every byte.
func TestEveryPrefix(t *testing.T) {
	doc := unhex(t, exampleWBXML)
	for n := 1; n < len(doc); n++ {
		_, err := Unmarshal(doc[:n], Limits{})
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !errors.Is(err, io.ErrUnexpectedEOF) || syntax.Offset != int64(n) {
			t.Errorf("%d bytes: error %v, want an unexpected end at offset %d", n, err, n)
		}
	}
}

// TestReadError tells the network's errors from the document's.
func TestReadError(t *testing.T) {
	doc := unhex(t, exampleWBXML)
	for n := range doc {
		d := NewDecoder(io.MultiReader(bytes.NewReader(doc[:n]), iotest.ErrReader(context.Canceled)), Limits{})
		err := d.Close()
		var syntax *SyntaxError
		if !errors.Is(err, context.Canceled) || errors.As(err, &syntax) || errors.Is(err, ErrNotWBXML) {
			t.Fatalf("after %d bytes: error %v, want the reader's", n, err)
		}
		if d.Err() != err || d.Close() != err {
			t.Fatalf("after %d bytes: the error did not stay", n)
		}
	}
	// An error that comes with the last bytes does not take them away.
	d := NewDecoder(iotest.DataErrReader(bytes.NewReader(doc)), Limits{})
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if err := NewDecoder(neverReader{}, Limits{}).Close(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

type neverReader struct{}

func (neverReader) Read([]byte) (int, error) { return 0, nil }

// endless is the start of a document, then one byte for ever.
type endless struct {
	start io.Reader
	fill  byte
}

func (e *endless) Read(p []byte) (int, error) {
	if n, err := e.start.Read(p); err == nil {
		return n, nil
	}
	for i := range p {
		p[i] = e.fill
	}
	return len(p), nil
}

func TestLimits(t *testing.T) {
	document := func(d *Decoder) error { return d.Close() }
	tree := func(d *Decoder) error {
		if _, err := d.Root(); err != nil {
			return err
		}
		_, err := d.Element(nil)
		return err
	}
	text := func(d *Decoder) error { d.Root(); _ = d.Text(); return d.Err() }
	value := func(d *Decoder) error { d.Root(); _, err := io.Copy(io.Discard, d.Value()); return err }
	xml := func(d *Decoder) error { return WriteXML(io.Discard, d, XMLOptions{}) }
	tests := []struct {
		limit string
		lim   Limits
		start string
		fill  byte
		read  func(*Decoder) error
	}{
		{"Depth", Limits{}, head, 0x45, document},
		{"Depth", Limits{}, head, 0x45, tree},
		{"Name", Limits{}, "03 01 6A 84 80 01", 'x', document},
		{"Value", Limits{Value: 1 << 20}, head + "45 03", 'x', value},
		{"Value", Limits{Value: 1 << 20}, head + "45 C3 8F FF FF FF 7F", 'x', value},
		{"Value", Limits{Value: 1 << 20}, head + "45 C3 8F FF FF FF 7F", 'x', xml},
		{"Memory", Limits{Memory: 1 << 20}, head + "45 03", 'x', text},
		{"Memory", Limits{Memory: 1 << 20}, head + "45 C3 8F FF FF FF 7F", 'x', tree},
		{"Memory", Limits{Memory: 1 << 20}, head + "45", 0x05, tree},
		{"Elements", Limits{Elements: 1000}, head + "45", 0x05, tree},
		{"Document", Limits{Document: 1 << 20}, head + "45", 0x05, document},
		{"Document", Limits{Document: 1 << 20}, head + "45 03", 'x', document},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s/%s", test.limit, test.start), func(t *testing.T) {
			d := NewDecoder(&endless{bytes.NewReader(unhex(t, test.start)), test.fill}, test.lim)
			err := test.read(d)
			var limit *LimitError
			if !errors.As(err, &limit) || limit.Limit != test.limit {
				t.Errorf("error %v, want a LimitError for %s", err, test.limit)
			}
			if d.Offset() > 4<<20 {
				t.Errorf("read %d bytes before the limit", d.Offset())
			}
		})
	}
	// The string table's strings may be named again and again.
	table := append(unhex(t, "03 01 6A 87 68"), bytes.Repeat([]byte("x"), 999)...)
	bomb := append(append(table, 0, 0x45), bytes.Repeat([]byte{tokStrT, 0}, 5000)...)
	err := NewDecoder(bytes.NewReader(bomb), Limits{Document: 1 << 20}).Close()
	if limit := (*LimitError)(nil); !errors.As(err, &limit) || limit.Limit != "Document" {
		t.Errorf("5,000 times a string of 999 bytes: error %v", err)
	}
}

// TestOpaqueClaim holds that memory follows what came, not what was announced.
func TestOpaqueClaim(t *testing.T) {
	doc := unhex(t, head+"45 C3 8F FF FF FF 7F 'short'")
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Unmarshal(doc, Limits{}); !errors.Is(err, io.ErrUnexpectedEOF) {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 64<<10 {
		t.Errorf("%d bytes allocated for a document of %d", allocated, len(doc))
	}
}
