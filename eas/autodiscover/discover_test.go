package autodiscover

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
)

const (
	jsonPath = "/autodiscover/autodiscover.json?Email=alice%40example.com"
	xmlPath  = "/autodiscover/autodiscover.xml"
)

// TestOrder: where a server is found, and what was asked until then. The order of the XML is that of MS-OXDISCO.
func TestOrder(t *testing.T) {
	v2 := `{"Protocol":"ActiveSync","Url":"` + endpoint + `"}`
	for name, tc := range map[string]struct {
		world  func(*world)
		method Method
		source string
		saw    []string
	}{
		"json at the domain": {
			func(w *world) { w.site("https://example.com", inJSON(v2)) }, MethodJSON, "https://example.com" + jsonPath + "&Protocol=ActiveSync",
			[]string{"GET https://example.com" + jsonPath},
		},
		"json beside a web site": {
			func(w *world) {
				w.site("https://example.com", website)
				w.site("https://autodiscover.example.com", inJSON(v2))
			}, MethodJSON, "https://autodiscover.example.com" + jsonPath + "&Protocol=ActiveSync",
			[]string{"GET https://example.com" + jsonPath, "GET https://autodiscover.example.com" + jsonPath},
		},
		"xml at the domain": {
			func(w *world) { w.site("https://example.com", answers(settings(endpoint))) }, MethodXML, "https://example.com" + xmlPath,
			[]string{"GET https://example.com" + jsonPath, "POST https://example.com" + xmlPath, "+POST https://example.com" + xmlPath},
		},
		"xml beside a web site, which gets no password": {
			func(w *world) {
				w.site("https://example.com", website)
				w.site("https://autodiscover.example.com", answers(settings(endpoint)))
				w.mayHave = []string{"autodiscover.example.com"}
			}, MethodXML, "https://autodiscover.example.com" + xmlPath,
			[]string{
				"GET https://example.com" + jsonPath, "GET https://autodiscover.example.com" + jsonPath, "POST https://example.com" + xmlPath,
				"POST https://autodiscover.example.com" + xmlPath, "+POST https://autodiscover.example.com" + xmlPath,
			},
		},
		"a plain redirect": {
			func(w *world) {
				w.site("http://autodiscover.example.com", status(302, "Location", "https://mail.example.com/autodiscover/autodiscover.xml"))
				w.site("https://mail.example.com", answers(settings(endpoint)))
				w.mayHave = []string{"mail.example.com"}
			}, MethodXML, "https://mail.example.com" + xmlPath,
			[]string{
				"GET http://autodiscover.example.com" + xmlPath, "GET https://mail.example.com" + jsonPath,
				"POST https://mail.example.com" + xmlPath, "+POST https://mail.example.com" + xmlPath,
			},
		},
		"Exchange Online": {
			func(w *world) {
				w.site("http://autodiscover.example.com", status(302, "Location", "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"))
				w.site("https://autodiscover.example.com", website) // with a certificate for another name
				w.certs["autodiscover.example.com"] = "autodiscover.outlook.com"
				w.site("https://autodiscover-s.outlook.com", inJSON(`{"Protocol":"ActiveSync","Url":"https://outlook.office365.com/Microsoft-Server-ActiveSync"}`))
			}, MethodJSON, "https://autodiscover-s.outlook.com" + jsonPath + "&Protocol=ActiveSync",
			[]string{"GET http://autodiscover.example.com" + xmlPath, "GET https://autodiscover-s.outlook.com" + jsonPath},
		},
		"an SRV record": {
			func(w *world) {
				w.records["_autodiscover._tcp.example.com"] = []*net.SRV{{Target: "mail.example.com.", Port: 8443}}
				w.site("https://mail.example.com:8443", answers(settings(endpoint)))
				w.mayHave = []string{"mail.example.com"}
			}, MethodXML, "https://mail.example.com:8443" + xmlPath,
			[]string{
				"SRV _autodiscover._tcp.example.com", "GET https://mail.example.com:8443" + jsonPath,
				"POST https://mail.example.com:8443" + xmlPath, "+POST https://mail.example.com:8443" + xmlPath,
			},
		},
		"a second SRV record": {
			func(w *world) {
				w.records["_autodiscover._tcp.example.com"] = []*net.SRV{{Target: ".", Port: 0}, {Target: "gone.example.com.", Port: 443}, {Target: "mail.example.com.", Port: 443}}
				w.site("https://mail.example.com", answers(settings(endpoint)))
				w.mayHave = []string{"mail.example.com"}
			}, MethodXML, "https://mail.example.com" + xmlPath,
			[]string{
				"SRV _autodiscover._tcp.example.com", "GET https://mail.example.com" + jsonPath,
				"POST https://mail.example.com" + xmlPath, "+POST https://mail.example.com" + xmlPath,
			},
		},
		"an HTTP redirect": {
			func(w *world) {
				w.site("https://example.com", status(307, "Location", "https://mail.example.com/autodiscover/autodiscover.xml"))
				w.site("https://mail.example.com", answers(settings(endpoint)))
				w.mayHave = []string{"mail.example.com"}
			}, MethodXML, "https://mail.example.com" + xmlPath,
			[]string{
				"GET https://example.com" + jsonPath, "GET https://mail.example.com" + xmlPath, "POST https://example.com" + xmlPath,
				"POST https://mail.example.com" + xmlPath, "+POST https://mail.example.com" + xmlPath,
			},
		},
		"a 451 with the server": {
			func(w *world) {
				w.site("https://example.com", signedIn(451, "X-MS-Location", "https://mail.example.com/Microsoft-Server-ActiveSync"))
			}, MethodXML, "https://example.com" + xmlPath,
			[]string{"GET https://example.com" + jsonPath, "POST https://example.com" + xmlPath, "+POST https://example.com" + xmlPath},
		},
		"a 451 with another Autodiscover": {
			func(w *world) {
				w.site("https://example.com", signedIn(451, "X-MS-Location", "https://site2.example.com/autodiscover/autodiscover.xml"))
				w.site("https://site2.example.com", answers(settings(endpoint)))
				w.mayHave = []string{"example.com", "site2.example.com"}
			}, MethodXML, "https://site2.example.com" + xmlPath,
			[]string{
				"GET https://example.com" + jsonPath, "POST https://example.com" + xmlPath, "+POST https://example.com" + xmlPath,
				"POST https://site2.example.com" + xmlPath, "+POST https://site2.example.com" + xmlPath,
			},
		},
		"another address": {
			func(w *world) {
				w.site("https://example.com", answers(redirectTo("alice@loandept.example.com ")))
				w.site("https://loandept.example.com", answers(settings(endpoint)))
				w.mayHave = []string{"example.com", "loandept.example.com"}
			}, MethodXML, "https://loandept.example.com" + xmlPath,
			[]string{
				"GET https://example.com" + jsonPath, "POST https://example.com" + xmlPath, "+POST https://example.com" + xmlPath,
				"GET https://loandept.example.com/autodiscover/autodiscover.json?Email=alice%40loandept.example.com",
				"POST https://loandept.example.com" + xmlPath, "+POST https://loandept.example.com" + xmlPath,
			},
		},
		"a hybrid: another address, of Exchange Online": {
			func(w *world) {
				w.site("https://example.com", answers(redirectTo("alice@contoso.mail.onmicrosoft.com")))
				w.site("https://contoso.mail.onmicrosoft.com", answers("")) // not asked: nobody confirmed it
				w.site("http://autodiscover.contoso.mail.onmicrosoft.com", status(302, "Location", "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml"))
				w.site("https://autodiscover-s.outlook.com", inJSON(`{"Protocol":"ActiveSync","Url":"https://outlook.office365.com/Microsoft-Server-ActiveSync"}`))
			}, MethodJSON, "https://autodiscover-s.outlook.com/autodiscover/autodiscover.json?Email=alice%40contoso.mail.onmicrosoft.com&Protocol=ActiveSync",
			[]string{
				"GET https://example.com" + jsonPath, "POST https://example.com" + xmlPath, "+POST https://example.com" + xmlPath,
				"GET http://autodiscover.contoso.mail.onmicrosoft.com" + xmlPath,
				"GET https://autodiscover-s.outlook.com/autodiscover/autodiscover.json?Email=alice%40contoso.mail.onmicrosoft.com",
			},
		},
		"a RedirectUrl in Outlook's schema": {
			func(w *world) {
				w.site("https://example.com", answers(`<Autodiscover><Response><Account><Action>redirectUrl</Action><RedirectUrl>https://mail.example.com/autodiscover/autodiscover.xml</RedirectUrl></Account></Response></Autodiscover>`))
				w.site("https://mail.example.com", answers(settings(endpoint)))
				w.mayHave = []string{"example.com", "mail.example.com"}
			}, MethodXML, "https://mail.example.com" + xmlPath,
			[]string{
				"GET https://example.com" + jsonPath, "POST https://example.com" + xmlPath, "+POST https://example.com" + xmlPath,
				"POST https://mail.example.com" + xmlPath, "+POST https://mail.example.com" + xmlPath,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "example.com")
			tc.world(w)
			o := w.options()
			var traced []Step
			o.Trace = func(st Step) { traced = append(traced, st) }
			got, err := Discover(t.Context(), o)
			if err != nil {
				t.Fatalf("%v\nsaw %q", err, w.saw())
			}
			want := endpoint
			if strings.Contains(tc.source, "outlook.com") {
				want = "https://outlook.office365.com/Microsoft-Server-ActiveSync"
			}
			if got.URL != want || got.Method != tc.method || got.Source != tc.source {
				t.Errorf("%s by %s from %s", got.URL, got.Method, got.Source)
			}
			if d := cmp.Diff(tc.saw, w.saw()); d != "" {
				t.Errorf("what was asked: %s", d)
			}
			if d := cmp.Diff(len(traced), len(got.Steps)); d != "" {
				t.Errorf("steps: %s", d)
			}
			if last := got.Steps[len(got.Steps)-1]; last.Outcome != Found || last.To != want || last.URL != tc.source {
				t.Errorf("the last step is %+v", last)
			}
		})
	}
}

