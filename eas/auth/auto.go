package auth

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/airlift-eas/airlift/eas"
)

// Way is a way to sign in.
type Way struct {
	Schemes   []string // under which a server offers it, such as "Basic"; the first is its name
	Transport http.RoundTripper
}

// BasicWay signs in with Basic.
func BasicWay(b Basic) Way { return Way{[]string{"Basic"}, b} }

// NTLMWay signs in by NTLM.
func NTLMWay(n *NTLM) Way { return Way{ntlmSchemes(), n} }

// BearerWay signs in with a token.
func BearerWay(b Bearer) Way { return Way{[]string{"Bearer"}, b} }

// Auto signs in by the first of its ways that the server offers. It begins without credentials; the first 401 decides, and the
// request is sent again. A server that offers none of the ways gets no credential, and the request an *OfferError. One that says
// 401 and offers nothing at all gets the first.
type Auto struct {
	Origin string // as in Basic
	Ways   []Way
	Base   http.RoundTripper // sends what goes without credentials; nil is http.DefaultTransport

	mu     sync.Mutex
	chosen http.RoundTripper
}

// RoundTrip sends a request.
func (a *Auto) RoundTrip(req *http.Request) (*http.Response, error) {
	ours, err := belongs(a.Origin, req)
	if err != nil {
		return abandon(req, err)
	}
	base := transportOf(a.Base)
	if !ours {
		return base.RoundTrip(req)
	}
	if way := a.settled(); way != nil {
		return way.RoundTrip(req)
	}
	resp, err := base.RoundTrip(withoutAuthorization(req))
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	way, err := a.choose(eas.Challenges(resp.Header))
	if err != nil {
		drain(resp)
		return nil, err
	}
	second := again(req)
	if second == nil {
		return resp, nil
	}
	drain(resp)
	return way.RoundTrip(second)
}

func (a *Auto) settled() http.RoundTripper {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.chosen
}

func (a *Auto) choose(offered []string) (http.RoundTripper, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.chosen != nil {
		return a.chosen, nil
	}
	var have []string
	for _, w := range a.Ways {
		have = append(have, w.Schemes[0])
		if len(offered) == 0 || slices.ContainsFunc(offered, func(o string) bool {
			return slices.ContainsFunc(w.Schemes, func(s string) bool { return strings.EqualFold(s, o) })
		}) {
			a.chosen = w.Transport
			return a.chosen, nil
		}
	}
	return nil, &OfferError{Offered: offered, Have: have}
}

// String shows no secret, whatever prints it.
func (a *Auto) String() string { return fmt.Sprintf("auth.Auto{%s}", a.Origin) }

// GoString shows no secret.
func (a *Auto) GoString() string { return a.String() }
