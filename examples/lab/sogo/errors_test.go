//go:build interop

package sogo

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestErrors makes the mistakes that people make first. Each has its exit code, and words that help.
func TestErrors(t *testing.T) {
	t.Parallel()
	website := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Welcome</title>"))
	}))
	defer website.Close()

	tests := []struct {
		name, server, password string
		codes                  []int
		says                   string
	}{
		{"wrong password", lab.eas, "wrong-secret", []int{12}, "source"},
		{"unknown host", "https://mail.host.invalid", "", []int{1, 5}, "mail.host.invalid"},
		{"nothing listens", "http://127.0.0.1:9", "", []int{1, 5}, "127.0.0.1:9"},
		{"not an EAS server", website.URL, "", []int{1}, "ActiveSync"},
		{"a page that is not there", strings.TrimSuffix(lab.eas, "/Microsoft-Server-ActiveSync") + "/elsewhere", "", []int{1}, "404"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := archive{t, t.TempDir()}
			run := a.archive("bob").through(test.server)
			run.password = test.password
			r := run.run()
			if !slices.Contains(test.codes, r.code) || !strings.Contains(r.stderr, test.says) {
				t.Errorf("exit %d, want one of %v and the word %q in:\n%s", r.code, test.codes, test.says, r.stderr)
			}
			if strings.Contains(r.stderr, "wrong-secret") || strings.Contains(r.stderr, "goroutine ") {
				t.Errorf("says what it must not:\n%s", r.stderr)
			}
			if n := len(a.segments()); n > 0 {
				t.Errorf("%d segments", n)
			}
		})
	}
}
