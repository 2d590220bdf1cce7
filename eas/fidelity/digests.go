package fidelity

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"
	"strings"
)

// digests are the hashes of a part that is signed, as it passes by. The line end before the delimiter that ends the part belongs to
// the delimiter (RFC 2046 5.1.1).
type digests struct {
	all  []digest
	held []byte // a line end that may be the last one
	buf  [2]byte
	cr   bool // a CR was last
}

// digest is a hash of the bytes as they are, and of the lines as they were signed: with CRLF as their ends (RFC 8551 3.1.1, RFC
// 3156 5). A server may keep LF. As long as no LF was alone the two are one.
type digest struct {
	kind      crypto.Hash
	raw, crlf hash.Hash
}

var micalgs = []struct {
	name   string
	kind   crypto.Hash
	make   func() hash.Hash
	always bool
}{
	{"sha1", crypto.SHA1, sha1.New, true},
	{"sha224", crypto.SHA224, sha256.New224, false},
	{"sha256", crypto.SHA256, sha256.New, true},
	{"sha384", crypto.SHA384, sha512.New384, false},
	{"sha512", crypto.SHA512, sha512.New, true},
}

// newDigests makes the hashes that a micalg names (RFC 8551 3.5.3.2, RFC 3156 5), and those that are in use: the name is often a
// wrong one.
func newDigests(micalg string) (d digests) {
	names := strings.Split(strings.TrimPrefix(strings.ReplaceAll(micalg, "-", ""), "pgp"), ",")
	for _, m := range micalgs {
		if m.always || slices.Contains(names, m.name) {
			d.all = append(d.all, digest{kind: m.kind, raw: m.make()})
		}
	}
	return d
}

// take takes a piece of the part, and holds back a line end at its end.
func (d *digests) take(p []byte) {
	n := len(p)
	if n == 0 {
		return
	}
	hold := 0
	switch {
	case p[n-1] == '\n' && n > 1 && p[n-2] == '\r':
		hold = 2
	case p[n-1] == '\n' && n == 1 && string(d.held) == "\r":
		d.held = append(d.held, '\n')
		return
	case p[n-1] == '\n' || p[n-1] == '\r':
		hold = 1
	}
	if len(d.held) > 0 {
		d.feed(d.held)
	}
	d.feed(p[:n-hold])
	d.held = append(d.buf[:0], p[n-hold:]...)
}

func (d *digests) feed(p []byte) {
	for len(p) > 0 {
		n := bytes.IndexByte(p, '\n')
		if n < 0 {
			d.write(p, p)
			d.cr = p[len(p)-1] == '\r'
			return
		}
		line := p[:n+1]
		if alone := n > 0 && p[n-1] != '\r' || n == 0 && !d.cr; alone {
			d.write(p[:n], p[:n])
			d.part()
			d.write(line[n:], crlf)
		} else {
			d.write(line, line)
		}
		d.cr = false
		p = p[n+1:]
	}
}

// part lets the two hashes go apart.
func (d *digests) part() {
	for i := range d.all {
		if g := &d.all[i]; g.crlf == nil {
			g.crlf = clone(g.raw)
		}
	}
}

func (d *digests) write(raw, crlf []byte) {
	for _, g := range d.all {
		g.raw.Write(raw)
		if g.crlf != nil {
			g.crlf.Write(crlf)
		}
	}
}

// of returns the hashes of a kind that there are: the bytes as they are first. Each may be written to.
func (d *digests) of(kind crypto.Hash) (all []hash.Hash) {
	for _, g := range d.all {
		if g.kind != kind {
			continue
		}
		all = append(all, clone(g.raw))
		if g.crlf != nil {
			all = append(all, clone(g.crlf))
		}
	}
	return all
}

// clone copies a hash with what was written to it. Those of the standard library can be.
func clone(h hash.Hash) hash.Hash {
	c, err := h.(hash.Cloner).Clone()
	if err != nil {
		panic(err) // it is one of micalgs
	}
	return c
}
