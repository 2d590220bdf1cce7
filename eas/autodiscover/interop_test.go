//go:build interop

package autodiscover

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// labFolder is where up.sh makes a lab if it is not told otherwise.
func labFolder() string { return filepath.Join(os.TempDir(), "airlift-lab") }

// TestInteropNotServed: SOGo 5.8 has no Autodiscover, neither XML nor JSON; a site that wants it puts one of its own in front. So
// the lab of examples/lab/sogo cannot serve this package.
func TestInteropNotServed(t *testing.T) {
	env, err := os.ReadFile(filepath.Join(cmp.Or(os.Getenv("AIRLIFT_LAB"), labFolder()), "lab.env"))
	if err != nil {
		t.Fatalf("no lab: %v\nstart it with examples/lab/sogo/up.sh", err)
	}
	var lab string
	for line := range strings.Lines(string(env)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "LAB_EAS="); ok {
			lab = v
		}
	}
	u, err := url.Parse(lab)
	if err != nil || u.Host == "" {
		t.Fatalf("LAB_EAS is %q", lab)
	}
	doc, err := request("erin@lab.example")
	if err != nil {
		t.Fatal(err)
	}
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	for _, prefix := range []string{"", "/SOGo", "/Microsoft-Server-ActiveSync"} {
		for method, to := range map[string]string{"POST": prefix + pathXML, "GET": prefix + jsonURL("", "erin@lab.example")} {
			req, err := http.NewRequestWithContext(t.Context(), method, u.Scheme+"://"+u.Host+to, bytes.NewReader(doc))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "text/xml; charset=utf-8")
			req.SetBasicAuth("erin", "secret-erin")
			resp, err := base.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
			resp.Body.Close()
			t.Logf("%s %s: HTTP %d, %d bytes", method, to, resp.StatusCode, len(body))
			if a, err := parseXML(bytes.NewReader(body)); err == nil {
				t.Errorf("%s: it answers: %+v", to, a)
			}
			if a, err := parseJSON(bytes.NewReader(body)); err == nil {
				t.Errorf("%s: it answers: %+v", to, a)
			}
		}
	}
}
