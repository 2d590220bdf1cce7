package eas_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
)

const folderAnswer = `<FolderSync xmlns="FolderHierarchy"><Status>1</Status><SyncKey>k1</SyncKey><Changes><Count>0</Count></Changes></FolderSync>`

func folderSync(t *testing.T, c *eas.Client) error {
	_, err := c.FolderSync(t.Context(), eas.InitialKey)
	return err
}

func TestRequestHeaders(t *testing.T) {
	var got *http.Request
	doc := parse(t, folderAnswer)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		http.SetCookie(w, &http.Cookie{Name: "affinity", Value: "backend7"})
		_, _ = w.Write(doc)
	})
	c := connect(t, h, func(c *eas.Config) { c.User = `dom\a b+c&d@x.example`; c.PolicyKey = "77" })
	for range 2 {
		if err := folderSync(t, c); err != nil {
			t.Fatal(err)
		}
	}
	if want := `Cmd=FolderSync&User=dom%5Ca%20b%2Bc%26d%40x.example&DeviceId=dev1&DeviceType=airlift`; got.URL.RawQuery != want || got.Method != "POST" {
		t.Errorf("%s %s", got.Method, got.URL.RawQuery)
	}
	for name, want := range map[string]string{
		"MS-ASProtocolVersion": "14.1", "X-MS-PolicyKey": "77", "User-Agent": "airlift/1", "Accept-Encoding": "gzip",
		"Content-Type": "application/vnd.ms-sync.wbxml", "Cookie": "affinity=backend7", "Authorization": "",
	} {
		if v := got.Header.Get(name); v != want {
			t.Errorf("%s: %q, want %q", name, v, want)
		}
	}
}

func TestHTTPErrors(t *testing.T) {
	date := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		code   int
		header map[string]string
		body   string
		is     error
		text   string
		wait   time.Duration
	}{
		{401, nil, "", eas.ErrUnauthorized, "FolderSync: HTTP 401 Unauthorized", 0},
		{401, map[string]string{"WWW-Authenticate": `Negotiate, Bearer realm="x"`}, "", eas.ErrUnauthorized, "FolderSync: HTTP 401 Unauthorized, the server offers Negotiate, Bearer", 0},
		{456, nil, "", eas.ErrBlocked, "FolderSync: HTTP 456 status code 456", 0},
		{507, nil, "", eas.ErrMailboxFull, "FolderSync: HTTP 507 Insufficient Storage", 0},
		{403, nil, "<html><head><title>x</title></head><body><h1>No</h1> <p>device &nbsp;blocked</body>", eas.ErrBlocked, `FolderSync: HTTP 403 Forbidden: "No device blocked"`, 0},
		{404, nil, "", eas.ErrNotEAS, "FolderSync: HTTP 404 Not Found", 0},
		{302, map[string]string{"Location": "https://login.example/owa?secret=1"}, "", eas.ErrRedirect, "FolderSync: HTTP 302 Found, moved to login.example", 0},
		{451, map[string]string{"X-MS-Location": "https://mail2.example/Microsoft-Server-ActiveSync"}, "", eas.ErrRedirect, "FolderSync: HTTP 451 Unavailable For Legal Reasons, moved to mail2.example", 0},
		{503, map[string]string{"Retry-After": "120", "X-MS-ASThrottle": "CommandFrequency"}, "", eas.ErrThrottled, "FolderSync: HTTP 503 Service Unavailable, throttled: CommandFrequency, retry after 2m0s", 2 * time.Minute},
		{503, map[string]string{"Date": date.Format(http.TimeFormat), "Retry-After": date.Add(time.Minute).Format(http.TimeFormat)}, "", eas.ErrThrottled, "FolderSync: HTTP 503 Service Unavailable, retry after 1m0s", time.Minute},
		{503, map[string]string{"Retry-After": "20000000000"}, "", eas.ErrThrottled, "FolderSync: HTTP 503 Service Unavailable, retry after 2562047h47m16s", 9223372036 * time.Second},
		{429, map[string]string{"Retry-After": "soon"}, "", eas.ErrThrottled, "FolderSync: HTTP 429 Too Many Requests", 0},
		{500, nil, "\x03\x01j\x00\x00\x07V<br>PHP  Fatal\nerror" + strings.Repeat("x", 300), nil, `FolderSync: HTTP 500 Internal Server Error: "j V PHP Fatal error` + strings.Repeat("x", 181) + `…"`, 0},
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for k, v := range tc.header {
				w.Header().Set(k, v)
			}
			w.WriteHeader(tc.code)
			_, _ = io.WriteString(w, tc.body)
		})
		err := folderSync(t, connect(t, h, nil))
		var he *eas.HTTPError
		if !errors.As(err, &he) || he.Code != tc.code || he.RetryAfter != tc.wait {
			t.Errorf("%d: %#v", tc.code, err)
			continue
		}
		if err.Error() != tc.text {
			t.Errorf("%d: %s, want %s", tc.code, err, tc.text)
		}
		for _, s := range []error{eas.ErrUnauthorized, eas.ErrBlocked, eas.ErrNotEAS, eas.ErrRedirect, eas.ErrThrottled, eas.ErrPolicyRequired, eas.ErrMailboxFull} {
			if errors.Is(err, s) != (s == tc.is) {
				t.Errorf("%d: Is(%v) is %v", tc.code, s, s != tc.is)
			}
		}
	}
}

