package archive

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

func public(ids ...*age.X25519Identity) (list []string) {
	for _, id := range ids {
		list = append(list, id.Recipient().String())
	}
	return list
}

func withKey(id age.Identity) Options { return Options{Identities: []age.Identity{id}} }

// readable counts the stored items that an identity opens byte for byte.
func readable(t *testing.T, b *memory, id age.Identity, items []stored) (n int) {
	t.Helper()
	a := createWith(t, b, withKey(id))
	for _, item := range items {
		got, err := readEntry(t.Context(), a, item.segment, item.entry)
		switch {
		case err == nil && bytes.Equal(got, item.data):
			n++
		case !errors.Is(err, ErrSealed):
			t.Errorf("%s: %v", item.entry.Name, err)
		}
	}
	return n
}

func rekey(t *testing.T, b *memory, o Options, add, remove []string) RekeyRecord {
	t.Helper()
	r, err := createWith(t, b, o).Rekey(t.Context(), add, remove)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// grow stores one page more.
func grow(t *testing.T, b *memory, f sinks.Folder, item stored) []stored {
	t.Helper()
	_, items := fill(t, createWith(t, b, Options{}), f, [][]byte{item.data}, 1)
	return items
}

func TestRekey(t *testing.T) {
	b := newMemory()
	first, second, third := owner(), newKey(), newKey()
	a := createWith(t, b, toOwner())
	pages, items := fill(t, a, sinktest.Inbox, madeUp()[:9], 4)
	if err := a.Record(t.Context(), sinktest.NewRun("run1", pages...)); err != nil {
		t.Fatal(err)
	}
	before := b.copy()
	added := rekey(t, b, Options{Identities: asOwner().Identities, By: "the archivist"}, public(second), nil)
	if added.Rekey != 1 || added.Keys != len(pages)+1 || added.By != "the archivist" || len(added.Unopened) != 0 {
		t.Errorf("record %+v", added)
	}
	items = append(items, grow(t, b, sinktest.Twin, items[0])...)
	for who, id := range map[string]age.Identity{"the first": first, "the added": second} {
		if n := readable(t, b, id, items); n != len(items) {
			t.Errorf("%s opens %d of %d", who, n, len(items))
		}
	}
	if n := readable(t, b, third, items); n != 0 {
		t.Errorf("a stranger opens %d", n)
	}
	// The first is removed by the second, who then adds the third.
	removed := rekey(t, b, withKey(second), nil, public(first))
	if removed.Prev == "" || removed.Keys != 0 || !slices.Equal(removed.Recipients, public(second)) {
		t.Errorf("record %+v", removed)
	}
	later := grow(t, b, sinks.Folder{ID: "00000003", Path: "later"}, items[0])
	rekey(t, b, withKey(second), public(third), nil)
	latest := grow(t, b, sinks.Folder{ID: "00000004", Path: "latest"}, items[0])
	all := slices.Concat(items, later, latest)
	for who, c := range map[string]struct {
		id   age.Identity
		want int
	}{"the removed": {first, len(items)}, "the second": {second, len(all)}, "the third": {third, len(all)}} {
		if n := readable(t, b, c.id, all); n != c.want {
			t.Errorf("%s opens %d of %d, want %d", who, n, len(all), c.want)
		}
	}
	for name, data := range before.objects {
		if !bytes.Equal(b.objects[name], data) {
			t.Errorf("%s was changed", name)
		}
	}
	for _, id := range []age.Identity{second, third} {
		if problems, sum := verifyWith(t, b, withKey(id), VerifyOptions{}); len(problems) != 0 || sum.Sealed != 0 || sum.Items != len(all) {
			t.Errorf("Verify: %+v, %+v", problems, sum)
		}
	}
	if problems, sum := verifyWith(t, b, Options{}, VerifyOptions{}); len(problems) != 0 || sum.Sealed != sum.Segments {
		t.Errorf("Verify without an identity: %+v, %+v", problems, sum)
	}
	wantRekeys(t, b, third, added, removed)
}

// wantRekeys holds the history against what Rekey returned, and that names of persons are not in clear.
func wantRekeys(t *testing.T, b *memory, id age.Identity, want ...RekeyRecord) {
	t.Helper()
	for _, o := range []Options{{}, withKey(id)} {
		var got []RekeyRecord
		for r, err := range createWith(t, b, o).Rekeys(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r)
		}
		if len(o.Identities) == 0 {
			for i := range want {
				want[i].By = ""
			}
		}
		if len(o.Identities) == 0 {
			if diff := cmp.Diff(want, got[:len(want)]); diff != "" || len(got) != len(want)+1 {
				t.Errorf("%d changes (-want +got):\n%s", len(got), diff)
			}
		} else if got[0].By != "the archivist" {
			t.Errorf("with the identity: %+v", got[0])
		}
	}
	for name, data := range b.objects {
		if bytes.Contains(data, []byte("archivist")) {
			t.Errorf("%s tells who", name)
		}
	}
}

