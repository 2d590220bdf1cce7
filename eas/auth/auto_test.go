package auth_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/auth/authtest"
)

// TestAuto: the first request asks what there is, and only what the server offers is sent.
func TestAuto(t *testing.T) {
	for name, tc := range map[string]struct {
		offers []string
		ways   string   // for which there are credentials
		want   []string // kinds of Authorization that came, for two requests
		no     string   // in the error
	}{
		"Basic":             {[]string{`Basic realm="x"`}, "Basic", []string{"", "Basic", "Basic"}, ""},
		"lower case":        {[]string{`basic realm="x"`}, "Basic", []string{"", "Basic", "Basic"}, ""},
		"one of many":       {[]string{`Negotiate, Bearer realm="x", Basic realm="x"`}, "Basic", []string{"", "Basic", "Basic"}, ""},
		"our order":         {[]string{"Basic", "Bearer"}, "Bearer Basic", []string{"", "Bearer", "Bearer"}, ""},
		"no challenge":      {nil, "Basic Bearer", []string{"", "Basic", "Basic"}, ""},
		"only what we lack": {[]string{"Bearer", "Negotiate"}, "Basic", []string{"", ""}, "the server offers Bearer, Negotiate to sign in, and not Basic; no credential was sent"},
		"no token wanted":   {[]string{"Basic"}, "Bearer", []string{"", ""}, "the server offers Basic to sign in, and not Bearer"},
	} {
		var seen, bodies []string
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			kind, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
			b, _ := io.ReadAll(r.Body)
			seen, bodies = append(seen, kind), append(bodies, string(b))
			if kind == "" {
				w.Header()["Www-Authenticate"] = tc.offers
				w.WriteHeader(http.StatusUnauthorized)
			}
		}))
		base := eas.NewTransport()
		a := &auth.Auto{Origin: s.URL, Base: base}
		for way := range strings.FieldsSeq(tc.ways) {
			if way == "Basic" {
				a.Ways = append(a.Ways, auth.BasicWay(auth.Basic{User: "u", Password: "s3cret", Origin: s.URL, Base: base}))
			} else {
				a.Ways = append(a.Ways, auth.BearerWay(auth.Bearer{Tokens: fixed("s3cret"), Origin: s.URL, Base: base}))
			}
		}
		for range 2 {
			code, _, err := post(t, a, s.URL, "body")
			var offer *auth.OfferError
			if tc.no == "" && (code != 200 || err != nil) {
				t.Errorf("%s: HTTP %d, %v", name, code, err)
			} else if tc.no != "" && (!errors.As(err, &offer) || !errors.Is(err, eas.ErrUnauthorized) || !strings.Contains(err.Error(), tc.no) || offer.Hint() == "") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !slices.Equal(seen, tc.want) || slices.ContainsFunc(bodies, func(b string) bool { return b != "body" }) {
			t.Errorf("%s: seen %q with %q, want %q", name, seen, bodies, tc.want)
		}
		if text := fmt.Sprintf("%v %+v %#v", a, a, a); strings.Contains(text, "s3cret") {
			t.Errorf("%s: printed: %s", name, text)
		}
		base.CloseIdleConnections()
		s.Close()
	}
}

// TestAutoNTLM: of a server that offers both, and of one that offers NTLM alone.
func TestAutoNTLM(t *testing.T) {
	e := endpoint(func(e *authtest.NTLM) { e.Also = []string{"Negotiate"} })
	url := e.Start(t)
	n := newNTLM(t, "carol", "c", url)
	base := eas.NewTransport()
	defer base.CloseIdleConnections()
	a := &auth.Auto{Origin: url, Base: base, Ways: []auth.Way{
		auth.BasicWay(auth.Basic{User: "carol", Password: "c", Origin: url, Base: base}), auth.NTLMWay(n),
	}}
	for range 2 {
		if code, got, err := post(t, a, url, "body"); code != 200 || err != nil || got != "POST carol body" {
			t.Errorf("HTTP %d, %v: %q", code, err, got)
		}
	}
	if e.Anonymous.Load() != 1 || e.Handshakes.Load() != 1 {
		t.Errorf("%d requests without credentials, %d handshakes", e.Anonymous.Load(), e.Handshakes.Load())
	}
}

// TestAutoStaysAtHome: a server of another origin may ask for what it likes.
func TestAutoStaysAtHome(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("it got a credential")
		}
		w.Header().Set("WWW-Authenticate", "Basic")
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer s.Close()
	base := eas.NewTransport()
	defer base.CloseIdleConnections()
	a := &auth.Auto{Origin: "https://mail.example", Base: base, Ways: []auth.Way{
		auth.BasicWay(auth.Basic{User: "u", Password: "p", Origin: "https://mail.example", Base: base}),
	}}
	if code, _, err := post(t, a, s.URL, "b"); code != 401 || err != nil {
		t.Errorf("HTTP %d, %v", code, err)
	}
}

// TestAutoLater: a server that answers some requests to everybody is signed in to when it asks for it.
func TestAutoLater(t *testing.T) {
	var seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		seen = append(seen, r.Method+" "+kind)
		if r.Method == http.MethodPost && kind == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer s.Close()
	base := eas.NewTransport()
	defer base.CloseIdleConnections()
	a := &auth.Auto{Origin: s.URL, Base: base, Ways: []auth.Way{auth.BasicWay(auth.Basic{User: "u", Password: "p", Origin: s.URL, Base: base})}}
	for _, method := range []string{http.MethodOptions, http.MethodPost, http.MethodOptions} {
		req, err := http.NewRequestWithContext(t.Context(), method, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := a.RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	if want := []string{"OPTIONS ", "POST ", "POST Basic", "OPTIONS Basic"}; !slices.Equal(seen, want) {
		t.Errorf("seen %q, want %q", seen, want)
	}
}
