package fidelity

import (
	"mime"
	"strings"
)

// captures holds what signatures are about, as hashes, until the message has ended: a key for them may be its last part.
type captures struct {
	open  bool
	level int // of the multipart/signed that is open
	part  signedPart
	done  []signedPart
	keys  [][]byte // of OpenPGP, armored or not
}

// signedPart is a part and the signature over it.
type signedPart struct {
	protocol  string
	digests   digests
	signature []byte
	opaque    bool // the signature holds what it is about
	large     bool // and is not held
}

// begin begins the first part of a multipart/signed. One in a signed part is a part like others.
func (c *captures) begin(level int, kind *signedKind) {
	if c.open || len(c.done) >= maxSigned {
		return
	}
	c.open, c.level, c.part = true, level, signedPart{protocol: kind.protocol, digests: newDigests(kind.micalg)}
}

// signedKind is what the header of a multipart/signed says.
type signedKind struct{ protocol, micalg string }

func newSignedKind(contentType string) *signedKind {
	_, params, _ := mime.ParseMediaType(contentType)
	k := &signedKind{protocol: strings.ToLower(params["protocol"]), micalg: strings.ToLower(params["micalg"])}
	if k.protocol == "" {
		k.protocol = smimeProtocol // RFC 8551 3.5.3.1 has it, some old clients leave it out
	}
	return k
}

// take takes a piece of the part.
func (c *captures) take(p []byte) {
	if c.open {
		c.part.digests.take(p)
	}
}

// endPart ends the part that is open, at a delimiter of its level or of one around it; that of another level is a line of the
// part.
func (c *captures) endPart(level int, line []byte) {
	switch {
	case !c.open:
		return
	case level > c.level:
		c.take(line)
		return
	}
	c.open = false
	c.done = append(c.done, c.part)
	c.part = signedPart{}
}

// signature takes the signature over the last part.
func (c *captures) signature(level int, l *leaf) {
	if n := len(c.done); !c.open && n > 0 && level == c.level && c.done[n-1].signature == nil && l.kind == leafSignature && !l.over {
		c.done[n-1].signature = l.decoded()
	}
}

// opaque takes signed data that holds what it is about.
func (c *captures) opaque(l *leaf) {
	if len(c.done) < maxSigned {
		c.done = append(c.done, signedPart{protocol: smimeProtocol, opaque: true, large: l.over, signature: l.decoded()})
	}
}

func (c *captures) key(k []byte) {
	if len(k) > 0 && len(c.keys) < maxKeys {
		c.keys = append(c.keys, k)
	}
}

// autocrypt takes the key of an Autocrypt field (autocrypt.org, level 1, 2.1).
func (c *captures) autocrypt(raw []byte) {
	if len(raw) > maxLeaf {
		return
	}
	for attribute := range strings.SplitSeq(unfold(raw), ";") {
		if name, value, _ := strings.Cut(attribute, "="); strings.TrimSpace(name) == "keydata" {
			c.key(decodeBase64([]byte(withoutSpace(value))))
		}
	}
}

const (
	smimeProtocol = "application/pkcs7-signature"
	pgpProtocol   = "application/pgp-signature"
)

// verify tells what comes of all signatures: the worst.
func (c *captures) verify() (worst Signed) {
	if c.open {
		worst = SignedUnchecked // the part has no end, and no signature
	}
	for i := range c.done {
		worst = worst.worse(unharmed(func() Signed { return c.done[i].verify(c.keys) }))
	}
	return worst
}

func (s *signedPart) verify(keys [][]byte) Signed {
	switch {
	case s.large:
		return SignedTooLarge
	case len(s.signature) == 0:
		return SignedUnchecked
	case s.protocol == smimeProtocol, s.protocol == "application/x-pkcs7-signature":
		return verifySMIME(s)
	case s.protocol == pgpProtocol:
		return verifyPGP(s, keys)
	}
	return SignedUnchecked
}

// unharmed keeps a run alive where a library panics over what a stranger sent.
func unharmed(verify func() Signed) (came Signed) {
	defer func() {
		if recover() != nil {
			came = SignedUnchecked
		}
	}()
	return verify()
}
