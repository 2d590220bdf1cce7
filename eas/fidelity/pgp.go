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
	came := SignedUnchecked
	packets := packet.NewReader(block.Body)
	for range maxSigners {
		p, err := packets.Next()
		if err != nil {
			break
		}
		sig, ok := p.(*packet.Signature)
		if !ok || sig.IssuerKeyId == nil || sig.Version > 5 || sig.SigType != packet.SigTypeBinary && sig.SigType != packet.SigTypeText {
			continue // of version 6 the hash begins with a salt that is only in the signature (RFC 9580 5.2.4)
		}
		switch verifyOne(s, sig, ring.KeysByIdUsage(*sig.IssuerKeyId, packet.KeyFlagSign)) {
		case SignedOK:
			return SignedOK
		case SignedBroken:
			came = SignedBroken
		case SignedNoKey:
			if came == SignedUnchecked {
				came = SignedNoKey
			}
		}
	}
	return came
}

// verifyOne holds a part against one signature. Since when a key has expired does not matter.
func verifyOne(s *signedPart, sig *packet.Signature, keys []openpgp.Key) Signed {
	if len(keys) == 0 {
		return SignedNoKey
	}
	came := SignedUnchecked
	for _, key := range keys {
		for _, h := range s.digests.of(sig.Hash) {
			var wrong pgperrors.SignatureError
			switch err := key.PublicKey.VerifySignature(h, sig); {
			case err == nil:
				return SignedOK
			case errors.As(err, &wrong):
				came = SignedBroken
			}
		}
	}
	return came
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
