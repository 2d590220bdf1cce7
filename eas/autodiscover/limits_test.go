package autodiscover

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
)

// TestServer finds a mailbox of a real server, by JSON and by the command.
func TestServer(t *testing.T) {
	store := easserver.NewStore()
	store.AddUser("alice")
	server := easserver.New(easserver.Config{
		Password: password, OnViolation: func(v easserver.Violation) { t.Errorf("%s", v) },
	}, store)
	for _, method := range []Method{MethodJSON, MethodXML} {
		w := newWorld(t, "autodiscover.example.com")
		w.site("https://autodiscover.example.com", func(rw http.ResponseWriter, r *http.Request) {
			if method == MethodXML && r.Method == http.MethodGet {
				http.NotFound(rw, r)
				return
			}
			server.ServeHTTP(rw, r)
		})
		got, err := Discover(t.Context(), w.options())
		if err != nil || got.URL != "https://autodiscover.example.com/Microsoft-Server-ActiveSync" || got.Method != method || got.Address != alice {
			t.Errorf("%s: %+v, %v", method, got, err)
		}
	}
}

// silence is a host that takes a request and never answers, and no other host.
type silence struct {
	host  string
	asked []string
}

func (s *silence) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != s.host {
		return nil, &net.DNSError{Err: "no such host", Name: req.URL.Host, IsNotFound: true}
	}
	s.asked = append(s.asked, req.URL.Path)
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// TestTimeout: a server that does not answer costs one timeout, and its host is not asked again. The error is one that passes,
// and not the caller's deadline.
func TestTimeout(t *testing.T) {
	w := newWorld(t)
	o := w.options()
	synctest.Test(t, func(t *testing.T) {
		s := &silence{host: "example.com"}
		o.Base, o.Timeout = s, 100*time.Millisecond
		began := time.Now()
		_, err := Discover(t.Context(), o)
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer for 100ms") {
			t.Errorf("%v", err)
		}
		if took := time.Since(began); took != o.Timeout || len(s.asked) != 1 {
			t.Errorf("asked for %q, in %s", s.asked, took)
		}
	})
}

// TestCancel: the caller's end is the caller's.
func TestCancel(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.site("https://example.com", func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := Discover(ctx, w.options()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if len(w.saw()) != 1 {
		t.Errorf("%q", w.saw())
	}
}

// TestUnreachable: a domain that has nothing says so, and one that could not be asked says that.
func TestUnreachable(t *testing.T) {
	w := newWorld(t)
	_, err := Discover(t.Context(), w.options())
	var dns *net.DNSError
	if !errors.Is(err, ErrNotFound) || !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("%v", err)
	}
	w = newWorld(t)
	w.site("https://example.com:8443", website) // so that there is such a host
	_, err = Discover(t.Context(), w.options())
	var op *net.OpError
	if !errors.As(err, &op) || !strings.Contains(err.Error(), "refused") {
		t.Errorf("%v", err)
	}
}

func TestAddresses(t *testing.T) {
	for _, a := range []string{"", "alice", "@example.com", "alice@", "alice@127.0.0.1", "alice@exa mple.com", "a/../b@example.com", "a?b@example.com"} {
		w := newWorld(t)
		o := w.options()
		o.Address = a
		if _, err := Discover(t.Context(), o); err == nil || len(w.saw()) != 0 {
			t.Errorf("%q: %v, asked %q", a, err, w.saw())
		}
	}
}

// TestUnasked sends credentials with the first request, and to trusted hosts alone.
func TestUnasked(t *testing.T) {
	w := newWorld(t, "example.com")
	w.site("https://example.com", answers(settings(endpoint)))
	o := w.options()
	o.Unasked = true
	if _, err := Discover(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(w.saw(), " "); got != "GET https://example.com"+jsonPath+" +POST https://example.com"+xmlPath {
		t.Error(got)
	}
}

// TestNoCredentials: without any, a server that wants some is told apart from none.
func TestNoCredentials(t *testing.T) {
	w := newWorld(t)
	w.site("https://example.com", answers(settings(endpoint)))
	o := w.options()
	o.Credentials = nil
	if _, err := Discover(t.Context(), o); !errors.Is(err, eas.ErrUnauthorized) {
		t.Errorf("%v", err)
	}
}

// TestClientCertificate: a server that ends TLS with clients without a certificate is asked again with one.
func TestClientCertificate(t *testing.T) {
	w := newWorld(t)
	w.site("https://cert.example.com", func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || len(r.TLS.PeerCertificates) != 1 {
			http.NotFound(rw, r)
			return
		}
		_, _ = rw.Write([]byte(settings(endpoint)))
	})
	o := w.options()
	o.Address = "alice@cert.example.com"
	cert, err := w.certificate(&tls.ClientHelloInfo{ServerName: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	with := w.transport()
	with.TLSClientConfig.Certificates = []tls.Certificate{*cert}
	defer with.CloseIdleConnections()
	o.Credentials = func(string) http.RoundTripper { return with }
	o.Trust.Hosts = []string{"mail.example.com"}
	got, err := Discover(t.Context(), o)
	if err != nil || got.URL != endpoint {
		t.Fatalf("%+v, %v", got, err)
	}
}

// TestPasswordNews: what an answer says of the password is in the result. MS-ASHTTP 2.2.2.1.2.10, .11.
func TestPasswordNews(t *testing.T) {
	w := newWorld(t, "example.com")
	w.site("https://example.com", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-MS-Credential-Expire", "3")
		rw.Header().Set("X-MS-Credential-Service-Url", "https://portal.example/")
		answers(settings(endpoint))(rw, r)
	})
	got, err := Discover(t.Context(), w.options())
	if err != nil || got.PasswordDays != 3 || got.PasswordURL != "https://portal.example/" {
		t.Errorf("%+v, %v", got, err)
	}
}
