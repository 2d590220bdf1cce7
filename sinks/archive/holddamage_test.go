package archive

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// heldSample is an archive of four hold records, the last of which a run names.
func heldSample(t *testing.T, o Options) *memory {
	t.Helper()
	b := newMemory()
	a := createWith(t, b, o)
	hold(t, a, HoldSet, "m", heldOne)
	hold(t, a, HoldSet, "n", heldOne, heldTwo)
	hold(t, a, HoldRelease, "m", heldOne)
	hold(t, a, HoldSet, "m", heldTwo)
	if _, err := a.Held(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.Record(t.Context(), sinktest.NewRun("run1")); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestHoldDamaged: a hold record that is flipped, cut, gone, exchanged or replaced is found, and without an identity too.
func TestHoldDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for kind, k := range kindsOfArchive {
		b := heldSample(t, k.make)
		a := createWith(t, b, k.read)
		for n := 1; n <= 4; n++ {
			name := a.names.hold(n)
			data := b.objects[name]
			damage := map[string][]byte{"a cut": data[:len(data)-1], "a byte more": append(bytes.Clone(data), '\n'), "nothing in it": nil}
			for range 60 {
				at := r.IntN(len(data))
				flipped := bytes.Clone(data)
				flipped[at] ^= 1 << r.IntN(8)
				damage[fmt.Sprintf("a flip of byte %d", at)] = flipped
			}
			for what, bytes := range damage {
				wantSealedProblem(t, b.with(name, bytes), k.read, name, kind+": "+what)
			}
			for m := 1; m <= 4; m++ {
				if other := a.names.hold(m); m != n {
					swapped := b.with(name, b.objects[other])
					swapped.objects[other] = data
					wantSealedProblem(t, swapped, k.read, name, kind+": the swap with "+other)
					wantSealedProblem(t, b.with(name, b.objects[other]), k.read, name, kind+": the replacement by "+other)
				}
			}
			lost := b.copy()
			delete(lost.objects, name)
			wantSealedProblem(t, lost, k.read, name, kind+": the loss")
			if _, err := createWith(t, lost, k.read).Held(t.Context()); n < 4 && !errors.Is(err, sinks.ErrCorrupt) {
				t.Errorf("%s: what is to be held without record %d: %v, want ErrCorrupt", kind, n, err)
			}
		}
	}
}

// TestHoldForged: a record that is whole in itself, and was written by somebody who can write to the bucket.
func TestHoldForged(t *testing.T) {
	for kind, k := range kindsOfArchive {
		b := heldSample(t, k.make)
		a := createWith(t, b, k.write)
		s, err := a.Held(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		good, err := a.nextHold(s, HoldChange{Action: HoldRelease, Matter: "n", Mailboxes: []string{heldTwo}})
		if err != nil {
			t.Fatal(err)
		}
		for name, forge := range map[string]func(*HoldRecord){
			"after another one":      func(r *HoldRecord) { r.Prev = a.sum },
			"of what was never held": func(r *HoldRecord) { r.Matter, r.MatterHash = "o", a.MatterHash("o") },
			"of what is held": func(r *HoldRecord) {
				r.Action = HoldSet
			},
			"of another archive": func(r *HoldRecord) { r.Archive = "00112233445566778899aabbccddeeff" },
			"of no mailbox":      func(r *HoldRecord) { r.Dirs, r.Mailboxes = nil, nil },
			"of another mailbox": func(r *HoldRecord) { r.Dirs = []string{a.MailboxDir(heldOne)} },
			"of a place outside": func(r *HoldRecord) { r.Dirs, r.Mailboxes = []string{"../x"}, []string{"../x"} },
			"of another number":  func(r *HoldRecord) { r.Hold = 6 },
		} {
			r := good
			forge(&r)
			forged := b.copy()
			forger := createWith(t, forged, k.write)
			data, err := encodeFramed(holdKind, r)
			if err == nil && forger.crypt != nil {
				data, err = forger.sealHold(r, data)
			}
			if err != nil {
				t.Fatal(err)
			}
			object := a.names.hold(5)
			forged.objects[object] = data
			at := object
			switch {
			case name == "after another one":
				at = a.names.hold(4) // or it is that one which was exchanged
			case name == "of another mailbox" && kind == "sealed":
				continue // what is inside is not known
			}
			wantSealedProblem(t, forged, k.read, at, kind+": a record "+name)
		}
	}
}

// TestHoldOfAnotherHead: a record names archive.json, as a run record does.
func TestHoldOfAnotherHead(t *testing.T) {
	b := newMemory()
	hold(t, create(t, b), HoldSet, "m", heldOne)
	damaged := b.with(headName, bytes.Replace(b.objects[headName], []byte(`"created":"2`), []byte(`"created":"1`), 1))
	wantProblem(t, damaged, headName, "another time in it")
}

// TestHoldStops: a damaged record stops who would write without knowing what to hold, and nobody who reads.
func TestHoldStops(t *testing.T) {
	b := heldSample(t, toOwner())
	a := createWith(t, b, Options{})
	bad := b.with(a.names.hold(2), []byte("age-encryption.org/v1\n"))
	for _, o := range []Options{{}, asOwner(), {Identities: []age.Identity{newKey()}}} {
		damaged := createWith(t, bad, o)
		if _, err := damaged.Held(t.Context()); !errors.Is(err, sinks.ErrCorrupt) {
			t.Errorf("Held: %v, want ErrCorrupt", err)
		}
		c := HoldChange{Action: HoldSet, Matter: "o", Mailboxes: []string{heldOne}, Reason: "why"}
		if _, err := damaged.Hold(t.Context(), c); !errors.Is(err, sinks.ErrCorrupt) || len(bad.objects) != len(b.objects) {
			t.Errorf("Hold: %v, want ErrCorrupt", err)
		}
		n := 0
		for _, err := range damaged.Holds(t.Context()) {
			if n++; (err != nil) != (n == 2) {
				t.Errorf("record %d: %v", n, err)
			}
		}
		if n != 2 {
			t.Errorf("%d records", n)
		}
	}
}
