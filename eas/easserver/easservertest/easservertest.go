// Package easservertest runs an easserver for the tests of other packages.
package easservertest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/airlift-eas/airlift/eas/easserver"
	"github.com/airlift-eas/airlift/eas/easserver/schemacheck"
)

// Password is the password of every user, unless the configuration says otherwise.
const Password = "secret"

// Start serves store on a loopback port until the test ends, and returns the URL for
// clients. A request that breaks the protocol fails the test, unless cfg has an
// OnViolation of its own.
func Start(t testing.TB, cfg easserver.Config, store *easserver.Store) (url string) {
	t.Helper()
	return start(t, cfg, store, func(h http.Handler) http.Handler { return h })
}

// StartChecked is Start, and keeps answers, to be held against Microsoft's schemas. nil
// keeps none.
func StartChecked(t testing.TB, cfg easserver.Config, store *easserver.Store, answers *schemacheck.Answers) (url string) {
	t.Helper()
	return start(t, cfg, store, func(h http.Handler) http.Handler { return &checked{Handler: h, t: t, answers: answers} })
}

func start(t testing.TB, cfg easserver.Config, store *easserver.Store, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	if cfg.Password == "" && cfg.Authenticate == nil {
		cfg.Password = Password
	}
	if cfg.OnViolation == nil {
		cfg.OnViolation = func(v easserver.Violation) { t.Errorf("the client broke the protocol: %s", v) }
	}
	handler := easserver.New(cfg, store)
	server := httptest.NewServer(wrap(handler))
	t.Cleanup(func() {
		handler.Close()
		server.Close()
	})
	return server.URL + "/Microsoft-Server-ActiveSync"
}
