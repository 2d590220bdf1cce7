package versitytest

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestTrustedOfOneStore: what one store has proven says nothing of another one, of which the environment says where it is.
func TestTrustedOfOneStore(t *testing.T) {
	p := newHeldPlace(t, false)
	state := filepath.Join(t.TempDir(), "state")
	var asked atomic.Int64
	other := between(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/.tmp-canary-") {
			asked.Add(1)
		}
		next.ServeHTTP(w, r)
	})
	p.o.Endpoint = "" // AIRLIFT_S3_ENDPOINT: it is the SDK's variable that counts
	for n, endpoint := range []string{gateway.URL, other, other} {
		t.Setenv("AWS_ENDPOINT_URL", endpoint)
		before := asked.Load()
		p.archive(0, user, "--state", state)
		if got := asked.Load() > before; got != (n == 1) {
			t.Errorf("run %d, at %s: the store was to prove itself: %v", n+1, endpoint, got)
		}
	}
}
