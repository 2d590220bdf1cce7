package imapdst

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"github.com/airlift-eas/airlift/sinks"
)

// login proves who the user is, in the best of the ways that both know. RFC 9051 6.2.2 and 6.2.3, RFC 4616, RFC 7628.
func (s *settings) login(ctx context.Context, c *imapclient.Client, caps imap.CapSet) error {
	offers := caps.AuthMechanisms()
	if s.Token != nil {
		token, err := s.Token(ctx)
		if err != nil {
			return fmt.Errorf("token: %w", err)
		}
		return hide(s.withToken(c, offers, token), token)
	}
	return hide(s.withPassword(c, offers, caps.Has(imap.CapLoginDisabled)), s.Password)
}

func (s *settings) withToken(c *imapclient.Client, offers []string, token string) error {
	switch {
	case slices.Contains(offers, sasl.OAuthBearer):
		host, port, _ := strings.Cut(s.address, ":")
		number, _ := strconv.Atoi(port) // of IPv6 there is none, and none is needed
		return c.Authenticate(sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: s.User, Token: token, Host: host, Port: number}))
	case slices.Contains(offers, xoauth2Name):
		return c.Authenticate(xoauth2{user: s.User, token: token})
	}
	return fmt.Errorf("%w: it takes no OAuth 2.0 token", sinks.ErrDenied)
}

func (s *settings) withPassword(c *imapclient.Client, offers []string, disabled bool) error {
	switch {
	case slices.Contains(offers, sasl.Plain):
		return c.Authenticate(sasl.NewPlainClient("", s.User, s.Password))
	case slices.Contains(offers, sasl.Login):
		return c.Authenticate(&loginClient{answers: [][]byte{[]byte(s.User), []byte(s.Password)}})
	case !disabled:
		return c.Login(s.User, s.Password).Wait()
	}
	return fmt.Errorf("%w: it takes no password", sinks.ErrDenied)
}

// hide takes a secret out of what a server made of it, and gives a refusal its meaning.
func hide(err error, secret string) error {
	var e *imap.Error
	if errors.As(err, &e) {
		text := strings.ReplaceAll(e.Text, secret, "***")
		err = understand(&imap.Error{Type: e.Type, Code: e.Code, Text: text}, sinks.ErrDenied)
		if e.Code == imap.ResponseCodeLimit { // of connections
			err = &said{means: sinks.ErrUnavailable, by: &imap.Error{Type: e.Type, Code: e.Code, Text: text}}
		}
		return err
	}
	var bearer *sasl.OAuthBearerError
	if errors.As(err, &bearer) {
		return fmt.Errorf("%w: %w", sinks.ErrDenied, err)
	}
	return err
}

const xoauth2Name = "XOAUTH2"

// xoauth2 is the mechanism that Google and Microsoft had before RFC 7628, and still have.
// https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
type xoauth2 struct{ user, token string }

// Start implements sasl.Client.
func (x xoauth2) Start() (mech string, ir []byte, err error) {
	return xoauth2Name, []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next implements sasl.Client: what the server sends is why it refuses, and an empty answer lets it say so.
func (xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

// A loginClient is the mechanism LOGIN, which is in no RFC (draft-murchison-sasl-login). That of go-sasl sends the user's name before it is
// asked, which servers without SASL-IR do not take.
type loginClient struct{ answers [][]byte }

// Start implements sasl.Client.
func (*loginClient) Start() (mech string, ir []byte, err error) { return sasl.Login, nil, nil }

// Next implements sasl.Client: servers ask for the name and then for the password, whatever they call them.
func (l *loginClient) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return answer, nil
}
