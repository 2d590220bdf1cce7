package main

import (
	"context"
	"net/url"

	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/migrate"
)

// credential is what one mailbox signs in with.
type credential struct {
	kind           kind
	user, password string
	tokens         *auth.TokenFile
}

// tokens opens a token file, once for all mailboxes that have it: they share what is renewed.
func (conn *connection) tokens(c *console, file string) (*auth.TokenFile, error) {
	if f := conn.signing.files[file]; f != nil {
		return f, nil
	}
	f, err := auth.OpenTokenFile(file, auth.TokenFileOptions{
		Base: conn.transport(), Hint: func(g auth.Grant) string { return "sign in again: " + loginCommandLine(file, g) },
	})
	if err != nil {
		return nil, usage(err.Error(), "airlift login makes a token file")
	}
	warnReadable(c, "token file", file)
	if conn.signing.files == nil {
		conn.signing.files = map[string]*auth.TokenFile{}
	}
	conn.signing.files[file] = f
	return f, nil
}

// credentials gets what the accounts sign in with.
func (conn *connection) credentials(ctx context.Context, c *console, accounts []account) ([]credential, error) {
	creds := make([]credential, len(accounts))
	var asked []int // accounts with a password
	for i, a := range accounts {
		k, err := conn.signing.kindOf(a)
		if err != nil {
			return nil, err
		}
		creds[i] = credential{kind: k, user: a.user}
		switch k {
		case withToken:
			if creds[i].tokens, err = conn.tokens(c, a.tokenFile); err != nil {
				return nil, err
			}
		case withPassword:
			asked = append(asked, i)
		}
	}
	passwords, err := readPasswords(ctx, c, pick(accounts, asked))
	if err != nil {
		return nil, err
	}
	for n, i := range asked {
		creds[i].password = passwords[n]
	}
	return creds, nil
}

func pick(accounts []account, which []int) []account {
	var picked []account
	for _, i := range which {
		picked = append(picked, accounts[i])
	}
	return picked
}

// signIn gives a source its transport, which carries the credential. Every mailbox has connections of its own: servers tie
// them to a user.
func (conn *connection) signIn(m *migrate.Mailbox, cred credential) {
	base, origin := conn.transport(), m.Client.URL
	wrapped := conn.bandwidth.wrap(base)
	basic := auth.Basic{User: cred.user, Password: cred.password, Origin: origin, Base: wrapped}
	bearer := auth.Bearer{Tokens: cred.tokens, Origin: origin, Base: wrapped}
	ntlm := func() auth.Way {
		way := auth.NTLMWay(auth.NewNTLM(cred.user, cred.password, origin, base))
		way.Transport = conn.bandwidth.wrap(way.Transport)
		return way
	}
	switch way := conn.signing.way; {
	case cred.kind == withCertificate:
		m.Client.Transport = conn.bandwidth.wrap(auth.NewCertificate(*conn.signing.cert, origin, base))
	case cred.kind == withToken && way == authOAuth:
		m.Client.Transport = bearer
	case cred.kind == withToken:
		m.Client.Transport = &auth.Auto{Origin: origin, Base: wrapped, Ways: []auth.Way{auth.BearerWay(bearer)}}
	case way == authBasic:
		m.Client.Transport = basic
	case way == authNTLM:
		m.Client.Transport = ntlm().Transport
	default:
		ways := []auth.Way{auth.BasicWay(basic), ntlm()}
		if readOnTheWay(origin) {
			ways[0], ways[1] = ways[1], ways[0]
		}
		m.Client.Transport = &auth.Auto{Origin: origin, Base: wrapped, Ways: ways}
	}
}

// readOnTheWay tells of a server to which a password would go in clear.
func readOnTheWay(server string) bool {
	u, err := url.Parse(server)
	return err == nil && u.Scheme == "http"
}

// removable is a token file that goes when the mailbox's administrator asks for a remote wipe. What a user wrote, such as a password,
// is the user's.
type removable struct{ tokens *auth.TokenFile }

// Remove implements migrate.Remover.
func (r removable) Remove(ctx context.Context) (string, error) {
	return "the token file " + r.tokens.Path(), r.tokens.Remove(ctx)
}
