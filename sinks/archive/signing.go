package archive

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

// signDomain comes before the bytes of a record in what is signed, so that a signature is of nothing else.
const signDomain = "airlift change of recipients 1\x00"

// newSigningKey makes the key that signs an archive's first change of recipients, and encrypts its seed to those who may make
// one. Nothing else holds the seed.
func newSigningKey(to recipientSet) (public ed25519.PublicKey, sealed []byte, err error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to.keys...)
	if err != nil {
		return nil, nil, err
	}
	if _, err := w.Write(private.Seed()); err != nil {
		return nil, nil, err
	}
	if err := w.Close(); err != nil {
		return nil, nil, err
	}
	return public, b.Bytes(), nil
}

// checkSigningKey returns an error for an archive.json that no change of recipients can follow.
func (e *encryption) checkSigningKey() error {
	switch {
	case e.Key == nil && e.Seed == nil:
		return fmt.Errorf("it has no key that signs changes of its recipients, and this version makes and reads none such: %w", sinks.ErrFormat)
	case len(e.Key) != ed25519.PublicKeySize || len(e.Seed) == 0 || len(e.Seed) > ageHeader:
		return fmt.Errorf("the key that signs changes of its recipients has %d bytes, its seed %d: %w", len(e.Key), len(e.Seed), sinks.ErrCorrupt)
	}
	return nil
}

// openSeed decrypts the seed of an archive's first signing key.
func (e *encryption) openSeed(ids []age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(e.Seed), anyOf(ids))
	if err != nil {
		return nil, ageError(err)
	}
	seed, err := io.ReadAll(io.LimitReader(r, ed25519.SeedSize+1))
	if err != nil {
		return nil, ageError(err)
	}
	return seed, nil
}

// signerOf makes the private key of a seed, which must be the one whose public key is known.
func signerOf(seed []byte, public ed25519.PublicKey) (ed25519.PrivateKey, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("a seed of %d bytes: %w", len(seed), sinks.ErrCorrupt)
	}
	key := ed25519.NewKeyFromSeed(seed)
	if !public.Equal(key.Public()) {
		return nil, fmt.Errorf("its seed is of another key: %w", sinks.ErrCorrupt)
	}
	return key, nil
}

// What is around the record in its signed form is always these very bytes, as around the value of a run record.
const (
	signedHead   = `{"rekey":`
	signedMiddle = `,"signature":"`
	signedTail   = "\"}\n"
)

// signedRekey is a change of recipients in its signed form.
type signedRekey struct {
	RekeyRecord
	value     []byte // what is signed: the bytes of the record
	signature []byte
}

// sign encodes a record with its signature, as one line. What is not in clear is not in it.
func (r RekeyRecord) sign(key ed25519.PrivateKey) ([]byte, error) {
	r.By, r.Unopened = "", nil
	var value bytes.Buffer
	if err := writeLine(&value, r); err != nil {
		return nil, err
	}
	value.Truncate(value.Len() - 1) // the newline
	signature := ed25519.Sign(key, append([]byte(signDomain), value.Bytes()...))
	return []byte(signedHead + value.String() + signedMiddle + base64.StdEncoding.EncodeToString(signature) + signedTail), nil
}

// cutSigned is the inverse of sign, as far as bytes go.
func cutSigned(raw []byte) (value, signature []byte, err error) {
	at := bytes.LastIndex(raw, []byte(signedMiddle))
	if at < len(signedHead) || !bytes.HasPrefix(raw, []byte(signedHead)) || !bytes.HasSuffix(raw, []byte(signedTail)) || at+len(signedMiddle)+len(signedTail) > len(raw) {
		return nil, nil, errors.New("it is not signed")
	}
	text := string(raw[at+len(signedMiddle) : len(raw)-len(signedTail)])
	signature, err = base64.StdEncoding.Strict().DecodeString(text)
	if err == nil && (len(signature) != ed25519.SignatureSize || base64.StdEncoding.EncodeToString(signature) != text) {
		err = fmt.Errorf("a signature of %d bytes", len(signature))
	}
	return raw[len(signedHead):at], signature, err
}

// signedBy reports whether the signature is of the key.
func (r *signedRekey) signedBy(key ed25519.PublicKey) bool {
	return ed25519.Verify(key, append([]byte(signDomain), r.value...), r.signature)
}
