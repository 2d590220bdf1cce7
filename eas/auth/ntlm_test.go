package auth_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/auth/authtest"
)

// echo answers with who asks and what was sent.
func echo(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	user, _, _ := r.BasicAuth()
	fmt.Fprintf(w, "%s %s %s", r.Method, user, b)
}

// post sends a body and returns the status and what came back.
func post(t *testing.T, via http.RoundTripper, url, body string) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/x?Cmd=Sync", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := via.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func newNTLM(t *testing.T, user, password, origin string) *auth.NTLM {
	n := auth.NewNTLM(user, password, origin, eas.NewTransport())
	t.Cleanup(n.CloseIdleConnections)
	return n
}

func endpoint(change func(*authtest.NTLM)) *authtest.NTLM {
	e := &authtest.NTLM{
		Passwords: map[string]string{`LAB\alice`: "pässword", "bob@lab.example": "b", "carol": "c"}, Next: http.HandlerFunc(echo),
	}
	if change != nil {
		change(e)
	}
	return e
}

func TestNTLM(t *testing.T) {
	for name, tc := range map[string]struct {
		change     func(*authtest.NTLM)
		handshakes int32 // for three requests
	}{
		"NTLM":                {nil, 1},
		"Negotiate alone":     {func(e *authtest.NTLM) { e.Scheme = "Negotiate" }, 1},
		"among others":        {func(e *authtest.NTLM) { e.Also = []string{"Negotiate", `Basic realm="x"`} }, 1},
		"each request":        {func(e *authtest.NTLM) { e.EachRequest = true }, 3},
		"it hangs up":         {func(e *authtest.NTLM) { e.Hangups.Store(1) }, 2},
		"it hangs up, again":  {func(e *authtest.NTLM) { e.Hangups.Store(2) }, 3},
		"it always hangs up*": {func(e *authtest.NTLM) { e.Hangups.Store(100) }, 9},
	} {
		e := endpoint(tc.change)
		url := e.Start(t)
		n := newNTLM(t, `LAB\alice`, "pässword", url)
		for i := range 3 {
			body := fmt.Sprint("body", i)
			code, got, err := post(t, n, url, body)
			if strings.HasSuffix(name, "*") {
				if code != http.StatusUnauthorized || err != nil {
					t.Errorf("%s: HTTP %d, %v", name, code, err)
				}
				continue
			}
			if code != 200 || err != nil || got != `POST LAB\alice `+body {
				t.Errorf("%s: HTTP %d, %v: %q", name, code, err, got)
			}
		}
		if e.Handshakes.Load() != tc.handshakes {
			t.Errorf("%s: %d handshakes, want %d", name, e.Handshakes.Load(), tc.handshakes)
		}
		if name == "NTLM" && (e.Early.Load() != 0 || e.Anonymous.Load() != 0) {
			t.Errorf("%d bytes in %d requests before it was signed in", e.Early.Load(), e.Anonymous.Load())
		}
	}
}

func TestNTLMUsers(t *testing.T) {
	e := endpoint(nil)
	url := e.Start(t)
	for _, tc := range []struct {
		user, password string
		code           int
	}{
		{`LAB\alice`, "pässword", 200},
		{"bob@lab.example", "b", 200},
		{"carol", "c", 200},
		{"CAROL", "c", 401},
		{`LAB\alice`, "password", 401},
		{"mallory", "pässword", 401},
	} {
		n := newNTLM(t, tc.user, tc.password, url)
		if code, _, err := post(t, n, url, "b"); code != tc.code || err != nil {
			t.Errorf("%s: HTTP %d, %v", tc.user, code, err)
		}
		if s := fmt.Sprintf("%v %+v %#v", n, n, n); strings.Contains(s, tc.password+"\"") {
			t.Errorf("printed: %s", s)
		}
	}
	if e.Refused.Load() != 3 {
		t.Errorf("%d answers refused", e.Refused.Load()) // a wrong password is tried once: accounts get locked
	}
}

// TestNTLMAtOnce: requests at the same time have connections of their own; a request whose answer is not read to its end
// does not spoil the next.
func TestNTLMAtOnce(t *testing.T) {
	e := endpoint(nil)
	url := e.Start(t)
	n := newNTLM(t, `LAB\alice`, "pässword", url)
	var g errgroup.Group
	for i := range 8 {
		g.Go(func() error {
			for j := range 20 {
				body := strings.Repeat(fmt.Sprint(i, j), 1+j*500)
				code, got, err := post(t, n, url, body)
				if code != 200 || err != nil || got != `POST LAB\alice `+body {
					return fmt.Errorf("HTTP %d: %d bytes: %w", code, len(got), err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil || e.Handshakes.Load() > 8 {
		t.Errorf("%v after %d handshakes", err, e.Handshakes.Load())
	}
	for range 3 {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(strings.Repeat("x", 1<<20)))
		resp, err := n.RoundTrip(req)
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
}

// TestNTLMNotOffered: no message with a proof of the password goes to a server that does not speak it.
func TestNTLMNotOffered(t *testing.T) {
	e := endpoint(func(e *authtest.NTLM) { e.Scheme, e.Also = "Digest", []string{"Bearer"} })
	url := e.Start(t)
	_, _, err := post(t, newNTLM(t, "carol", "c", url), url, "b")
	var no *auth.OfferError
	if !errors.As(err, &no) || !errors.Is(err, eas.ErrUnauthorized) || !strings.Contains(err.Error(), "offers Bearer, Digest to sign in") || !strings.Contains(no.Hint(), "airlift login") {
		t.Errorf("got %v", err)
	}
}

// TestNTLMOrigin: another server is asked without it.
func TestNTLMOrigin(t *testing.T) {
	e := endpoint(nil)
	url := e.Start(t)
	if code, _, err := post(t, newNTLM(t, "carol", "c", "https://mail.example"), url, "b"); code != 401 || err != nil || e.Anonymous.Load() != 1 || e.Handshakes.Load() != 0 {
		t.Errorf("HTTP %d, %v, %d handshakes", code, err, e.Handshakes.Load())
	}
}

// TestNTLMWithoutCredentials: a server that lets everybody in is asked without more ado.
func TestNTLMWithoutCredentials(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(echo))
	defer s.Close()
	if code, got, err := post(t, newNTLM(t, "carol", "c", s.URL), s.URL, "b"); code != 200 || err != nil || got != "POST  b" {
		t.Errorf("HTTP %d, %v: %q", code, err, got)
	}
}
