package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/autodiscover"
	"github.com/airlift-eas/airlift/migrate"
)

// locator finds the server of one mailbox, and gives its credentials to servers that are trusted.
type locator struct {
	c      *console
	named  string // the server of the flags or the file; "" = it is to be found
	signIn func(origin string) http.RoundTripper
	search autodiscover.Options

	mu        sync.Mutex
	steps     []autodiscover.Step
	transport map[string]http.RoundTripper // by server: each has connections of its own
}

// locate gives a source that has signed in where it was named the way to a server that nobody named, or that the mailbox
// moved to. The same credential goes there, by a transport of that server's own.
func (conn *connection) locate(c *console, m *migrate.Mailbox, cred credential) {
	signIn := func(origin string) http.RoundTripper {
		there := migrate.Mailbox{Client: eas.Config{URL: origin}}
		conn.signIn(&there, cred)
		return there.Client.Transport
	}
	l := &locator{c: c, named: m.Client.URL, signIn: signIn, transport: map[string]http.RoundTripper{m.Client.URL: m.Client.Transport}}
	l.search = autodiscover.Options{
		Address: m.Address, Base: conn.transport(), Credentials: l.to, Trace: l.step,
		Unasked: cred.kind == withCertificate, // a handshake shows it in any case
		Trust:   autodiscover.Trust{Server: m.Client.URL, Hosts: conn.trusted},
	}
	l.search.Trust.Domain, _ = autodiscover.DomainOf(m.Address) // who has no domain has a server: it was checked
	m.Locator = l
}

// Discover finds the server by the mailbox's address.
func (l *locator) Discover(ctx context.Context) (string, error) {
	found, err := autodiscover.Discover(ctx, l.search)
	if err != nil {
		return "", l.explain(err)
	}
	if text := passwordText(found.PasswordDays); text != "" {
		hint := ""
		if found.PasswordURL != "" {
			hint = "a new one is set at " + found.PasswordURL
		}
		l.c.warn(l.search.Address+": the password "+text, hint)
	}
	l.c.say("%s: the server is %s, says %s", l.search.Address, found.URL, found.Source)
	return found.URL, nil
}

// Transport carries the credentials to the server that was named, and to others by https only if they are trusted.
func (l *locator) Transport(server string) (http.RoundTripper, error) {
	if server == l.named {
		return l.to(server), nil
	}
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "https" || u.User != nil {
		return nil, fmt.Errorf("%s: %w", server, autodiscover.ErrNotSafe)
	}
	if !l.search.Trust.Allows(u.Hostname()) {
		return nil, &hinted{fmt.Errorf("%s: %w", u.Hostname(), autodiscover.ErrUnconfirmed), hintTrust(u.Hostname())}
	}
	return l.to(server), nil
}

// to is the transport to a server, which is made once.
func (l *locator) to(server string) http.RoundTripper {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.transport[server] == nil {
		l.transport[server] = l.signIn(server)
	}
	return l.transport[server]
}

func (l *locator) step(s autodiscover.Step) {
	l.mu.Lock()
	l.steps = append(l.steps, s)
	l.mu.Unlock()
	if l.c.verbose {
		l.c.say("%s: autodiscover: %s", l.search.Address, stepText(s))
	}
}

// explain gives the errors of a search their hints.
func (l *locator) explain(err error) error {
	var foreign *autodiscover.UnconfirmedError
	switch {
	case errors.Is(err, eas.ErrUnauthorized), errors.Is(err, eas.ErrBlocked):
		return err // they have hints
	case errors.As(err, &foreign):
		return &hinted{err, hintTrust(foreign.Host)}
	case errors.Is(err, context.Canceled), migrate.Temporary(err):
		return err
	}
	return &hinted{err, "name the server with --server; airlift probe shows where it was looked for"}
}

func hintTrust(host string) string {
	return fmt.Sprintf("the password would go to %s: if that is where the mailbox is, name it with --server, or confirm it with --autodiscover-trust %s", host, host)
}

// hinted is an error with what to do about it.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint tells what to do about it.
func (h *hinted) Hint() string { return h.hint }

// hostsOf checks the values of --autodiscover-trust.
func hostsOf(hosts []string) ([]string, error) {
	for _, h := range hosts {
		if !(autodiscover.Trust{Hosts: []string{h}}).Allows(hostIn(h)) {
			return nil, usage(fmt.Sprintf("--autodiscover-trust: %q is no host", h), "a host is mail.example.net; .example.net is every host in that domain")
		}
	}
	return slices.Clone(hosts), nil
}

// hostIn is a host that a value of --autodiscover-trust means.
func hostIn(value string) string {
	if len(value) > 1 && value[0] == '.' {
		return "any" + value
	}
	return value
}
