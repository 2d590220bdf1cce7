package fidelity

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSigned: openssl and gpg signed these messages; and changing a byte of what they signed breaks it.
func TestSigned(t *testing.T) {
	for _, c := range []struct {
		file string
		want Signed
		then Signed // when a byte is changed
	}{
		{"smime-rsa.eml", SignedOK, SignedBroken},
		{"smime-ec-lf.eml", SignedOK, SignedBroken},
		{"smime-nocert.eml", SignedNoKey, SignedNoKey},
		{"pgp-autocrypt.eml", SignedOK, SignedBroken},
		{"pgp-attached.eml", SignedOK, SignedBroken},
		{"pgp-nokey.eml", SignedNoKey, SignedNoKey},
	} {
		msg := fixture(t, c.file)
		r := check(msg)
		if r.Signed != c.want || r.Structure != StructureOK || r.Sealed != "" {
			t.Errorf("%s: signed %q, structure %q, sealed %q; want %q", c.file, r.Signed, r.Structure, r.Sealed, c.want)
		}
		wantSame(t, c.file, msg, r)
		if lf := check(bytes.ReplaceAll(msg, []byte("\r\n"), []byte("\n"))); lf.Signed != c.want && c.file != "smime-ec-lf.eml" {
			t.Errorf("%s with LF: signed %q", c.file, lf.Signed)
		}
		changed := bytes.Replace(bytes.Replace(msg, []byte("bridge"), []byte("Bridge"), 1), []byte("The key"), []byte("The kex"), 1)
		if r := check(changed); r.Signed != c.then || bytes.Equal(changed, msg) {
			t.Errorf("%s, changed: signed %q, want %q", c.file, r.Signed, c.then)
		}
	}
}

// TestOpaque: signed data in a CMS, and what a CMS is that does not say it.
func TestOpaque(t *testing.T) {
	msg := fixture(t, "smime-opaque.eml")
	if r := check(msg); r.Signed != SignedOK || r.Sealed != "" {
		t.Errorf("opaque: %+v", r)
	}
	quiet := bytes.Replace(msg, []byte("smime-type=signed-data; "), nil, 1)
	if r := check(quiet); r.Signed != SignedOK || r.Sealed != "" || bytes.Equal(quiet, msg) {
		t.Errorf("opaque, without its type: %+v", r)
	}
	sealed := fixture(t, "smime-sealed.eml")
	quiet = bytes.Replace(sealed, []byte("smime-type=enveloped-data; "), nil, 1)
	for _, m := range [][]byte{sealed, quiet} {
		r := check(m)
		if r.Sealed != SealedSMIME || r.Signed != "" || r.Structure != StructureOK || r.Hollow {
			t.Errorf("sealed: %+v", r)
		}
		wantSame(t, "sealed", m, r)
		head, _, _ := bytes.Cut(m, []byte("\n\n"))
		for _, end := range []string{"", "\n", "\n\n", "\n\n\r\n\r\n"} {
			r := check(append(bytes.Clone(head), end...))
			if r.Sealed != SealedSMIME || !r.Hollow || r.Structure != StructureHollow {
				t.Errorf("sealed, ciphertext apart (%q): %+v", end, r)
			}
		}
	}
}

// TestTooLarge: signed data that is larger than what may be held is said to be so.
func TestTooLarge(t *testing.T) {
	c := Checker{MaxSigned: 200}
	_, _ = c.Write(fixture(t, "smime-opaque.eml"))
	if r := c.Report(); r.Signed != SignedTooLarge {
		t.Errorf("%q", r.Signed)
	}
}

// TestMicalg: what the header says of the hash is missing, or wrong.
func TestMicalg(t *testing.T) {
	for _, c := range []struct{ file, old, now string }{
		{"smime-rsa.eml", `micalg="sha-256"; `, ""},
		{"smime-rsa.eml", `"sha-256"`, `"unknown"`},
		{"smime-rsa.eml", `"sha-256"`, `"sha1,sha384"`},
		{"pgp-autocrypt.eml", "micalg=pgp-sha512;", ""},
		{"pgp-autocrypt.eml", "pgp-sha512", "pgp-md5"},
	} {
		msg := fixture(t, c.file)
		changed := bytes.Replace(msg, []byte(c.old), []byte(c.now), 1)
		if r := check(changed); r.Signed != SignedOK || bytes.Equal(changed, msg) {
			t.Errorf("%s with %q: signed %q", c.file, c.now, r.Signed)
		}
	}
}

// TestCostly: keys of strangers that would take seconds are left alone, and so is what makes a library panic.
func TestCostly(t *testing.T) {
	rsaKey := func(bits int) []byte { // RFC 4880 5.5.2: a version 4 key of algorithm 1
		n := append([]byte{byte(bits >> 8), byte(bits), 0x80}, make([]byte, bits/8-1)...)
		body := append(append([]byte{4, 0, 0, 0, 0, 1}, n...), 0, 17, 1, 0, 1)
		return append([]byte{0x99, byte(len(body) >> 8), byte(len(body))}, body...)
	}
	for bits, want := range map[int]bool{2048: true, 8192: true, 16384: false, 65528: false} {
		budget := maxPackets
		if got := affordable(rsaKey(bits), &budget); got != want {
			t.Errorf("a key of %d bits: %t", bits, got)
		}
	}
	budget := maxPackets
	if affordable(bytes.Repeat(rsaKey(2048), maxPackets+1), &budget) {
		t.Error("any number of keys")
	}
	if got := unharmed(func() Signed { panic("at what it was sent") }); got != SignedUnchecked {
		t.Errorf("%q", got)
	}
}