func TestMalformedAnswers(t *testing.T) {
	whole := parse(t, folderAnswer)
	for name, tc := range map[string]struct {
		kind, body string
		is         error
		text       string
	}{
		"a web page":     {"text/html; charset=utf-8", "<!DOCTYPE html><html>Sign in", eas.ErrNotEAS, "HTML"},
		"cut short":      {"", string(whole[:len(whole)-5]), eas.ErrTruncatedPage, ""},
		"one byte":       {"", "\x03", eas.ErrTruncatedPage, ""},
		"nothing":        {"", "", nil, "it is empty"},
		"other document": {"", string(parse(t, `<Ping xmlns="Ping"><Status>1</Status></Ping>`)), nil, "it is a document Ping:Ping"},
		"no status":      {"", string(parse(t, `<FolderSync xmlns="FolderHierarchy"><SyncKey>1</SyncKey></FolderSync>`)), nil, "FolderSync has no status"},
		"no key":         {"", string(parse(t, `<FolderSync xmlns="FolderHierarchy"><Status>1</Status></FolderSync>`)), nil, "no SyncKey"},
	} {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", tc.kind)
			_, _ = io.WriteString(w, tc.body)
		})
		err := folderSync(t, connect(t, h, nil))
		var re *eas.ResponseError
		if !errors.As(err, &re) || tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: %v", name, err)
		}
		if errors.Is(err, eas.ErrTruncatedPage) != (tc.is == eas.ErrTruncatedPage) {
			t.Errorf("%s: truncated? %v", name, err)
		}
	}
}

// TestCutConnection: the length is announced, and the connection ends before it, at every byte of the document.
func TestCutConnection(t *testing.T) {
	whole := parse(t, folderAnswer)
	for n := range whole {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
			_, _ = w.Write(whole[:n])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		})
		if err := folderSync(t, connect(t, h, nil)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}

func TestGzip(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(parse(t, folderAnswer))
	_ = w.Close()
	serve := func(encoding string, body []byte) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", encoding)
			_, _ = w.Write(body)
		})
	}
	if err := folderSync(t, connect(t, serve("gzip", z.Bytes()), nil)); err != nil {
		t.Error(err)
	}
	if err := folderSync(t, connect(t, serve("gzip", z.Bytes()[:z.Len()-12]), nil)); !errors.Is(err, eas.ErrTruncatedPage) {
		t.Errorf("cut gzip: %v", err)
	}
	if err := folderSync(t, connect(t, serve("gzip", []byte("no gzip at all")), nil)); err == nil {
		t.Error("no gzip, and no error")
	}
	if err := folderSync(t, connect(t, serve("br", z.Bytes()), nil)); err == nil || !strings.Contains(err.Error(), "br") {
		t.Errorf("unknown encoding: %v", err)
	}
	p, err := connect(t, serve("gzip", nil), nil).Sync(t.Context(), eas.SyncRequest{Key: "5", CollectionID: "c"})
	if err != nil || !p.Empty {
		t.Errorf("an empty body in gzip: %v", err)
	}
}

