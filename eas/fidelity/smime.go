package fidelity

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
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
	if !s.opaque {
		p7.Content = s.data
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
	err = p7.Verify()
	var weak x509.InsecureAlgorithmError
	switch {
	case err == nil:
		return SignedOK
	case errors.As(err, &weak), errors.Is(err, x509.ErrUnsupportedAlgorithm), errors.Is(err, pkcs7.ErrUnsupportedAlgorithm):
		return SignedUnchecked
	}
	return SignedBroken
}
