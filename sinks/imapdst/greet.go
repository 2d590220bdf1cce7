package imapdst

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/airlift-eas/airlift/sinks"
)

// ErrNoTLS says that a server offers no encryption, and AllowPlain was not given.
var ErrNoTLS = errors.New("the server offers no encryption")

// open opens a connection, with its TLS, and reads the greeting. STARTTLS is spoken here, since the library would keep what comes after
// it to itself.
func (s *settings) open(ctx context.Context) (w *wire, err error) {
	c, err := s.Dial(ctx, "tcp", s.address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sinks.ErrUnavailable, err)
	}
	raw := c
	defer func() {
		if err != nil {
			raw.Close()
		}
	}()
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if s.tls {
		if c, err = s.encrypt(ctx, c); err != nil {
			return nil, err
		}
	}
	in := bufio.NewReader(c)
	greeting, err := readLine(in)
	if err != nil {
		return nil, fmt.Errorf("%w: greeting: %w", sinks.ErrUnavailable, noEOF(err))
	}
	if !s.tls && !s.plain {
		encrypted, err := s.startTLS(ctx, c, in, greeting)
		switch {
		case errors.Is(err, ErrNoTLS) && s.AllowPlain:
		case err != nil:
			return nil, err
		default:
			c, in, greeting = encrypted, bufio.NewReader(encrypted), []byte("* OK ready\r\n")
		}
	}
	if !stop() {
		return nil, context.Cause(ctx)
	}
	return newWire(c, in, greeting, s.Timeout), nil
}

func (s *settings) encrypt(ctx context.Context, c net.Conn) (net.Conn, error) {
	t := tls.Client(c, s.tlsConfig())
	if err := t.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("%w: TLS: %w", sinks.ErrUnavailable, err)
	}
	return t, nil
}

// startTLS asks for encryption. RFC 9051 6.2.1. What was sent before it is forgotten, since anybody can have sent it.
func (s *settings) startTLS(ctx context.Context, c net.Conn, in *bufio.Reader, greeting []byte) (net.Conn, error) {
	if !bytes.HasPrefix(greeting, []byte("* OK")) {
		return nil, fmt.Errorf("greeting: %w: %s", ErrNoTLS, bytes.TrimSpace(greeting))
	}
	if _, err := c.Write([]byte("S1 STARTTLS\r\n")); err != nil {
		return nil, fmt.Errorf("%w: STARTTLS: %w", sinks.ErrUnavailable, err)
	}
	for range 100 {
		line, err := readLine(in)
		if err != nil {
			return nil, fmt.Errorf("%w: STARTTLS: %w", sinks.ErrUnavailable, noEOF(err))
		}
		switch {
		case bytes.HasPrefix(line, []byte("S1 OK")):
			if in.Buffered() > 0 {
				return nil, fmt.Errorf("STARTTLS: %w: more than an answer", ErrProtocol)
			}
			return s.encrypt(ctx, c)
		case bytes.HasPrefix(line, []byte("S1 ")):
			return nil, fmt.Errorf("STARTTLS: %w: %s", ErrNoTLS, bytes.TrimSpace(line[3:]))
		}
	}
	return nil, fmt.Errorf("STARTTLS: %w: no answer", ErrProtocol)
}

// readLine reads a line of what comes before the login.
func readLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		err = fmt.Errorf("%w: a line of more than %d bytes", ErrProtocol, in.Size())
	}
	return bytes.Clone(line), err
}
