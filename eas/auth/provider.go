package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Provider is an authorization server. RFC 8414 2, OpenID Connect Discovery 1.0 3.
type Provider struct {
	Issuer      string   `json:"issuer"`
	AuthURL     string   `json:"authorization_endpoint"`
	TokenURL    string   `json:"token_endpoint"`
	DeviceURL   string   `json:"device_authorization_endpoint"` // "" = it has no device codes
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	SaysIssuer  bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 3
}

// EntraScope is what a token of Microsoft Entra needs to read a mailbox of Exchange Online by EAS.
const EntraScope = "https://outlook.office365.com/EAS.AccessAsUser.All"

// Entra is Microsoft Entra, the provider of Exchange Online. tenant is an id or a domain, or "organizations", which is every one.
// The national clouds are found by Discover.
func Entra(tenant string) Provider {
	at := "https://login.microsoftonline.com/" + url.PathEscape(tenant)
	return Provider{
		Issuer: at + "/v2.0", AuthURL: at + "/oauth2/v2.0/authorize", TokenURL: at + "/oauth2/v2.0/token",
		DeviceURL: at + "/oauth2/v2.0/devicecode", AuthMethods: []string{"client_secret_post"},
	}
}

const wellKnown = "/.well-known/openid-configuration"

// Discover asks a provider for its endpoints. issuer is its URL, with or without /.well-known/openid-configuration. base sends
// the request; nil is http.DefaultTransport.
func Discover(ctx context.Context, base http.RoundTripper, issuer string) (Provider, error) {
	issuer = strings.TrimSuffix(strings.TrimSuffix(issuer, wellKnown), "/")
	p, err := discover(ctx, providerClient(base), issuer)
	if err != nil {
		return Provider{}, fmt.Errorf("provider %s: %w", issuer, err)
	}
	return p, nil
}

func discover(ctx context.Context, c *http.Client, issuer string) (p Provider, err error) {
	if err := secureURL("issuer", issuer); err != nil {
		return p, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer+wellKnown, nil)
	if err != nil {
		return p, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return p, bare(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return p, fmt.Errorf("no OpenID provider: HTTP %d", resp.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxGrant)).Decode(&p); err != nil {
		return p, errors.New("no OpenID provider: the answer is no JSON")
	}
	return p, p.check(issuer)
}

// check holds a description against where it was found. OpenID Connect Discovery 1.0 4.3: an issuer speaks for itself only.
func (p Provider) check(issuer string) error {
	// Microsoft's multi-tenant issuers have a place for the tenant that nobody knows before he signs in.
	if strings.TrimSuffix(p.Issuer, "/") != issuer && !strings.Contains(p.Issuer, "/{tenantid}/") {
		return fmt.Errorf("it calls itself %q", p.Issuer)
	}
	if err := secureURL("token_endpoint", p.TokenURL); err != nil {
		return err
	}
	if err := secureURL("authorization_endpoint", p.AuthURL); err != nil {
		return err
	}
	if p.DeviceURL == "" {
		return nil
	}
	return secureURL("device_authorization_endpoint", p.DeviceURL)
}

// authMethod is how a client shows who it is at the token endpoint. OpenID Connect Core 1.0 9.
func (p Provider) authMethod(secret string) string {
	const basic, post = "client_secret_basic", "client_secret_post"
	switch {
	case secret == "":
		return "none"
	case len(p.AuthMethods) > 0 && !slices.Contains(p.AuthMethods, basic) && slices.Contains(p.AuthMethods, post):
		return post
	}
	return basic
}

// providerTimeout bounds one request to a provider.
const providerTimeout = 30 * time.Second

func providerClient(base http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: transportOf(base), Timeout: providerTimeout,
		// What is sent is for this provider alone.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bare takes off what http.Client puts around an error: method and URL.
func bare(err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}
