package archive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

const fileKeySize = 16 // of the age format

// keyring holds the file keys that changes of recipients gave to those whom this archive has an identity of. They are read
// when the first object is met that no identity opens.
type keyring struct {
	mu   sync.Mutex
	keys map[string][fileKeySize]byte // by name of the object; nil: not read yet
}

// identity returns what opens an object whose header has been read.
func (a *Archive) identity(ctx context.Context, s *sealedObject) (age.Identity, error) {
	key, err := a.fileKey(ctx, s)
	if err != nil {
		return nil, err
	}
	return age.NewInjectedFileKeyIdentity(key), nil
}

// fileKey returns the key of an object: from its header, or from a change of recipients.
func (a *Archive) fileKey(ctx context.Context, s *sealedObject) ([]byte, error) {
	if a.sealed() {
		return nil, fmt.Errorf("%s: %w", s.name, ErrSealed)
	}
	key, err := s.fileKey(anyOf(a.crypt.identities))
	if !errors.Is(err, ErrSealed) {
		return key, err
	}
	given, ok, ringErr := a.crypt.ring.find(ctx, a, s.name)
	if ringErr != nil {
		return nil, errors.Join(err, ringErr)
	}
	if !ok {
		return nil, err
	}
	return s.fileKey(age.NewInjectedFileKeyIdentity(given))
}

// fileKey returns the key that an identity gives, if the header's MAC is right with it.
func (s *sealedObject) fileKey(id age.Identity) ([]byte, error) {
	key, err := age.DecryptHeader(s.head[:s.header], id)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, s.broken(err))
	}
	return key, nil
}

func (r *keyring) find(ctx context.Context, a *Archive, name string) (key []byte, ok bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys == nil {
		if r.keys, err = a.readKeys(ctx); err != nil {
			r.keys = nil
			return nil, false, err
		}
	}
	k, ok := r.keys[name]
	return k[:], ok, nil
}

// readKeys reads all changes of recipients that can be opened, the newest first: it may hold the keys of those before. Those
// that are not signed as they must be come last: whoever may create objects can make one with keys that open nothing, but
// where a signature is damaged the keys are good, and an object's header proves its own.
func (a *Archive) readKeys(ctx context.Context) (map[string][fileKeySize]byte, error) {
	names, err := a.rekeyNames(ctx)
	if err != nil {
		return nil, err
	}
	keys := make(map[string][fileKeySize]byte)
	signed := min(a.crypt.changes, len(names))
	order := slices.Concat(names[signed:], names[:signed])
	for _, name := range slices.Backward(order) {
		err := a.keysOf(ctx, name, keys)
		// What is damaged, or others', gives no keys. To name it is Verify's part.
		if err != nil && !errors.Is(err, sinks.ErrCorrupt) && !errors.Is(err, ErrSealed) {
			return nil, err
		}
	}
	return keys, nil
}

// keysOf adds the keys that one change of recipients gave.
func (a *Archive) keysOf(ctx context.Context, name string, keys map[string][fileKeySize]byte) error {
	s, err := a.openSealed(ctx, name, clearRekey)
	if err != nil {
		return err
	}
	defer s.Close()
	id := age.Identity(anyOf(a.crypt.identities))
	if given, ok := keys[name]; ok {
		id = age.NewInjectedFileKeyIdentity(given[:])
	}
	found := make(map[string][fileKeySize]byte)
	if _, err := a.scanRekey(s, id, func(k rekeyKey) { found[k.Object] = [fileKeySize]byte(k.Key) }); err != nil {
		return err
	}
	for object, key := range found {
		if _, ok := keys[object]; !ok {
			keys[object] = key
		}
	}
	return nil
}
