package imapdst

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/airlift-eas/airlift/eas/auth/authtest"
	"github.com/airlift-eas/airlift/sinks"
)

// TestTLS: from the first byte and by STARTTLS, with an authority that is given, and none without it.
func TestTLS(t *testing.T) {
	ca := authtest.NewCA(t)
	conf := &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, "server")}}
	url, _ := listen(t, &imapserver.Options{Caps: rev1(), TLSConfig: conf})
	address := strings.TrimPrefix(url, "imap://")
	// The host is no loopback by its name, so that imap:// asks for STARTTLS.
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	trust := func(c *Config) { c.Dial, c.TLS = dial, &tls.Config{RootCAs: ca.Pool(), ServerName: "127.0.0.1"} }
	f := openFolder(t, open(t, "imap://mail.example.com", trust), sinks.Place{ID: inbox, Path: inbox})
	put(t, f, letters(0, 3))

	cfg := Config{URL: "imap://mail.example.com", User: testUser, Password: testPassword, Dial: dial}
	if _, err := Open(t.Context(), cfg); !errors.Is(err, sinks.ErrUnavailable) || !strings.Contains(err.Error(), "destination is unavailable: TLS: tls: failed to verify certificate: ") {
		t.Errorf("an authority that nobody knows: %v", err)
	}

	l, err := tls.Listen("tcp", "127.0.0.1:0", conf)
	if err != nil {
		t.Fatal(err)
	}
	inner, _ := listen(t, &imapserver.Options{Caps: rev1()})
	var wait sync.WaitGroup
	wait.Go(func() { // TLS in front of a server without it
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			plain, err := net.Dial("tcp", strings.TrimPrefix(inner, "imap://"))
			if err != nil {
				t.Error(err)
				return
			}
			pass := func(to, from net.Conn) {
				io.Copy(to, from)
				to.Close()
				from.Close()
			}
			wait.Go(func() { pass(c, plain) })
			wait.Go(func() { pass(plain, c) })
		}
	})
	target := open(t, "imaps://mail.example.com", func(c *Config) {
		trust(c)
		c.Dial = func(_ context.Context, network, address string) (net.Conn, error) {
			if address != "mail.example.com:993" {
				t.Errorf("dialled %s", address)
			}
			return net.Dial(network, l.Addr().String())
		}
	})
	g := openFolder(t, target, sinks.Place{ID: inbox, Path: inbox})
	put(t, g, letters(0, 3))
	g.Close()
	target.Close()
	l.Close()
	wait.Wait()
}

// TestNoTLS: credentials go to no server in the clear, unless that was asked for; and what came before STARTTLS is not believed.
func TestNoTLS(t *testing.T) {
	for name, on := range map[string]func(s *script, tag, command string) bool{
		"not offered": func(s *script, tag, command string) bool {
			if command == "STARTTLS" {
				s.say("%s BAD what\r\n", tag)
				return true
			}
			return false
		},
		"with more behind": func(s *script, tag, command string) bool {
			if command == "STARTTLS" {
				s.say("%s OK go on\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", tag)
				return true
			}
			return false
		},
		"no TLS at all": func(s *script, tag, command string) bool {
			if command == "STARTTLS" {
				s.say("%s OK go on\r\n", tag)
				s.ReadString('\n')
				s.say("nonsense\r\n")
				return true
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			login := make(chan string, 10)
			url := play(t, script{on: func(s *script, tag, command string) bool {
				if strings.HasPrefix(command, "LOGIN") || strings.HasPrefix(command, "AUTH") {
					login <- command
				}
				return on(s, tag, command)
			}})
			cfg := Config{URL: "imap://mail.example.com", User: testUser, Password: testPassword, DialTimeout: 5 * time.Second}
			cfg.Dial = func(_ context.Context, n, _ string) (net.Conn, error) {
				return net.Dial(n, strings.TrimPrefix(url, "imap://"))
			}
			_, err := Open(t.Context(), cfg)
			if err == nil || len(login) > 0 {
				t.Fatalf("logged in: %v", err)
			}
			if name == "not offered" {
				if !errors.Is(err, ErrNoTLS) {
					t.Error(err)
				}
				cfg.AllowPlain = true
				target, err := Open(t.Context(), cfg)
				if err != nil || len(login) != 1 {
					t.Fatalf("%v, %d", err, len(login))
				}
				target.Close()
			}
		})
	}
}

