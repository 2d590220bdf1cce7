package auth_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
)

// TestRemoveTokenFile: after it no token is to be had, neither the one in hand nor a new one, and the file stays away.
func TestRemoveTokenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens.json")
	g := auth.Grant{AccessToken: "t0ken"}
	if err := auth.WriteGrant(t.Context(), path, g); err != nil {
		t.Fatal(err)
	}
	f, err := auth.OpenTokenFile(path, auth.TokenFileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if token, err := f.Token(t.Context(), ""); err != nil || token != "t0ken" {
		t.Fatalf("%q, %v", token, err)
	}
	for range 2 { // a file that is not there is no error
		if err := f.Remove(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if token, err := f.Token(t.Context(), ""); !errors.Is(err, eas.ErrUnauthorized) || token != "" {
		t.Errorf("%q, %v", token, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
}
