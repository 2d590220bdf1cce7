package fidelity

import (
	"bytes"
	"errors"
	"io"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// verifyPGP holds a part against its signature, with the keys that are in the message.
func verifyPGP(s *signedPart, keys [][]byte) Signed {
	var ring openpgp.EntityList
	budget := maxPackets
	for _, k := range keys {
		ring = append(ring, readKeys(k, &budget)...)
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

// readKeys reads keys, armored or not; what is none gives none. Reading a key verifies its signatures on itself, so it is looked at
// before how much that may cost.
func readKeys(b []byte, budget *int) openpgp.EntityList {
	if bytes.Contains(b, []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----")) {
		block, err := armor.Decode(bytes.NewReader(b))
		if err != nil {
			return nil
		}
		if b, err = io.ReadAll(block.Body); err != nil {
			return nil
		}
	}
	if !affordable(b, budget) {
		return nil
	}
	ring, _ := openpgp.ReadKeyRing(bytes.NewReader(b))
	return ring
}

func affordable(b []byte, budget *int) bool {
	for packets := packet.NewReader(bytes.NewReader(b)); ; {
		p, err := packets.Next()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		if *budget--; *budget < 0 {
			return false
		}
		if key, ok := p.(*packet.PublicKey); ok {
			bits, err := key.BitLength()
			if err != nil || bits > maxKeyBits || key.PubKeyAlgo == packet.PubKeyAlgoDSA && bits > maxDSABits {
				return false
			}
		}
	}
}
