package auth

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

func TestEntra(t *testing.T) {
	p := Entra("contoso.example/..")
	if err := p.check(p.Issuer); err != nil {
		t.Error(err)
	}
	if p.TokenURL != "https://login.microsoftonline.com/contoso.example%2F../oauth2/v2.0/token" || p.authMethod("") != "none" || p.authMethod("x") != "client_secret_post" {
		t.Errorf("%+v", p)
	}
}

// TestDiscoverRefuses: what a provider says of itself is not believed when it leads elsewhere.
func TestDiscoverRefuses(t *testing.T) {
	var answer string
	code := http.StatusOK
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/t/.well-known/openid-configuration" {
			t.Errorf("asked for %s", r.URL)
		}
		w.Header().Set("Location", server.URL+"/elsewhere")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	issuer := server.URL + "/t"
	document := func(issuer, token string) string {
		return fmt.Sprintf(`{"issuer":%q,"token_endpoint":%q,"authorization_endpoint":"https://id.example/a"}`, issuer, token)
	}
	for name, tc := range map[string]struct {
		code   int
		answer string
		want   string
	}{
		"it is":            {200, document(issuer, "https://id.example/t"), ""},
		"with a slash":     {200, document(issuer+"/", "https://id.example/t"), ""},
		"any tenant":       {200, document("https://login.example/{tenantid}/v2.0", "https://id.example/t"), ""},
		"another issuer":   {200, document("https://evil.example", "https://id.example/t"), "it calls itself"},
		"plain HTTP":       {200, document(issuer, "http://id.example/t"), "is not https"},
		"no token":         {200, document(issuer, ""), "token_endpoint"},
		"no JSON":          {200, "<html>", "no OpenID provider"},
		"redirect":         {302, "", "HTTP 302"},
		"not there":        {404, "", "HTTP 404"},
		"without an end":   {200, `{"issuer":"` + strings.Repeat("x", 2<<20), "no OpenID provider"},
		"plain device URL": {200, strings.Replace(document(issuer, "https://id.example/t"), "{", `{"device_authorization_endpoint":"http://id.example/d",`, 1), "is not https"},
	} {
		code, answer = tc.code, tc.answer
		for _, at := range []string{issuer, issuer + "/", issuer + "/.well-known/openid-configuration"} {
			p, err := Discover(t.Context(), base, at)
			if tc.want == "" && (err != nil || p.TokenURL != "https://id.example/t") || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%s at %s: %v", name, at, err)
			}
		}
	}
	if _, err := Discover(t.Context(), base, "http://id.example"); err == nil || !strings.Contains(err.Error(), "is not https") {
		t.Errorf("over plain HTTP: %v", err)
	}
}

// TestBound: a provider decides neither how long we wait nor how often we ask.
func TestBound(t *testing.T) {
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		expiry   time.Time
		interval int64
		life     time.Duration
		every    int64
	}{
		{time.Time{}, 0, 15 * time.Minute, 0},
		{now.Add(5 * time.Minute), 5, 5 * time.Minute, 5},
		{now.Add(1e6 * time.Hour), 1 << 40, time.Hour, 60},
		{now.Add(time.Minute), -3, time.Minute, 0},
	} {
		da := &oauth2.DeviceAuthResponse{Expiry: tc.expiry, Interval: tc.interval}
		bound(da, now)
		if da.Expiry.Sub(now) != tc.life || da.Interval != tc.every {
			t.Errorf("%v, %d: %s, %d", tc.expiry, tc.interval, da.Expiry.Sub(now), da.Interval)
		}
	}
}
