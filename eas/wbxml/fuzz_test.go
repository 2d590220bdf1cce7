package wbxml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

var fuzzLimits = Limits{Memory: 1 << 20, Elements: 10000, Value: 1 << 20, Document: 1 << 20}

func seed(f *testing.F) {
	for _, c := range captures(f) {
		if len(c.body) < 300 {
			f.Add(c.body)
		}
	}
}

// FuzzDecode holds that no input panics, and that all ways to read a document agree.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, doc []byte) {
		whole, wholeErr := Unmarshal(doc, fuzzLimits)

		d := NewDecoder(iotest.OneByteReader(bytes.NewReader(doc)), fuzzLimits)
		var streamed *Element
		_, err := d.Root()
		if err == nil {
			streamed, err = d.Element(func(*Element, Tag, io.Reader) (bool, error) { return false, nil })
		}
		if err == nil {
			err = d.Close()
		}
		if fmt.Sprint(err) != fmt.Sprint(wholeErr) {
			t.Fatalf("whole: %v\nbyte by byte: %v", wholeErr, err)
		}

		d.Reset(bytes.NewReader(doc))
		var walked Element
		if tag, err := d.Root(); err == nil {
			walked.Tag = tag
			walk(d, &walked)
		}
		walkErr := d.Close()
		if (walkErr == nil) != (wholeErr == nil) && !isLimit(wholeErr) && !isLimit(walkErr) {
			t.Fatalf("Element: %v\nChildren: %v", wholeErr, walkErr)
		}
		if wholeErr != nil {
			return
		}
		if diff := cmp.Diff(whole, streamed); diff != "" {
			t.Errorf("byte by byte (-whole +streamed)\n%s", diff)
		}
		if diff := cmp.Diff(shape(whole), shape(&walked)); diff != "" {
			t.Errorf("(-Element +Children)\n%s", diff)
		}
	})
}

func isLimit(err error) bool {
	var limit *LimitError
	return errors.As(err, &limit)
}

// walk reads with Children, and leaves with Value.
func walk(d *Decoder, e *Element) {
	if name := d.Literal(); name != "" {
		e.Append(T(literalName, name))
	}
	for tag := range d.Children() {
		child := E(tag)
		walk(d, &child)
		e.Append(child)
	}
}

// shape is the element without its values.
func shape(e *Element) string {
	s := fmt.Sprintf("%v%q", e.Tag, e.Literal())
	for i := range e.content() {
		s += "(" + shape(&e.content()[i]) + ")"
	}
	return s
}

// FuzzCanonical holds that what decodes encodes to a fixed point.
func FuzzCanonical(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, doc []byte) {
		e, err := Unmarshal(doc, fuzzLimits)
		if err != nil {
			return
		}
		first, err := Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Unmarshal(first, fuzzLimits)
		if err != nil {
			t.Fatalf("%v in %x", err, first)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Errorf("(-decoded +encoded and decoded)\n%s", diff)
		}
		if second, err := Marshal(again); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%v\nfirst  %x\nsecond %x", err, first, second)
		}
	})
}

// FuzzXML holds that a document comes back from XML with every value as it was.
func FuzzXML(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, doc []byte) {
		e, err := Unmarshal(doc, fuzzLimits)
		if err != nil {
			return
		}
		for _, o := range []XMLOptions{{}, {Indent: true}} {
			text := writeXML(t, doc, o)
			var back bytes.Buffer
			enc := NewEncoder(&back)
			if err := errors.Join(ReadXML(strings.NewReader(text), enc), enc.Close()); err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if again := writeXML(t, back.Bytes(), o); again != text {
				t.Errorf("first  %s\nsecond %s", text, again)
			}
			got, err := Unmarshal(back.Bytes(), fuzzLimits)
			if err != nil {
				t.Fatalf("%v in %x", err, back.Bytes())
			}
			if diff := cmp.Diff(e, got); diff != "" {
				t.Errorf("(-was +came back)\n%s", diff)
			}
		}
		text := e.AppendXML(nil)
		if tree, err := ParseXML(bytes.NewReader(text), Limits{}); err != nil || !cmp.Equal(e, tree) {
			t.Errorf("%v in\n%s\n(-was +came back)\n%s", err, text, cmp.Diff(e, tree))
		}
	})
}

// FuzzParseXML holds that no XML panics, and that what is read is written alike.
func FuzzParseXML(f *testing.F) {
	f.Add([]byte(exampleXML))
	f.Add([]byte(`<Sync xmlns="AirSync">a<?opaque base64?>AA==<Class/><?string?> b<![CDATA[]]]]>&#13;<!-- c --></Sync>`))
	f.Fuzz(func(t *testing.T, in []byte) {
		e, err := ParseXML(bytes.NewReader(in), fuzzLimits)
		bytewise, bytewiseErr := ParseXML(iotest.OneByteReader(bytes.NewReader(in)), fuzzLimits)
		if fmt.Sprint(err) != fmt.Sprint(bytewiseErr) {
			t.Fatalf("whole: %v\nbyte by byte: %v", err, bytewiseErr)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(e, bytewise); diff != "" {
			t.Errorf("(-whole +byte by byte)\n%s", diff)
		}
		text := e.AppendXML(nil)
		again, err := ParseXML(bytes.NewReader(text), Limits{})
		if err != nil || !cmp.Equal(e, again) {
			t.Errorf("%v in\n%s\n(-was +came back)\n%s", err, text, cmp.Diff(e, again))
		}
	})
}