// TestLogin: the best way that both know, and what the exchange is.
func TestLogin(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	token := func(context.Context) (string, error) { return "T0K", nil }
	for _, c := range []struct {
		name, caps string
		token      bool
		want       []string // what is sent until the server says OK
		says       []string // what it says to each of them but the last
	}{
		{name: "LOGIN", want: []string{`LOGIN "bob" "secret-bob"`}},
		{name: "PLAIN", caps: "AUTH=LOGIN AUTH=PLAIN SASL-IR", want: []string{"AUTHENTICATE PLAIN " + b64("\x00bob\x00secret-bob")}},
		{name: "PLAIN without SASL-IR", caps: "AUTH=PLAIN LOGINDISABLED", want: []string{"AUTHENTICATE PLAIN", b64("\x00bob\x00secret-bob")}, says: []string{"+ "}},
		{
			name: "LOGIN mechanism", caps: "AUTH=LOGIN LOGINDISABLED", want: []string{"AUTHENTICATE LOGIN", b64("bob"), b64("secret-bob")},
			says: []string{"+ " + b64("Username:"), "+ " + b64("Password:")},
		},
		{
			name: "XOAUTH2", caps: "AUTH=XOAUTH2 SASL-IR", token: true,
			want: []string{"AUTHENTICATE XOAUTH2 dXNlcj1ib2IBYXV0aD1CZWFyZXIgVDBLAQE="}, // user=bob^Aauth=Bearer T0K^A^A
		},
		{
			name: "OAUTHBEARER", caps: "AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR", token: true,
			want: []string{"AUTHENTICATE OAUTHBEARER " + b64("n,a=bob,\x01host=127.0.0.1\x01port=@PORT@\x01auth=Bearer T0K\x01\x01")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			url := play(t, script{caps: c.caps, on: func(s *script, tag, command string) bool {
				if !strings.HasPrefix(command, "LOGIN ") && !strings.HasPrefix(command, "AUTHENTICATE") {
					return false
				}
				got = append(got, command)
				for i := range c.want[1:] {
					s.say("%s\r\n", c.says[i])
					line, _ := s.ReadString('\n')
					got = append(got, strings.TrimSpace(line))
				}
				s.say("%s OK done\r\n", tag)
				return true
			}})
			open(t, url, func(cfg *Config) {
				if c.token {
					cfg.Password, cfg.Token = "", token
				}
			})
			for i := range c.want {
				want := c.want[i]
				if strings.Contains(want, "OAUTHBEARER") {
					want = "AUTHENTICATE OAUTHBEARER " + b64("n,a=bob,\x01host=127.0.0.1\x01port="+url[strings.LastIndexByte(url, ':')+1:]+"\x01auth=Bearer T0K\x01\x01")
				}
				if len(got) != len(c.want) || got[i] != want {
					t.Errorf("%q, want %q", got, c.want)
				}
			}
		})
	}
}

