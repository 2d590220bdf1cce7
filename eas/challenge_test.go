package eas_test

import (
	"net/http"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/airlift-eas/airlift/eas"
)

func TestChallenges(t *testing.T) {
	for _, tc := range []struct{ lines, want []string }{
		{nil, nil},
		{[]string{`Basic realm="mail.example"`}, []string{"Basic"}},
		{[]string{"Negotiate", "NTLM", `Basic realm="a, NTLM \", Digest"`, "NTLM TlRMTVNTUAAC=="}, []string{"Negotiate", "NTLM", "Basic"}},
		// RFC 9110 11.6.1
		{[]string{`Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`}, []string{"Basic", "Newauth"}},
		// Exchange Online
		{[]string{`Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.windows.net/common/oauth2/authorize"`}, []string{"Bearer"}},
		{[]string{`Basic realm = "a" , charset = "UTF-8",,`, `"unclosed, Basic`}, []string{"Basic"}},
		{[]string{"basic", "BASIC", "b\x1b[2J"}, []string{"basic"}},
	} {
		h := http.Header{"Www-Authenticate": tc.lines}
		if diff := cmp.Diff(tc.want, eas.Challenges(h)); diff != "" {
			t.Errorf("%q: %s", tc.lines, diff)
		}
	}
}

// FuzzChallenges: whatever a server offers, what is shown of it is a few short words.
func FuzzChallenges(f *testing.F) {
	for _, line := range []string{`Basic realm="a, b", NTLM`, "Negotiate", `Bearer error="invalid_token", scope = x`, `"\`, ",=,"} {
		f.Add(line)
	}
	word := regexp.MustCompile(`^[0-9A-Za-z._~+-]{1,40}$`)
	f.Fuzz(func(t *testing.T, line string) {
		got := eas.Challenges(http.Header{"Www-Authenticate": {line, line}})
		if len(got) > 16 || slices.ContainsFunc(got, func(s string) bool { return !word.MatchString(s) }) {
			t.Errorf("%q", got)
		}
	})
}