// TestMalicious: what an answer must not bring about. No host but those of the domain gets a request, and nothing is found.
func TestMalicious(t *testing.T) {
	evil := func(w *world) {
		w.site("https://evil.net", answers(settings("https://evil.net/Microsoft-Server-ActiveSync")))
		w.site("http://evil.net", answers(settings("https://evil.net/Microsoft-Server-ActiveSync")))
		w.site("https://127.0.0.1", website)
		w.site("https://localhost", website)
	}
	for name, tc := range map[string]struct {
		world func(*world)
		is    error
		text  string
	}{
		"a server elsewhere": {func(w *world) { w.site("https://example.com", answers(settings("https://evil.net/x"))) }, ErrUnconfirmed, "evil.net"},
		"a server elsewhere, in JSON": {func(w *world) {
			w.site("https://example.com", inJSON(`{"Protocol":"ActiveSync","Url":"https://evil.net/"}`))
		}, ErrUnconfirmed, "evil.net"},
		"a server by plain HTTP":      {func(w *world) { w.site("https://example.com", answers(settings("http://mail.example.com/"))) }, ErrNotSafe, ""},
		"a server with a password":    {func(w *world) { w.site("https://example.com", answers(settings("https://u:p@mail.example.com/"))) }, ErrNotSafe, ""},
		"a server that is no URL":     {func(w *world) { w.site("https://example.com", answers(settings("mail.example.com"))) }, ErrNotSafe, ""},
		"a name like the domain's":    {func(w *world) { w.site("https://example.com", answers(settings("https://example.com.evil.net/"))) }, ErrUnconfirmed, "example.com.evil.net"},
		"a redirect elsewhere":        {func(w *world) { w.site("https://example.com", status(302, "Location", "https://evil.net"+xmlPath)) }, ErrUnconfirmed, "evil.net"},
		"a redirect to plain HTTP":    {func(w *world) { w.site("https://example.com", status(302, "Location", "http://example.com"+xmlPath)) }, ErrNotSafe, ""},
		"a redirect after signing in": {func(w *world) { w.site("https://example.com", signedIn(307, "Location", "https://evil.net"+xmlPath)) }, ErrUnconfirmed, "evil.net"},
		"a redirect to loopback":      {func(w *world) { w.site("https://example.com", status(302, "Location", "https://127.0.0.1"+xmlPath)) }, ErrUnconfirmed, "127.0.0.1"},
		"a redirect to localhost":     {func(w *world) { w.site("https://example.com", status(302, "Location", "https://localhost"+xmlPath)) }, ErrUnconfirmed, "localhost"},
		"a redirect to a file":        {func(w *world) { w.site("https://example.com", status(302, "Location", "file:///etc/passwd")) }, ErrNotSafe, ""},
		"a redirect to nowhere":       {func(w *world) { w.site("https://example.com", status(302)) }, nil, ""},
		"a plain redirect elsewhere": {func(w *world) {
			w.site("http://autodiscover.example.com", status(302, "Location", "https://evil.net"+xmlPath))
		}, ErrUnconfirmed, "evil.net"},
		"a plain redirect to plain": {func(w *world) {
			w.site("http://autodiscover.example.com", status(301, "Location", "http://evil.net"+xmlPath))
		}, ErrNotSafe, ""},
		"a plain answer": {func(w *world) { w.site("http://autodiscover.example.com", answers(settings(endpoint))) }, ErrNotFound, ""},
		"a plain 401":    {func(w *world) { w.site("http://autodiscover.example.com", status(401, "WWW-Authenticate", "Basic")) }, ErrNotFound, ""},
		"a record elsewhere": {func(w *world) {
			w.records["_autodiscover._tcp.example.com"] = []*net.SRV{{Target: "evil.net.", Port: 443}}
		}, ErrUnconfirmed, "evil.net"},
		"a record of an address": {func(w *world) {
			w.records["_autodiscover._tcp.example.com"] = []*net.SRV{{Target: "127.0.0.1", Port: 443}}
		}, ErrUnconfirmed, "127.0.0.1"},
		"a 451 elsewhere": {func(w *world) {
			w.site("https://example.com", signedIn(451, "X-MS-Location", "https://evil.net/Microsoft-Server-ActiveSync"))
		}, ErrUnconfirmed, "evil.net"},
		"a 451 to plain HTTP": {func(w *world) {
			w.site("https://example.com", signedIn(451, "X-MS-Location", "http://example.com/Microsoft-Server-ActiveSync"))
		}, ErrNotSafe, ""},
		"another address, elsewhere":  {func(w *world) { w.site("https://example.com", answers(redirectTo("alice@evil.net"))) }, ErrUnconfirmed, "evil.net"},
		"another address, of no host": {func(w *world) { w.site("https://example.com", answers(redirectTo("alice@[127.0.0.1]"))) }, nil, "domain"},
		"a certificate for other names": {
			func(w *world) {
				w.site("https://example.com", answers(settings(endpoint)))
				w.certs["example.com"] = "evil.net"
			}, nil, "certificate",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "example.com") // whatever else gets credentials fails the test
			evil(w)
			tc.world(w)
			got, err := Discover(t.Context(), w.options())
			if err == nil {
				t.Fatalf("found %+v", got)
			}
			if tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.text) || !errors.Is(err, ErrNotFound) {
				t.Errorf("%v", err)
			}
			var un *UnconfirmedError
			if errors.As(err, &un) && un.Host != tc.text {
				t.Errorf("host %q", un.Host)
			}
			for _, s := range w.saw() {
				if strings.Contains(s, "evil.net") || strings.Contains(s, "127.0.0.1") || strings.Contains(s, "localhost") {
					if !strings.Contains(s, "http://autodiscover.evil.net") && !strings.HasPrefix(s, "SRV ") {
						t.Errorf("%s", s)
					}
				}
			}
			if strings.Contains(err.Error(), password) {
				t.Errorf("the error has the password: %v", err)
			}
		})
	}
}

