package eas

import "testing"

// TestConfigHTTP1: the switch reaches the client's own transport, which tests cannot teach their certificates.
func TestConfigHTTP1(t *testing.T) {
	for _, http1 := range []bool{false, true} {
		c, err := New(Config{URL: "mail.example", User: "u", DeviceID: "d", HTTP1: http1})
		if err != nil {
			t.Fatal(err)
		}
		p := c.own.Protocols
		if only := p != nil && p.HTTP1() && !p.HTTP2() && !c.own.ForceAttemptHTTP2; only != http1 {
			t.Errorf("HTTP1 %v: %v", http1, p)
		}
	}
}
