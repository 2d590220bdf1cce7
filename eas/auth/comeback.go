package auth

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// comeback is the place on this machine that a browser comes back to from the provider. RFC 8252 7.3.
type comeback struct {
	url    string
	path   string
	state  string // what the browser has to bring along
	server http.Server
	served sync.WaitGroup
	query  chan url.Values // of the first request that did
	first  sync.Once
}

// listenBack listens at a loopback URL; without a port at a free one.
func listenBack(ctx context.Context, redirect, state string) (*comeback, error) {
	if redirect == "" {
		redirect = "http://127.0.0.1/"
	}
	u, err := url.Parse(redirect)
	if err != nil || u.Scheme != "http" || !loopback(u.Hostname()) || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no URL to come back to: http://127.0.0.1/PATH or http://localhost:PORT/PATH", redirect)
	}
	host, port := u.Hostname(), u.Port()
	if host == "localhost" {
		host = "127.0.0.1" // browsers try both addresses
	}
	if port == "" {
		port = "0"
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	if _, port, err = net.SplitHostPort(l.Addr().String()); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	u.Host = net.JoinHostPort(u.Hostname(), port)
	b := &comeback{url: u.String(), path: u.Path, state: state, query: make(chan url.Values, 1)}
	if b.path == "" {
		b.path = "/"
	}
	b.server = http.Server{
		Handler: b, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		MaxHeaderBytes: 64 << 10,
	}
	b.served.Go(func() { _ = b.server.Serve(l) }) // it ends with Close, and says so
	return b, nil
}

// Close ends the server; the page in hand is finished.
func (b *comeback) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if b.server.Shutdown(ctx) != nil {
		_ = b.server.Close()
	}
	b.served.Wait()
}

// ServeHTTP takes the answer of the provider. Which page of the provider it was the browser has said by then, so the one here
// says nothing of it.
func (b *comeback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if r.Method != http.MethodGet || r.URL.Path != b.path || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(b.state)) != 1 {
		http.NotFound(w, r) // a browser asks for icons, and others look what is here or bring a code of their own
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	_, _ = w.Write([]byte("<!DOCTYPE html><title>airlift</title><p>You can close this page and go back to the terminal.\n"))
	b.first.Do(func() { b.query <- q })
}

// wait waits for the browser and returns the code that it brings. issuer is what the provider has to call itself, "" if it need
// not say.
func (b *comeback) wait(ctx context.Context, issuer string) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case q := <-b.query:
		return codeOf(q, issuer)
	}
}

// codeOf reads an authorization response. RFC 6749 4.1.2; RFC 9207 2.4 for iss.
func codeOf(q url.Values, issuer string) (string, error) {
	switch {
	case issuer != "" && q.Get("iss") != issuer:
		return "", fmt.Errorf("sign in: the browser came back from another provider, %q", clean(q.Get("iss"), nil))
	case q.Get("error") != "":
		words := q.Get("error")
		if d := q.Get("error_description"); d != "" {
			words += " (" + d + ")"
		}
		return "", &SignInError{Err: &refusal{"the provider says " + clean(words, nil)}}
	case q.Get("code") == "":
		return "", errors.New("sign in: the browser came back without a code")
	}
	return q.Get("code"), nil
}
