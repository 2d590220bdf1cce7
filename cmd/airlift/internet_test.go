package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// internet is what a script's airlift sees of the network: a proxy that the environment names, and behind it hosts of any
// name with certificates of an authority of its own. The hosts of no script are reached.
type internet struct {
	peer  *peer
	tls   *httptest.Server
	proxy *httptest.Server
	ca    *x509.Certificate
	key   *ecdsa.PrivateKey

	mu    sync.Mutex
	sites map[string]http.Handler // by https://host or http://host
	asked map[string]bool         // hosts
	given map[string]bool         // hosts that were shown a password; http:// in front if everybody could read it
	proto map[string]bool         // HTTP versions spoken
}

// startInternet begins one and puts its authority's certificate into ca.pem: internet
func (p *peer) startInternet(ts *testscript.TestScript) {
	n := &internet{peer: p, sites: map[string]http.Handler{}, asked: map[string]bool{}, given: map[string]bool{}, proto: map[string]bool{}}
	var err error
	n.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &n.key.PublicKey, n.key)
	ts.Check(err)
	n.ca, err = x509.ParseCertificate(der)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	n.tls = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.serve("https://"+r.Host, w, r) }))
	n.tls.TLS, n.tls.EnableHTTP2 = &tls.Config{GetCertificate: n.certificate}, true
	n.tls.Config.ErrorLog = log.New(io.Discard, "", 0)
	n.tls.StartTLS()
	n.proxy = httptest.NewServer(http.HandlerFunc(n.pass))
	ts.Setenv("HTTPS_PROXY", n.proxy.URL)
	ts.Setenv("HTTP_PROXY", n.proxy.URL)
	ts.Setenv("AIRLIFT_CA_CERT", ts.MkAbs("ca.pem"))
	p.internet = n
	ts.Defer(func() {
		n.proxy.Close()
		n.tls.Close()
	})
}

func (n *internet) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{hello.ServerName}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, n.ca, &n.key.PublicKey, n.key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: n.key}, err
}

// pass is the proxy: it connects to hosts by TLS, and asks for pages by plain HTTP. RFC 9110 9.3.6.
func (n *internet) pass(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		n.serve("http://"+r.URL.Host, w, r)
		return
	}
	host, _, _ := net.SplitHostPort(r.Host)
	n.mu.Lock()
	known := n.sites["https://"+host] != nil
	n.mu.Unlock()
	if !known {
		http.Error(w, "no such host", http.StatusBadGateway)
		return
	}
	there, err := net.Dial("tcp", n.tls.Listener.Addr().String())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	splice(here, buffered.Reader, there)
}

// splice passes bytes on in both directions until one side has enough.
func splice(here net.Conn, from *bufio.Reader, there net.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(there, from); there.Close() })
	wg.Go(func() { _, _ = io.Copy(here, there); here.Close() })
	wg.Wait()
}

func (n *internet) serve(origin string, w http.ResponseWriter, r *http.Request) {
	host := strings.TrimPrefix(origin, "https://")
	n.mu.Lock()
	n.asked[host] = true
	if r.Header.Get("Authorization") != "" {
		n.given[host] = true
	}
	if r.TLS != nil {
		n.proto[r.Proto] = true
	}
	h := n.sites[origin]
	n.mu.Unlock()
	if h == nil {
		http.NotFound(w, r)
		return
	}
	h.ServeHTTP(w, r)
}

// site puts something at a host: site ORIGIN eas|website|redirect URL|moved URL|json URL|status CODE|none. ORIGIN is https://HOST
// or http://HOST.
func (p *peer) site(ts *testscript.TestScript, args []string) {
	var h http.Handler
	header := func(code int, name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(name, args[2])
			w.WriteHeader(code)
		})
	}
	switch args[1] {
	case "eas":
		h = p
	case "website":
		h = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<!DOCTYPE html><p>Welcome") })
	case "redirect":
		h = header(http.StatusFound, "Location")
	case "moved":
		h = header(451, "X-MS-Location")
	case "status":
		code, err := strconv.Atoi(args[2])
		ts.Check(err)
		h = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-MS-Credential-Service-Url", "https://portal.example.com/ChangePassword")
			w.WriteHeader(code)
		})
	case "json":
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/autodiscover/autodiscover.json" || r.URL.Query().Get("Email") == "" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"Protocol":"ActiveSync","Url":"`+args[2]+`"}`)
		})
	case "none":
	default:
		ts.Fatalf("no site %q", args[1])
	}
	p.internet.mu.Lock()
	defer p.internet.mu.Unlock()
	p.internet.sites[args[0]] = h
	if h == nil {
		delete(p.internet.sites, args[0])
	}
}

// seen compares what came to the internet since the last time: seen asked|given|proto [WORD...]
func (p *peer) seen(ts *testscript.TestScript, args []string) {
	n := p.internet
	n.mu.Lock()
	defer n.mu.Unlock()
	of := map[string]map[string]bool{"asked": n.asked, "given": n.given, "proto": n.proto}[args[0]]
	var got []string
	for host := range of {
		got = append(got, host)
	}
	clear(of)
	slices.Sort(got)
	if want := args[1:]; !slices.Equal(got, want) {
		ts.Fatalf("%s: %q, want %q", args[0], got, want)
	}
}
