package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Login gets the first tokens from a provider. Provider and ClientID are needed.
type Login struct {
	Provider     Provider
	ClientID     string   // of this program, as it is registered with the provider
	ClientSecret string   // of clients that have one; "" is a public client
	Scopes       []string // what is asked for; a refresh token needs offline_access with most providers
	User         string   // who is expected to sign in, "" if anybody may
	// Redirect is where a browser comes back to: a loopback URL; without a port a free one is taken. Default
	// "http://127.0.0.1/" (RFC 8252 7.3).
	Redirect string
	// Base sends the requests to the provider; nil is http.DefaultTransport.
	Base http.RoundTripper
}

// String shows no secret, whatever prints it.
func (l Login) String() string { return "auth.Login{" + l.ClientID + " at " + l.Provider.Issuer + "}" }

// GoString shows no secret.
func (l Login) GoString() string { return l.String() }

// DeviceCode is what somebody is to type, and where.
type DeviceCode struct {
	Code    string
	URL     string
	Expires time.Time
}

const (
	codeLife     = 15 * time.Minute // of a device code whose provider does not say
	maxCodeLife  = time.Hour
	maxPollEvery = time.Minute
)

// Device signs in by device code (RFC 8628): prompt shows the code, somebody types it into a browser anywhere, and Device waits
// until it is done, refused or too late. A *SignInError is a no.
func (l Login) Device(ctx context.Context, prompt func(DeviceCode)) (Grant, error) {
	if l.Provider.DeviceURL == "" {
		return Grant{}, errors.New("sign in: the provider has no device codes")
	}
	conf := l.config()
	conf.Endpoint.DeviceAuthURL = l.Provider.DeviceURL
	ctx = context.WithValue(ctx, oauth2.HTTPClient, providerClient(l.Base))
	da, err := conf.DeviceAuth(ctx)
	if err != nil {
		return Grant{}, l.failed(err)
	}
	if err := secureURL("verification_uri", da.VerificationURI); err != nil {
		return Grant{}, fmt.Errorf("sign in: %w", err)
	}
	bound(da, time.Now())
	prompt(DeviceCode{Code: da.UserCode, URL: da.VerificationURI, Expires: da.Expiry})
	for {
		t, err := conf.DeviceAccessToken(ctx, da)
		switch {
		case err == nil:
			return l.granted(t)
		case ctx.Err() != nil:
			return Grant{}, ctx.Err()
		case !time.Now().Before(da.Expiry):
			return Grant{}, &SignInError{Err: errors.New("nobody entered the code in time")}
		}
		var final *refusal
		if errors.As(explain(err), &final) {
			return Grant{}, l.failed(err, da.DeviceCode)
		}
		// The network or the provider was away for a moment: the code is good for minutes. The next call waits before it asks.
	}
}

// bound keeps what a provider says of time within reason.
func bound(da *oauth2.DeviceAuthResponse, now time.Time) {
	if da.Expiry.IsZero() {
		da.Expiry = now.Add(codeLife)
	}
	if last := now.Add(maxCodeLife); da.Expiry.After(last) {
		da.Expiry = last
	}
	da.Interval = min(max(da.Interval, 0), int64(maxPollEvery/time.Second))
}

// Browser signs in by a browser on this machine (RFC 8252): visit opens a URL, or shows it; the browser comes back to a port here
// with a code, which is exchanged with PKCE (RFC 7636). A *SignInError is a no.
func (l Login) Browser(ctx context.Context, visit func(url string) error) (Grant, error) {
	verifier, state := oauth2.GenerateVerifier(), rand.Text()
	back, err := listenBack(ctx, l.Redirect, state)
	if err != nil {
		return Grant{}, fmt.Errorf("sign in: %w", err)
	}
	defer back.Close()
	conf := l.config()
	conf.RedirectURL = back.url
	more := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	if l.User != "" {
		more = append(more, oauth2.SetAuthURLParam("login_hint", l.User))
	}
	if err := visit(conf.AuthCodeURL(state, more...)); err != nil {
		return Grant{}, fmt.Errorf("sign in: %w", err)
	}
	issuer := ""
	if l.Provider.SaysIssuer {
		issuer = l.Provider.Issuer
	}
	code, err := back.wait(ctx, issuer)
	if err != nil {
		return Grant{}, err
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, providerClient(l.Base))
	t, err := conf.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Grant{}, l.failed(err, code, verifier)
	}
	return l.granted(t)
}

func (l Login) config() *oauth2.Config {
	c := l.grant().config()
	c.Endpoint.AuthURL, c.Scopes = l.Provider.AuthURL, l.Scopes
	return c
}

// grant is what is known before there are tokens.
func (l Login) grant() Grant {
	return Grant{
		Issuer: l.Provider.Issuer, TokenURL: l.Provider.TokenURL, AuthMethod: l.Provider.authMethod(l.ClientSecret),
		ClientID: l.ClientID, ClientSecret: l.ClientSecret, Scope: strings.Join(l.Scopes, " "),
	}
}

func (l Login) granted(t *oauth2.Token) (Grant, error) {
	if !strings.EqualFold(t.Type(), "Bearer") {
		return Grant{}, fmt.Errorf("sign in: the provider gave a token of type %q, which is no bearer token", clean(t.Type(), nil))
	}
	return l.grant().with(t, time.Now()), nil
}

// failed says in our words what went wrong at the provider.
func (l Login) failed(err error, secrets ...string) error {
	err = explain(err, append(secrets, l.ClientSecret)...)
	var final *refusal
	if errors.As(err, &final) {
		return &SignInError{Err: err}
	}
	return fmt.Errorf("sign in: %w", err)
}