// TestDenied: a refused login is told as such, and no error has a secret in it, whatever the server says.
func TestDenied(t *testing.T) {
	deny := func(answer string) func(s *script, tag, command string) bool {
		return func(s *script, tag, command string) bool {
			if strings.HasPrefix(command, "LOGIN") || strings.HasPrefix(command, "AUTH") {
				s.say("%s", strings.ReplaceAll(answer, "TAG", tag))
				return true
			}
			if command == "" || command == "=" || strings.HasPrefix(tag, "=") {
				s.say("T3 NO no\r\n")
				return true
			}
			return false
		}
	}
	for _, c := range []struct {
		name, caps, answer string
		token              bool
		want               error
	}{
		{name: "with a code", answer: "TAG NO [AUTHENTICATIONFAILED] secret-bob is wrong\r\n", want: sinks.ErrDenied},
		{name: "without", answer: "TAG NO you said secret-bob\r\n", want: sinks.ErrDenied},
		{name: "too many", answer: "TAG NO [LIMIT] too many\r\n", want: sinks.ErrUnavailable},
		{name: "down", answer: "TAG NO [UNAVAILABLE] later\r\n", want: sinks.ErrUnavailable},
		{name: "bye", answer: "* BYE too many connections\r\n", want: sinks.ErrUnavailable},
		{name: "no way", caps: "LOGINDISABLED", want: sinks.ErrDenied},
		{name: "no token", caps: "AUTH=PLAIN", token: true, want: sinks.ErrDenied},
		{name: "token", caps: "AUTH=XOAUTH2 SASL-IR", token: true, answer: "TAG NO [AUTHENTICATIONFAILED] T0K\r\n", want: sinks.ErrDenied},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := play(t, script{caps: c.caps, on: func(s *script, tag, command string) bool {
				if deny(c.answer)(s, tag, command) {
					if strings.HasPrefix(c.answer, "* BYE") {
						s.conn.Close()
					}
					return true
				}
				return false
			}})
			cfg := Config{URL: url, User: testUser, Password: testPassword}
			if c.token {
				cfg.Password, cfg.Token = "", func(context.Context) (string, error) { return "T0K", nil }
			}
			_, err := Open(t.Context(), cfg)
			if !errors.Is(err, c.want) || c.want != sinks.ErrDenied && errors.Is(err, sinks.ErrDenied) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if strings.Contains(err.Error(), testPassword) || strings.Contains(err.Error(), "T0K") {
				t.Errorf("it has the secret: %v", err)
			}
		})
	}
}

// TestConfig: what is no server is refused, without what may be a password in it.
func TestConfig(t *testing.T) {
	for _, cfg := range []Config{
		{},
		{URL: "https://mail.example.com", User: "a", Password: "b"},
		{URL: "imaps://", User: "a", Password: "b"},
		{URL: "imaps://bob:hunter2@mail.example.com", User: "a", Password: "b"},
		{URL: "imaps://bob:hunter2 @mail.example.com", User: "a", Password: "b"},
		{URL: "imaps://mail.example.com/INBOX", User: "a", Password: "b"},
		{URL: "imaps://mail.example.com", Password: "b"},
		{URL: "imaps://mail.example.com", User: "a"},
		{URL: "imaps://mail.example.com", User: "a", Password: "b", Token: func(context.Context) (string, error) { return "", nil }},
	} {
		_, err := Open(t.Context(), cfg)
		if !errors.Is(err, errConfig) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v", cfg, err)
		}
		credentials := cfg.URL == "imaps://mail.example.com" && cfg.User != ""
		if err := cfg.Check(); (err == nil) != credentials {
			t.Errorf("%+v: checked: %v", cfg, err)
		}
	}
	for url, want := range map[string]string{
		"imaps://mail.example.com": "mail.example.com:993", "imap://mail.example.com/": "mail.example.com:143",
		"imaps://[::1]:9": "[::1]:9", "imap://127.0.0.1:10143": "127.0.0.1:10143",
	} {
		s, err := Config{URL: url, User: "a", Password: "b"}.check()
		if err != nil || s.address != want || s.plain != strings.Contains(url, "127") {
			t.Errorf("%s: %+v %v", url, s.address, err)
		}
	}
}

// TestUnavailable: a server that is not there, and one that says nothing.
func TestUnavailable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{URL: "imap://" + l.Addr().String(), User: "a", Password: "b", DialTimeout: 200 * time.Millisecond}
	if _, err := Open(t.Context(), cfg); !errors.Is(err, sinks.ErrUnavailable) {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Open(ctx, cfg); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sinks.ErrUnavailable) {
		t.Error(err)
	}
	l.Close()
	if _, err := Open(t.Context(), cfg); !errors.Is(err, sinks.ErrUnavailable) {
		t.Error(err)
	}
}
