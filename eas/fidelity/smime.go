package fidelity

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"time"

	"github.com/smallstep/pkcs7"
)

// Bounds of what a signature may cost: strangers choose the keys.
const (
	maxSigners = 10
	maxKeyBits = 8192 // of RSA
	maxDSABits = 4096
	maxPackets = 100 // of the OpenPGP keys in a message
)

// verifySMIME holds a part against its signature. The certificates are those in the signature; it is not asked who issued them,
// nor whether they were valid then.
func verifySMIME(s *signedPart) Signed {
	p7, err := pkcs7.Parse(s.signature)
	if err != nil || len(p7.Signers) == 0 || len(p7.Signers) > maxSigners { // by a key identifier, for one, which the library does not know
		return SignedUnchecked
	}
	for _, c := range p7.Certificates {
		if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxKeyBits {
			return SignedUnchecked
		}
		c.NotBefore, c.NotAfter = time.Time{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) // else the library asks for it
	}
	if len(p7.Signers) == 1 && p7.GetOnlySigner() == nil {
		return SignedNoKey
	}
	if s.opaque {
		return outcome(p7.Verify())
	}
	for _, signer := range p7.Signers {
		if len(signer.AuthenticatedAttributes) == 0 { // what is signed then is not a hash, but the part itself
			return SignedUnchecked
		}
	}
	came := SignedUnchecked
	for _, h := range []hasher{{s, 0}, {s, 1}} {
		p7.Hasher = h
		if came = outcome(p7.Verify()); came == SignedOK {
			break
		}
	}
	return came
}

// hasher gives the library the hash of a part that has passed by.
type hasher struct {
	part *signedPart
	form int // of digests.of
}

var errNoDigest = errors.New("the part was not hashed so")

// Hash implements pkcs7.Hasher.
func (h hasher) Hash(kind crypto.Hash, _ io.Reader) ([]byte, error) {
	all := h.part.digests.of(kind)
	if len(all) == 0 {
		return nil, errNoDigest
	}
	return all[min(h.form, len(all)-1)].Sum(nil), nil
}

// outcome says what an error of the library means.
func outcome(err error) Signed {
	var weak x509.InsecureAlgorithmError
	switch {
	case err == nil:
		return SignedOK
	case errors.As(err, &weak), errors.Is(err, x509.ErrUnsupportedAlgorithm), errors.Is(err, pkcs7.ErrUnsupportedAlgorithm), errors.Is(err, errNoDigest):
		return SignedUnchecked
	}
	return SignedBroken
}
