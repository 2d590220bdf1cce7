package easserver

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSignIn: another way to sign in than by password, and its challenges.
func TestSignIn(t *testing.T) {
	store, _ := inboxOf(1)
	s := New(Config{
		Password: "secret", Challenges: []string{"Bearer", "Negotiate"},
		SignIn: func(r *http.Request) string {
			return map[string]string{"Bearer a": "alice", "Bearer m": "mallory"}[r.Header.Get("Authorization")]
		},
	}, store)
	ask := func(header string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/?Cmd=Ping&User=alice&DeviceId=d&DeviceType=x", nil)
		r.Header.Set("Authorization", header)
		r.Header.Set("MS-ASProtocolVersion", "14.1")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	refused := ask("Basic YWxpY2U6c2VjcmV0")
	if diff := cmp.Diff([]string{"Bearer", "Negotiate"}, refused.Header().Values("WWW-Authenticate")); refused.Code != 401 || diff != "" {
		t.Errorf("with a password: HTTP %d, %s", refused.Code, diff)
	}
	if w := ask("Bearer m"); w.Code != 403 {
		t.Errorf("with a token of somebody else: HTTP %d", w.Code)
	}
	if w := ask("Bearer a"); w.Code != 200 {
		t.Errorf("with a token: HTTP %d", w.Code)
	}
}
