package auth

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"

	ntlmssp "github.com/Azure/go-ntlmssp"
)

// lane is one connection at a time, for one request at a time.
type lane struct {
	ntlm      *NTLM
	transport *http.Transport

	signed bool // the last connection was signed in

	mu   sync.Mutex
	used net.Conn // that the last request went by
}

func newLane(n *NTLM) *lane {
	l := &lane{ntlm: n, transport: oneProtocol(n.base)}
	l.transport.MaxConnsPerHost, l.transport.MaxIdleConnsPerHost = 1, 1
	l.transport.DisableKeepAlives = false
	return l
}

// roundTrip sends a request and remembers by which connection.
func (l *lane) roundTrip(req *http.Request) (*http.Response, error) {
	trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.used = i.Conn
	}}
	return l.transport.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
}

func (l *lane) connection() net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used
}

// send sends a request by a connection that is signed in, which it signs in if it has to.
func (l *lane) send(req *http.Request) (*http.Response, error) {
	if !l.signed {
		return l.handshake(req)
	}
	resp, err := l.roundTrip(req)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	// The connection is a new one, or the server signs in requests, not connections.
	second := again(req)
	if second == nil {
		l.signed = false
		return resp, nil
	}
	drain(resp)
	return l.handshake(second)
}

// handshakes is how often a handshake is begun for one request: a server may close the connection in the middle of it, or have
// the other scheme.
const handshakes = 3

// handshake signs the connection in; the request goes with the last message. MS-NTHT 1.3.
func (l *lane) handshake(req *http.Request) (*http.Response, error) {
	l.signed = false
	for try := 1; ; try++ {
		message, err := l.challenge(req)
		if errors.Is(err, errOtherScheme) && try < handshakes {
			continue
		}
		if err != nil {
			return abandon(req, err)
		}
		began := l.connection()
		resp, err := l.finish(req, message)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
			l.signed = err == nil
			return resp, err
		}
		if l.connection() == began || try == handshakes {
			return resp, nil // the server does not know user or password
		}
		if req = again(req); req == nil {
			return resp, nil
		}
		drain(resp)
	}
}

// challenge sends the first message and returns the second one; nil if the server wants none. errOtherScheme: it has another
// scheme, which the next attempt uses.
func (l *lane) challenge(req *http.Request) ([]byte, error) {
	first, err := ntlmssp.NewNegotiateMessage("", "")
	if err != nil {
		return nil, err
	}
	resp, err := l.roundTrip(hello(req, l.ntlm.header(first)))
	if err != nil {
		return nil, err
	}
	drain(resp)
	if resp.StatusCode != http.StatusUnauthorized {
		return nil, nil
	}
	return l.ntlm.challenge(resp.Header)
}

// finish sends the request with the third message, or without one where there is no challenge.
func (l *lane) finish(req *http.Request, challenge []byte) (*http.Response, error) {
	if challenge == nil {
		return l.roundTrip(req)
	}
	last, err := l.ntlm.answer(challenge)
	if err != nil {
		return abandon(req, err)
	}
	signed := req.Clone(req.Context())
	signed.Header.Set("Authorization", l.ntlm.header(last))
	return l.roundTrip(signed)
}
