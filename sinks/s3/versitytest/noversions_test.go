package versitytest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestVerifyWithoutVersions: a store that knows no versions, or tells of them to others only, does not keep a verification from
// reading what is there; it is said that nobody asked for the versions.
func TestVerifyWithoutVersions(t *testing.T) {
	p := newHeldPlace(t, false)
	p.archive(0, user)
	for code, status := range map[string]int{"NotImplemented": http.StatusNotImplemented, "AccessDenied": http.StatusForbidden} {
		p.o.Endpoint = between(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if !r.URL.Query().Has("versions") {
				next.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, `<Error><Code>%s</Code><Message>no</Message></Error>`, code)
		})
		out := p.airlift(0, "verify", "--archive", place(p.o))
		if !strings.Contains(out, "ok: 2 stored items in 2 segments") || !strings.Contains(out, "warning: the store does not tell of versions") || !strings.Contains(out, code) {
			t.Errorf("verify of a store that answers %s:\n%s", code, out)
		}
	}
}
