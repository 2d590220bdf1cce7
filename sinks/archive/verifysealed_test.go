package archive

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// sealedSample is the sample, encrypted.
func sealedSample(t *testing.T) *memory {
	t.Helper()
	b := newMemory()
	fillSample(t, createWith(t, b, toOwner()))
	return b
}

func (m *memory) with(name string, data []byte) *memory {
	c := m.copy()
	c.objects[name] = data
	return c
}

// wantSealedProblem: a problem of the object's own, with these options.
func wantSealedProblem(t *testing.T, b *memory, o Options, object, what string) {
	t.Helper()
	problems, _ := verifyWith(t, b, o, VerifyOptions{})
	if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Object == object }) {
		t.Errorf("%s of %s with %d identities: found %.300v", what, object, len(o.Identities), problems)
	}
}

// held tells an object that others name by its hash. Without an identity only such a one is verified to its last byte.
func held(a *Archive, name string) bool {
	return name != a.names.run(sinktest.Mailbox, "run3") && name != a.names.run("Bob@example.com", "run1")
}

func TestVerifySealedGood(t *testing.T) {
	b := sealedSample(t)
	problems, sum := verifyWith(t, b, asOwner(), VerifyOptions{})
	_, plain := verify(t, sample(t), VerifyOptions{})
	if len(problems) != 0 || sum != plain {
		t.Errorf("with the identity: %+v, %+v; not encrypted: %+v", problems, sum, plain)
	}
	problems, sum = verifyWith(t, b, Options{}, VerifyOptions{})
	if want := (Summary{Segments: 5, Sealed: 5}); len(problems) != 0 || sum != want {
		t.Errorf("without an identity: %+v, %+v, want %+v", problems, sum, want)
	}
	problems, sum = verifyWith(t, b, asOwner(), VerifyOptions{Mailbox: "Bob@example.com"})
	if len(problems) != 0 || sum.Segments != 1 {
		t.Errorf("one mailbox: %+v, %+v", problems, sum)
	}
	stranger := Options{Identities: []age.Identity{newKey()}}
	if problems, _ := verifyWith(t, b, stranger, VerifyOptions{}); len(problems) < 5 {
		t.Errorf("with another's identity: %+v", problems)
	}
}

// TestVerifySealedFlips flips one random bit in each of many bytes of every object: in its header, in what is in clear, and
// in what is not.
func TestVerifySealedFlips(t *testing.T) {
	b := sealedSample(t)
	a := createWith(t, b, Options{})
	r := rand.New(rand.NewPCG(7, 7))
	for _, name := range b.names() {
		t.Run(path.Base(path.Dir(name))+"/"+path.Base(name), func(t *testing.T) {
			data := b.objects[name]
			header := max(1, bytes.Index(data, []byte("\n---"))+48)
			at := []int{0, 1, len(data) - 2, len(data) - 1}
			for range 12 {
				at = append(at, r.IntN(len(data)), r.IntN(min(len(data), header)))
			}
			for _, i := range at {
				damaged := b.with(name, bytes.Clone(data))
				damaged.objects[name][i] ^= 1 << r.IntN(8)
				what := fmt.Sprintf("flip of byte %d of %d", i, len(data))
				wantSealedProblem(t, damaged, asOwner(), name, what)
				if held(a, name) {
					wantSealedProblem(t, damaged, Options{}, name, what)
				}
			}
		})
	}
}

// TestVerifySealedUnrecorded: with the identity every flip in a segment that nothing names yet is found, too. Without one a
// flip in what is in clear is.
func TestVerifySealedUnrecorded(t *testing.T) {
	b := newMemory()
	pages, _ := fill(t, createWith(t, b, toOwner()), sinktest.Inbox, madeUp()[:5], 5)
	name := pages[0].Segment.Name
	data := b.objects[name]
	begin := bytes.Index(data, []byte("-> "+clearPage))
	end := bytes.Index(data, []byte("\n---"))
	for i := 0; i < len(data); i += 1 + len(data)/150 {
		for _, at := range []int{i, begin + i%(end-begin)} {
			damaged := b.with(name, bytes.Clone(data))
			damaged.objects[name][at] ^= 1 << (i % 8)
			wantSealedProblem(t, damaged, asOwner(), name, fmt.Sprintf("flip of byte %d", at))
			if at >= begin && at < end {
				wantFoundOrSame(t, b, damaged, name, at)
			}
		}
	}
}

