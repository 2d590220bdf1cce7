package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"golang.org/x/oauth2"
)

// renew gets a new access token for the refresh token. A *refusal says that the provider will not give one however often it
// is asked.
func (g Grant) renew(ctx context.Context, c *http.Client) (Grant, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, c)
	t, err := g.config().TokenSource(ctx, &oauth2.Token{RefreshToken: g.RefreshToken}).Token()
	if err != nil {
		return g, explain(err, g.RefreshToken, g.AccessToken, g.ClientSecret)
	}
	return g.with(t, time.Now()), nil
}

func (g Grant) config() *oauth2.Config {
	// The style is known. Trying both, as the package does otherwise, could show a refresh token twice that is good for once.
	style := oauth2.AuthStyleInParams
	if g.AuthMethod == "client_secret_basic" {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: g.ClientID, ClientSecret: g.ClientSecret, Endpoint: oauth2.Endpoint{TokenURL: g.TokenURL, AuthStyle: style},
	}
}

// with is the grant with new tokens. A provider that sends no new refresh token means the old one.
func (g Grant) with(t *oauth2.Token, now time.Time) Grant {
	g.AccessToken, g.Lifetime, g.Expiry = t.AccessToken, max(t.ExpiresIn, 0), time.Time{}
	if g.Lifetime > 0 {
		g.Expiry = now.Add(time.Duration(g.Lifetime) * time.Second).UTC()
	}
	if t.RefreshToken != "" {
		g.RefreshToken = t.RefreshToken
	}
	return g
}

// refusal is a provider's final no.
type refusal struct{ words string }

func (e *refusal) Error() string { return e.words }

// explain says in our words what came of a request to a provider. What it answers may repeat what was sent to it.
func explain(err error, secrets ...string) error {
	var re *oauth2.RetrieveError
	if !errors.As(err, &re) {
		return withoutSecrets(bare(err), secrets)
	}
	code, words := 0, re.ErrorCode
	if re.Response != nil {
		code = re.Response.StatusCode
	}
	if words == "" {
		words = fmt.Sprintf("HTTP %d", code)
	}
	if re.ErrorDescription != "" {
		words += " (" + re.ErrorDescription + ")"
	}
	words = "the provider says " + clean(words, secrets)
	switch {
	case code >= http.StatusInternalServerError, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout,
		re.ErrorCode == "temporarily_unavailable", re.ErrorCode == "server_error": // RFC 6749 4.1.2.1
		return errors.New(words)
	}
	return &refusal{words}
}

// withoutSecrets keeps an error as it is, unless its text holds a secret.
func withoutSecrets(err error, secrets []string) error {
	if text := err.Error(); clean(text, secrets) != text {
		return errors.New(clean(text, secrets))
	}
	return err
}

// maxWords is how much of what a provider says is repeated, in bytes.
const maxWords = 300

// clean makes a line of what a stranger wrote, without the secrets that it may hold.
func clean(s string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "…")
		}
	}
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if len(s) > maxWords {
		s = strings.ToValidUTF8(s[:maxWords], "") + "…"
	}
	return s
}
