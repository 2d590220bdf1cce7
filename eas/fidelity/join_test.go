package fidelity

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func opener(s string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(iotest.OneByteReader(strings.NewReader(s))), nil }
}

// TestJoin: every length of ciphertext, in lines as long as is asked for; and what cannot be put together exactly is not.
func TestJoin(t *testing.T) {
	const head = "Subject: a\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: BASE64\r\n"
	for _, served := range []string{head + "\r\n", head, strings.TrimSuffix(head, "\r\n"), head + "\r\n\r\n\r\n", strings.ReplaceAll(head, "\r\n", "\n") + "\n"} {
		end := "\r\n"
		if !strings.Contains(served, end) {
			end = "\n"
		}
		for n := 1; n < 130; n++ {
			for _, width := range Widths() {
				secret := strings.Repeat("\x00\x01\xfe", 50)[:n]
				j, ok, err := Join(int64(len(served)), int64(n), opener(served), opener(secret), width)
				if err != nil || !ok {
					t.Fatalf("%q: %t, %v", served, ok, err)
				}
				r, err := j.Open()
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(r)
				if err != nil || int64(len(got)) != j.Size {
					t.Fatalf("%d bytes, want %d, %v", len(got), j.Size, err)
				}
				h, body, ok := bytes.Cut(got, []byte(end+end))
				if !ok || !strings.HasPrefix(served, string(h)) || !strings.HasSuffix(string(body), end) {
					t.Fatalf("%q is %q", served, got)
				}
				lines := strings.Split(strings.TrimSuffix(string(body), end), end)
				for i, l := range lines {
					if len(l) > width || i < len(lines)-1 && len(l) != width {
						t.Fatalf("width %d: %q", width, lines)
					}
				}
				if b, err := base64.StdEncoding.DecodeString(strings.Join(lines, "")); string(b) != secret || err != nil {
					t.Fatalf("%d bytes: %q, %v", n, b, err)
				}
			}
		}
	}
	for _, served := range []string{
		"", "Content-Type: application/pkcs7-mime\r\n\r\n", strings.Replace(head, "BASE64", "binary", 1) + "\r\n", head + "\r\nx",
		strings.Replace(head, "application/pkcs7-mime", "multipart/mixed", 1) + "\r\n",
	} {
		if _, ok, err := Join(int64(len(served)), 3, opener(served), opener("abc"), 76); ok || err != nil {
			t.Errorf("%q is put together: %v", served, err)
		}
	}
	if _, ok, _ := Join(int64(len(head)), 0, opener(head), opener(""), 76); ok {
		t.Error("nothing is put together")
	}
}
