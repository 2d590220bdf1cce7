package fidelity

import (
	"bytes"
	"strings"
)

// captures holds what signatures are about until the message has ended: a key for them may be its last part.
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
	data      []byte
	large     bool // it was not held
	signature []byte
	opaque    bool // the signature holds what it is about
}

// begin begins the first part of a multipart/signed. One in a signed part is a part like others.
func (c *captures) begin(level int, protocol string) {
	if c.open || len(c.done) >= maxSigned {
		return
	}
	c.open, c.level, c.part = true, level, signedPart{protocol: protocol}
}

// take takes a piece of the part.
func (c *captures) take(p []byte, room *int64) {
	if !c.open {
		return
	}
	s := &c.part
	if s.large || int64(len(p)) > *room {
		s.large, s.data = true, nil
		return
	}
	*room -= int64(len(p))
	s.data = append(s.data, p...)
}

// endPart ends the part that is open, at a delimiter of its level or of one around it; that of another level is a line of the
// part.
func (c *captures) endPart(level int, line []byte, room *int64) {
	switch {
	case !c.open:
		return
	case level > c.level:
		c.take(line, room)
		return
	}
	c.open = false
	// The line end before a delimiter belongs to it (RFC 2046 5.1.1).
	c.part.data = bytes.TrimSuffix(bytes.TrimSuffix(c.part.data, []byte("\n")), []byte("\r"))
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
			c.key(decodeBase64([]byte(strings.Join(strings.Fields(value), ""))))
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
		if c.part.large {
			worst = SignedTooLarge
		}
	}
	for i := range c.done {
		worst = worst.worse(c.done[i].verify(c.keys))
	}
	return worst
}

func (s *signedPart) verify(keys [][]byte) Signed {
	by := func() Signed { return SignedUnchecked }
	switch {
	case s.large:
		return SignedTooLarge
	case len(s.signature) == 0:
		return SignedUnchecked
	case s.protocol == smimeProtocol, s.protocol == "application/x-pkcs7-signature":
		by = func() Signed { return verifySMIME(s) }
	case s.protocol == pgpProtocol:
		by = func() Signed { return verifyPGP(s, keys) }
	}
	came := unharmed(by)
	if came == SignedBroken && !s.opaque {
		// What was signed had CRLF as its line ends (RFC 8551 3.1.1, RFC 3156 5); a server may keep LF.
		s.data = withCRLF(s.data)
		came = unharmed(by)
	}
	return came
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

// withCRLF ends all lines with CRLF.
func withCRLF(p []byte) []byte {
	out := make([]byte, 0, len(p)+bytes.Count(p, []byte("\n")))
	for line := range bytes.Lines(p) {
		text, ended := bytes.CutSuffix(line, []byte("\n"))
		out = append(out, bytes.TrimSuffix(text, []byte("\r"))...)
		switch {
		case ended:
			out = append(out, crlf...)
		case len(text) > 0 && text[len(text)-1] == '\r':
			out = append(out, '\r')
		}
	}
	return out
}
