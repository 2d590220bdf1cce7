// Package easservertest runs an easserver for the tests of other packages.
package easservertest

import (
	"net/http/httptest"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
)

// Password is the password of every user, unless the configuration says otherwise.
const Password = "secret"

// Start serves store on a loopback port until the test ends, and returns the URL for
// clients. A request that breaks the protocol fails the test, unless cfg has an
// OnViolation of its own.
func Start(t testing.TB, cfg easserver.Config, store *easserver.Store) (url string) {
	t.Helper()
	if cfg.Password == "" && cfg.Authenticate == nil {
		cfg.Password = Password
	}
	if cfg.OnViolation == nil {
		cfg.OnViolation = func(v easserver.Violation) { t.Errorf("the client broke the protocol: %s", v) }
	}
	handler := easserver.New(cfg, store)
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		handler.Close()
		server.Close()
	})
	return server.URL + "/Microsoft-Server-ActiveSync"
}
