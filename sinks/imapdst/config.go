package imapdst

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// Verify says how much of a message is read back after it was stored.
type Verify int

const (
	// VerifyBytes reads every message back and compares the SHA-256 of its bytes.
	VerifyBytes Verify = iota
	// VerifySize compares what the server says of its size only, which costs no second transfer.
	VerifySize
)

// Config says where mail is put. URL and User are needed, and Password or Token.
type Config struct {
	// URL is imaps://host[:993] for TLS from the first byte, or imap://host[:143] for STARTTLS. To a loopback address imap:// is
	// not encrypted.
	URL  string
	User string
	// Password is for PLAIN or LOGIN, whatever the server offers.
	Password string
	// Token returns an OAuth 2.0 access token, for OAUTHBEARER or XOAUTH2. It is asked for each connection.
	Token func(ctx context.Context) (string, error)

	TLS *tls.Config // for a private CA; nil = the system's
	// AllowPlain sends the credentials unencrypted where the server has no STARTTLS.
	AllowPlain bool

	// Connections is how many folders can be open at the same time; one more connection is for the folders themselves. Another
	// Open waits until one is closed. 0 = 4. Servers have limits: Dovecot 10 for a user and address, Gmail 15.
	Connections int
	DialTimeout time.Duration // until the server has taken the login; 0 = 30 s
	Timeout     time.Duration // without a byte from or to the server while it is asked for something; 0 = 3 minutes
	// Dial opens connections; nil = net.Dialer. The address is host:port.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	Verify  Verify
	TempDir string // for messages that Read returns; "" = the system's
}

const (
	defaultConnections = 4
	defaultDialTimeout = 30 * time.Second
	defaultTimeout     = 3 * time.Minute
	// settleTime is how long a server may need to store what it received before a connection broke.
	settleTime = 5 * time.Second
)

// settings are a Config that was checked.
type settings struct {
	Config
	address string // host:port
	host    string // for TLS
	tls     bool   // from the first byte
	plain   bool   // no STARTTLS is asked for
	settle  time.Duration
}

var errConfig = errors.New("not a mail server to put messages into")

// Check tells what is wrong with the configuration, but for the credentials, without asking anybody.
func (cfg Config) Check() error {
	cfg.Password, cfg.Token = "unknown", nil
	_, err := cfg.check()
	return err
}

func (cfg Config) check() (s settings, err error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return s, fmt.Errorf("%w: its URL cannot be read", errConfig) // the error of url.Parse has the URL, and what is in it
	}
	s = settings{Config: cfg, host: u.Hostname(), settle: settleTime}
	port := u.Port()
	switch u.Scheme {
	case "imaps":
		s.tls = true
		if port == "" {
			port = "993"
		}
	case "imap":
		s.plain = loopback(s.host)
		if port == "" {
			port = "143"
		}
	default:
		return s, fmt.Errorf("%w: its URL begins with neither imaps:// nor imap://", errConfig)
	}
	switch {
	case s.host == "":
		return s, fmt.Errorf("%w: its URL names no host", errConfig)
	case u.User != nil:
		return s, fmt.Errorf("%w: its URL has credentials in it", errConfig)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return s, fmt.Errorf("%w: its URL names more than host and port", errConfig)
	case cfg.User == "":
		return s, fmt.Errorf("%w: no user is given", errConfig)
	case cfg.Password == "" && cfg.Token == nil:
		return s, fmt.Errorf("%w: neither a password nor a token is given", errConfig)
	case cfg.Password != "" && cfg.Token != nil:
		return s, fmt.Errorf("%w: both a password and a token are given", errConfig)
	}
	s.address = net.JoinHostPort(s.host, port)
	if s.Connections <= 0 {
		s.Connections = defaultConnections
	}
	if s.DialTimeout <= 0 {
		s.DialTimeout = defaultDialTimeout
	}
	if s.Timeout <= 0 {
		s.Timeout = defaultTimeout
	}
	if s.Dial == nil {
		s.Dial = (&net.Dialer{}).DialContext
	}
	return s, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// tlsConfig is that of one connection.
func (s *settings) tlsConfig() *tls.Config {
	c := &tls.Config{}
	if s.TLS != nil {
		c = s.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = s.host
	}
	if c.MinVersion == 0 {
		c.MinVersion = tls.VersionTLS12
	}
	return c
}
