package archive

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

// Options say how an archive is encrypted and read. The zero value is an archive that is not encrypted, or one that is, as a
// host sees it that has no identity: such a host resumes, is fenced and chains its pages, and reads no mail.
type Options struct {
	// Recipients are the public keys to which an archive is encrypted: age1…, age1pq1…, ssh-ed25519 …, ssh-rsa …. They are
	// chosen when it is made, are in its archive.json, and change by [Archive.Rekey] only; where none are given those are
	// used. To give them again pins them: an archive of others is refused.
	Recipients []string

	// Identities are the private keys to read with. They are of no use, and no harm, in an archive that is not encrypted.
	Identities []age.Identity

	// TempDir is where large pages wait for their commit, encrypted to a key that only this process has; "" = the system's
	// directory for such files. An archive that is not encrypted makes no use of it.
	TempDir string

	// Cache keeps the manifests that were read, so that they need not be read again; nil = none. An encrypted archive makes
	// no use of it: what was decrypted is nowhere but in memory.
	Cache Cache

	// By is who is named in the record of a Rekey, for who reads it with an identity; "" = nobody.
	By string
}

// Errors of encrypted archives.
var (
	// ErrEncryption says that an archive is not encrypted as it was asked for: not at all, or to other recipients.
	ErrEncryption = errors.New("the archive is not encrypted as asked")
	// ErrRecipient says that something is no public key to encrypt to.
	ErrRecipient = errors.New("not a recipient")
	// ErrSealed says that something cannot be read without an identity, or not with those that were given.
	ErrSealed = errors.New("it is encrypted: give an identity (a private key) of one of its recipients")
)

// errTooLarge says that what must be in clear is more than an age header holds.
var errTooLarge = errors.New("too much for an age header")

// crypt is what the objects of an encrypted archive are written and read with.
type crypt struct {
	to         recipientSet
	rekey      *RekeyRef         // the change that made them the recipients; nil: they are those of archive.json
	changes    int               // how many changes of recipients are signed as they must be, from the first on
	key        ed25519.PublicKey // signs the next one
	unknown    error             // why it is not known to whom to write; it can be read all the same
	identities []age.Identity
	by         string
	spools     spools
	ring       keyring
}

// encryption is what archive.json says of it.
type encryption struct {
	Recipients []string `json:"recipients"`
	// Key is the public ed25519 key that signs the first change of recipients, and Seed an age file to the recipients with the
	// 32 bytes of which its private key is made (RFC 8032 5.1.5).
	Key  ed25519.PublicKey `json:"key"`
	Seed []byte            `json:"seed"`
}

// newCrypt holds what is asked for against what the archive is; nil: it is not encrypted.
func newCrypt(h head, o Options) (*crypt, error) {
	if h.Encrypted == nil {
		if len(o.Recipients) > 0 {
			return nil, fmt.Errorf("it was made without encryption, and stays so: %w", ErrEncryption)
		}
		return nil, nil
	}
	set, err := parseRecipients(h.Encrypted.Recipients)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", headName, sinks.ErrCorrupt, err)
	}
	return &crypt{to: set, identities: slices.Clone(o.Identities), by: o.By, spools: spools{dir: o.TempDir}}, nil
}

// beginCrypt finds out to whom the archive is encrypted now, and believes nobody but those who were its recipients before.
func (a *Archive) beginCrypt(ctx context.Context, o Options) error {
	a.names.archive = a.head.ID
	err := a.followRekeys(ctx)
	switch {
	case errors.Is(err, sinks.ErrCorrupt), errors.Is(err, sinks.ErrFormat):
		a.crypt.unknown = fmt.Errorf("its recipients: %w", err)
	case err != nil:
		return err
	}
	if a.crypt.unknown != nil && len(o.Recipients) > 0 {
		return a.crypt.unknown
	}
	return a.crypt.agree(o.Recipients)
}

// agree returns an error if recipients were asked for that are not the archive's.
func (c *crypt) agree(asked []string) error {
	if len(asked) == 0 {
		return nil
	}
	want, err := parseRecipients(asked)
	if err != nil {
		return err
	}
	if !slices.Equal(want.names, c.to.names) {
		return fmt.Errorf("its recipients are %q, not %q: %w", c.to.names, want.names, ErrEncryption)
	}
	return nil
}

// Encrypted reports whether the archive is encrypted.
func (a *Archive) Encrypted() bool { return a.crypt != nil }

// Recipients returns the public keys to which new objects are encrypted; none if the archive is not encrypted.
func (a *Archive) Recipients() []string {
	if a.crypt == nil {
		return nil
	}
	return slices.Clone(a.crypt.to.names)
}

// sealed reports whether only the clear parts can be read.
func (a *Archive) sealed() bool { return a.crypt != nil && len(a.crypt.identities) == 0 }
