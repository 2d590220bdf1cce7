package auth

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"

	"software.sslmate.com/src/go-pkcs12"
)

// ErrKeyPassword says that a private key needs a password, or another one.
var ErrKeyPassword = errors.New("the password of the private key is missing or wrong")

// maxKeyFile bounds a file of certificates or keys, in bytes.
const maxKeyFile = 1 << 20

// LoadKeyPair reads a client certificate and its private key: PEM, with the key in a file of its own or, with keyFile "", in the
// same one; or PKCS#12 (.p12, .pfx), which holds both and may need the password. Errors show neither key nor password.
func LoadKeyPair(certFile, keyFile, password string) (tls.Certificate, error) {
	cert, err := loadKeyPair(certFile, keyFile, password)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("client certificate: %s: %w", certFile, err)
	}
	return cert, nil
}

func loadKeyPair(certFile, keyFile, password string) (tls.Certificate, error) {
	certs, err := readBounded(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	if !bytes.Contains(certs, []byte("-----BEGIN ")) {
		if keyFile != "" {
			return tls.Certificate{}, errors.New("it is not PEM; a PKCS#12 file holds its key itself")
		}
		return fromPKCS12(certs, password)
	}
	keys := certs
	if keyFile != "" {
		if keys, err = readBounded(keyFile); err != nil {
			return tls.Certificate{}, err
		}
	}
	if encryptedPEM(keys) {
		return tls.Certificate{}, fmt.Errorf("%w: a key in PEM cannot be read when it is encrypted; openssl pkcs12 -export makes a PKCS#12 file of both", ErrKeyPassword)
	}
	return tls.X509KeyPair(certs, keys)
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(b) > maxKeyFile {
		err = fmt.Errorf("%s: larger than %d bytes", path, maxKeyFile)
	}
	return b, err
}

// encryptedPEM knows both kinds: PKCS#8 (RFC 5958 3) and that of RFC 1421 4.6.1.1.
func encryptedPEM(b []byte) bool {
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return true
		}
	}
	return false
}

func fromPKCS12(b []byte, password string) (tls.Certificate, error) {
	key, leaf, chain, err := pkcs12.DecodeChain(b, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return tls.Certificate{}, ErrKeyPassword
	case err != nil:
		return tls.Certificate{}, fmt.Errorf("it is neither PEM nor PKCS#12: %w", err)
	}
	if _, ok := key.(crypto.Signer); !ok {
		return tls.Certificate{}, errors.New("its key cannot sign")
	}
	c := tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
	for _, ca := range chain {
		c.Certificate = append(c.Certificate, ca.Raw)
	}
	return c, nil
}
