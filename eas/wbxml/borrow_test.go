package wbxml

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Trees that are borrowed are the trees that Element returns, and those that were cloned or kept outlive the next.
func TestBorrow(t *testing.T) {
	doc := contactPage(t, 300)
	var want []*Element
	if err := readItems(NewDecoder(bytes.NewReader(doc), Limits{}), keep,
		func(e *Element) { want = append(want, e) }); err != nil {
		t.Fatal(err)
	}
	d := NewDecoder(bytes.NewReader(doc), Limits{})
	for round := range 3 {
		var got []*Element
		n := 0
		mixed := func(d *Decoder) (*Element, error) {
			if n++; n%7 == 0 {
				return d.Element(nil) // between the others: it must not lie in their memory
			}
			e, err := d.Borrow(nil)
			if err == nil {
				e = e.Clone()
			}
			return e, err
		}
		if err := readItems(d, mixed, func(e *Element) { got = append(got, e) }); err != nil {
			t.Fatal(err)
		}
		d.Reset(bytes.NewReader(doc))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d (-want +got):\n%s", round, diff)
		}
	}
}

// The elements of the last tree are used again, so that a page of any length costs the memory of its largest item.
func TestBorrowUsesMemoryAgain(t *testing.T) {
	doc := contactPage(t, 512)
	d := NewDecoder(bytes.NewReader(doc), Limits{})
	read := func(get func(*Decoder) (*Element, error)) float64 {
		return testing.AllocsPerRun(5, func() {
			d.Reset(bytes.NewReader(doc))
			if err := readItems(d, get, func(*Element) {}); err != nil {
				t.Fatal(err)
			}
		})
	}
	kept := read(keep)
	borrowed := read(borrow(nil))
	if borrowed > kept*2/3 {
		t.Errorf("%v allocations with Borrow, %v with Element", borrowed, kept)
	}
}

// A tree of more elements than are kept for the next is complete, and nothing of it is left in the next.
func TestBorrowLargeThenSmall(t *testing.T) {
	large, small := E(AirSyncSync), E(AirSyncSync, T(AirSyncStatus, "1"))
	for i := range 20_000 {
		large.Append(E(AirSyncAdd, T(AirSyncServerId, fmt.Sprint(i))))
	}
	d := NewDecoder(nil, Limits{})
	for _, want := range []*Element{&large, &small, &large} {
		doc, err := Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		d.Reset(bytes.NewReader(doc))
		if _, err := d.Root(); err != nil {
			t.Fatal(err)
		}
		got, err := d.Borrow(nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
}
