package auth_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/auth/authtest"
)

// certServer is a TLS server that lets in who shows a certificate of its authority.
type certServer struct {
	ca  *authtest.CA
	url string

	mu   sync.Mutex
	seen []string // protocol, version and name of each request
	auth []string // Authorization headers
}

func newCertServer(t *testing.T, config func(*tls.Config)) *certServer {
	s := &certServer{ca: authtest.NewCA(t)}
	server := httptest.NewUnstartedServer(s)
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{s.ca.Issue(t, "server")}, ClientCAs: s.ca.Pool(), ClientAuth: tls.VerifyClientCertIfGiven,
	}
	if config != nil {
		config(server.TLS)
	}
	server.EnableHTTP2 = true
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *certServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := "nobody"
	if len(r.TLS.PeerCertificates) > 0 {
		name = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	s.mu.Lock()
	s.seen = append(s.seen, fmt.Sprintf("%s %s %s", r.Proto, tls.VersionName(r.TLS.Version), name))
	s.auth = append(s.auth, r.Header.Get("Authorization"))
	s.mu.Unlock()
	if name == "nobody" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	b, _ := io.ReadAll(r.Body)
	_, _ = w.Write(b)
}

// base trusts the server's authority.
func (s *certServer) base(t *testing.T) *http.Transport {
	b := eas.NewTransport()
	b.TLSClientConfig.RootCAs = s.ca.Pool()
	t.Cleanup(b.CloseIdleConnections)
	return b
}

func (s *certServer) client(t *testing.T, origin string) *auth.Certificate {
	c := auth.NewCertificate(s.ca.Issue(t, "alice"), origin, s.base(t))
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func TestCertificate(t *testing.T) {
	// A server that asks for certificates only where TLS has renegotiation, as one does that needs them for some URLs only.
	late := func(c *tls.Config) {
		asking, silent := c.Clone(), c.Clone()
		silent.ClientAuth = tls.NoClientCert
		c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if slices.Contains(hello.SupportedVersions, tls.VersionTLS13) {
				return silent, nil
			}
			return asking, nil
		}
	}
	for name, tc := range map[string]struct {
		config func(*tls.Config)
		want   []string // for two requests
	}{
		"in the handshake": {nil, []string{"HTTP/1.1 TLS 1.3 alice", "HTTP/1.1 TLS 1.3 alice"}},
		"TLS 1.2":          {func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, []string{"HTTP/1.1 TLS 1.2 alice", "HTTP/1.1 TLS 1.2 alice"}},
		"required":         {func(c *tls.Config) { c.ClientAuth = tls.RequireAndVerifyClientCert }, []string{"HTTP/1.1 TLS 1.3 alice", "HTTP/1.1 TLS 1.3 alice"}},
		"late":             {late, []string{"HTTP/1.1 TLS 1.3 nobody", "HTTP/1.1 TLS 1.2 alice", "HTTP/1.1 TLS 1.2 alice"}},
	} {
		s := newCertServer(t, tc.config)
		c := s.client(t, s.url)
		for _, body := range []string{"one", "two"} {
			if code, got, err := post(t, c, s.url, body); code != 200 || err != nil || got != body {
				t.Errorf("%s: HTTP %d, %v: %q", name, code, err, got)
			}
		}
		if !slices.Equal(s.seen, tc.want) {
			t.Errorf("%s: seen %q, want %q", name, s.seen, tc.want)
		}
	}
}

// TestCertificateNotWanted: a server that never asks is asked twice at most, and its no is passed on.
func TestCertificateNotWanted(t *testing.T) {
	s := newCertServer(t, func(c *tls.Config) { c.ClientAuth = tls.NoClientCert })
	c := s.client(t, s.url)
	if code, _, err := post(t, c, s.url, "b"); code != 403 || err != nil || len(s.seen) != 2 {
		t.Errorf("HTTP %d, %v, seen %q", code, err, s.seen)
	}
}

// TestCertificateStaysAtHome: another server is not shown it, and no Authorization goes beside it.
func TestCertificateStaysAtHome(t *testing.T) {
	s := newCertServer(t, nil)
	if code, _, err := post(t, s.client(t, "https://mail.example"), s.url, "b"); code != 403 || err != nil || s.seen[0] != "HTTP/2.0 TLS 1.3 nobody" {
		t.Errorf("HTTP %d, %v, seen %q", code, err, s.seen)
	}
	c := s.client(t, s.url)
	if code, _, err := post(t, auth.Basic{User: "alice", Password: "secret", Origin: s.url, Base: c}, s.url, "b"); code != 200 || err != nil || s.auth[1] != "" {
		t.Errorf("HTTP %d, %v, Authorization %q", code, err, s.auth)
	}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, "PrivateKey") || len(text) > 300 {
		t.Errorf("printed: %s", text)
	}
}

// TestUnknownAuthority: a certificate of another authority is shown, and refused.
func TestUnknownAuthority(t *testing.T) {
	s := newCertServer(t, nil)
	c := auth.NewCertificate(authtest.NewCA(t).Issue(t, "mallory"), s.url, s.base(t))
	defer c.CloseIdleConnections()
	if code, _, err := post(t, c, s.url, "b"); err == nil {
		t.Errorf("HTTP %d, seen %q", code, s.seen)
	}
}

// TestOldTLS: what is older than TLS 1.2 is not spoken.
func TestOldTLS(t *testing.T) {
	s := newCertServer(t, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
	for name, via := range map[string]http.RoundTripper{"the transport": s.base(t), "with a certificate": s.client(t, s.url)} {
		if code, _, err := post(t, via, s.url, "b"); err == nil {
			t.Errorf("%s: HTTP %d, seen %q", name, code, s.seen)
		}
	}
}
