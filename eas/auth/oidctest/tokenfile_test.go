package oidctest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
)

func open(t *testing.T, file string) *auth.TokenFile {
	t.Helper()
	f, err := auth.OpenTokenFile(file, auth.TokenFileOptions{
		Base: transport(t), Hint: func(g auth.Grant) string { return "sign in at " + g.Issuer + g.AccessToken + g.RefreshToken },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// age makes the access token of a file one that has some of its time left.
func age(t *testing.T, file string, left time.Duration) {
	t.Helper()
	g, err := auth.ReadGrant(file)
	if err != nil {
		t.Fatal(err)
	}
	g.Expiry = time.Now().Add(left)
	if err := auth.WriteGrant(t.Context(), file, g); err != nil {
		t.Fatal(err)
	}
}

// TestRenewal: a token is good for what is left of its time, renewed once for everybody, and in the file before it is used.
func TestRenewal(t *testing.T) {
	p := Start(t, time.Hour)
	file := grantFile(t, p)
	first, err := open(t, file).Token(t.Context(), "")
	if err != nil || p.Renewals.Load() != 0 {
		t.Fatalf("%v after %d renewals", err, p.Renewals.Load())
	}
	for i := range 3 {
		age(t, file, 50*time.Second)
		f := open(t, file)
		var g errgroup.Group
		seen := make([]string, 20)
		for w := range seen {
			g.Go(func() (err error) {
				seen[w], err = f.Token(t.Context(), "")
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, s := range seen {
			if s != seen[0] || s == first {
				t.Errorf("tokens %q after %q", seen, first)
			}
		}
		if u := p.User(t.Context(), "Bearer "+seen[0]); u != alice {
			t.Errorf("the token is of %q", u)
		}
		if n := p.Renewals.Load(); int(n) != i+1 || p.AtOnce.Load() != 1 {
			t.Errorf("%d renewals, %d at once", n, p.AtOnce.Load())
		}
		stored, err := auth.ReadGrant(file)
		if err != nil || stored.AccessToken != seen[0] {
			t.Errorf("the file is not of this token: %v", err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		first = seen[0]
	}
}

// bearerServer answers "here I am" to who brings a good token, and counts what it is asked.
func bearerServer(t *testing.T, p *Provider) (url string, asked *atomic.Int32) {
	asked = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if p.User(r.Context(), r.Header.Get("Authorization")) == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "no", http.StatusUnauthorized)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func send(t *testing.T, b auth.Bearer, resend bool) (int, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.Origin, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	if !resend {
		req.GetBody = nil
	}
	resp, err := b.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// TestRefusedMidRun: the server refuses a token that should be good still. It is renewed once, whoever saw it first, and the
// requests are sent again.
func TestRefusedMidRun(t *testing.T) {
	p := Start(t, time.Hour)
	url, asked := bearerServer(t, p)
	b := auth.Bearer{Tokens: open(t, grantFile(t, p)), Origin: url, Base: transport(t)}
	if code, err := send(t, b, true); code != 200 || err != nil {
		t.Fatal(code, err)
	}
	p.Forget()
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			if code, err := send(t, b, true); code != 200 || err != nil {
				return fmt.Errorf("HTTP %d: %w", code, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil || p.Renewals.Load() != 1 || asked.Load() > 17 {
		t.Errorf("%v after %d renewals and %d requests", err, p.Renewals.Load(), asked.Load())
	}

	p.Forget()
	before := asked.Load()
	if code, err := send(t, b, false); code != http.StatusUnauthorized || err != nil || asked.Load() != before+1 {
		t.Errorf("a body that cannot be sent again: HTTP %d, %v, %d requests", code, err, asked.Load()-before)
	}
}

// TestRevoked: there is no way back but to sign in. The provider is asked once, and nothing shows a secret.
func TestRevoked(t *testing.T) {
	p := Start(t, time.Hour)
	url, _ := bearerServer(t, p)
	file := grantFile(t, p)
	b := auth.Bearer{Tokens: open(t, file), Origin: url, Base: transport(t)}
	p.Revoke()
	g, _ := auth.ReadGrant(file)
	for range 3 {
		_, err := send(t, b, true)
		var no *auth.SignInError
		if !errors.As(err, &no) || !errors.Is(err, eas.ErrUnauthorized) || !strings.Contains(err.Error(), "invalid_grant") || no.Hint() != "sign in at "+p.URL {
			t.Errorf("got %v", err)
		} else if s := fmt.Sprintf("%v %+v %#v", err, no, no); strings.Contains(s, g.RefreshToken) || strings.Contains(s, g.AccessToken) {
			t.Errorf("a secret is shown: %s", s)
		}
	}
	if p.Refused.Load() != 1 {
		t.Errorf("the provider was asked %d times", p.Refused.Load())
	}

	// Signed in again meanwhile: the same run goes on.
	fresh, err := signIn(t, login(t, p))
	if err != nil {
		t.Fatal(err)
	}
	if err := auth.WriteGrant(t.Context(), file, fresh); err != nil {
		t.Fatal(err)
	}
	if code, err := send(t, b, true); code != 200 || err != nil {
		t.Errorf("after somebody signed in: HTTP %d, %v", code, err)
	}
}

// TestProviderAway: what passes is no reason to sign in.
func TestProviderAway(t *testing.T) {
	p := Start(t, time.Hour)
	f := open(t, grantFile(t, p))
	token, err := f.Token(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	p.Down.Store(true)
	asked := p.Asked.Load()
	var g errgroup.Group
	for range 20 { // who waits for another one's attempt shares what comes of it
		g.Go(func() error {
			if _, err := f.Token(t.Context(), token); !errors.Is(err, eas.ErrNotReady) || errors.Is(err, eas.ErrUnauthorized) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil || p.Asked.Load()-asked > 5 {
		t.Errorf("%v; asked %d times", err, p.Asked.Load()-asked)
	}
	p.Down.Store(false)
	if again, err := f.Token(t.Context(), token); err != nil || again == token {
		t.Errorf("when it is back: %v", err)
	}
}

// TestGivenUp: who asked for a renewal gives up while it is under way. It is finished all the same: the old refresh token is
// spent.
func TestGivenUp(t *testing.T) {
	p := Start(t, time.Hour)
	file := grantFile(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	f, err := auth.OpenTokenFile(file, auth.TokenFileOptions{Base: hook{cancel, transport(t)}})
	if err != nil {
		t.Fatal(err)
	}
	token, _ := f.Token(ctx, "")
	if _, err := f.Token(ctx, token); err != nil {
		t.Error(err)
	}
	if _, err := open(t, file).Token(t.Context(), token); err != nil || p.Renewals.Load() != 1 || p.Refused.Load() != 0 {
		t.Errorf("%v after %d renewals", err, p.Renewals.Load())
	}
}

// hook does something before each request.
type hook struct {
	before func()
	next   http.RoundTripper
}

func (h hook) RoundTrip(req *http.Request) (*http.Response, error) {
	h.before()
	return h.next.RoundTrip(req)
}

// TestUnwritable: where the new tokens could not be stored the old ones are not spent.
func TestUnwritable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root writes everywhere: the directory is taken away instead")
	}
	p := Start(t, time.Hour)
	file := grantFile(t, p)
	f := open(t, file)
	token, _ := f.Token(t.Context(), "")
	dir := filepath.Dir(file)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Token(t.Context(), token); err == nil || p.Renewals.Load() != 0 {
		t.Errorf("%v after %d renewals", err, p.Renewals.Load())
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if again, err := f.Token(t.Context(), token); err != nil || again == token {
		t.Error(err)
	}
}

// TestUnsaved: tokens that could not be stored are stored later, unless somebody has signed in meanwhile.
func TestUnsaved(t *testing.T) {
	for _, signedIn := range []bool{false, true} {
		p := Start(t, time.Hour)
		file := grantFile(t, p)
		dir := filepath.Dir(file)
		away := sync.OnceFunc(func() {
			if err := os.Rename(dir, dir+".away"); err != nil {
				t.Error(err)
			}
		})
		f, err := auth.OpenTokenFile(file, auth.TokenFileOptions{Base: hook{away, transport(t)}})
		if err != nil {
			t.Fatal(err)
		}
		token, _ := f.Token(t.Context(), "")
		if _, err := f.Token(t.Context(), token); !errors.Is(err, eas.ErrNotReady) || p.Renewals.Load() != 1 {
			t.Errorf("%v after %d renewals", err, p.Renewals.Load())
		}
		if err := os.Rename(dir+".away", dir); err != nil {
			t.Fatal(err)
		}
		if signedIn {
			if err := auth.WriteGrant(t.Context(), file, auth.Grant{AccessToken: "signed in"}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := f.Token(t.Context(), token)
		stored, rerr := auth.ReadGrant(file)
		if err != nil || rerr != nil || got == token || (got == "signed in") != signedIn || stored.AccessToken != got || p.Renewals.Load() != 1 {
			t.Errorf("signed in %v: %v, %v after %d renewals", signedIn, err, rerr, p.Renewals.Load())
		}
	}
}

// TestLink: the file that a link names is replaced, not the link.
func TestLink(t *testing.T) {
	p := Start(t, time.Hour)
	file := grantFile(t, p)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	f := open(t, link)
	token, _ := f.Token(t.Context(), "")
	token, err := f.Token(t.Context(), token)
	if stored, rerr := auth.ReadGrant(file); err != nil || rerr != nil || stored.AccessToken != token {
		t.Errorf("%v, %v", err, rerr)
	}
}

// processFile makes TestProcess another process that uses a token file.
const processFile = "OIDCTEST_TOKEN_FILE"

// TestProcess is one of the processes of TestProcesses: it uses the file until it has seen some tokens that were good.
func TestProcess(t *testing.T) {
	file := os.Getenv(processFile)
	if file == "" {
		t.Skip("a part of TestProcesses")
	}
	p := &Provider{URL: os.Getenv(processFile + "_PROVIDER"), http: &http.Client{}}
	f, err := auth.OpenTokenFile(file, auth.TokenFileOptions{Base: eas.NewTransport()})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for refused := ""; len(seen) < 5; time.Sleep(10 * time.Millisecond) {
		token, err := f.Token(t.Context(), refused)
		if err != nil {
			t.Fatal(err)
		}
		refused = ""
		if p.User(t.Context(), "Bearer "+token) == "" {
			refused = token // another process has renewed it, or its time is over
			continue
		}
		seen[token] = true
	}
	fmt.Println("good")
}

// TestProcesses: several processes keep one file, whose provider takes every refresh token once.
func TestProcesses(t *testing.T) {
	t.Parallel()
	p := Start(t, time.Second)
	file := grantFile(t, p)
	var good atomic.Int32
	var g errgroup.Group
	for range 4 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcess$")
		cmd.Env = append(os.Environ(), processFile+"="+file, processFile+"_PROVIDER="+p.URL)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		g.Go(func() error {
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if lines.Text() == "good" {
					good.Add(1)
				} else if !strings.HasPrefix(lines.Text(), "PASS") {
					t.Log(lines.Text())
				}
			}
			return cmd.Wait()
		})
	}
	err := g.Wait()
	if err != nil || p.Refused.Load() != 0 || p.AtOnce.Load() != 1 || good.Load() != 4 || p.Renewals.Load() < 4 {
		t.Errorf("%v; %d processes went well, %d renewals, %d at once, %d refresh tokens shown again", err, good.Load(), p.Renewals.Load(), p.AtOnce.Load(), p.Refused.Load())
	}
}
