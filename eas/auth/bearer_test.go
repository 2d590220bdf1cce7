package auth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
)

// series hands out one token after the other, a new one for each that was refused.
type series struct {
	tokens []string
	asked  []string // what was said to be refused
}

func (s *series) Token(_ context.Context, refused string) (string, error) {
	s.asked = append(s.asked, refused)
	if refused == "" {
		return s.tokens[0], nil
	}
	if len(s.tokens) == 1 {
		return "", &SignInError{Err: errors.New("no more")}
	}
	s.tokens = s.tokens[1:]
	return s.tokens[0], nil
}

// closing tells whether a body was closed, as a RoundTripper must.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestBearer(t *testing.T) {
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		seen = append(seen, r.Header.Get("Authorization")+" "+string(b))
		if r.Header.Get("Authorization") != "Bearer good" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	for name, tc := range map[string]struct {
		tokens, want []string
		origin       string
		code         int
		is           error
	}{
		"good":              {[]string{"good"}, []string{"Bearer good body"}, server.URL, 200, nil},
		"refused once":      {[]string{"old", "good"}, []string{"Bearer old body", "Bearer good body"}, server.URL, 200, nil},
		"refused twice":     {[]string{"old", "older", "good"}, []string{"Bearer old body", "Bearer older body"}, server.URL, 401, nil},
		"no more":           {[]string{"old"}, []string{"Bearer old body"}, server.URL, 0, eas.ErrUnauthorized},
		"for somebody else": {[]string{"good"}, []string{" body"}, "https://mail.example", 401, nil},
		"no origin":         {[]string{"good"}, nil, "", 0, errNoOrigin},
	} {
		seen = nil
		tokens := &series{tokens: tc.tokens}
		body := &closing{Reader: strings.NewReader("body")}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("body")), nil }
		resp, err := Bearer{Tokens: tokens, Origin: tc.origin, Base: base}.RoundTrip(req)
		code := 0
		if err == nil {
			code = resp.StatusCode
			resp.Body.Close()
		}
		if code != tc.code || !errors.Is(err, tc.is) {
			t.Errorf("%s: HTTP %d, %v", name, code, err)
		}
		if diff := cmp.Diff(tc.want, seen); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if req.Header.Get("Authorization") != "" || !body.closed {
			t.Errorf("%s: the caller's request was changed, or its body is open", name)
		}
	}
}
