package oidctest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
)

const alice = "alice@example.com"

// login is one at the provider, as it describes itself.
func login(t *testing.T, p *Provider) auth.Login {
	t.Helper()
	d, err := auth.Discover(t.Context(), transport(t), p.URL)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Login{Provider: d, ClientID: ClientID, Scopes: []string{"openid", "offline_access"}, Base: transport(t)}
}

func transport(t *testing.T) http.RoundTripper {
	tr := eas.NewTransport()
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// signIn signs alice in by browser.
func signIn(t *testing.T, l auth.Login) (auth.Grant, error) {
	t.Helper()
	return l.Browser(t.Context(), func(page string) error {
		last, err := newPerson(alice).visit(t.Context(), page)
		if err == nil && !strings.Contains(last, "close this page") {
			return fmt.Errorf("the browser ended at %q", last)
		}
		return err
	})
}

func TestBrowser(t *testing.T) {
	p := Start(t, time.Hour)
	g, err := signIn(t, login(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if u := p.User(t.Context(), "Bearer "+g.AccessToken); u != alice || g.RefreshToken == "" || g.Lifetime != 3600 || g.TokenURL != p.URL+"/oauth/token" {
		t.Errorf("a token of %q: %v, lifetime %d, %s", u, g, g.Lifetime, g.TokenURL)
	}
}

// TestBrowserWithSecret: a client that has a secret, and a redirect URL that the provider knows to the last letter.
func TestBrowserWithSecret(t *testing.T) {
	p := Start(t, time.Hour)
	l := login(t, p)
	l.ClientID, l.ClientSecret = WebClientID, ClientSecret
	if _, err := signIn(t, l); err == nil || !strings.Contains(err.Error(), "redirect_uri") {
		t.Errorf("back to another port than the registered one: %v", err)
	}
	l.Redirect = p.Back
	g, err := signIn(t, l)
	if err != nil {
		t.Fatal(err)
	}
	if u := p.User(t.Context(), "Bearer "+g.AccessToken); u != alice || g.AuthMethod != "client_secret_basic" {
		t.Errorf("a token of %q by %s", u, g.AuthMethod)
	}
	l.ClientSecret = "wrong-secret"
	_, err = signIn(t, l)
	var no *auth.SignInError
	if !errors.As(err, &no) || strings.Contains(err.Error(), l.ClientSecret) {
		t.Errorf("with a wrong secret: %v", err)
	}
}

func TestDevice(t *testing.T) {
	t.Parallel()
	p := Start(t, time.Hour)
	g, err := login(t, p).Device(t.Context(), func(c auth.DeviceCode) {
		if left := time.Until(c.Expires); left < 4*time.Minute || left > 5*time.Minute {
			t.Errorf("the code is good until %s", c.Expires)
		}
		if err := newPerson(alice).enter(t.Context(), c.URL, c.Code, "allowed"); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if u := p.User(t.Context(), "Bearer "+g.AccessToken); u != alice || g.RefreshToken == "" {
		t.Errorf("a token of %q: %v", u, g)
	}
}

func TestDeviceDenied(t *testing.T) {
	t.Parallel()
	p := Start(t, time.Hour)
	_, err := login(t, p).Device(t.Context(), func(c auth.DeviceCode) {
		if err := newPerson(alice).enter(t.Context(), c.URL, c.Code, "denied"); err != nil {
			t.Error(err)
		}
	})
	var no *auth.SignInError
	if !errors.As(err, &no) || !errors.Is(err, eas.ErrUnauthorized) || !strings.Contains(err.Error(), "access_denied") {
		t.Errorf("got %v", err)
	}
}

// TestDeviceGivenUp: nobody types the code, and whoever waits for it gives up.
func TestDeviceGivenUp(t *testing.T) {
	t.Parallel()
	p := Start(t, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := login(t, p).Device(ctx, func(auth.DeviceCode) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownClient(t *testing.T) {
	p := Start(t, time.Hour)
	l := login(t, p)
	l.ClientID = "somebody"
	_, err := l.Device(t.Context(), func(auth.DeviceCode) { t.Error("a code for a stranger") })
	if err == nil {
		t.Error("a stranger may sign in")
	}
}

// grantFile signs alice in and stores what she grants.
func grantFile(t *testing.T, p *Provider) string {
	t.Helper()
	return grantTo(t, login(t, p))
}

func grantTo(t *testing.T, l auth.Login) string {
	t.Helper()
	g, err := signIn(t, l)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token.json")
	if err := auth.WriteGrant(t.Context(), file, g); err != nil {
		t.Fatal(err)
	}
	return file
}