// TestConfirmed: what a person confirmed is followed.
func TestConfirmed(t *testing.T) {
	w := newWorld(t, "mail.hoster.net")
	w.site("http://autodiscover.example.com", status(302, "Location", "https://mail.hoster.net"+xmlPath))
	w.site("https://mail.hoster.net", answers(settings("https://mail.hoster.net/Microsoft-Server-ActiveSync")))
	o := w.options()
	o.Trust.Hosts = []string{"mail.hoster.net"}
	got, err := Discover(t.Context(), o)
	if err != nil || got.URL != "https://mail.hoster.net/Microsoft-Server-ActiveSync" || got.DisplayName != "Alice" || got.Culture != "en:us" {
		t.Fatalf("%+v, %v", got, err)
	}
	var asked []string
	o = w.options()
	o.Trust.Confirm = func(h string) bool { asked = append(asked, h); return false }
	if _, err = Discover(t.Context(), o); !errors.Is(err, ErrUnconfirmed) || len(asked) == 0 || asked[0] != "mail.hoster.net" {
		t.Errorf("%v, asked %q", err, asked)
	}
}

// TestLoops: redirects that lead nowhere end.
func TestLoops(t *testing.T) {
	for name, build := range map[string]func(*world){
		"a URL to itself": func(w *world) { w.site("https://example.com", status(302, "Location", "https://example.com"+xmlPath)) },
		"two URLs": func(w *world) {
			w.site("https://example.com", status(302, "Location", "https://mail.example.com"+xmlPath))
			w.site("https://mail.example.com", status(302, "Location", "https://example.com"+xmlPath))
		},
		"an address to itself": func(w *world) { w.site("https://example.com", answers(redirectTo("ALICE@example.com"))) },
		"two addresses": func(w *world) {
			w.site("https://example.com", answers(redirectTo("alice@b.example.com")))
			w.site("https://b.example.com", answers(redirectTo(alice)))
			w.mayHave = append(w.mayHave, "b.example.com")
		},
		"ever new URLs": func(w *world) {
			n := 0
			w.site("https://example.com", func(rw http.ResponseWriter, r *http.Request) {
				n++
				status(302, "Location", fmt.Sprintf("https://example.com/%d", n))(rw, r)
			})
		},
		"ever new addresses": func(w *world) {
			n := 0
			w.site("https://example.com", func(rw http.ResponseWriter, r *http.Request) {
				n++
				answers(redirectTo(fmt.Sprintf("alice%d@example.com", n)))(rw, r)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "example.com")
			build(w)
			_, err := Discover(t.Context(), w.options())
			if !errors.Is(err, ErrLimit) {
				t.Errorf("%v", err)
			}
			if n := len(w.saw()); n > maxRequests+maxRedirects {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestRefusals: what a server says of the user ends up in the error, and 456 and 457 end the search. MS-ASHTTP 3.1.5.2.4.
func TestRefusals(t *testing.T) {
	for name, tc := range map[string]struct {
		site  http.HandlerFunc
		is    error
		not   error
		ended bool
	}{
		"401":         {signedIn(401), eas.ErrUnauthorized, eas.ErrBlocked, false},
		"403":         {signedIn(403), eas.ErrBlocked, eas.ErrUnauthorized, false},
		"456":         {signedIn(456), eas.ErrBlocked, eas.ErrUnauthorized, true},
		"457":         {signedIn(457, "X-MS-Credential-Service-Url", "https://portal.example/"), eas.ErrPasswordExpired, eas.ErrBlocked, true},
		"503":         {signedIn(503, "Retry-After", "7"), eas.ErrThrottled, eas.ErrUnauthorized, false},
		"a bare 457":  {status(457), ErrNotFound, eas.ErrPasswordExpired, false},
		"a bare 401":  {status(401), eas.ErrUnauthorized, nil, false},
		"a bare 403":  {status(403), ErrNotFound, eas.ErrBlocked, false},
		"a web site":  {website, ErrNotFound, eas.ErrUnauthorized, false},
		"error 600":   {answers(`<Autodiscover><Response><Error Time="1" Id="2"><ErrorCode>600</ErrorCode></Error></Response></Autodiscover>`), ErrNotFound, nil, false},
		"no mailbox":  {answers(`<Autodiscover><Response><Action><Error><Status>2</Status><Message>no</Message></Error></Action></Response></Autodiscover>`), ErrNotFound, nil, false},
		"for Outlook": {answers(`<Autodiscover><Response><Account><Action>settings</Action><Protocol><Type>EXCH</Type></Protocol></Account></Response></Autodiscover>`), ErrNotFound, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "example.com")
			w.site("https://example.com", tc.site)
			_, err := Discover(t.Context(), w.options())
			var e *Error
			if !errors.Is(err, tc.is) || tc.not != nil && errors.Is(err, tc.not) || !errors.As(err, &e) {
				t.Fatalf("%v", err)
			}
			var answer *AnswerError
			if strings.HasPrefix(name, "error") && (!errors.As(err, &answer) || answer.Code != "600" || !strings.Contains(err.Error(), "invalid request")) {
				t.Errorf("%v", err)
			}
			saw := w.saw()
			if ended := saw[len(saw)-1] != "SRV _autodiscover._tcp.example.com"; ended != tc.ended {
				t.Errorf("ended %v: %q", ended, saw)
			}
		})
	}
}
