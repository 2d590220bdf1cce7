package easserver

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// discoverRequest is the example of MS-ASCMD 4.2.1, for alice.
const discoverRequest = `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/requestschema/2006">
    <Request>
        <EMailAddress>alice@example.com</EMailAddress>
        <AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006</AcceptableResponseSchema>
    </Request>
</Autodiscover>`

func TestAutodiscoverXML(t *testing.T) {
	change := func(from, to string) string { return strings.Replace(discoverRequest, from, to, 1) }
	for name, tc := range map[string]struct {
		method, kind, body string
		want               string
		broken             string // the rule that the request breaks
	}{
		"found": {"POST", "text/xml", discoverRequest, `<Response xmlns="http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006">` +
			`<Culture>en:us</Culture><User><DisplayName>alice</DisplayName><EMailAddress>alice@example.com</EMailAddress></User><Action><Settings><Server>` +
			`<Type>MobileSync</Type><Url>https://mail.example.com/Microsoft-Server-ActiveSync</Url><Name>https://mail.example.com/Microsoft-Server-ActiveSync</Name>` +
			`</Server></Settings></Action></Response>`, ""},
		"somebody else":   {"POST", "text/xml", change("alice@", "bob@"), "<Action><Error><Status>2</Status><Message>", ""},
		"nobody":          {"POST", "text/xml", change("alice@", "nobody@"), "<Action><Error><Status>2</Status><Message>", ""},
		"another schema":  {"POST", "text/xml", change("mobilesync/responseschema/2006<", "outlook/responseschema/2006a<"), "<ErrorCode>601</ErrorCode>", "MS-ASCMD 2.2.3.1"},
		"two requests":    {"POST", "text/xml", change("</Request>", "</Request><Request/>"), "<ErrorCode>600</ErrorCode>", "MS-ASCMD 2.2.1.1"},
		"no address":      {"POST", "text/xml", change("<EMailAddress>alice@example.com</EMailAddress>", ""), "<ErrorCode>600</ErrorCode>", "MS-ASCMD 2.2.1.1"},
		"unknown element": {"POST", "text/xml", change("<Request>", "<Request><LegacyDN/>"), "<ErrorCode>600</ErrorCode>", "MS-ASCMD 2.2.1.1"},
		"namespace":       {"POST", "text/xml", change("mobilesync/requestschema", "outlook/requestschema"), "<ErrorCode>600</ErrorCode>", "MS-ASCMD 2.2.1.1"},
		"no XML":          {"POST", "text/xml", "hello", "<ErrorCode>600</ErrorCode>", "MS-ASCMD 2.2.1.1"},
		"too long":        {"POST", "text/xml", change("alice@", strings.Repeat("a", 70<<10)), "<ErrorCode>600</ErrorCode>", "MS-ASCMD 2.2.1.1"},
		"content type":    {"POST", "application/vnd.ms-sync.wbxml", discoverRequest, "<ErrorCode>600</ErrorCode>", "MS-ASCMD 2.2.1.1"},
		"method":          {"GET", "text/xml", "", "<ErrorCode>600</ErrorCode>", "MS-ASCMD 2.2.1.1"},
	} {
		t.Run(name, func(t *testing.T) {
			store, _ := inboxOf(0)
			store.AddUser("bob")
			var broken []string
			s := New(Config{
				Password: "secret", URL: "https://mail.example.com/Microsoft-Server-ActiveSync",
				Now:         func() time.Time { return time.Date(2026, 3, 1, 16, 56, 32, 616402700, time.UTC) },
				OnViolation: func(v Violation) { broken = append(broken, v.Rule) },
			}, store)
			r := httptest.NewRequest(tc.method, "https://autodiscover.example.com/Autodiscover/Autodiscover.xml", strings.NewReader(tc.body))
			r.Header.Set("Content-Type", tc.kind)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != http.StatusUnauthorized {
				t.Fatalf("without a password: HTTP %d", w.Code)
			}
			r.SetBasicAuth("alice", "secret")
			w = httptest.NewRecorder()
			s.ServeHTTP(w, r)
			got := w.Body.String()
			if w.Code != 200 || !strings.Contains(got, tc.want) || w.Header().Get("Content-Type") != "text/xml; charset=utf-8" {
				t.Errorf("HTTP %d %s", w.Code, got)
			}
			if strings.Join(broken, ",") != tc.broken {
				t.Errorf("violations %q", broken)
			}
			if strings.Contains(tc.want, "ErrorCode") && !strings.Contains(got, `<Error Time="16:56:32.6164027" Id="1">`) { // the time as in MS-ASCMD 4.2.5
				t.Errorf("%s", got)
			}
			keep(t, w.Body.Bytes())
		})
	}
}

func TestAutodiscoverJSON(t *testing.T) {
	store, _ := inboxOf(0)
	s := New(Config{Password: "secret"}, store)
	for _, tc := range []struct {
		target string
		code   int
		want   map[string]string
	}{
		{"/autodiscover/autodiscover.json/v1.0/alice@example.com?Protocol=ActiveSync", 200, map[string]string{"Protocol": "ActiveSync", "Url": "https://mail.example.com/Microsoft-Server-ActiveSync"}},
		{"/Autodiscover/Autodiscover.json?Email=alice%40example.com&Protocol=activesync", 200, map[string]string{"Protocol": "ActiveSync", "Url": "https://mail.example.com/Microsoft-Server-ActiveSync"}},
		{"/autodiscover/autodiscover.json/v1.0/nobody@example.com?Protocol=ActiveSync", 404, map[string]string{"ErrorCode": "UserNotFound"}},
		{"/autodiscover/autodiscover.json/v1.0/alice@example.com?Protocol=Ews", 400, map[string]string{"ErrorCode": "InvalidProtocol"}},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "https://mail.example.com"+tc.target, nil))
		var got map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != tc.code {
			t.Errorf("%s: HTTP %d, %v", tc.target, w.Code, err)
		}
		for k, v := range tc.want {
			if got[k] != v {
				t.Errorf("%s: %s is %q", tc.target, k, got[k])
			}
		}
	}
}
