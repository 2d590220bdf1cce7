package auth_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/auth/authtest"
)

// TestLoadKeyPair reads what OpenSSL writes.
func TestLoadKeyPair(t *testing.T) {
	ca := authtest.NewCA(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	alice := ca.Issue(t, "alice")
	authtest.WritePEM(t, alice, at("cert.pem"), at("key.pem"))
	authtest.WritePEM(t, alice, at("both.pem"), at("both.pem"))
	authtest.WritePEM(t, ca.Issue(t, "bob"), at("bob.pem"), at("bob.key"))
	for name, b := range map[string][]byte{"ca.pem": ca.PEM(), "empty": nil, "large": make([]byte, 2<<20)} {
		if err := os.WriteFile(at(name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openssl := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %q: %v\n%s", args, err, out)
		}
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not here")
	}
	export := []string{"pkcs12", "-export", "-in", at("cert.pem"), "-inkey", at("key.pem"), "-certfile", at("ca.pem")}
	openssl(append(export, "-out", at("new.p12"), "-passout", "pass:s3cret")...)
	openssl(append(export, "-out", at("none.p12"), "-passout", "pass:")...)
	openssl(append(export, "-out", at("old.p12"), "-passout", "pass:s3cret", "-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1")...)
	openssl("pkcs8", "-topk8", "-in", at("key.pem"), "-out", at("locked.key"), "-passout", "pass:s3cret")

	for _, tc := range []struct {
		cert, key, password string
		chain               int
		is                  error
		want                string // in the error
	}{
		{"cert.pem", "key.pem", "", 1, nil, ""},
		{"both.pem", "", "", 1, nil, ""},
		{"new.p12", "", "s3cret", 2, nil, ""},
		{"none.p12", "", "", 2, nil, ""},
		{"old.p12", "", "s3cret", 2, nil, ""},
		{"new.p12", "", "s3cret-not", 0, auth.ErrKeyPassword, ""},
		{"new.p12", "", "", 0, auth.ErrKeyPassword, ""},
		{"cert.pem", "locked.key", "s3cret", 0, auth.ErrKeyPassword, "openssl pkcs12"},
		{"cert.pem", "", "", 0, nil, "private key"},
		{"cert.pem", "bob.key", "", 0, nil, "does not match"},
		{"new.p12", "key.pem", "s3cret", 0, nil, "holds its key itself"},
		{"empty", "", "", 0, nil, "neither PEM nor PKCS#12"},
		{"large", "", "", 0, nil, "larger than"},
		{"missing", "", "", 0, fs.ErrNotExist, ""},
	} {
		key := tc.key
		if key != "" {
			key = at(key)
		}
		c, err := auth.LoadKeyPair(at(tc.cert), key, tc.password)
		if tc.chain > 0 {
			if err != nil || len(c.Certificate) != tc.chain || c.Leaf == nil || c.Leaf.Subject.CommonName != "alice" {
				t.Errorf("%s, %s: %v, %d certificates", tc.cert, tc.key, err, len(c.Certificate))
			}
			continue
		}
		if err == nil || tc.is != nil && !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s, %s: %v", tc.cert, tc.key, err)
		}
	}
}
