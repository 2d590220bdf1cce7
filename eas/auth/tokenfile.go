package auth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth/replace"
)

// TokenFileOptions say how a token file is kept. The zero value is complete.
type TokenFileOptions struct {
	// Base sends the requests to the provider; nil is http.DefaultTransport.
	Base http.RoundTripper
	// Hint tells what somebody can do whose grant is no longer good: the command that signs in again. It gets the grant without
	// its secrets.
	Hint func(Grant) string
}

// TokenFile keeps the tokens of a file fresh. Its methods may be called from several goroutines, and other processes may
// keep the same file. See the package's documentation.
type TokenFile struct {
	path string // of the file itself, not of a link to it
	hint func(Grant) string
	http *http.Client

	held atomic.Pointer[Grant]
	turn chan struct{} // filled by the one who renews; the rest is his

	spent   string // the refresh token that the provider has refused
	why     error  // and how
	unsaved *Grant // newer than the file, which could not be written
	stale   string // the refresh token that the file had then
	removed bool   // by Remove
	failed  error  // what came of the last renewal, if it was nothing
	ended   time.Time
}

// OpenTokenFile reads a token file, such as WriteGrant writes one. No request is sent.
func OpenTokenFile(path string, o TokenFileOptions) (*TokenFile, error) {
	g, err := ReadGrant(path)
	if err != nil {
		return nil, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, fmt.Errorf("token file: %w", err)
	}
	f := &TokenFile{path: path, hint: o.Hint, http: providerClient(o.Base), turn: make(chan struct{}, 1)}
	f.held.Store(&g)
	return f, nil
}

// WriteGrant makes or replaces a token file, with mode 0600, while no other process renews it.
func WriteGrant(ctx context.Context, path string, g Grant) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	unlock, err := lockFile(ctx, path)
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	w, err := replace.Begin(path, grantMode)
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	return store(w, g)
}

// Token implements Tokens.
func (f *TokenFile) Token(ctx context.Context, refused string) (string, error) {
	if g := f.held.Load(); g.good(time.Now(), refused) {
		return g.AccessToken, nil
	}
	began := time.Now()
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if g := f.held.Load(); g.good(time.Now(), refused) {
		return g.AccessToken, nil // somebody was faster
	}
	if f.failed != nil && f.ended.After(began) {
		return "", f.failed // somebody has tried while we waited
	}
	g, err := f.fresh(ctx, refused)
	if ctx.Err() == nil {
		f.failed, f.ended = err, time.Now()
	}
	if err != nil {
		return "", err
	}
	f.held.Store(&g)
	return g.AccessToken, nil
}

var errRemoved = errors.New("the tokens were removed")

// Path is the file's.
func (f *TokenFile) Path() string { return f.path }

// Remove removes the file, and forgets the tokens: from now on there are none to be had. Other processes that keep the same file
// cannot renew theirs any more. A file that is not there any more is no error.
func (f *TokenFile) Remove(ctx context.Context) (err error) {
	select {
	case f.turn <- struct{}{}:
		defer func() { <-f.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	unlock, err := lockFile(ctx, f.path)
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	f.held.Store(&Grant{})
	f.removed, f.unsaved = true, nil
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("token file: %w", err)
	}
	return nil
}

// fresh returns what another process has renewed, or renews it itself. The caller has the turn.
func (f *TokenFile) fresh(ctx context.Context, refused string) (g Grant, err error) {
	unlock, err := lockFile(ctx, f.path)
	if err != nil {
		return g, fmt.Errorf("token file: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if f.removed {
		return g, f.signIn(g, errRemoved)
	}
	g, err = ReadGrant(f.path)
	switch old := g.RefreshToken; {
	case f.unsaved != nil && (err != nil || old == f.stale):
		g = *f.unsaved
	case err != nil || g.good(time.Now(), refused):
		f.unsaved = nil // somebody has signed in since
		return g, err
	default:
		f.unsaved, f.stale = nil, old
	}
	// A place for the new tokens comes first: the old ones may be spent by asking.
	w, err := replace.Begin(f.path, grantMode)
	if err != nil {
		return g, fmt.Errorf("token file: %w", err)
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	if !g.good(time.Now(), refused) {
		if g, err = f.renew(ctx, g); err != nil {
			return g, err
		}
	}
	f.unsaved = &g
	if err := store(w, g); err != nil {
		return g, fmt.Errorf("%w: %w", eas.ErrNotReady, err)
	}
	f.unsaved = nil
	return g, nil
}

// renew asks the provider, unless it has said its last word on this grant.
func (f *TokenFile) renew(ctx context.Context, g Grant) (Grant, error) {
	switch g.RefreshToken {
	case "":
		return g, f.signIn(g, errors.New("the access token is no longer good, and there is no refresh token"))
	case f.spent:
		return g, f.signIn(g, f.why)
	}
	next, err := g.renew(context.WithoutCancel(ctx), f.http)
	var final *refusal
	switch {
	case errors.As(err, &final):
		f.spent, f.why = g.RefreshToken, err
		return g, f.signIn(g, err)
	case err != nil && passes(err):
		return g, fmt.Errorf("token file: %s: %w: %w", f.path, eas.ErrNotReady, err)
	case err != nil:
		return g, fmt.Errorf("token file: %s: %w", f.path, err)
	}
	return next, nil
}

// passes tells whether what went wrong on the way to the provider may be better in a while.
func passes(err error) bool {
	var cert *tls.CertificateVerificationError
	var dns *net.DNSError
	return !errors.As(err, &cert) && (!errors.As(err, &dns) || !dns.IsNotFound)
}

// signIn says that a grant is no longer good.
func (f *TokenFile) signIn(g Grant, why error) error {
	e := &SignInError{File: f.path, Err: why}
	if f.hint != nil {
		g.AccessToken, g.RefreshToken, g.ClientSecret = "", "", ""
		e.hint = f.hint(g)
	}
	return e
}

const (
	grantMode = 0o600
	lockWait  = time.Minute           // longer than a renewal takes
	lockPoll  = 50 * time.Millisecond // between two looks at a lock
)

func store(w *replace.File, g Grant) error {
	b, err := g.encode()
	if err == nil {
		_, err = w.Write(b)
	}
	if err == nil {
		err = w.Commit()
	}
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	return nil
}

// lockFile keeps other processes away from a token file. The lock file stays: removing it would let two of them have it.
func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	limited, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	l := flock.New(path+".lock", flock.SetPermissions(grantMode))
	if _, err := l.TryLockContext(limited, lockPoll); err != nil {
		if ctx.Err() == nil && limited.Err() != nil {
			err = fmt.Errorf("%w: %s.lock was held by another process for %s", eas.ErrNotReady, path, lockWait)
		}
		return nil, errors.Join(err, l.Close())
	}
	return l.Close, nil
}
