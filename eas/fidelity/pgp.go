package fidelity

import (
	"bytes"
	"errors"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
)

// verifyPGP holds a part against its signature, with the keys that are in the message.
func verifyPGP(s *signedPart, keys [][]byte) Signed {
	var ring openpgp.EntityList
	for _, k := range keys {
		ring = append(ring, readKeys(k)...)
	}
	block, err := armor.Decode(bytes.NewReader(s.signature))
	if err != nil {
		return SignedUnchecked
	}
	_, signer, err := openpgp.VerifyDetachedSignature(ring, bytes.NewReader(s.data), block.Body, nil)
	var wrong pgperrors.SignatureError
	switch {
	case signer != nil: // what err then says is of the key's validity
		return SignedOK
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return SignedNoKey
	case errors.As(err, &wrong):
		return SignedBroken
	}
	return SignedUnchecked
}

// readKeys reads keys, armored or not; what is none gives none.
func readKeys(b []byte) openpgp.EntityList {
	if bytes.Contains(b, []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----")) {
		ring, _ := openpgp.ReadArmoredKeyRing(bytes.NewReader(b))
		return ring
	}
	ring, _ := openpgp.ReadKeyRing(bytes.NewReader(b))
	return ring
}
