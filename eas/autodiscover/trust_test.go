package autodiscover

import "testing"

func TestTrust(t *testing.T) {
	example := Trust{Domain: "example.com"}
	for _, tc := range []struct {
		trust Trust
		host  string
		want  bool
	}{
		{example, "example.com", true},
		{example, "EXAMPLE.com.", true},
		{example, "autodiscover.example.com", true},
		{example, "a.b.example.com", true},
		{example, "example.com.evil.net", false},
		{example, "notexample.com", false},
		{example, "example.org", false},
		{example, "com", false},
		{example, "", false},
		{example, ".example.com", false},
		{example, "evil.net/.example.com", false},
		{example, "evil.net#.example.com", false},
		{example, "127.0.0.1", false},
		{example, "::1", false},
		{example, "localhost", false},
		{example, "outlook.office365.com", true}, // Exchange Online
		{example, "evil.office365.com", false},
		{example, "outlook.office365.com.evil.net", false},
		{Trust{}, "example.com", false},
		// Below a public suffix everybody may have a host.
		{Trust{Domain: "co.uk"}, "co.uk", true},
		{Trust{Domain: "co.uk"}, "autodiscover.co.uk", false},
		{Trust{Domain: "github.io"}, "autodiscover.github.io", false},
		{Trust{Domain: "corp"}, "autodiscover.corp", false},
		{Trust{Domain: "10.0.0.1"}, "10.0.0.1", false},
		{Trust{Domain: "bücher.example"}, "mail.xn--bcher-kva.example", true},
		{Trust{Domain: "bücher.example"}, "mail.bücher.example", true},
		{Trust{Domain: "bücher.example"}, "mail.bucher.example", false},
		// A server that a person named: what belongs to its owner.
		{Trust{Server: "https://mail.example.co.uk/Microsoft-Server-ActiveSync"}, "mail2.example.co.uk", true},
		{Trust{Server: "mail.example.co.uk:8443"}, "example.co.uk", true},
		{Trust{Server: "mail.example.co.uk"}, "mail.other.co.uk", false},
		{Trust{Server: "alice.github.io"}, "bob.github.io", false},
		{Trust{Server: "10.0.0.1"}, "10.0.0.1", true},
		{Trust{Server: "10.0.0.1"}, "10.0.0.2", false},
		{Trust{Server: "localhost"}, "localhost", true},
		{Trust{Server: "localhost"}, "evil.localhost", false},
		// What a person confirmed.
		{Trust{Hosts: []string{"mail.hoster.net"}}, "mail.hoster.net", true},
		{Trust{Hosts: []string{"mail.hoster.net"}}, "a.mail.hoster.net", false},
		{Trust{Hosts: []string{".hoster.net"}}, "mail.hoster.net", true},
		{Trust{Hosts: []string{".hoster.net"}}, "hoster.net", false},
		{Trust{Hosts: []string{""}}, "hoster.net", false},
		{Trust{Hosts: []string{"."}}, "hoster.net", false},
		{Trust{Confirm: func(h string) bool { return h == "asked.example" }}, "asked.example", true},
		{Trust{Confirm: func(h string) bool { return h == "asked.example" }}, "other.example", false},
	} {
		if got := tc.trust.Allows(tc.host); got != tc.want {
			t.Errorf("%+v: %q is %v", tc.trust, tc.host, got)
		}
	}
}

// FuzzTrust: a host of the domain, and no other.
func FuzzTrust(f *testing.F) {
	f.Add("autodiscover.example.com")
	f.Add("example.com.evil.net")
	f.Fuzz(func(t *testing.T, host string) {
		if !(Trust{Domain: "example.com"}).Allows(host) {
			return
		}
		for _, h := range wellKnown() {
			if c, _ := canonical(host); c == h {
				return
			}
		}
		c, ok := canonical(host)
		if !ok || c != "example.com" && !hasSuffix(c, ".example.com") {
			t.Fatalf("%q is %q", host, c)
		}
	})
}

func hasSuffix(s, suffix string) bool {
	return len(s) > len(suffix) && s[len(s)-len(suffix):] == suffix
}
