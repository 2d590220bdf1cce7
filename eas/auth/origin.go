package auth

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

var errNoOrigin = errors.New("auth: the credential says no origin")

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

// belongs tells whether a credential of an origin is for a request.
func belongs(origin string, req *http.Request) (bool, error) {
	if origin == "" {
		return false, errNoOrigin
	}
	return sameOrigin(origin, req.URL), nil
}

func transportOf(base http.RoundTripper) http.RoundTripper {
	if base == nil {
		return http.DefaultTransport
	}
	return base
}

// abandon closes the body of a request that is not sent, as a RoundTripper must, and returns err.
func abandon(req *http.Request, err error) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close() // nothing was done with it
	}
	return nil, err
}

// again copies a request so that it can be sent once more; nil if its body cannot. The copy may be changed.
func again(req *http.Request) *http.Request {
	c := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return c
	}
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	c.Body = body
	return c
}

// maxRefusal is how much is read of the body of a refusal, in bytes, so that its connection can be used again.
const maxRefusal = 64 << 10

// drain ends an answer that nobody will read.
func drain(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, maxRefusal) // what does not come is not missed
	_ = resp.Body.Close()
}

// secureURL refuses a URL that a secret must not be sent to: only https, or this machine.
func secureURL(what, raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return fmt.Errorf("%s: no URL", what) // the parse error would repeat it
	case u.Host == "" || u.User != nil:
		return fmt.Errorf("%s: %q is no URL of a server", what, u.Redacted())
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%s: %s is not https", what, u.Redacted())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
