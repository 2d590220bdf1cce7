// Package oidctest runs a real OpenID provider, github.com/zitadel/oidc, for the tests of signing in. It is a module of its own,
// so that what the provider needs stays out of the product.
package oidctest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The registered client, which is a public one, and another one that has a secret.
const (
	ClientID     = "airlift-test"
	WebClientID  = "airlift-web"
	ClientSecret = "client-secret-1f0a"
	Password     = "login-password-77b2"
)

// Provider is an OpenID provider on a loopback port. It hands out a new refresh token with every access token and forgets
// the old ones of both at that moment, as strict providers do.
type Provider struct {
	URL      string
	Back     string       // the URL that WebClientID may come back to
	Refused  atomic.Int32 // refresh tokens that were not, or no longer, good
	Renewals atomic.Int32 // refresh tokens that were exchanged
	Asked    atomic.Int32 // requests for tokens
	AtOnce   atomic.Int32 // the most requests for tokens that were in hand at a time
	Down     atomic.Bool  // the token endpoint answers 503

	inHand  atomic.Int32
	storage *tokens
	http    *http.Client

	mu     sync.Mutex
	issued []string // every secret that left the token endpoint
}

// Secrets lists every token that the provider has handed out.
func (p *Provider) Secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.issued)
}

// remember keeps the tokens of an answer of the token endpoint.
func (p *Provider) remember(answer []byte) {
	var t struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		ID      string `json:"id_token"`
	}
	_ = json.Unmarshal(answer, &t) // an error has none
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range []string{t.Access, t.Refresh, t.ID} {
		if s != "" {
			p.issued = append(p.issued, s)
		}
	}
}

// Start starts a provider that issues access tokens with a lifetime. It ends with the test. Every address is a user.
func Start(t testing.TB, lifetime time.Duration) *Provider {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{URL: "http://" + l.Addr().String(), http: &http.Client{Timeout: 10 * time.Second}}
	p.Back = "http://localhost:" + freePort(t) + "/back"
	p.storage = newTokens(p, lifetime)
	handler := exampleop.SetupServer(p.URL, p.storage, slog.New(slog.NewTextHandler(io.Discard, nil)), false)
	s := httptest.NewUnstartedServer(p.counting(handler))
	_ = s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(func() {
		p.http.CloseIdleConnections()
		s.Close()
	})
	return p
}

// freePort finds one where nobody listens.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err = errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return port
}

// counting looks at what is asked of the token endpoint.
func (p *Provider) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/oauth/token") {
			next.ServeHTTP(w, r)
			return
		}
		p.Asked.Add(1)
		n := p.inHand.Add(1)
		defer p.inHand.Add(-1)
		for most := p.AtOnce.Load(); n > most && !p.AtOnce.CompareAndSwap(most, n); most = p.AtOnce.Load() {
		}
		if p.Down.Load() {
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		p.remember(answer.Body.Bytes())
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // who asked may be gone
	})
}

// User asks the provider whose an access token is; "" for one that is not good.
func (p *Provider) User(ctx context.Context, bearer string) string {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/userinfo", nil)
	if err != nil {
		return ""
	}
	req.Header.Set("Authorization", bearer)
	resp, err := p.http.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if _, rest, ok := strings.Cut(string(body), `"sub":"`); ok && resp.StatusCode == http.StatusOK {
		user, _, _ := strings.Cut(rest, `"`)
		return user
	}
	return ""
}

// Revoke takes back everything that was granted.
func (p *Provider) Revoke() { p.storage.clear(true) }

// Forget makes all access tokens bad at once, as if their time were over; refresh tokens stay good.
func (p *Provider) Forget() { p.storage.clear(false) }

// tokens is the provider's storage: the one of its example, with tokens that live as long as the test wants.
type tokens struct {
	*storage.Storage
	provider *Provider
	lifetime time.Duration

	mu      sync.Mutex
	n       int
	access  map[string]issued // by id
	refresh map[string]issued // by token
}

// issued is a grant.
type issued struct {
	client, user, access string
	scopes               []string
	expires              time.Time
}

func newTokens(p *Provider, lifetime time.Duration) *tokens {
	clients := map[string]*storage.Client{
		ClientID:    storage.NativeClient(ClientID, "http://127.0.0.1/"),
		WebClientID: storage.WebClient(WebClientID, ClientSecret, p.Back),
	}
	return &tokens{
		Storage: storage.NewStorageWithClients(everybody{}, clients), provider: p, lifetime: lifetime,
		access: map[string]issued{}, refresh: map[string]issued{},
	}
}

// everybody is a user store in which every name is a user.
type everybody struct{}

func (everybody) GetUserByID(id string) *storage.User {
	return &storage.User{ID: id, Username: id, Password: Password}
}

func (everybody) GetUserByUsername(name string) *storage.User { return everybody{}.GetUserByID(name) }
func (everybody) ExampleClientID() string                     { return "none" }

// client is a client of the example that may use device codes and refresh tokens as well.
type client struct{ op.Client }

func (client) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeDeviceCode}
}

func (s *tokens) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := s.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return client{c}, nil
}

// issue makes an access token.
func (s *tokens) issue(request op.TokenRequest) (string, issued) {
	s.n++
	g := issued{user: request.GetSubject(), scopes: request.GetScopes(), access: fmt.Sprint("access-", s.n)}
	if c, ok := request.(interface{ GetClientID() string }); ok {
		g.client = c.GetClientID()
	}
	g.expires = time.Now().Add(s.lifetime + 200*time.Millisecond) // expires_in is cut to whole seconds
	s.access[g.access] = g
	return g.access, g
}

func (s *tokens) CreateAccessToken(_ context.Context, request op.TokenRequest) (string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, g := s.issue(request)
	return id, g.expires, nil
}

func (s *tokens) CreateAccessAndRefreshTokens(_ context.Context, request op.TokenRequest, current string) (string, string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if current != "" {
		old, ok := s.refresh[current]
		if !ok {
			s.provider.Refused.Add(1)
			return "", "", time.Time{}, oidc.ErrInvalidGrant()
		}
		s.provider.Renewals.Add(1)
		delete(s.refresh, current)
		delete(s.access, old.access)
	}
	id, g := s.issue(request)
	refresh := fmt.Sprintf("refresh-secret-%d-%d", s.n, time.Now().UnixNano())
	s.refresh[refresh] = g
	return id, refresh, g.expires, nil
}

func (s *tokens) TokenRequestByRefreshToken(_ context.Context, refresh string) (op.RefreshTokenRequest, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.refresh[refresh]
	if !ok {
		s.provider.Refused.Add(1)
		return nil, op.ErrInvalidRefreshToken
	}
	return storage.RefreshTokenRequestFromBusiness(&storage.RefreshToken{UserID: g.user, ApplicationID: g.client, Scopes: g.scopes, Audience: []string{g.client}}), nil
}

func (s *tokens) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, id, _, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.access[id]
	if !ok || time.Now().After(g.expires) {
		return fmt.Errorf("the access token is not good")
	}
	info.Subject = g.user
	return nil
}

func (s *tokens) clear(all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.access)
	if all {
		clear(s.refresh)
	}
}
