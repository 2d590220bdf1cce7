package main

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/auth/authtest"
	"github.com/airlift-eas/airlift/eas/easserver"
)

// signInAt starts a server in front of a handler that is signed in to in one way: bearer, ntlm or certificate; else by password.
// What a client needs for it is written to files of the script: token.json; ca.pem, alice.pem, alice.key.
func signInAt(ts *testscript.TestScript, way string, cfg *easserver.Config, next http.Handler) *httptest.Server {
	t := testing.TB(scriptTB{ts: ts})
	switch way {
	case "bearer":
		cfg.Challenges = []string{"Negotiate", `Bearer realm="x", error="invalid_token"`}
		cfg.SignIn = func(r *http.Request) string {
			return map[string]string{"Bearer t0ken-good": "alice@example.com"}[r.Header.Get("Authorization")]
		}
	case "ntlm":
		n := &authtest.NTLM{Passwords: map[string]string{"alice@example.com": "secret"}, Next: next}
		cfg.SignIn = func(r *http.Request) string {
			user, _, _ := r.BasicAuth()
			return user
		}
		s := httptest.NewUnstartedServer(n)
		s.Config.ConnContext = authtest.ConnContext
		s.Start()
		return s
	case "certificate":
		ca := authtest.NewCA(t)
		authtest.WritePEM(t, ca.Issue(t, "alice@example.com"), ts.MkAbs("alice.pem"), ts.MkAbs("alice.key"))
		ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), ca.PEM(), 0o600))
		cfg.Challenges = []string{`Basic realm="x"`}
		cfg.SignIn = func(r *http.Request) string {
			if len(r.TLS.PeerCertificates) == 0 || r.Header.Get("Authorization") != "" {
				return ""
			}
			return r.TLS.PeerCertificates[0].Subject.CommonName
		}
		s := httptest.NewUnstartedServer(next)
		s.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "server")}, ClientCAs: ca.Pool(), ClientAuth: tls.VerifyClientCertIfGiven}
		s.StartTLS()
		return s
	}
	return httptest.NewServer(next)
}

// scriptTB is what of a test a script gives to helpers that may fail.
type scriptTB struct {
	testing.TB
	ts *testscript.TestScript
}

func (scriptTB) Helper()                  {}
func (t scriptTB) Fatal(args ...any)      { t.ts.Fatalf("%v", args) }
func (scriptTB) Context() context.Context { return context.Background() }

func TestLoginCommandLine(t *testing.T) {
	g := auth.Grant{Issuer: auth.Entra("contoso.example").Issuer, ClientID: "1234", AuthMethod: "none", Scope: "a b"}
	if got, want := loginCommandLine("my token.json", g), "airlift login --token-file 'my token.json' --tenant contoso.example --client-id 1234 --scope a --scope b"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	g = auth.Grant{Issuer: "https://id.example/v2.0", ClientID: "it's", AuthMethod: "client_secret_basic", ClientSecret: "s3cret"}
	if got, want := loginCommandLine("t", g), `airlift login --token-file t --issuer https://id.example/v2.0 --client-id 'it'\''s' --client-secret-file FILE`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
