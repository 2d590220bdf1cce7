package archive

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
)

// ErrPassphrase says that an identity is protected by a passphrase, which a program that runs alone cannot ask for.
var ErrPassphrase = errors.New("protected by a passphrase: give a copy without one, in a place that only this user can read")

// maxIdentities bounds an identity file.
const maxIdentities = 1 << 20

// ParseIdentities parses an identity file: what age-keygen writes, or an ssh private key of type ed25519 or rsa. One that
// is protected by a passphrase is ErrPassphrase. No error shows anything of what the file holds.
func ParseIdentities(r io.Reader) ([]age.Identity, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxIdentities+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("identity: %w", err)
	case len(data) > maxIdentities:
		return nil, fmt.Errorf("identity: more than %d bytes are no identity file", maxIdentities)
	case bytes.HasPrefix(data, []byte("age-encryption.org/")), bytes.HasPrefix(data, []byte("-----BEGIN AGE ENCRYPTED FILE-----")):
		return nil, fmt.Errorf("identity: an encrypted age file: %w", ErrPassphrase)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		ids, err := age.ParseIdentities(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("identity: %w", err)
		}
		return ids, nil
	}
	if protected(block) {
		return nil, fmt.Errorf("identity: an ssh key: %w", ErrPassphrase)
	}
	id, err := agessh.ParseIdentity(data)
	if err != nil {
		return nil, fmt.Errorf("identity: %w", err)
	}
	return []age.Identity{id}, nil
}

// protected tells a private key that wants a passphrase: RFC 1421 and PKCS #8 say so around the key, OpenSSH by the name of
// the cipher in it (PROTOCOL.key of its source).
func protected(b *pem.Block) bool {
	const magic = "openssh-key-v1\x00"
	if rest, ok := bytes.CutPrefix(b.Bytes, []byte(magic)); ok {
		return !bytes.HasPrefix(rest, []byte("\x00\x00\x00\x04none"))
	}
	return b.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED")
}
