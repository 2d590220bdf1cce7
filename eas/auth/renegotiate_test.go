package auth_test

import (
	"bufio"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/eas/auth/authtest"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// opensslServer is OpenSSL's s_server over TLS 1.2, whose terminal the test has.
type opensslServer struct {
	url string
	in  io.Writer
	out *bufio.Scanner
}

func startOpenSSL(t *testing.T, ca *authtest.CA) *opensslServer {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not here")
	}
	dir := t.TempDir()
	cert, key, roots := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.pem")
	authtest.WritePEM(t, ca.Issue(t, "server"), cert, key)
	if err := os.WriteFile(roots, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	cmd := exec.CommandContext(t.Context(), program, "s_server", "-accept", addr, "-cert", cert, "-key", key, "-CAfile", roots, "-tls1_2", "-crlf")
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	s := &opensslServer{url: "https://" + addr, in: in, out: bufio.NewScanner(out)}
	s.expect(t, "ACCEPT")
	return s
}

// expect reads what the server says up to a line with text in it, and returns that line.
func (s *opensslServer) expect(t *testing.T, text string) string {
	for s.out.Scan() {
		if strings.Contains(s.out.Text(), text) {
			return s.out.Text()
		}
	}
	t.Errorf("openssl ended without %q", text)
	return ""
}

// TestRenegotiation: a server asks for the certificate when it has read the request, as one does that needs it for some of its
// URLs only.
func TestRenegotiation(t *testing.T) {
	ca := authtest.NewCA(t)
	s := startOpenSSL(t, ca)
	base := eas.NewTransport()
	base.TLSClientConfig.RootCAs = ca.Pool()
	c := auth.NewCertificate(ca.Issue(t, "alice"), s.url, base)
	defer c.CloseIdleConnections()

	served := make(chan string, 1)
	go func() {
		request := s.expect(t, "POST /x?Cmd=Sync HTTP/1.1")
		_, _ = io.WriteString(s.in, "R\n") // "renegotiate and ask for a certificate"
		subject := s.expect(t, "depth=0")
		_, _ = io.WriteString(s.in, "HTTP/1.1 200 OK\nContent-Length: 2\nConnection: close\n\nok\n")
		served <- request + " " + subject
	}()
	code, got, err := post(t, c, s.url, "body")
	if code != 200 || err != nil || got != "ok" {
		t.Errorf("HTTP %d, %v: %q", code, err, got)
	}
	if s := <-served; !strings.Contains(s, "alice") {
		t.Errorf("the server was shown %q", s)
	}
}
