package archive

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"

	"github.com/airlift-eas/airlift/sinks"
)

// maxRekeys bounds the changes of an archive's recipients, since whoever opens an archive follows all of them.
const maxRekeys = 10_000

// rekeyChain is how far the changes of recipients were followed, beginning with archive.json. All that it takes is in clear,
// so that a host without an identity follows them too.
type rekeyChain struct {
	archive    string            // hex SHA-256 of archive.json
	n          int               // changes so far
	key        ed25519.PublicKey // signs the next one; nil: the one before is damaged, and it may be any
	recipients []string          // from now on; nil: likewise
}

func (a *Archive) newChain() rekeyChain {
	return rekeyChain{archive: a.sum, key: a.head.Encrypted.Key, recipients: a.head.Encrypted.Recipients}
}

// follow goes one change further, or returns why it is no change that the recipients before it made: ErrCorrupt.
func (c *rekeyChain) follow(name string, r *signedRekey) error {
	key := c.key
	if key == nil {
		key = r.SignedBy
	}
	why := ""
	switch {
	case r.Rekey != c.n+1:
		why = fmt.Sprintf("change %d is missing before it", c.n+1)
	case !key.Equal(r.SignedBy):
		why = "it is signed with another key than the change before it names"
	case !r.signedBy(key):
		why = "its signature is not of this record"
	case r.ArchiveSHA256 != c.archive:
		why = "it was made with another " + headName
	case c.recipients != nil && !slices.Equal(r.Recipients, changed(c.recipients, r.Added, r.Removed)):
		why = "its recipients do not follow from those before it"
	}
	if why != "" {
		return fmt.Errorf("%s: %s: %w", name, why, sinks.ErrCorrupt)
	}
	c.n, c.key, c.recipients = r.Rekey, r.NextKey, r.Recipients
	return nil
}

// skip goes past a change that is damaged. What follows it is held against what it says of itself only.
func (c *rekeyChain) skip() { c.n, c.key, c.recipients = c.n+1, nil, nil }

// followRekeys makes the recipients of the last change those of the archive. It reads the header of every change, one after
// the other: there are few. Those before a damaged one have been followed all the same.
func (a *Archive) followRekeys(ctx context.Context) error {
	c := a.newChain()
	defer func() { a.crypt.changes, a.crypt.key = c.n, c.key }()
	names, err := a.rekeyNames(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		r, ref, err := a.rekeyInClear(ctx, name)
		if err == nil {
			err = c.follow(name, &r)
		}
		if err != nil {
			return err
		}
		a.crypt.rekey = ref
	}
	if a.crypt.to, err = parseRecipients(c.recipients); err != nil {
		return fmt.Errorf("%d changes of recipients: %w: %w", c.n, sinks.ErrCorrupt, err)
	}
	return nil
}

// rekeyInClear reads what of one change is in clear.
func (a *Archive) rekeyInClear(ctx context.Context, name string) (r signedRekey, ref *RekeyRef, err error) {
	s, err := a.openSealed(ctx, name, clearRekey)
	if err != nil {
		return r, nil, err
	}
	r, err = a.parseRekey(name, s.shown)
	return r, s.rekeyRef(), errors.Join(err, s.Close())
}

// signer opens the key that signs the next change of recipients. Whoever the last change made a recipient can.
func (a *Archive) signer(ctx context.Context) (ed25519.PrivateKey, error) {
	if a.sealed() {
		return nil, fmt.Errorf("the key that signs a change of recipients: %w", ErrSealed)
	}
	if a.crypt.rekey == nil {
		seed, err := a.head.Encrypted.openSeed(a.crypt.identities)
		if err != nil {
			return nil, fmt.Errorf("%s: the key that signs a change of recipients: %w", headName, err)
		}
		return signerOf(seed, a.crypt.key)
	}
	name := rekeysDir + a.crypt.rekey.Name
	s, err := a.openSealed(ctx, name, clearRekey)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	inside, err := a.insideOf(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	key, err := signerOf(inside.Seed, a.crypt.key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return key, nil
}
