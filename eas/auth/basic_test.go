package auth

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

type recorder struct{ got []string }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.got = append(r.got, req.Header.Get("Authorization"))
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func TestBasicOrigin(t *testing.T) {
	for _, tc := range []struct {
		origin, url string
		want        bool
	}{
		{"https://mail.example/Microsoft-Server-ActiveSync", "https://mail.example/Microsoft-Server-ActiveSync?Cmd=Sync", true},
		{"mail.example", "https://MAIL.example:443/x", true},
		{"https://mail.example", "http://mail.example/", false},
		{"https://mail.example", "https://mail.example:8443/", false},
		{"https://mail.example", "https://mail.example.evil/", false},
		{"https://mail.example", "https://evil/mail.example", false},
		{"http://[::1]:8880", "http://[::1]:8880/x", true},
	} {
		r := &recorder{}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, tc.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := Basic{User: "Aladdin", Password: "open sesame", Origin: tc.origin, Base: r}.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		want := ""
		if tc.want {
			want = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" // RFC 7617 2
		}
		if r.got[0] != want {
			t.Errorf("%s for %s: %q", tc.url, tc.origin, r.got[0])
		}
		if req.Header.Get("Authorization") != "" {
			t.Error("the caller's request was changed")
		}
	}
}

func TestBasicWithoutOrigin(t *testing.T) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://mail.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	b := Basic{User: "u", Password: "secret", Base: &recorder{}}
	if _, err := b.RoundTrip(req); err == nil || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	if s := fmt.Sprintf("%v %+v %#v", b, &b, b); strings.Contains(s, "secret") {
		t.Error(s)
	}
}
