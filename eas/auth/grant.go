package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Grant is what somebody who signed in let this program do: the tokens, and what it takes to renew them. It is the content of a
// token file, a JSON object; the names are those of OpenID Connect Discovery and RFC 6749.
type Grant struct {
	Issuer       string `json:"issuer,omitempty"`
	TokenURL     string `json:"token_endpoint,omitempty"`
	AuthMethod   string `json:"token_endpoint_auth_method,omitempty"` // none, client_secret_basic, client_secret_post
	ClientID     string `json:"client_id,omitempty"`
	ClientSecret string `json:"client_secret,omitempty"` // of clients that have one
	Scope        string `json:"scope,omitempty"`         // separated by spaces
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"` // "" = the access token cannot be renewed
	// Lifetime is how long the access token was good for when it was issued, in seconds, and Expiry until when, by this machine's
	// clock. Zero is for as long as the server takes it.
	Lifetime int64     `json:"expires_in,omitempty"`
	Expiry   time.Time `json:"expiry,omitzero"`
}

// String shows no secret, whatever prints it.
func (g Grant) String() string { return "auth.Grant{" + g.ClientID + " at " + g.Issuer + "}" }

// GoString shows no secret.
func (g Grant) GoString() string { return g.String() }

// maxGrant bounds a token file, in bytes. Access tokens with many claims are a few kilobytes.
const maxGrant = 1 << 20

// ReadGrant reads a token file.
func ReadGrant(path string) (Grant, error) {
	g, err := readGrant(path)
	if err != nil {
		return Grant{}, fmt.Errorf("token file: %w", err)
	}
	return g, nil
}

func readGrant(path string) (g Grant, err error) {
	f, err := os.Open(path)
	if err != nil {
		return g, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxGrant+1))
	if err != nil {
		return g, err
	}
	if len(b) > maxGrant || json.Unmarshal(b, &g) != nil { // the error would repeat what is in it
		return Grant{}, fmt.Errorf("%s is no token file", path)
	}
	if err := g.check(); err != nil {
		return Grant{}, fmt.Errorf("%s: %w", path, err)
	}
	return g, nil
}

func (g Grant) check() error {
	if g.AccessToken == "" && g.RefreshToken == "" {
		return errors.New("there is no token in it")
	}
	if g.RefreshToken != "" {
		return secureURL("token_endpoint", g.TokenURL)
	}
	return nil
}

// encode makes the content of the file.
func (g Grant) encode() ([]byte, error) {
	b, err := json.MarshalIndent(g, "", "  ")
	return append(b, '\n'), err
}

// good tells whether the access token may still be sent: some of its life is left, and the server has not refused it.
func (g Grant) good(now time.Time, refused string) bool {
	if g.AccessToken == "" || g.AccessToken == refused {
		return false
	}
	return g.Expiry.IsZero() || now.Before(g.Expiry.Add(-g.margin()))
}

// maxMargin is how long before its end a token is renewed, at most: by then the answer to a request may still be on its way.
const maxMargin = time.Minute

// margin is a fifth of the token's life, at most maxMargin. A clock that is put right meanwhile, or a slow network, costs a refusal at most.
func (g Grant) margin() time.Duration {
	return min(time.Duration(min(g.Lifetime, 3600))*time.Second/5, maxMargin)
}
