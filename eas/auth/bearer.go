package auth

import (
	"context"
	"net/http"
)

// Tokens hands out access tokens.
type Tokens interface {
	// Token returns an access token that is good now. refused is a token that the server did not accept, "" if there was none: it
	// is renewed, unless somebody has done so already. It may be called from several goroutines. Its errors answer to
	// eas.ErrUnauthorized when somebody has to sign in, and to eas.ErrNotReady when the same call may succeed later.
	Token(ctx context.Context, refused string) (string, error)
}

// Bearer adds an OAuth 2.0 access token (RFC 6750 2.1). A token that the server refuses with 401 is renewed once, and the request
// is sent again if its body can be.
type Bearer struct {
	Tokens Tokens
	// Origin is the server that the tokens are for, as in Basic. It is needed.
	Origin string
	// Base sends the request; nil is http.DefaultTransport.
	Base http.RoundTripper
}

// RoundTrip sends a request, with a token if it is for the origin.
func (b Bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	base := transportOf(b.Base)
	ours, err := belongs(b.Origin, req)
	if err != nil {
		return abandon(req, err)
	}
	if !ours {
		return base.RoundTrip(req)
	}
	token, err := b.Tokens.Token(req.Context(), "")
	if err != nil {
		return abandon(req, err)
	}
	resp, err := base.RoundTrip(withToken(req.Clone(req.Context()), token))
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	second := again(req)
	if second == nil {
		return resp, nil
	}
	if token, err = b.Tokens.Token(req.Context(), token); err != nil {
		drain(resp)
		return abandon(second, err)
	}
	drain(resp)
	return base.RoundTrip(withToken(second, token))
}

func withToken(req *http.Request, token string) *http.Request {
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}
