package eas_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/easserver"
)

// TestValidateCert: the server says of each certificate what is wrong with it, in every version.
func TestValidateCert(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	cert := func(until time.Time) []byte {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "alice"}, NotBefore: now.AddDate(-2, 0, 0), NotAfter: until,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection},
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	good := cert(now.AddDate(1, 0, 0))
	for _, v := range eas.Versions() {
		p := newPeer(t, easserver.Config{Now: func() time.Time { return now }})
		c, _ := p.client(t, v, nil)
		got, err := c.ValidateCert(t.Context(), eas.CertificateCheck{
			Certificates: [][]byte{good, cert(now.AddDate(-1, 0, 0)), []byte("none")}, Chain: [][]byte{good}, CheckCRL: true,
		})
		if err != nil || len(got) != 3 {
			t.Fatalf("%s: %v, %v", v, got, err)
		}
		for i, want := range []string{"Certificate 4", "Certificate 7", "Certificate 10"} { // untrusted, expired, no certificate
			if code(got[i]) != want {
				t.Errorf("%s: %v, want %s", v, got[i], want)
			}
		}
	}
}

func TestValidateCertAnswers(t *testing.T) {
	for _, tc := range []struct{ xml, whole, first string }{
		{`<Status>1</Status><Certificate><Status>1</Status></Certificate>`, "<nil>", "<nil>"},
		{`<Status>17</Status>`, "ValidateCert 17", ""},
		{`<Status>2</Status><Certificate><Status>1</Status></Certificate>`, "ValidateCert 2", ""},
		{`<Status>1</Status>`, "ValidateCert: malformed answer: it is about 0 certificates of 1", ""},
		{`<Status>1</Status><Certificate/>`, "<nil>", "ValidateCert: malformed answer: Certificate has no status"},
	} {
		c := connect(t, answer(parse(t, `<ValidateCert xmlns="ValidateCert">`+tc.xml+`</ValidateCert>`)), nil)
		got, err := c.ValidateCert(t.Context(), eas.CertificateCheck{Certificates: [][]byte{{1}}})
		if code(err) != tc.whole || err == nil && code(got[0]) != tc.first {
			t.Errorf("%s: %v, %v", tc.xml, got, err)
		}
	}
	several := `<ValidateCert xmlns="ValidateCert"><Status>1</Status><Certificate><Status>7</Status><Status>13</Status></Certificate></ValidateCert>`
	got, err := connect(t, answer(parse(t, several)), nil).ValidateCert(t.Context(), eas.CertificateCheck{Certificates: [][]byte{{1}}})
	if err != nil || !strings.Contains(got[0].Error(), "expired") || !strings.Contains(got[0].Error(), "revoked") {
		t.Errorf("%v, %v", got, err)
	}
	for _, n := range []int{0, 101} {
		var he *eas.HTTPError
		if _, err := connect(t, answer(nil), nil).ValidateCert(t.Context(), eas.CertificateCheck{Certificates: make([][]byte, n)}); err == nil || errors.As(err, &he) {
			t.Errorf("%d certificates: %v", n, err)
		}
	}
}
