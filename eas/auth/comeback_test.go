package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
)

// comeBack sends somebody to the place where the browser is expected.
func comeBack(t *testing.T, method, at string) int {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true}
	req, err := http.NewRequestWithContext(t.Context(), method, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func testLogin() Login {
	return Login{ClientID: "app", Provider: Provider{Issuer: "https://id.example", AuthURL: "https://id.example/a", TokenURL: "https://id.example/t", SaysIssuer: true}}
}

// TestComeBack: only who brings what this sign-in sent out is listened to.
func TestComeBack(t *testing.T) {
	for name, tc := range map[string]struct{ query, want string }{
		"no":               {"error=access_denied&error_description=not+today&iss=https://id.example", "sign in: the provider says access_denied (not today)"},
		"another provider": {"code=1&iss=https://evil.example", `another provider, "https://evil.example"`},
		"no issuer":        {"code=1", "another provider"},
		"no code":          {"iss=https://id.example", "without a code"},
	} {
		_, err := testLogin().Browser(t.Context(), func(page string) error {
			u, err := url.Parse(page)
			if err != nil {
				return err
			}
			q := u.Query()
			back := q.Get("redirect_uri")
			if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) < 26 || !strings.HasPrefix(back, "http://127.0.0.1:") {
				t.Errorf("%s: it goes to %s", name, page)
			}
			for _, other := range []string{"favicon.ico", "?code=1", "?code=1&state=mine", "x?code=1&state=" + q.Get("state")} {
				if code := comeBack(t, http.MethodGet, back+other); code != http.StatusNotFound {
					t.Errorf("%s: HTTP %d for %s", name, code, other)
				}
			}
			if code := comeBack(t, http.MethodPost, back+"?state="+q.Get("state")); code != http.StatusNotFound {
				t.Errorf("%s: HTTP %d for a POST", name, code)
			}
			for range 2 { // the second time nobody is there to take it
				if code := comeBack(t, http.MethodGet, back+"?state="+q.Get("state")+"&"+tc.query); code != http.StatusOK {
					t.Errorf("%s: HTTP %d", name, code)
				}
			}
			return nil
		})
		if err == nil || !strings.Contains(err.Error(), tc.want) || errors.Is(err, eas.ErrUnauthorized) != (name == "no") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBrowserGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := testLogin().Browser(ctx, func(string) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	none := errors.New("no browser")
	if _, err := testLogin().Browser(t.Context(), func(string) error { return none }); !errors.Is(err, none) {
		t.Error(err)
	}
}

func TestRedirect(t *testing.T) {
	for _, redirect := range []string{"https://127.0.0.1/", "http://192.0.2.1/", "http://mail.example/", "custom://x", "http://127.0.0.1/?a=b", "http://u@127.0.0.1/", ":"} {
		l := testLogin()
		l.Redirect = redirect
		if _, err := l.Browser(t.Context(), func(string) error { t.Errorf("%s was taken", redirect); return errors.ErrUnsupported }); err == nil {
			t.Error(redirect)
		}
	}
}
