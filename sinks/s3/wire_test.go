package s3

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/sinktest"
)

// TestTLS: a store with a certificate of a private authority is refused, and trusted when the authority is named. The
// payload is signed as it is over plain HTTP; the fake store looks at it.
func TestTLS(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	srv := httptest.NewTLSServer(s)
	defer srv.Close()
	o.Endpoint, o.Attempts, o.PartSize = srv.URL, 1, 5<<20
	var unknown x509.UnknownAuthorityError
	if _, err := Open(t.Context(), o); !errors.As(err, &unknown) || !errors.Is(err, ErrCertificate) || errors.Is(err, sinks.ErrUnavailable) {
		t.Errorf("an unknown authority: %v", err)
	}
	o.RootCAs = x509.NewCertPool()
	o.RootCAs.AddCert(srv.Certificate())
	b := s.open(o)
	for name, size := range map[string]int{"small": 10, "big": 6 << 20} {
		data := bytes.Repeat([]byte("x"), size)
		sinktest.Write(t, b, name, data)
		if got := sinktest.Read(t, b, name); !bytes.Equal(got, data) {
			t.Errorf("%s: other bytes", name)
		}
	}
}

// TestProfile takes the credentials of a profile, and the region too.
func TestProfile(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"credentials": "[archive]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = x\n",
		"config":      "[profile archive]\nregion = eu-central-1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_PROFILE", "archive")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	var signed []string
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		signed = append(signed, r.Header.Get("Authorization"))
		do.ServeHTTP(w, r)
	})
	s.open(o)
	if len(signed) != 1 || !strings.Contains(signed[0], "Credential=AKIDPROFILE/") || !strings.Contains(signed[0], "/eu-central-1/s3/") {
		t.Errorf("signed: %q", signed)
	}
}

// TestProcessIsNotQuoted: a program that prints credentials prints something before them, and no error repeats it.
func TestProcessIsNotQuoted(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	file := filepath.Join(t.TempDir(), "config")
	text := "[profile archive]\nregion = eu-central-1\ncredential_process = echo stale: verysecretvalue\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_PROFILE", "archive")
	t.Setenv("AWS_CONFIG_FILE", file)
	_, err := Open(t.Context(), o)
	if !errors.Is(err, ErrCredentials) || !strings.Contains(err.Error(), "credential_process") || strings.Contains(err.Error(), "verysecretvalue") {
		t.Errorf("Open: %v", err)
	}
}

// TestEndless: an answer that does not end is given up.
func TestEndless(t *testing.T) {
	s := newStore(t)
	o := s.serve()
	o.Attempts, o.Timeout = 1, time.Hour
	b := s.open(o)
	s.meet(func(w http.ResponseWriter, r *http.Request, do http.Handler) {
		fmt.Fprint(w, `<ListBucketResult><Name>`)
		for r.Context().Err() == nil {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
				return
			}
		}
	})
	for _, err := range b.List(t.Context(), "", "") {
		if !errors.Is(err, errAnswer) {
			t.Errorf("List: %v", err)
		}
	}
	if down := b.Stats().BytesDown; down > maxAnswer+2<<20 {
		t.Errorf("%d bytes were read", down)
	}
}

// TestReadAllocates: the bytes of a read go where they were asked for, and nowhere else.
func TestReadAllocates(t *testing.T) {
	s := newStore(t)
	b := s.open(s.serve())
	s.put("p/x", strings.Repeat("0123456789abcdef", 1<<18))
	ob, err := b.Open(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 1<<20)
	var before, after runtime.MemStats
	const reads = 16
	for i := range 2 * reads {
		if i == reads {
			runtime.ReadMemStats(&before)
		}
		if _, err := ob.ReadAt(p, int64(i%4)<<20); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	// What the store allocates is among it.
	if per := (after.TotalAlloc - before.TotalAlloc) / reads >> 10; per > 256 {
		t.Errorf("a read of 1 MiB allocates %d KiB", per)
	} else {
		t.Logf("a read of 1 MiB allocates %d KiB", per)
	}
}
