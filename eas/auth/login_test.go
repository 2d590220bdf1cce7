package auth

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
)

// TestDeviceRefuses: what no real provider answers. Nobody is sent anywhere by it.
func TestDeviceRefuses(t *testing.T) {
	code, answer := http.StatusOK, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	l := Login{
		ClientID: "app", ClientSecret: "s3cret", Base: base,
		Provider: Provider{Issuer: server.URL, TokenURL: server.URL, DeviceURL: server.URL, AuthURL: server.URL},
	}
	for name, tc := range map[string]struct {
		code         int
		answer, want string
		final        bool
	}{
		"a page of plain HTTP": {200, `{"device_code":"d","user_code":"u","verification_uri":"http://id.example/"}`, "verification_uri: http://id.example/ is not https", false},
		"no page":              {200, `{"device_code":"d","user_code":"u"}`, "verification_uri", false},
		"no JSON":              {200, "<html>s3cret", "sign in: ", false},
		"a redirect":           {302, "", "the provider says HTTP 302", true},
		"a stranger":           {401, `{"error":"invalid_client","error_description":"s3cret is wrong"}`, "the provider says invalid_client (… is wrong)", true},
		"busy":                 {503, "", "the provider says HTTP 503", false},
	} {
		code, answer = tc.code, tc.answer
		_, err := l.Device(t.Context(), func(DeviceCode) { t.Errorf("%s: somebody was asked", name) })
		if err == nil || !strings.Contains(err.Error(), tc.want) || errors.Is(err, eas.ErrUnauthorized) != tc.final || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	l.Provider.DeviceURL = ""
	if _, err := l.Device(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "has no device codes") {
		t.Error(err)
	}
}
