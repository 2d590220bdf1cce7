package autodiscover

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func example(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestExamples reads the answers that the specifications print.
func TestExamples(t *testing.T) {
	for name, want := range map[string]answer{
		"error.xml": {
			culture: "en:us", address: "chris@woodgrovebank.com",
			err: &AnswerError{Status: "2", Message: "The directory service could not be reached", DebugData: "MailUser"},
		},
		"redirect.xml": {
			culture: "en:us", displayName: "Chris Gray", address: "chris@woodgrovebank.com", redirectAddress: "chris@loandept.woodgrovebank.com",
		},
		"settings.xml": {
			culture: "en:us", displayName: "Chris Gray", address: "chris@woodgrovebank.com",
			servers: []Server{
				{
					Type: "MobileSync", URL: "https://loandept.woodgrovebank.com/Microsoft-Server-ActiveSync",
					Name: "https://loandept.woodgrovebank.com/Microsoft-Server-ActiveSync",
				},
				{Type: "CertEnroll", URL: "https://cert.woodgrovebank.com/CertEnroll", ServerData: "CertEnrollTemplate"},
			},
		},
		"framework.xml":        {err: &AnswerError{Code: "600", Message: "Invalid Request", Time: "16:56:32.6164027", ID: "1054084152"}},
		"outlook-redirect.xml": {redirectAddress: "user@subdomain.contoso.com"},
	} {
		got, err := parseXML(bytes.NewReader(example(t, name)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(&want, got, cmp.AllowUnexported(answer{})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestRequest(t *testing.T) {
	got, err := request("chris@woodgrovebank.com")
	if err != nil || string(got) != string(example(t, "request.xml")) {
		t.Errorf("%s, %v", got, err)
	}
	got, err = request(`a<b&"c@x.example`)
	if err != nil || !bytes.Contains(got, []byte("<EMailAddress>a&lt;b&amp;&#34;c@x.example</EMailAddress>")) {
		t.Errorf("%s, %v", got, err)
	}
}

// TestBounds: what is too large, too deep, or something else altogether is no answer.
func TestBounds(t *testing.T) {
	for name, doc := range map[string]string{
		"a web page":       "<!DOCTYPE html><html><head><title>Welcome</title></head></html>",
		"nothing":          "",
		"cut":              "<Autodiscover><Response>",
		"two roots":        "<Autodiscover/><html/>",
		"deep":             "<Autodiscover>" + strings.Repeat("<a>", 100),
		"long value":       "<Autodiscover><Response><Culture>" + strings.Repeat("x", 5000) + "</Culture></Response></Autodiscover>",
		"many elements":    "<Autodiscover>" + strings.Repeat("<a/>", 40000) + "</Autodiscover>",
		"large":            "<Autodiscover>" + strings.Repeat(" ", 300<<10) + "</Autodiscover>",
		"an entity":        `<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><Autodiscover><Response><Culture>&e;</Culture></Response></Autodiscover>`,
		"a billion laughs": `<!DOCTYPE a [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]><Autodiscover>&b;</Autodiscover>`,
		"another charset":  `<?xml version="1.0" encoding="utf-16"?><Autodiscover/>`,
	} {
		if a, err := parseXML(strings.NewReader(doc)); !errors.Is(err, ErrNoAutodiscover) {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	many := "<Autodiscover><Response><Action><Settings>" + strings.Repeat("<Server><Type>MobileSync</Type></Server>", 100) + "</Settings></Action></Response></Autodiscover>"
	if a, err := parseXML(strings.NewReader(many)); err != nil || len(a.servers) != maxServers {
		t.Errorf("%v", err)
	}
	if a, err := parseJSON(strings.NewReader(`{"Protocol":"ActiveSync","Url":"` + strings.Repeat("x", 300<<10) + `"}`)); err == nil {
		t.Errorf("%+v", a)
	}
}

func TestJSON(t *testing.T) {
	for doc, want := range map[string]*answer{
		`{"Protocol":"ActiveSync","Url":"https://outlook.office365.com/Microsoft-Server-ActiveSync"}`: {
			servers: []Server{{Type: "MobileSync", URL: "https://outlook.office365.com/Microsoft-Server-ActiveSync"}},
		},
		`{"ErrorCode":"UserNotFound","ErrorMessage":"The given user is not found"}`: {err: &AnswerError{Code: "UserNotFound", Message: "The given user is not found"}},
		`{"Protocol":"Ews","Url":"https://mail.example/EWS/Exchange.asmx"}`:         nil,
		`{"Protocol":"ActiveSync"}`: nil, `[]`: nil, `null`: nil, `<html>`: nil, ``: nil,
	} {
		got, err := parseJSON(strings.NewReader(doc))
		if want == nil {
			if !errors.Is(err, ErrNoAutodiscover) {
				t.Errorf("%s: %+v, %v", doc, got, err)
			}
			continue
		}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(answer{})); d != "" || err != nil {
			t.Errorf("%s: %v %s", doc, err, d)
		}
	}
}

// short values only: what a server says is printed.
func check(t *testing.T, a *answer, err error) {
	if err != nil {
		if a != nil || !errors.Is(err, ErrNoAutodiscover) {
			t.Fatalf("%+v, %v", a, err)
		}
		return
	}
	if len(a.servers) > maxServers {
		t.Fatalf("%d servers", len(a.servers))
	}
	if a.err != nil && (len(a.err.Error()) > 1000 || strings.ContainsAny(a.err.Error(), "\n\x1b\x00")) {
		t.Fatalf("%q", a.err)
	}
	for _, s := range a.servers {
		if strings.ContainsAny(s.URL+s.Name+s.Type, "\r\n\x00") {
			t.Fatalf("%q", s)
		}
	}
}

func FuzzXML(f *testing.F) {
	for _, name := range []string{"error.xml", "redirect.xml", "settings.xml", "framework.xml", "outlook-redirect.xml"} {
		f.Add(example(f, name))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		a, err := parseXML(bytes.NewReader(doc))
		check(t, a, err)
	})
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"Protocol":"ActiveSync","Url":"https://outlook.office365.com/Microsoft-Server-ActiveSync"}`))
	f.Add([]byte(`{"ErrorCode":"UserNotFound","ErrorMessage":"The given user\u001b is not found"}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		a, err := parseJSON(bytes.NewReader(doc))
		check(t, a, err)
	})
}
