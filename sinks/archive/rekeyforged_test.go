package archive

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// signedSample is an archive with three changes of recipients: the second was added and removed again, then the third was
// added. The last record of a run names them.
func signedSample(t *testing.T, second, third *age.X25519Identity) (*memory, []stored) {
	t.Helper()
	b := newMemory()
	pages, items := fill(t, createWith(t, b, toOwner()), sinktest.Inbox, madeUp()[:3], 2)
	rekey(t, b, withKey(owner()), public(second), nil)
	rekey(t, b, withKey(owner()), nil, public(second))
	rekey(t, b, withKey(owner()), public(third), nil)
	a := createWith(t, b, Options{})
	if err := a.Record(t.Context(), sinktest.NewRun("run1", pages...)); err != nil {
		t.Fatal(err)
	}
	return b, items
}

// wantForged: with the objects as they are nobody writes, whether with an identity or without, Verify names the object, and who
// could read can read.
func wantForged(t *testing.T, what string, b *memory, object string, items []stored) {
	t.Helper()
	for _, o := range []Options{{}, withKey(owner())} {
		a := createWith(t, b, o)
		there := len(b.objects)
		_, page := a.Begin(t.Context(), encryptedPage(a, 1))
		_, change := a.Rekey(t.Context(), public(newKey()), nil)
		_, pinned := OpenWith(t.Context(), b, Options{Recipients: public(owner()), Identities: o.Identities})
		for how, err := range map[string]error{
			"a page": page, "a run": a.Record(t.Context(), sinktest.NewRun("run9")), "a change": change, "pinned": pinned,
			"the list": lastError(a.Rekeys(t.Context())),
		} {
			if !errors.Is(err, sinks.ErrCorrupt) {
				t.Errorf("%s with %d identities: %s: %v, want ErrCorrupt", what, len(o.Identities), how, err)
			}
		}
		if len(b.objects) != there {
			t.Errorf("%s: something was written: %q", what, b.names())
		}
		wantSealedProblem(t, b, o, object, what)
	}
	if n := readable(t, b, owner(), items); n != len(items) {
		t.Errorf("%s: the owner opens %d of %d", what, n, len(items))
	}
}

// forger makes a change of recipients as somebody can who has the public keys and may create objects.
func forger(t *testing.T, b *memory, signed []byte, to ...*age.X25519Identity) []byte {
	t.Helper()
	a := createWith(t, b, Options{})
	set, err := parseRecipients(public(to...))
	if err != nil {
		t.Fatal(err)
	}
	stanza, err := a.codec.newStanza(clearRekey, signed)
	if err != nil {
		t.Fatal(err)
	}
	var object bytes.Buffer
	if err := set.seal(&object, stanza, bytes.NewReader(signed)); err != nil {
		t.Fatal(err)
	}
	return object.Bytes()
}

