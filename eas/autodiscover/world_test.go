package autodiscover

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
)

const (
	alice    = "alice@example.com"
	password = "pässword"
	endpoint = "https://mail.example.com/Microsoft-Server-ActiveSync"
)

// world is an internet on loopback: names, hosts with certificates, SRV records. No name is looked up and no address dialled
// outside of it. It sees every request, and fails the test when a credential comes by plain HTTP or to a host that should not
// have it.
type world struct {
	t       *testing.T
	sites   map[string]http.Handler // by origin: https://host, https://host:port, http://host
	records map[string][]*net.SRV
	certs   map[string]string // host -> the name in its certificate, if it is another
	mayHave []string          // hosts that may get credentials

	ca, plain *httptest.Server
	pool      *x509.CertPool
	authority *x509.Certificate
	key       *ecdsa.PrivateKey

	mu   sync.Mutex
	seen []string // METHOD origin/path, with + for credentials
}

func newWorld(t *testing.T, mayHave ...string) *world {
	t.Helper()
	w := &world{t: t, sites: map[string]http.Handler{}, records: map[string][]*net.SRV{}, certs: map[string]string{}, mayHave: mayHave, pool: x509.NewCertPool()}
	w.makeAuthority()
	w.ca = httptest.NewUnstartedServer(w.handler("https"))
	w.ca.TLS = &tls.Config{GetCertificate: w.certificate, GetConfigForClient: w.clientConfig}
	w.ca.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that leave a handshake are what is tested
	w.ca.StartTLS()
	w.plain = httptest.NewServer(w.handler("http"))
	t.Cleanup(func() {
		w.ca.Close()
		w.plain.Close()
	})
	return w
}

func (w *world) makeAuthority() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		w.t.Fatal(err)
	}
	w.key = key
	w.authority, _ = x509.ParseCertificate(der)
	w.pool.AddCert(w.authority)
}

// clientConfig demands certificates of who comes to cert.example.com.
func (w *world) clientConfig(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if hello.ServerName != "cert.example.com" {
		return nil, nil
	}
	return &tls.Config{GetCertificate: w.certificate, ClientAuth: tls.RequireAnyClientCert}, nil
}

func (w *world) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := hello.ServerName
	if other := w.certs[name]; other != "" {
		name = other
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, w.authority, &w.key.PublicKey, w.key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: w.key}, err
}

// site puts a handler at an origin.
func (w *world) site(origin string, h http.HandlerFunc) { w.sites[origin] = h }

func (w *world) handler(scheme string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		origin := scheme + "://" + r.Host
		line := r.Method + " " + origin + r.URL.RequestURI()
		if _, _, has := r.BasicAuth(); has {
			line = "+" + line
			if host := hostOf(r.Host); r.TLS == nil || !slices.Contains(w.mayHave, host) {
				w.t.Errorf("credentials came to %s", origin)
			}
		}
		w.mu.Lock()
		w.seen = append(w.seen, line)
		w.mu.Unlock()
		w.sites[origin].ServeHTTP(rw, r)
	})
}

// transport leads into the world.
func (w *world) transport() *http.Transport {
	tr := eas.NewTransport()
	tr.Proxy = nil
	tr.TLSClientConfig.RootCAs = w.pool
	tr.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, port, _ := net.SplitHostPort(addr)
		server, origin := w.ca, "https://"+host
		switch port {
		case "80":
			server, origin = w.plain, "http://"+host
		case "443":
		default:
			origin = "https://" + addr
		}
		if w.sites[origin] == nil {
			if !slices.ContainsFunc(w.hosts(), func(h string) bool { return h == host }) {
				return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
			}
			return nil, &net.OpError{Op: "dial", Err: fmt.Errorf("connection refused by %s", addr)}
		}
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	return tr
}

func (w *world) hosts() (all []string) {
	for origin := range w.sites {
		all = append(all, hostOf(origin))
	}
	return all
}

// LookupSRV makes the world a Resolver.
func (w *world) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	name = "_" + service + "._" + proto + "." + name
	w.mu.Lock()
	w.seen = append(w.seen, "SRV "+name)
	w.mu.Unlock()
	if len(w.records[name]) == 0 {
		return "", nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return "", w.records[name], nil
}

// options are those of a search in the world. Credentials are Basic, which are sent with every request.
func (w *world) options() Options {
	base := w.transport()
	w.t.Cleanup(base.CloseIdleConnections)
	return Options{
		Address: alice, Base: base, Resolver: w, Timeout: 5 * time.Second,
		Credentials: func(origin string) http.RoundTripper {
			return auth.Basic{User: alice, Password: password, Origin: origin, Base: base}
		},
	}
}

// saw lists the requests, without what all queries end with.
func (w *world) saw() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, s := range w.seen {
		s = strings.TrimSuffix(s, "&Protocol=ActiveSync")
		out = append(out, s)
	}
	return out
}

// The sites.

func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// website answers anything with a page, as many do.
func website(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<!DOCTYPE html><html><body>Welcome to <br> our shop</html>")
}

func settings(url string) string {
	return `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"><Response xmlns="` + nsResponse + `">` +
		`<Culture>en:us</Culture><User><DisplayName>Alice</DisplayName><EMailAddress>` + alice + `</EMailAddress></User><Action><Settings>` +
		`<Server><Type>MobileSync</Type><Url>` + url + `</Url><Name>` + url + `</Name></Server></Settings></Action></Response></Autodiscover>`
}

func redirectTo(address string) string {
	return `<Autodiscover><Response><Action><Redirect>` + address + `</Redirect></Action></Response></Autodiscover>`
}

// answers serves the command to whoever signs in, and nothing else.
func answers(doc string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != pathXML || r.Method != http.MethodPost {
			http.NotFound(w, r)
			return
		}
		if _, p, _ := r.BasicAuth(); p != password {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, doc)
	}
}

// signedIn answers with an HTTP status to who signs in.
func signedIn(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, _, has := r.BasicAuth(); !has {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		status(code, headers...)(w, r)
	}
}

func inJSON(doc string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != pathJSON {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = io.WriteString(w, doc)
	}
}