func TestTimeouts(t *testing.T) {
	whole := parse(t, folderAnswer)
	release := make(chan struct{})
	defer close(release)
	for name, sent := range map[string]int{"no answer for": 0, "the answer stopped for": 9} {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if sent > 0 {
				_, _ = w.Write(whole[:sent])
				w.(http.Flusher).Flush()
			}
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
		c := connect(t, h, func(c *eas.Config) { c.HeaderTimeout, c.IdleTimeout = 100*time.Millisecond, 50*time.Millisecond })
		err := folderSync(t, c)
		var ne net.Error
		if !errors.As(err, &ne) || !ne.Timeout() || errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSlowReader: the time that the caller takes does not count as the server's.
func TestSlowReader(t *testing.T) {
	doc := mailPage(t, 20, 40<<10)
	c := connect(t, answer(doc), func(c *eas.Config) { c.IdleTimeout = 100 * time.Millisecond })
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c", Class: eas.ClassEmail})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	n := 0
	commands(t, p, func(*eas.Command) {
		if n++; n%10 == 1 {
			time.Sleep(200 * time.Millisecond)
		}
	})
	if n != 20 {
		t.Errorf("%d items", n)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then the server sees the client leave
		cancel()
		<-r.Context().Done()
	})
	if _, err := connect(t, h, nil).FolderSync(ctx, "0"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestConnectionReuse: answers are read to their end, so that one connection serves all.
func TestConnectionReuse(t *testing.T) {
	var connections atomic.Int32
	pages := [][]byte{parse(t, folderAnswer), mailPage(t, 5, 100<<10), nil}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("Cmd") {
		case "FolderSync":
			_, _ = w.Write(pages[0])
		case "Sync":
			w.(http.Flusher).Flush() // chunked
			_, _ = w.Write(pages[1])
		default:
			w.WriteHeader(503)
			_, _ = io.WriteString(w, "busy")
		}
	})
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c, err := eas.New(eas.Config{URL: s.URL, User: "u", DeviceID: "d", Version: "14.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	for range 4 {
		if err := folderSync(t, c); err != nil {
			t.Fatal(err)
		}
		p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c"})
		if err != nil {
			t.Fatal(err)
		}
		commands(t, p, nil)
		p.Close()
		if _, err := c.Fetch(t.Context(), make([]eas.Fetch, 1), false); !errors.Is(err, eas.ErrThrottled) {
			t.Fatal(err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// policyServer wants its policy acknowledged before it answers FolderSync.
type policyServer struct {
	t          *testing.T
	refuse     func(w http.ResponseWriter) // how it asks
	provisions atomic.Int32
	wipe       string
}

func (s *policyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := r.Header.Get("X-MS-PolicyKey")
	switch r.URL.Query().Get("Cmd") {
	case "FolderSync":
		if key != "222" {
			s.refuse(w)
			return
		}
		_, _ = w.Write(parse(s.t, folderAnswer))
	case "Provision":
		n := s.provisions.Add(1)
		const form = `<Provision xmlns="Provision">%s<Policies><Policy><PolicyType>MS-EAS-Provisioning-WBXML</PolicyType>%s</Policy></Policies></Provision>`
		switch {
		case s.wipe != "":
			_, _ = w.Write(parse(s.t, `<Provision xmlns="Provision"><Status>1</Status>`+s.wipe+`</Provision>`))
		case n%2 == 1:
			info := `<DeviceInformation xmlns="Settings"><Set><Model>airlift</Model><FriendlyName>airlift mailbox archive</FriendlyName><OS>airlift</OS><UserAgent>airlift/1</UserAgent></Set></DeviceInformation>`
			if !bytes.Equal(body, parse(s.t, fmt.Sprintf(form, info, ""))) || key != "0" {
				s.t.Errorf("first Provision with key %s: %q", key, body)
			}
			_, _ = w.Write(parse(s.t, fmt.Sprintf(form, "<Status>1</Status>", "<Status>1</Status><PolicyKey>111</PolicyKey><Data><EASProvisionDoc/></Data>")))
		default:
			if !bytes.Equal(body, parse(s.t, fmt.Sprintf(form, "", "<PolicyKey>111</PolicyKey><Status>1</Status>"))) || key != "111" {
				s.t.Errorf("second Provision with key %s: %q", key, body)
			}
			_, _ = w.Write(parse(s.t, fmt.Sprintf(form, "<Status>1</Status>", "<Status>1</Status><PolicyKey>222</PolicyKey>")))
		}
	}
}

func TestProvisionWhenAsked(t *testing.T) {
	asks := map[string]func(w http.ResponseWriter){
		"HTTP 449": func(w http.ResponseWriter) { w.WriteHeader(449) },
		"status 142": func(w http.ResponseWriter) {
			_, _ = w.Write(parse(t, `<FolderSync xmlns="FolderHierarchy"><Status>142</Status></FolderSync>`))
		},
	}
	for name, refuse := range asks {
		s := &policyServer{t: t, refuse: refuse}
		c := connect(t, s, nil)
		var g errgroup.Group
		for range 8 { // one Provision serves all
			g.Go(func() error { return folderSync(t, c) })
		}
		if err := g.Wait(); err != nil || s.provisions.Load() != 2 || c.PolicyKey() != "222" {
			t.Errorf("%s: %v, %d Provisions, key %s", name, err, s.provisions.Load(), c.PolicyKey())
		}
	}
}

func TestProvisionOnlyOnce(t *testing.T) {
	requests := 0
	s := &policyServer{t: t}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("Cmd") == "FolderSync" {
			requests++
			w.WriteHeader(449)
			return
		}
		s.ServeHTTP(w, r)
	})
	if err := folderSync(t, connect(t, h, nil)); !errors.Is(err, eas.ErrPolicyRequired) || requests != 2 {
		t.Errorf("%v after %d requests", err, requests)
	}
}

func TestRemoteWipe(t *testing.T) {
	for _, form := range []string{"<RemoteWipe/>", "<AccountOnlyRemoteWipe/>"} {
		s := &policyServer{t: t, refuse: func(w http.ResponseWriter) { w.WriteHeader(449) }, wipe: form}
		var wipe *eas.RemoteWipeError
		err := folderSync(t, connect(t, s, nil))
		if !errors.Is(err, eas.ErrRemoteWipe) || !errors.As(err, &wipe) || wipe.AccountOnly != strings.Contains(form, "Only") || s.provisions.Load() != 1 {
			t.Errorf("%s: %v after %d requests", form, err, s.provisions.Load())
		}
	}
	err := folderSync(t, connect(t, answer(parse(t, `<FolderSync xmlns="FolderHierarchy"><Status>140</Status></FolderSync>`)), nil))
	if !errors.Is(err, eas.ErrRemoteWipe) {
		t.Errorf("status 140: %v", err)
	}
	var got []byte
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		_, _ = w.Write(parse(t, `<Provision xmlns="Provision"><Status>1</Status></Provision>`))
	})
	if err := connect(t, h, nil).AcknowledgeRemoteWipe(t.Context(), &eas.RemoteWipeError{AccountOnly: true}, false); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(got, parse(t, `<Provision xmlns="Provision"><AccountOnlyRemoteWipe><Status>2</Status></AccountOnlyRemoteWipe></Provision>`)) {
		t.Errorf("%q", got)
	}
}

// TestCredentialStaysAtHome: a redirect to another server is not followed, and a request that somebody sends there through the
// same transport goes without the credential.
func TestCredentialStaysAtHome(t *testing.T) {
	var seen []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "alice" || password != "pass:wörd" {
			w.WriteHeader(401)
			return
		}
		http.Redirect(w, r, other.URL+"/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer home.Close()
	base := eas.NewTransport()
	defer base.CloseIdleConnections()
	basic := auth.Basic{User: "alice", Password: "pass:wörd", Origin: home.URL, Base: base}
	c, err := eas.New(eas.Config{URL: home.URL, User: "alice", DeviceID: "d", Version: "14.1", Transport: basic})
	if err != nil {
		t.Fatal(err)
	}
	err = folderSync(t, c)
	var he *eas.HTTPError
	if !errors.Is(err, eas.ErrRedirect) || !errors.As(err, &he) || he.Location != other.URL+"/elsewhere" || len(seen) != 0 {
		t.Errorf("%v, %q", err, seen)
	}
	req, _ := http.NewRequestWithContext(t.Context(), "GET", other.URL, nil)
	resp, err := basic.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(seen) != 1 || seen[0] != "" {
		t.Errorf("the other server saw %q", seen)
	}
	if s := fmt.Sprintf("%v %+v %#v %s", basic, basic, basic, &basic); strings.Contains(s, "pass:") {
		t.Errorf("printed: %s", s)
	}
}

func TestTrace(t *testing.T) {
	var got []eas.Exchange
	doc := parse(t, folderAnswer)
	c := connect(t, answer(doc), func(c *eas.Config) {
		c.TraceXML = true
		c.Trace = func(x eas.Exchange) { got = append(got, x) }
	})
	if err := folderSync(t, c); err != nil {
		t.Fatal(err)
	}
	x := got[0]
	if len(got) != 1 || x.Command != "FolderSync" || x.HTTPStatus != 200 || x.RequestBytes != 13 || x.ResponseBytes != int64(len(doc)) || x.Err != nil {
		t.Errorf("%+v", got)
	}
	if !bytes.Contains(x.RequestXML, []byte("<SyncKey>0</SyncKey>")) || !bytes.Contains(x.ResponseXML, []byte("<SyncKey>k1</SyncKey>")) {
		t.Errorf("%s\n%s", x.RequestXML, x.ResponseXML)
	}
	got = nil
	page := mailPage(t, 50, 10<<10)
	c = connect(t, answer(page), func(c *eas.Config) {
		c.TraceXML = true
		c.Trace = func(x eas.Exchange) { got = append(got, x) }
	})
	p, err := c.Sync(t.Context(), eas.SyncRequest{Key: "1", CollectionID: "c"})
	if err != nil {
		t.Fatal(err)
	}
	commands(t, p, nil)
	p.Close()
	if len(got) != 1 || got[0].ResponseBytes != int64(len(page)) || len(got[0].ResponseXML) < 1000 || len(got[0].ResponseXML) > 64<<10 {
		t.Errorf("%d exchanges, %d bytes of XML", len(got), len(got[0].ResponseXML))
	}
}