// TestRekeyForged: what is no change that a recipient of the time made is believed by nobody.
func TestRekeyForged(t *testing.T) {
	second, third, thief := newKey(), newKey(), newKey()
	b, items := signedSample(t, second, third)
	a := createWith(t, b, withKey(owner()))
	next := RekeyRecord{
		Rekey: 4, Archive: a.ID(), ArchiveSHA256: a.sum, Added: public(thief), Removed: []string{}, Recipients: changed(a.Recipients(), public(thief), nil),
		NextKey: a.crypt.key,
	}
	own, stolen, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	// Who was removed has the seed of the key that signed its removal, from the change before that.
	removed := createWith(t, b, withKey(second))
	s, err := removed.openSealed(t.Context(), a.names.rekey(1), clearRekey)
	if err != nil {
		t.Fatal(err)
	}
	inside, err := removed.insideOf(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	former := ed25519.NewKeyFromSeed(inside.Seed)
	if _, err := removed.signer(t.Context()); !errors.Is(err, ErrSealed) {
		t.Errorf("the removed opens the key of the next change: %v", err)
	}
	sign := func(r RekeyRecord, as ed25519.PublicKey, with ed25519.PrivateKey) []byte {
		r.SignedBy = as
		signed, err := r.sign(with)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	unsigned, err := json.Marshal(next)
	if err != nil {
		t.Fatal(err)
	}
	fourth := a.names.rekey(4)
	byNobody := sign(next, a.crypt.key, stolen)
	for what, signed := range map[string][]byte{
		"with a key of one's own":  sign(next, own, stolen),
		"as if it were the right":  byNobody,
		"by the removed":           sign(next, former.Public().(ed25519.PublicKey), former),
		"by the removed, as if so": sign(next, a.crypt.key, former),
		"not signed":               append(unsigned, '\n'),
		"with an empty signature":  []byte(signedHead + string(unsigned) + signedMiddle + signedTail),
		"with another's signature": append(byNobody[:len(byNobody)-signatureEnd:len(byNobody)-signatureEnd], signatureOf(t, a, 3)...),
	} {
		wantForged(t, what, b.with(fourth, forger(t, b, signed, owner(), thief)), fourth, items)
	}
	wantForged(t, "a gap", b.with(a.names.rekey(5), forger(t, b, sign(next, own, stolen), owner())), fourth, items)
}

const signatureEnd = 88 + len(signedTail) // 64 bytes in base64, and what is behind them

// signatureOf returns the end of the signed form of a change, from its signature on.
func signatureOf(t *testing.T, a *Archive, n int) []byte {
	t.Helper()
	s, err := a.openSealed(t.Context(), a.names.rekey(n), clearRekey)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s.shown[len(s.shown)-signatureEnd:]
}

// TestRekeyMoved: the changes of an archive, and those of another one, in places that are not theirs.
func TestRekeyMoved(t *testing.T) {
	second, third := newKey(), newKey()
	b, items := signedSample(t, second, third)
	other, _ := signedSample(t, second, third)
	names := createWith(t, b, Options{}).names
	one, two, three, four := names.rekey(1), names.rekey(2), names.rekey(3), names.rekey(4)
	swap := func(x, y string) *memory {
		c := b.with(x, b.objects[y])
		c.objects[y] = b.objects[x]
		return c
	}
	without := func(name string) *memory {
		c := b.copy()
		delete(c.objects, name)
		return c
	}
	wantForged(t, "another archive's next", b.with(four, other.objects[three]), four, items)
	wantForged(t, "another archive's in its place", b.with(three, other.objects[three]), three, items)
	wantForged(t, "the first in the place of the next", b.with(four, b.objects[one]), four, items)
	wantForged(t, "the first two exchanged", swap(one, two), one, items)
	wantForged(t, "the last two exchanged", swap(two, three), two, items)
	wantForged(t, "the first is gone", without(one), one, items)
	wantForged(t, "the second is gone", without(two), two, items)
	// That the last one is gone only the record of a run tells.
	wantSealedProblem(t, without(three), Options{}, three, "the loss")
	wantSealedProblem(t, without(three), withKey(owner()), three, "the loss")
}

// TestRekeyFlips flips bits of what is in clear of each change: nobody believes it, or the very same is read.
func TestRekeyFlips(t *testing.T) {
	b, items := signedSample(t, newKey(), newKey())
	a := createWith(t, b, Options{})
	r := rand.New(rand.NewPCG(5, 5))
	for n := 1; n <= 3; n++ {
		name := a.names.rekey(n)
		s, err := a.openSealed(t.Context(), name, clearRekey)
		if err != nil {
			t.Fatal(err)
		}
		for range 12 {
			signed := bytes.Clone(s.shown)
			at := r.IntN(len(signed))
			signed[at] ^= 1 << r.IntN(8)
			wantForged(t, "a flip in "+string(signed[max(0, at-10):min(len(signed), at+10)]), b.with(name, forger(t, b, signed, owner())), name, items)
		}
	}
}

// TestRekeyInsideReplaced: somebody puts the signed record of a change around other keys. Who reads does not take them.
func TestRekeyInsideReplaced(t *testing.T) {
	second, third := newKey(), newKey()
	b, items := signedSample(t, second, third)
	a := createWith(t, b, withKey(owner()))
	name := a.names.rekey(3)
	s, err := a.openSealed(t.Context(), name, clearRekey)
	if err != nil {
		t.Fatal(err)
	}
	object, err := s.open(owner())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := readRange(object, 0, object.Size())
	if err != nil {
		t.Fatal(err)
	}
	line := bytes.SplitAfter(plain, []byte("\n"))
	line = line[:len(line)-1]
	wrong := append([]byte(`{"object":"archive.json","key":"AAAAAAAAAAAAAAAAAAAAAA=="}`), '\n')
	for what, c := range map[string]struct {
		inside [][]byte
		third  int // how many of the items the third opens, who reads them by these keys only
	}{
		"another seed":      {slices.Concat(line[:1], [][]byte{[]byte("{\"seed\":\"AAAA\"}\n")}, line[2:]), 0},
		"another key":       {slices.Concat(line[:2], [][]byte{wrong}, line[3:]), 0},
		"a key more":        {slices.Concat(line, [][]byte{wrong}), 0},
		"a key less":        {line[:len(line)-1], 0},
		"keys exchanged":    {slices.Concat(line[:2], line[3:4], line[2:3], line[4:]), 0},
		"another record":    {slices.Concat([][]byte{line[1]}, line[1:]), 0},
		"just what it held": {line, len(items)},
	} {
		stanza, err := a.codec.newStanza(clearRekey, s.shown)
		if err != nil {
			t.Fatal(err)
		}
		var forged bytes.Buffer
		set, err := parseRecipients(public(owner(), third))
		if err != nil {
			t.Fatal(err)
		}
		if err := set.seal(&forged, stanza, bytes.NewReader(bytes.Join(c.inside, nil))); err != nil {
			t.Fatal(err)
		}
		replaced := b.with(name, forged.Bytes())
		wantSealedProblem(t, replaced, withKey(owner()), name, what)
		if n := readable(t, replaced, third, items); n != c.third {
			t.Errorf("%s: the third opens %d of %d, want %d", what, n, len(items), c.third)
		}
		_, err = createWith(t, replaced, withKey(owner())).Rekey(t.Context(), public(newKey()), nil)
		if want := what == "another seed" || what == "another record"; errors.Is(err, sinks.ErrCorrupt) != want {
			t.Errorf("%s: a further change: %v", what, err)
		}
	}
}

// TestForgedKeysShadowNothing: a forged change with wrong keys, the newest, does not keep from an added recipient what the
// signed one gave it.
func TestForgedKeysShadowNothing(t *testing.T) {
	third := newKey()
	b, items := signedSample(t, newKey(), third)
	a := createWith(t, b, Options{})
	own, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := parseRecipients(public(owner(), third))
	if err != nil {
		t.Fatal(err)
	}
	keys := a.crypt.spools.open()
	lines := newDigestWriter(keys)
	for _, item := range items {
		var line bytes.Buffer
		if err := writeLine(&line, rekeyKey{Object: item.segment, Key: make([]byte, fileKeySize)}); err != nil {
			t.Fatal(err)
		}
		_, _ = lines.Write(line.Bytes())
	}
	r := RekeyRecord{Rekey: 4, Archive: a.ID(), ArchiveSHA256: a.sum, Recipients: set.names, NextKey: own, Keys: len(items), KeysSHA256: lines.sum()}
	if _, err := a.writeRekey(t.Context(), r, key, set, keys); err != nil {
		t.Fatal(err)
	}
	if n := readable(t, b, third, items); n != len(items) {
		t.Errorf("the third opens %d of %d", n, len(items))
	}
	wantForged(t, "wrong keys", b, a.names.rekey(4), items)
}

// TestNoSigningKey: an encrypted archive.json without the key, or with half of one, is no archive.
func TestNoSigningKey(t *testing.T) {
	b := newMemory()
	createWith(t, b, toOwner())
	var h map[string]any
	if err := json.Unmarshal(b.objects[headName], &h); err != nil {
		t.Fatal(err)
	}
	enc := h["encrypted"].(map[string]any)
	key, seed := enc["key"], enc["seed"]
	for what, c := range map[string]struct {
		key, seed any
		want      error
	}{"no key": {nil, nil, sinks.ErrFormat}, "no seed": {key, nil, sinks.ErrCorrupt}, "no public key": {nil, seed, sinks.ErrCorrupt}, "a short key": {"AAAA", seed, sinks.ErrCorrupt}} {
		enc["key"], enc["seed"] = c.key, c.seed
		data, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenWith(t.Context(), b.with(headName, data), asOwner()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// TestStockSignature: the first change is verified, and its key opened, by age and openssl.
func TestStockSignature(t *testing.T) {
	agePath, openssl := ageTool(t), tool(t, "openssl")
	b := newMemory()
	createWith(t, b, toOwner())
	rekey(t, b, asOwner(), public(newKey()), nil)
	a := createWith(t, b, Options{})
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	seed := run(t, "", agePath, "-d", "-i", file("owner", []byte(owner().String())), file("seed", a.head.Encrypted.Seed))
	if key := ed25519.NewKeyFromSeed(seed); !a.head.Encrypted.Key.Equal(key.Public()) {
		t.Error("the seed in archive.json is not of its key")
	}
	s, err := a.openSealed(t.Context(), a.names.rekey(1), clearRekey)
	if err != nil {
		t.Fatal(err)
	}
	// By the documentation: the bytes of the record behind a text that ends in a zero byte.
	record, rest, ok := strings.Cut(strings.TrimPrefix(string(s.shown), `{"rekey":`), `,"signature":"`)
	var signature []byte
	if !ok || json.Unmarshal([]byte(`"`+strings.TrimSuffix(rest, "}\n")), &signature) != nil {
		t.Fatalf("in clear: %s", s.shown)
	}
	der, err := x509.MarshalPKIXPublicKey(a.head.Encrypted.Key)
	if err != nil {
		t.Fatal(err)
	}
	message := file("message", []byte("airlift change of recipients 1\x00"+record))
	key := file("key", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	out := run(t, "", openssl, "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", message, "-sigfile", file("signature", signature))
	if !bytes.Contains(out, []byte("Signature Verified Successfully")) {
		t.Errorf("openssl: %s", out)
	}
}
