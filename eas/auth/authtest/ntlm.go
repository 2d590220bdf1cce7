// Package authtest has servers that want to be signed in to, for the tests of other packages.
package authtest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// NTLM is an endpoint that signs connections in by NTLMv2. Next gets what comes by those, with the name of the user as Basic
// credentials with an empty password.
type NTLM struct {
	Passwords map[string]string // of USER, DOMAIN\USER or USER@DOMAIN
	Next      http.Handler
	Scheme    string   // "NTLM" if empty, or "Negotiate"
	Also      []string // other challenges, before its own
	// EachRequest makes it forget who a connection is after one request.
	EachRequest bool
	// Hangups is after how many of the first challenges it closes the connection.
	Hangups atomic.Int32

	Handshakes atomic.Int32 // that were begun
	Refused    atomic.Int32 // that ended with a no
	Anonymous  atomic.Int32 // requests without a message, by a connection that was not signed in
	Early      atomic.Int64 // bytes of bodies that came before their connection was signed in
}

// Start serves the endpoint on a loopback port until the test ends.
func (n *NTLM) Start(t testing.TB) (url string) {
	t.Helper()
	s := httptest.NewUnstartedServer(n)
	s.Config.ConnContext = ConnContext
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

// ConnContext is that of a server whose handler is an NTLM: it tells the connections apart.
func ConnContext(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, &connection{})
}

type connectionKey struct{}

// connection is what is known of one.
type connection struct {
	mu        sync.Mutex
	challenge *[8]byte // that is to be answered
	user      string
}

// ServeHTTP signs in, or passes on.
func (n *NTLM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := r.Context().Value(connectionKey{}).(*connection)
	c.mu.Lock()
	defer c.mu.Unlock()
	scheme := n.Scheme
	if scheme == "" {
		scheme = "NTLM"
	}
	message, carried := []byte(nil), false
	if name, text, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(name, scheme) {
		b, err := base64.StdEncoding.DecodeString(text)
		message, carried = b, err == nil
	}
	switch {
	case carried && messageType(message) == 1:
		n.Handshakes.Add(1)
		c.user, c.challenge = "", new([8]byte)
		_, _ = rand.Read(c.challenge[:]) // it never fails
		n.early(r)
		if n.Hangups.Add(-1) >= 0 {
			w.Header().Set("Connection", "close")
		}
		n.refuse(w, scheme+" "+base64.StdEncoding.EncodeToString(challengeMessage(*c.challenge, "LAB", "SERVER")))
		return
	case carried && c.challenge != nil:
		user, err := verify(message, *c.challenge, func(user string) (string, bool) { p, ok := n.Passwords[user]; return p, ok })
		c.challenge = nil
		if err != nil {
			n.Refused.Add(1)
			n.refuse(w, scheme)
			return
		}
		c.user = user
	case c.user == "":
		n.Anonymous.Add(1)
		n.early(r)
		n.refuse(w, scheme)
		return
	}
	r = r.Clone(r.Context())
	r.SetBasicAuth(c.user, "")
	if n.EachRequest {
		c.user = ""
	}
	n.Next.ServeHTTP(w, r)
}

func (n *NTLM) early(r *http.Request) { n.Early.Add(max(r.ContentLength, 0)) }

func (n *NTLM) refuse(w http.ResponseWriter, own string) {
	for _, v := range append(n.Also, own) {
		w.Header().Add("WWW-Authenticate", v)
	}
	http.Error(w, "Unauthorized", http.StatusUnauthorized)
}
