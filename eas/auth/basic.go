// Package auth adds credentials to requests: each kind is an http.RoundTripper around another one.
//
// A credential belongs to one origin (scheme, host and port), and is sent nowhere else: a redirect, or a request for another
// server through the same client, goes without it. No error or trace holds a secret.
package auth

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Basic adds HTTP Basic credentials (RFC 7617). MS-ASHTTP 2.2.1.1.2.
type Basic struct {
	User     string
	Password string
	// Origin is the server that the credential is for: a URL, of which scheme, host and port count, or a host, which
	// means https. It is needed.
	Origin string
	// Base sends the request; nil is http.DefaultTransport.
	Base http.RoundTripper
}

var errNoOrigin = errors.New("auth: the credential says no origin")

// RoundTrip sends a request, with the credential if it is for the origin.
func (b Basic) RoundTrip(req *http.Request) (*http.Response, error) {
	if b.Origin == "" {
		return nil, errNoOrigin
	}
	base := b.Base
	if base == nil {
		base = http.DefaultTransport
	}
	if sameOrigin(b.Origin, req.URL) {
		req = req.Clone(req.Context()) // a RoundTripper must not change its request
		req.SetBasicAuth(b.User, b.Password)
	}
	return base.RoundTrip(req)
}

// String shows no password, whatever prints it.
func (b Basic) String() string { return "auth.Basic{" + b.User + "}" }

// GoString shows no password.
func (b Basic) GoString() string { return b.String() }

// sameOrigin compares scheme, host and port. RFC 6454 4.
func sameOrigin(origin string, u *url.URL) bool {
	if !strings.Contains(origin, "://") {
		origin = "https://" + origin // a bare host, as Config.URL of package eas takes it
	}
	o, err := url.Parse(origin)
	return err == nil && o.Scheme == u.Scheme && strings.EqualFold(hostPort(o), hostPort(u))
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}
