package archive

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// sshKey returns an identity file and a public key of it as ssh writes them (RFC 4253 6.6, RFC 8709 4).
func sshKey(t *testing.T, kind string) (identity, recipient string) {
	t.Helper()
	var private any
	var parts [][]byte
	if kind == "ssh-rsa" {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		private = key
		parts = [][]byte{big.NewInt(int64(key.E)).Bytes(), append([]byte{0}, key.N.Bytes()...)}
	} else {
		public, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		private, parts = key, [][]byte{public}
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	var wire []byte
	for _, p := range append([][]byte{[]byte(kind)}, parts...) {
		wire = append(binary.BigEndian.AppendUint32(wire, uint32(len(p))), p...)
	}
	identity = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return identity, kind + " " + base64.StdEncoding.EncodeToString(wire) + " alice@laptop"
}

// TestKeys: an archive of every kind of key is written to the public one and read with the identity file.
func TestKeys(t *testing.T) {
	x := newKey()
	pq, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	ed, edPublic := sshKey(t, "ssh-ed25519")
	rs, rsPublic := sshKey(t, "ssh-rsa")
	for name, c := range map[string]struct {
		recipients []string
		identity   string
	}{
		"X25519":              {[]string{x.Recipient().String()}, "# created: …\n" + x.String() + "\n"},
		"post-quantum":        {[]string{pq.Recipient().String()}, pq.String()},
		"ssh-ed25519":         {[]string{edPublic}, ed},
		"ssh-rsa":             {[]string{rsPublic}, rs},
		"the last of several": {[]string{edPublic, newKey().Recipient().String(), rsPublic, x.Recipient().String()}, rs},
	} {
		t.Run(name, func(t *testing.T) {
			b := newMemory()
			_, items := fill(t, createWith(t, b, Options{Recipients: c.recipients}), sinktest.Inbox, madeUp()[:3], 2)
			ids, err := ParseIdentities(strings.NewReader(c.identity))
			if err != nil {
				t.Fatal(err)
			}
			a := createWith(t, b, Options{Recipients: c.recipients, Identities: ids})
			for _, item := range items {
				if got, err := readEntry(t.Context(), a, item.segment, item.entry); err != nil || !bytes.Equal(got, item.data) {
					t.Errorf("%s: other bytes, %v", item.entry.Name, err)
				}
			}
			if bytes.Contains(b.objects[headName], []byte("laptop")) {
				t.Error("archive.json has the comment of an ssh key")
			}
		})
	}
}

func TestRecipientsRefused(t *testing.T) {
	pq, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	good := newKey().Recipient().String()
	secret := newKey().String()
	for name, list := range map[string][]string{
		"a private key": {secret}, "a word": {"alice"}, "nothing": {""}, "a typing error": {good[:len(good)-1] + "q1"}, "a certificate": {"ssh-ed25519-cert-v01@openssh.com AAAA"},
		"classic beside post-quantum": {good, pq.Recipient().String()}, "too many": func() (list []string) {
			for range maxRecipients + 1 {
				list = append(list, newKey().Recipient().String())
			}
			return list
		}(),
	} {
		b := newMemory()
		_, err := CreateWith(t.Context(), b, Options{Recipients: list})
		if err == nil || len(b.objects) != 0 {
			t.Errorf("%s: %v, and %d objects", name, err, len(b.objects))
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows it: %v", name, err)
		}
	}
}

func TestIdentitiesRefused(t *testing.T) {
	keygen := tool(t, "ssh-keygen")
	dir := t.TempDir()
	files := map[string]string{
		"age":   "age-encryption.org/v1\n-> scrypt x 18\n",
		"armor": "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n",
		"pkcs8": string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})),
	}
	for name, arg := range map[string][]string{"openssh": {"-t", "ed25519"}, "pem": {"-t", "rsa", "-m", "PEM"}, "clear": {"-t", "ed25519"}} {
		phrase := "a passphrase"
		if name == "clear" {
			phrase = ""
		}
		file := filepath.Join(dir, name)
		run(t, dir, append([]string{keygen, "-q", "-N", phrase, "-f", file}, arg...)...)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(data)
	}
	for name, data := range files {
		ids, err := ParseIdentities(strings.NewReader(data))
		if name == "clear" {
			if len(ids) != 1 || err != nil {
				t.Errorf("an ssh key without a passphrase: %v", err)
			}
		} else if !errors.Is(err, ErrPassphrase) {
			t.Errorf("%s: %v, want ErrPassphrase", name, err)
		}
	}
	for name, data := range map[string]string{"empty": "", "a public key": newKey().Recipient().String(), "noise": strings.Repeat("x", 2<<20), "plugin": "AGE-PLUGIN-YUBIKEY-1Q"} {
		if ids, err := ParseIdentities(strings.NewReader(data)); err == nil || len(ids) != 0 {
			t.Errorf("%s: taken", name)
		}
	}
}