// wantFoundOrSame: a flip in what is in clear is found without an identity, but for a bit of the compression that changes
// nothing of what is read.
func wantFoundOrSame(t *testing.T, good, damaged *memory, name string, at int) {
	t.Helper()
	if problems, _ := verifyWith(t, damaged, Options{}, VerifyOptions{}); len(problems) > 0 {
		return
	}
	want, err := createWith(t, good, Options{}).clearPage(t.Context(), sinktest.Mailbox, name)
	if err != nil {
		t.Fatal(err)
	}
	got, err := createWith(t, damaged, Options{}).clearPage(t.Context(), sinktest.Mailbox, name)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("the flip of byte %d in clear is not found, and reads %v:\n%s", at, err, diff)
	}
}

// TestVerifySealedSwapped puts every object in the place of every other of its kind, cuts them and leaves them out.
func TestVerifySealedSwapped(t *testing.T) {
	b := sealedSample(t)
	a := createWith(t, b, Options{})
	for _, o := range []Options{asOwner(), {}} {
		for _, one := range b.names() {
			if one == headName {
				continue
			}
			for _, two := range b.names() {
				if one == two || two == headName || strings.HasSuffix(one, ".json.age") != strings.HasSuffix(two, ".json.age") {
					continue
				}
				swapped := b.with(one, b.objects[two])
				swapped.objects[two] = b.objects[one]
				wantSealedProblem(t, swapped, o, one, "the swap with "+two)
				wantSealedProblem(t, b.with(one, b.objects[two]), o, one, "the replacement by "+two)
			}
			if len(o.Identities) == 0 && !held(a, one) {
				continue
			}
			data := b.objects[one]
			wantSealedProblem(t, b.with(one, data[:len(data)-1]), o, one, "a cut")
			wantSealedProblem(t, b.with(one, append(bytes.Clone(data), 0)), o, one, "a byte more")
			if strings.HasSuffix(one, segmentExt+ageExt) {
				lost := b.copy()
				delete(lost.objects, one)
				wantSealedProblem(t, lost, o, one, "the loss")
			}
		}
		wantSealedProblem(t, b.with("mailboxes/alice@example.com/runs/x.json.age", nil), o, "mailboxes/alice@example.com", "a mailbox of this name")
		wantSealedProblem(t, b.with("mailboxes/0/folders/folder-0a1b2c3d/00000001.tar.zst", nil), o, "mailboxes/0/folders/folder-0a1b2c3d/00000001.tar.zst", "a plain segment")
	}
}

// TestClearPartLies: who can write to the bucket, and has the recipients, makes a segment whose part in clear is not what its
// manifest says. Who has the identity is not deceived, and who has not finds it by its hash, as soon as a run names it.
func TestClearPartLies(t *testing.T) {
	b := newMemory()
	a := createWith(t, b, asOwner())
	pages, _ := fill(t, a, sinktest.Inbox, madeUp()[:4], 2)
	if err := a.Record(t.Context(), sinktest.NewRun("run1", pages...)); err != nil {
		t.Fatal(err)
	}
	name := pages[0].Segment.Name
	s, err := a.openSealed(t.Context(), name, clearPage)
	if err != nil {
		t.Fatal(err)
	}
	inside, err := s.open(owner())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := readRange(inside, 0, inside.Size())
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string][2]string{
		"another key":    {`"key_after":"after"`, `"key_after":"other"`},
		"another hash":   {pages[0].Events[0].SHA256, strings.Repeat("0", 64)},
		"another device": {`"device":"airlift01"`, `"device":"airlift02"`},
		"another id":     {`"id":"0a1b2c3d-1-1"`, `"id":"0a1b2c3d-1-9"`},
		"a path":         {`"path":""`, `"path":"x"`},
	} {
		raw := bytes.Replace(s.shown, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(raw, s.shown) {
			t.Fatalf("%s: nothing to change in %s", what, s.shown)
		}
		stanza, err := a.codec.newStanza(clearPage, raw)
		if err != nil {
			t.Fatal(err)
		}
		var forged bytes.Buffer
		if err := a.seal(&forged, stanza, bytes.NewReader(plain)); err != nil {
			t.Fatal(err)
		}
		lying := b.with(name, forged.Bytes())
		wantSealedProblem(t, lying, asOwner(), name, what)
		wantSealedProblem(t, lying, Options{}, name, what)
		if err := lastError(createWith(t, lying, asOwner()).Pages(t.Context(), sinktest.Mailbox, pages[0].Page.Folder.Dir, 0)); !isCorrupt(err) {
			t.Errorf("%s: Pages with the identity: %v, want ErrCorrupt", what, err)
		}
	}
}

func isCorrupt(err error) bool { return err != nil && sameSentinel(err, sinks.ErrCorrupt) }
