package auth

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/airlift-eas/airlift/eas"
)

func grant() Grant {
	return Grant{
		Issuer: "https://id.example", TokenURL: "https://id.example/token", AuthMethod: "client_secret_basic", ClientID: "app",
		ClientSecret: "s3cret-client", Scope: "a b", AccessToken: "s3cret-access", RefreshToken: "s3cret-refresh", Lifetime: 3600,
		Expiry: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC),
	}
}

func TestGrantFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token.json")
	if err := WriteGrant(t.Context(), file, grant()); err != nil {
		t.Fatal(err)
	}
	got, err := ReadGrant(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(grant(), got); diff != "" {
		t.Error(diff)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", got, &got, got, Login{ClientSecret: "s3cret"}); strings.Contains(s, "s3cret") {
		t.Errorf("printed: %s", s)
	}
}

func TestBadGrantFiles(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"no JSON":         {"s3cret", "is no token file"},
		"another JSON":    {`{"a":"s3cret"}`, "there is no token in it"},
		"wrong types":     {`{"access_token":["s3cret"]}`, "is no token file"},
		"plain HTTP":      {`{"access_token":"a","refresh_token":"s3cret","token_endpoint":"http://id.example/token"}`, "http://id.example/token is not https"},
		"no provider":     {`{"access_token":"a","refresh_token":"s3cret"}`, "token_endpoint"},
		"password in URL": {`{"refresh_token":"a","token_endpoint":"https://u:s3cret@id.example/"}`, "is no URL of a server"},
		"too large":       {`{"access_token":"` + strings.Repeat("a", maxGrant) + `"}`, "is no token file"},
	} {
		file := filepath.Join(t.TempDir(), "token.json")
		if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenTokenFile(file, TokenFileOptions{})
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGood: a token is renewed before its end, by a fifth of its life and a minute at most.
func TestGood(t *testing.T) {
	end := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		lifetime int64
		left     time.Duration
		refused  string
		want     bool
	}{
		{3600, 61 * time.Second, "", true},
		{3600, 60 * time.Second, "", false},
		{5, 1001 * time.Millisecond, "", true},
		{5, time.Second, "", false},
		{1 << 60, 61 * time.Second, "", true},
		{0, time.Millisecond, "", true},
		{0, 0, "", false},
		{3600, time.Hour, "s3cret-access", false},
		{3600, time.Hour, "another", true},
	} {
		g := grant()
		g.Lifetime, g.Expiry = tc.lifetime, end
		if got := g.good(end.Add(-tc.left), tc.refused); got != tc.want {
			t.Errorf("a token of %d s, %s before its end, refused %q: good is %v", tc.lifetime, tc.left, tc.refused, got)
		}
	}
	if g := (Grant{AccessToken: "a"}); !g.good(end, "") {
		t.Error("a token without an end is good until it is refused")
	}
}

func TestExplain(t *testing.T) {
	answer := func(code int, errorCode, description string) error {
		return fmt.Errorf("token: %w", &oauth2.RetrieveError{
			Response: &http.Response{StatusCode: code}, ErrorCode: errorCode, ErrorDescription: description, Body: []byte("s3cret-refresh"),
		})
	}
	for name, tc := range map[string]struct {
		err   error
		final bool
		want  string
	}{
		"revoked":      {answer(400, "invalid_grant", "AADSTS50173: expired"), true, "the provider says invalid_grant (AADSTS50173: expired)"},
		"no OAuth":     {answer(404, "", ""), true, "the provider says HTTP 404"},
		"busy":         {answer(429, "", ""), false, "the provider says HTTP 429"},
		"broken":       {answer(500, "server_error", ""), false, "the provider says server_error"},
		"for a moment": {answer(400, "temporarily_unavailable", ""), false, "the provider says temporarily_unavailable"},
		"echo":         {answer(400, "invalid_grant", "token s3cret-refresh\r\n\x1b[2J is  old"), true, "the provider says invalid_grant (token … [2J is old)"},
		"long":         {answer(400, "invalid_grant", strings.Repeat("x", 1000)), true, "the provider says invalid_grant (" + strings.Repeat("x", 285) + "…"},
		"network":      {errors.New("dial: s3cret-refresh"), false, "dial: …"},
	} {
		err := explain(tc.err, "s3cret-refresh", "")
		var final *refusal
		if got := errors.As(err, &final); got != tc.final || err.Error() != tc.want {
			t.Errorf("%s: final is %v: %q, want %q", name, got, err, tc.want)
		}
	}
}

func TestSignInError(t *testing.T) {
	var err error = &SignInError{File: "f", Err: &refusal{"no"}, hint: "airlift login"}
	if !errors.Is(err, eas.ErrUnauthorized) || errors.Is(err, eas.ErrNotReady) || err.Error() != "token file: f: no" {
		t.Error(err)
	}
}

// TestWithoutRefreshToken: such a token is used until its end.
func TestWithoutRefreshToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token.json")
	if err := os.WriteFile(file, []byte(`{"access_token":"a"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenTokenFile(file, TokenFileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if token, err := f.Token(t.Context(), ""); token != "a" || err != nil {
		t.Error(token, err)
	}
	if _, err := f.Token(t.Context(), "a"); !errors.Is(err, eas.ErrUnauthorized) {
		t.Error(err)
	}
}

// TestProviderOutOfReach: what passes is told from what does not.
func TestProviderOutOfReach(t *testing.T) {
	unknown := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	unknown.StartTLS()
	defer unknown.Close()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, tc := range map[string]struct {
		url    string
		passes bool
	}{
		"unknown authority": {unknown.URL, false},
		"no such host":      {"https://id.host.invalid", false},
		"nobody there":      {closed.URL, true},
	} {
		g := grant()
		g.TokenURL, g.Expiry = tc.url, time.Unix(1, 0)
		file := filepath.Join(t.TempDir(), "token.json")
		if err := WriteGrant(t.Context(), file, g); err != nil {
			t.Fatal(err)
		}
		base := &http.Transport{}
		f, err := OpenTokenFile(file, TokenFileOptions{Base: base})
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Token(t.Context(), "")
		if err == nil || errors.Is(err, eas.ErrNotReady) != tc.passes || errors.Is(err, eas.ErrUnauthorized) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
		base.CloseIdleConnections()
	}
}
