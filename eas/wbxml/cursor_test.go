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

// open returns a decoder in the root element of a document given as XML.
func open(t *testing.T, xml string) *Decoder {
	t.Helper()
	return enter(t, bytes.NewReader(fromXML(t, xml)))
}

func fromXML(t *testing.T, xml string) []byte {
	t.Helper()
	var b bytes.Buffer
	enc := NewEncoder(&b)
	if err := errors.Join(ReadXML(strings.NewReader(xml), enc), enc.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func enter(t *testing.T, r io.Reader) *Decoder {
	t.Helper()
	d := NewDecoder(r, Limits{})
	if _, err := d.Root(); err != nil {
		t.Fatal(err)
	}
	return d
}

const folders = `<FolderSync xmlns="FolderHierarchy"><Status>1</Status><SyncKey>k</SyncKey><Changes><Count>2</Count>
	<Add><ServerId>5</ServerId><DisplayName>Inbox</DisplayName></Add>
	<Add><ServerId>6</ServerId><DisplayName>Sent</DisplayName></Add></Changes></FolderSync>`

func TestChildren(t *testing.T) {
	d := open(t, folders)
	var got []string
	for tag := range d.Children() {
		if tag != FolderHierarchyChanges {
			got = append(got, fmt.Sprint(tag, "=", d.Text()))
			continue
		}
		for tag := range d.Children() {
			if tag == FolderHierarchyCount {
				continue // left: it is skipped
			}
			for tag := range d.Children() {
				got = append(got, fmt.Sprint(tag, "=", d.Text(), d.Text()))
				break // the name is skipped
			}
			for range d.Children() {
				t.Error("children after the loop was left")
			}
		}
		for range d.Children() {
			t.Error("children after they were read")
		}
	}
	want := []string{"FolderHierarchy:Status=1", "FolderHierarchy:SyncKey=k", "FolderHierarchy:ServerId=5", "FolderHierarchy:ServerId=6"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// TestLeavingReadsNothing holds that breaking out of loops costs no reading: a
// caller that gives up does not wait for the network.
func TestLeavingReadsNothing(t *testing.T) {
	doc := mailPage(t, 1, 1<<20)
	d := NewDecoder(bytes.NewReader(doc), Limits{})
	if _, err := d.Root(); err != nil {
		t.Fatal(err)
	}
	for range d.Children() {
		for range d.Children() {
			break
		}
		break
	}
	if d.Offset() > 100 {
		t.Errorf("read %d bytes", d.Offset())
	}
	if err := d.Close(); err != nil || d.Offset() != int64(len(doc)) {
		t.Errorf("Close: %v at %d of %d", err, d.Offset(), len(doc))
	}
}

func TestCloseInsideOfALoop(t *testing.T) {
	d := open(t, folders)
	for range d.Children() {
		for range d.Children() {
			t.Error("the first child has none")
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		break
	}
	if d.Text() != "" || d.Err() != nil {
		t.Error("something after Close")
	}
}

func TestTextSkipsChildren(t *testing.T) {
	d := open(t, `<Sync xmlns="AirSync">a<Status>x<Class>y</Class></Status><?opaque?>b<Class/>c</Sync>`)
	if got := d.Text(); got != "abc" || !d.Opaque() {
		t.Errorf("Text = %q, Opaque = %v", got, d.Opaque())
	}
	d = open(t, `<Sync xmlns="AirSync"><Status>1</Status></Sync>`)
	if got := d.Text(); got != "" || d.Opaque() || d.Close() != nil {
		t.Errorf("Text = %q, Opaque = %v, %v", got, d.Opaque(), d.Err())
	}
}

func TestValueStreams(t *testing.T) {
	const size = 1 << 20
	body := strings.Repeat("0123456789abcdef", size/16)
	for _, opaque := range []bool{false, true} {
		e := E(AirSyncSync, Element{Tag: AirSyncBaseData, Text: body, Opaque: opaque}, T(AirSyncStatus, "1"))
		doc, err := Marshal(&e)
		if err != nil {
			t.Fatal(err)
		}
		d := NewDecoder(bytes.NewReader(doc), Limits{})
		if _, err := d.Root(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for range d.Children() {
			value, longest := &strings.Builder{}, 0
			_, err := io.Copy(writerFunc(func(p []byte) (int, error) {
				longest = max(longest, len(p))
				return value.Write(p)
			}), d.Value())
			if err != nil {
				t.Fatal(err)
			}
			if longest > bufferSize {
				t.Errorf("a slice of %d bytes", longest)
			}
			got = append(got, value.String())
		}
		if err := d.Close(); err != nil || len(got) != 2 || got[0] != body || got[1] != "1" || d.Opaque() {
			t.Errorf("opaque %v: values differ, or %v", opaque, err)
		}
		d.Reset(bytes.NewReader(doc))
		d.Root()
		for range d.Children() {
			b := make([]byte, len(body)+1)
			n, err := io.ReadFull(d.Value(), b)
			if string(b[:n]) != body || err != io.ErrUnexpectedEOF || d.Opaque() != opaque {
				t.Errorf("opaque %v: Read gives %d bytes, %v", opaque, n, err)
			}
			break
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestValueIsAReader(t *testing.T) {
	d := open(t, `<Sync xmlns="AirSync">first, <?opaque?>second, <Status/>third</Sync>`)
	if err := iotest.TestReader(d.Value(), []byte("first, second, third")); err != nil {
		t.Error(err)
	}
}

func TestDivert(t *testing.T) {
	const xml = `<Sync xmlns="AirSync"><ServerId>7</ServerId><ApplicationData><Body xmlns="AirSyncBase"><Type>4</Type>` +
		`<Data>the body</Data><Data><?opaque?>raw</Data><Data/></Body><Class>x<Status>y</Status></Class></ApplicationData></Sync>`
	for _, whole := range []bool{true, false} {
		var src io.Reader = bytes.NewReader(fromXML(t, xml))
		if !whole { // no value lies whole in the buffer
			src = iotest.OneByteReader(src)
		}
		d := enter(t, src)
		var asked []string
		e, err := d.Element(func(parent *Element, tag Tag, r io.Reader) (bool, error) {
			asked = append(asked, fmt.Sprintf("%s/%s after %d", parent.Tag.Name(), tag.Name(), len(parent.Children)))
			if tag != AirSyncBaseData || parent.Value(AirSyncBaseType) != "4" {
				return false, nil
			}
			b, err := io.ReadAll(io.LimitReader(r, 5)) // and leaves the rest
			asked = append(asked, string(b))
			return true, err
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"Sync/ServerId after 0", "Body/Type after 0", "Body/Data after 1", "the b", "Body/Data after 2", "raw",
			"ApplicationData/Class after 1", "Class/Status after 0",
		}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("whole %v: asked (-want +got)\n%s", whole, diff)
		}
		got := string(e.AppendXML(nil))
		if want := strings.NewReplacer("the body", "<?diverted?>", "<?opaque?>raw", "<?diverted?>").Replace(xml); got != want {
			t.Errorf("whole %v:\n got %s\nwant %s", whole, got, want)
		}
		if _, err := Marshal(e); err == nil || !strings.Contains(err.Error(), "AirSyncBase:Data: its value was diverted") {
			t.Errorf("Marshal of a diverted value: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestDivertErrors(t *testing.T) {
	boom := errors.New("boom")
	tests := map[string]Divert{
		"divert AirSync:Status: boom": func(*Element, Tag, io.Reader) (bool, error) { return false, boom },
		"divert AirSync:Status: read the value and did not take it": func(_ *Element, _ Tag, r io.Reader) (bool, error) {
			_, err := io.ReadAll(r)
			return false, err
		},
	}
	for want, divert := range tests {
		for _, form := range []string{"1", "<?opaque?>1"} {
			d := open(t, `<Sync xmlns="AirSync"><Status>`+form+`</Status></Sync>`)
			e, err := d.Element(divert)
			if e != nil || err == nil || !strings.Contains(err.Error(), want) || !errors.Is(d.Close(), err) {
				t.Errorf("%s: %v, %v", form, err, d.Err())
			}
		}
	}
}

// TestElementsStay holds that trees do not change when the decoder goes on.
func TestElementsStay(t *testing.T) {
	d := NewDecoder(nil, Limits{})
	var kept []*Element
	for range 3 {
		d.Reset(bytes.NewReader(contactPage(t, 100)))
		if err := readItems(d, keep, func(e *Element) { kept = append(kept, e) }); err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range kept {
		want := fmt.Sprintf("FileAs of %d", i%100)
		if got := e.Value(AirSyncApplicationData, ContactsFileAs); got != want {
			t.Fatalf("contact %d: FileAs %q, want %q", i, got, want)
		}
		e.Append(T(AirSyncStatus, "mine"))
		e.Child(AirSyncApplicationData).Append(T(AirSyncStatus, "mine"))
	}
	for i, e := range kept {
		if n := len(e.Children); n != 3 || e.Children[0].Text != fmt.Sprintf("%d.vcf", i%100) {
			t.Fatalf("contact %d was overwritten: %s", i, e.AppendXML(nil))
		}
	}
}

func TestElementOfNothing(t *testing.T) {
	if _, err := NewDecoder(strings.NewReader(""), Limits{}).Element(nil); err == nil {
		t.Error("Element before Root")
	}
	d := open(t, `<Sync xmlns="AirSync"><Status>1</Status></Sync>`)
	if _, err := d.Element(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Element(nil); err == nil || d.Close() != nil {
		t.Errorf("Element twice: %v, then Close %v", err, d.Err())
	}
	var none *Element
	if none.Child(AirSyncStatus) != nil || none.Value(AirSyncStatus) != "" || none.Has(AirSyncStatus) {
		t.Error("nil has children")
	}
}

// TestAllocations bounds what a page of mails costs the collector.
func TestAllocations(t *testing.T) {
	const mails = 100
	doc := mailPage(t, mails, 10<<10)
	src := bytes.NewReader(doc)
	d := NewDecoder(src, Limits{})
	perPage := testing.AllocsPerRun(20, func() {
		src.Reset(doc)
		d.Reset(src)
		if err := readItems(d, borrow(discardData), func(*Element) {}); err != nil {
			t.Fatal(err)
		}
	})
	if perPage > 3*mails {
		t.Errorf("%.1f allocations a mail", perPage/mails)
	}
}