// TestFollowingReadsHeaders: to open an archive costs one request for each change of recipients, of its header only.
func TestFollowingReadsHeaders(t *testing.T) {
	b := newMemory()
	createWith(t, b, toOwner())
	const changes = 5
	for n := 1; n <= changes; n++ {
		a := createWith(t, b, asOwner())
		by, err := a.signer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		keys := a.crypt.spools.open()
		if _, err := keys.Write(make([]byte, 4*headSize)); err != nil { // as of many objects
			t.Fatal(err)
		}
		r := RekeyRecord{Rekey: n, Archive: a.ID(), ArchiveSHA256: a.sum, Added: a.Recipients(), Recipients: a.Recipients()}
		if _, err := a.writeRekey(t.Context(), r, by, a.crypt.to, keys); err != nil {
			t.Fatal(err)
		}
	}
	b.reads, b.read = 0, 0
	if a := createWith(t, b, Options{}); a.crypt.changes != changes {
		t.Errorf("%d changes were followed, %v", a.crypt.changes, a.crypt.unknown)
	}
	size := int64(len(b.objects[headName]))
	if b.reads != 1+changes || b.read != size+changes*headSize {
		t.Errorf("%d reads of %d bytes for %d changes", b.reads, b.read, changes)
	}
}

func TestRekeyRefused(t *testing.T) {
	other := newKey()
	plain := newMemory()
	create(t, plain)
	if _, err := createWith(t, plain, Options{}).Rekey(t.Context(), public(other), nil); !errors.Is(err, ErrEncryption) {
		t.Errorf("a plain archive: %v, want ErrEncryption", err)
	}
	b := newMemory()
	fill(t, createWith(t, b, toOwner()), sinktest.Inbox, madeUp()[:2], 1)
	for name, c := range map[string]struct {
		o           Options
		add, remove []string
		want        error
	}{
		"nothing":                   {asOwner(), nil, nil, nil},
		"the last one":              {asOwner(), nil, public(owner()), nil},
		"who is none":               {asOwner(), nil, public(other), nil},
		"in and out":                {asOwner(), public(owner()), public(owner()), nil},
		"a private key":             {asOwner(), []string{other.String()}, nil, nil},
		"to add without identity":   {Options{}, public(other), nil, ErrSealed},
		"to add with another's key": {withKey(other), public(other), nil, ErrSealed},
		"to remove without one":     {Options{}, nil, public(owner()), ErrSealed},
	} {
		_, err := createWith(t, b, c.o).Rekey(t.Context(), c.add, c.remove)
		if err == nil || c.want != nil && !errors.Is(err, c.want) || strings.Contains(err.Error(), other.String()) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if len(b.objects) != 3 {
		t.Errorf("objects: %q", b.names())
	}
	// Of two that were opened before either changed anything, one changes the recipients; in the same moment, too.
	one, two := createWith(t, b, asOwner()), createWith(t, b, asOwner())
	if _, err := one.Rekey(t.Context(), public(other), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Rekey(t.Context(), public(newKey()), nil); !errors.Is(err, sinks.ErrFenced) {
		t.Errorf("the second: %v, want ErrFenced", err)
	}
	by, err := two.signer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := RekeyRecord{Rekey: 1, Archive: two.ID(), Time: time.Now(), Recipients: public(other)}
	if _, err := two.writeRekey(t.Context(), r, by, two.crypt.to, two.crypt.spools.open()); !errors.Is(err, sinks.ErrFenced) {
		t.Errorf("at the same moment: %v, want ErrFenced", err)
	}
	// Who pins the former recipients is told.
	if _, err := OpenWith(t.Context(), b, toOwner()); !errors.Is(err, ErrEncryption) {
		t.Errorf("the former recipients: %v, want ErrEncryption", err)
	}
	if a := createWith(t, b, Options{Recipients: public(other, owner())}); len(a.Recipients()) != 2 {
		t.Errorf("recipients: %q", a.Recipients())
	}
}

// TestRekeyDamaged: a change that is flipped, gone or exchanged is found; one that cannot be read stops who writes, and
// nobody who reads.
func TestRekeyDamaged(t *testing.T) {
	b := newMemory()
	second, third := newKey(), newKey()
	_, items := fill(t, createWith(t, b, toOwner()), sinktest.Inbox, madeUp()[:2], 1)
	rekey(t, b, withKey(owner()), public(second), nil)
	rekey(t, b, withKey(owner()), public(third), public(second))
	a := createWith(t, b, Options{})
	if err := a.Record(t.Context(), sinktest.NewRun("run1")); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 4))
	for n, name := range []string{a.names.rekey(1), a.names.rekey(2)} {
		for range 60 {
			damaged := b.with(name, bytes.Clone(b.objects[name]))
			damaged.objects[name][r.IntN(len(b.objects[name]))] ^= 1 << r.IntN(8)
			wantSealedProblem(t, damaged, withKey(owner()), name, "a flip")
			if n == 0 {
				wantSealedProblem(t, damaged, Options{}, name, "a flip")
			}
		}
		gone := b.copy()
		delete(gone.objects, name)
		wantSealedProblem(t, gone, withKey(owner()), name, "the loss")
		wantSealedProblem(t, gone, Options{}, name, "the loss")
	}
	bad := b.with(a.names.rekey(2), []byte("age-encryption.org/v1\n"))
	if n := readable(t, bad, owner(), items); n != len(items) {
		t.Errorf("the owner opens %d of %d", n, len(items))
	}
	p := encryptedPage(a, 3)
	p.Prev = a.sum
	writer := createWith(t, bad, Options{})
	_, begun := writer.Begin(t.Context(), p)
	for what, err := range map[string]error{"a page": begun, "a record": writer.Record(t.Context(), sinktest.NewRun("run2"))} {
		if !errors.Is(err, sinks.ErrCorrupt) || len(bad.objects) != len(b.objects) {
			t.Errorf("%s to nobody knows whom: %v, want ErrCorrupt", what, err)
		}
	}
}
