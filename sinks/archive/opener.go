package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks"
)

// anyOf is the identities of an archive as one.
type anyOf []age.Identity

func (ids anyOf) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, id := range ids {
		key, err := id.Unwrap(stanzas)
		if !errors.Is(err, age.ErrIncorrectIdentity) {
			return key, err
		}
	}
	return nil, age.ErrIncorrectIdentity
}

// openInside opens an object of which only what is inside matters, and returns that and, if the archive is encrypted, what
// is in clear.
func (a *Archive) openInside(ctx context.Context, name, kind string) (o sinks.Object, shown []byte, err error) {
	if a.crypt == nil {
		o, err := a.bucket.Open(ctx, name)
		return o, nil, err
	}
	if a.sealed() {
		return nil, nil, fmt.Errorf("%s: %w", name, ErrSealed)
	}
	s, err := a.openSealed(ctx, name, kind)
	if err != nil {
		return nil, nil, err
	}
	id, err := a.identity(ctx, s)
	if err == nil {
		o, err = s.open(id)
	}
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return o, s.shown, nil
}

// unseal returns what is inside a small object, if there is an identity, and what is in clear.
func (a *Archive) unseal(ctx context.Context, name, kind string, data []byte) (inside, shown []byte, err error) {
	s, err := a.newSealed(whole{bytes.NewReader(data)}, name, kind)
	if err != nil || a.sealed() {
		if err == nil {
			shown = s.shown
		}
		return nil, shown, err
	}
	id, err := a.identity(ctx, s)
	if err != nil {
		return nil, s.shown, err
	}
	r, err := age.Decrypt(bytes.NewReader(data), id)
	if err == nil {
		inside, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, s.shown, fmt.Errorf("%s: %w", name, s.broken(err))
	}
	return inside, s.shown, nil
}

// whole is an object in memory.
type whole struct{ *bytes.Reader }

func (whole) Close() error { return nil }
