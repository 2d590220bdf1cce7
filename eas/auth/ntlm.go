package auth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	ntlmssp "github.com/Azure/go-ntlmssp"

	"github.com/airlift-eas/airlift/eas"
)

// NTLM signs in with user and password by the challenge and response of NTLMv2 (MS-NLMP), as MS-NTHT carries it: the password
// does not travel. What is signed in is the connection, so each request has one to itself until its answer is closed.
//
// It binds nothing to the TLS channel: a server that requires Extended Protection refuses it.
type NTLM struct {
	user, password, origin string
	base                   *http.Transport

	mu     sync.Mutex
	scheme string  // "NTLM", or "Negotiate" if the server has only that
	idle   []*lane // connections, the last used at the end
}

// NewNTLM makes the connections of a user (NAME, DOMAIN\NAME or NAME@DOMAIN) like those of base, which is not changed; nil is
// eas.NewTransport.
func NewNTLM(user, password, origin string, base *http.Transport) *NTLM {
	if base == nil {
		base = eas.NewTransport()
	}
	return &NTLM{user: user, password: password, origin: origin, base: base, scheme: ntlmSchemes()[0]}
}

// ntlmSchemes are the schemes that carry NTLM messages, the better one first. MS-NTHT 2.1; a Negotiate header takes them as they
// are, too, without SPNEGO around them.
func ntlmSchemes() []string { return []string{"NTLM", "Negotiate"} }

// RoundTrip sends a request, signed in if it is for the origin.
func (n *NTLM) RoundTrip(req *http.Request) (*http.Response, error) {
	ours, err := belongs(n.origin, req)
	if err != nil {
		return abandon(req, err)
	}
	if !ours {
		return n.base.RoundTrip(req)
	}
	l := n.take()
	resp, err := l.send(withoutAuthorization(req))
	if err != nil {
		n.put(l)
		return nil, err
	}
	resp.Body = &laneBody{ReadCloser: resp.Body, done: sync.OnceFunc(func() { n.put(l) })}
	return resp, nil
}

// laneBody gives the connection back when the answer has been read.
type laneBody struct {
	io.ReadCloser
	done func()
}

func (b *laneBody) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}

// maxIdleLanes bounds the connections that are kept for later.
const maxIdleLanes = 16

func (n *NTLM) take() *lane {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last := len(n.idle) - 1; last >= 0 {
		l := n.idle[last]
		n.idle = n.idle[:last]
		return l
	}
	return newLane(n)
}

func (n *NTLM) put(l *lane) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.idle) < maxIdleLanes {
		n.idle = append(n.idle, l)
		return
	}
	l.transport.CloseIdleConnections()
}

// CloseIdleConnections closes what connections are not in use.
func (n *NTLM) CloseIdleConnections() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.idle {
		l.transport.CloseIdleConnections()
	}
	n.idle = nil
	n.base.CloseIdleConnections()
}

// String shows no password, whatever prints it.
func (n *NTLM) String() string { return "auth.NTLM{" + n.user + "}" }

// GoString shows no password.
func (n *NTLM) GoString() string { return n.String() }

// header makes an Authorization header of a message.
func (n *NTLM) header(message []byte) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.scheme + " " + base64.StdEncoding.EncodeToString(message)
}

var errOtherScheme = errors.New("NTLM: the server has another scheme")

// challenge takes the server's message out of its answer to ours. errOtherScheme: it has another scheme than we tried, which is
// remembered.
func (n *NTLM) challenge(h http.Header) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, v := range h.Values("WWW-Authenticate") {
		scheme, text, _ := strings.Cut(v, " ")
		if text = strings.TrimSpace(text); !strings.EqualFold(scheme, n.scheme) || text == "" {
			continue
		}
		m, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("the server's %s message is no base64", n.scheme)
		}
		return m, nil
	}
	offered := eas.Challenges(h)
	for _, scheme := range ntlmSchemes() {
		if scheme != n.scheme && slices.ContainsFunc(offered, func(s string) bool { return strings.EqualFold(s, scheme) }) {
			n.scheme = scheme
			return nil, errOtherScheme
		}
	}
	return nil, &OfferError{Offered: offered, Have: ntlmSchemes()[:1]}
}

// answer makes the last message of a handshake.
func (n *NTLM) answer(challenge []byte) ([]byte, error) {
	m, err := ntlmssp.NewAuthenticateMessage(challenge, n.user, n.password, nil)
	if err != nil {
		return nil, fmt.Errorf("NTLM: %w", err)
	}
	return m, nil
}

// hello makes the request that carries the first message. It is an OPTIONS without a body, because the server may answer it: an
// empty Sync, or a command sent twice, would have a meaning.
func hello(req *http.Request, header string) *http.Request {
	u := url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: req.URL.Path}
	h := (&http.Request{Method: http.MethodOptions, URL: &u, Host: req.Host, Header: http.Header{}}).WithContext(req.Context())
	for _, name := range []string{"User-Agent", "Cookie"} { // a load balancer may go by them
		if v := req.Header.Values(name); len(v) > 0 {
			h.Header[name] = v
		}
	}
	h.Header.Set("Authorization", header)
	return h
}
