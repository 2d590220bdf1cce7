package auth

import (
	"crypto/tls"
	"net/http"
	"sync/atomic"

	"github.com/airlift-eas/airlift/eas"
)

// Certificate signs in with a client certificate, which TLS shows to the server of one origin. There is no Authorization header
// beside it.
//
// Servers ask for a certificate in the handshake, or, when only some of their URLs need one, by renegotiating the connection
// (RFC 5246 7.4.1.1), which neither TLS 1.3 nor HTTP/2 has. So the origin is asked over HTTP/1.1; and when it refuses a request
// without having asked for the certificate, once more over TLS 1.2, and from then on if that helps.
type Certificate struct {
	origin  string
	plain   *http.Transport // for other origins
	newest  *http.Transport
	tls12   *http.Transport
	asked   atomic.Bool // for the certificate
	settled atomic.Bool // on TLS 1.2
}

// NewCertificate makes the transports of a certificate out of base, which is not changed; nil is eas.NewTransport.
func NewCertificate(cert tls.Certificate, origin string, base *http.Transport) *Certificate {
	if base == nil {
		base = eas.NewTransport()
	}
	c := &Certificate{origin: origin, plain: base}
	with := func(newest uint16) *http.Transport {
		t := oneProtocol(base)
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.MaxVersion = newest
		t.TLSClientConfig.Renegotiation = tls.RenegotiateOnceAsClient
		t.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c.asked.Store(true)
			return &cert, nil // whatever authorities the server names: its answer is clearer than none
		}
		return t
	}
	c.newest, c.tls12 = with(0), with(tls.VersionTLS12)
	return c
}

// oneProtocol copies a transport into one that speaks HTTP/1.1 only.
func oneProtocol(base *http.Transport) *http.Transport {
	t := base.Clone()
	t.ForceAttemptHTTP2, t.TLSNextProto = false, nil
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.NextProtos = nil
	}
	return t
}

// RoundTrip sends a request, with the certificate if it is for the origin.
func (c *Certificate) RoundTrip(req *http.Request) (*http.Response, error) {
	ours, err := belongs(c.origin, req)
	if err != nil {
		return abandon(req, err)
	}
	if !ours {
		return c.plain.RoundTrip(req)
	}
	first := withoutAuthorization(req)
	if c.settled.Load() {
		return c.tls12.RoundTrip(first)
	}
	resp, err := c.newest.RoundTrip(first)
	if err != nil || !c.unasked(resp) {
		return resp, err
	}
	second := again(req)
	if second == nil {
		return resp, nil
	}
	drain(resp)
	resp, err = c.tls12.RoundTrip(withoutAuthorization(second))
	if err == nil && !refused(resp) {
		c.settled.Store(true)
	}
	return resp, err
}

// unasked tells whether the server refused a request without having asked for the certificate, over a connection on which
// it could not do so later.
func (c *Certificate) unasked(resp *http.Response) bool {
	return refused(resp) && !c.asked.Load() && resp.TLS != nil && resp.TLS.Version > tls.VersionTLS12
}

func refused(resp *http.Response) bool {
	return resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden
}

func withoutAuthorization(req *http.Request) *http.Request {
	if req.Header.Get("Authorization") == "" {
		return req
	}
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	return req
}

// CloseIdleConnections closes what connections are not in use.
func (c *Certificate) CloseIdleConnections() {
	for _, t := range []*http.Transport{c.plain, c.newest, c.tls12} {
		t.CloseIdleConnections()
	}
}

// String shows no key, whatever prints it.
func (c *Certificate) String() string { return "auth.Certificate{" + c.origin + "}" }

// GoString shows no key.
func (c *Certificate) GoString() string { return c.String() }
