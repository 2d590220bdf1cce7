package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/eas/autodiscover"
	"github.com/airlift-eas/airlift/migrate"
)

// connection is what all mailboxes of a run share.
type connection struct {
	version   eas.Version
	best      bool           // the version is to be found out
	roots     *x509.CertPool // nil = the system's
	allowHTTP bool
	bandwidth *bandwidth // nil = no limit
	signing   signing
	http1     bool
	trusted   []string // hosts of --autodiscover-trust
}

// sources makes the engine's mailboxes from the flags: the one of --mailbox, or those of --mailboxes.
func sources(ctx *cli.Context, c *console) ([]migrate.Mailbox, error) {
	conn, err := connectionOf(ctx, c)
	if err != nil {
		return nil, err
	}
	accounts, err := accountsOf(ctx)
	if err != nil {
		return nil, err
	}
	return conn.mailboxes(ctx.Context, c, accounts)
}

// mailboxes makes the engine's mailboxes of accounts, with what they sign in with.
func (conn *connection) mailboxes(ctx context.Context, c *console, accounts []account) ([]migrate.Mailbox, error) {
	// All settings are checked before the first password is asked for.
	var err error
	mailboxes := make([]migrate.Mailbox, len(accounts))
	for i, a := range accounts {
		if mailboxes[i], err = conn.mailbox(a); err != nil {
			return nil, err
		}
	}
	creds, err := conn.credentials(ctx, c, accounts)
	if err != nil {
		return nil, err
	}
	for i := range mailboxes {
		conn.signIn(&mailboxes[i], creds[i])
		conn.locate(c, &mailboxes[i], creds[i])
		if t := creds[i].tokens; t != nil {
			mailboxes[i].Credentials = removable{t}
		}
		c.traced(&mailboxes[i])
	}
	return mailboxes, nil
}

func connectionOf(ctx *cli.Context, c *console) (conn connection, err error) {
	conn.allowHTTP, conn.http1 = ctx.Bool("allow-http"), ctx.Bool("http1")
	if conn.trusted, err = hostsOf(ctx.StringSlice("autodiscover-trust")); err != nil {
		return conn, err
	}
	if conn.signing, err = signingOf(ctx, c); err != nil {
		return conn, err
	}
	if ctx.String("eas-version") != "" { // a verb without a source has no such flag
		if conn.version, conn.best, err = versionOf(ctx, "eas-version", bestVersion); err != nil {
			return conn, err
		}
	}
	if conn.bandwidth, err = bandwidthOf(ctx); err != nil {
		return conn, err
	}
	conn.roots, err = certificates("ca-cert", ctx.String("ca-cert"))
	return conn, err
}

// versionOf is the version of the protocol that a flag asks for: "" = the newest of both sides. more are words that are no version.
func versionOf(ctx *cli.Context, flag string, more ...string) (v eas.Version, best bool, err error) {
	const auto = "auto"
	words := []string{auto}
	for _, v := range eas.Versions() {
		words = append(words, string(v))
	}
	switch word, err := wordOf(ctx, flag, "version", append(words, more...)...); {
	case err != nil:
		return "", false, err
	case word == auto:
		return "", false, nil
	case word == bestVersion:
		return "", true, nil
	default:
		return eas.Version(word), false, nil
	}
}

// accountsOf lists the mailboxes that the flags name. A password or token file that a line of the file does not name is that
// of the flags.
func accountsOf(ctx *cli.Context) ([]account, error) {
	given := account{
		mailbox: ctx.String("mailbox"), user: ctx.String("user"), server: ctx.String("server"),
		password:  passwordSource{file: ctx.String("password-file"), command: ctx.String("password-command")},
		tokenFile: ctx.String("token-file"),
	}
	if err := given.password.check(); err != nil {
		return nil, usage(err.Error(), "either --password-file or --password-command")
	}
	if given.password == (passwordSource{}) && os.Getenv(passwordVariable) != "" {
		given.password.env = passwordVariable
	}
	accounts := []account{given}
	if file := ctx.String("mailboxes"); file != "" {
		if given.mailbox != "" || given.user != "" {
			return nil, usage("--mailboxes together with --mailbox or --user", "the file names the mailboxes and their users")
		}
		var err error
		if accounts, err = readMailboxes(file); err != nil {
			return nil, err
		}
	}
	for i := range accounts {
		a := &accounts[i]
		if a.mailbox == "" {
			return nil, usage("no mailbox", "name it with --mailbox, or many with --mailboxes")
		}
		if a.server == "" {
			a.server = given.server
		}
		if a.user == "" {
			a.user = a.mailbox
		}
		if a.password == (passwordSource{}) && a.tokenFile == "" {
			a.password, a.tokenFile = given.password, given.tokenFile
		}
	}
	return accounts, nil
}

// readPasswords reads the passwords of all accounts, a few at a time: each may be a command's work.
func readPasswords(ctx context.Context, c *console, accounts []account) ([]string, error) {
	passwords := make([]string, len(accounts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i, a := range accounts {
		g.Go(func() (err error) {
			if passwords[i], err = a.password.read(ctx, c); err != nil {
				return fmt.Errorf("%s: %w", a.mailbox, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i, a := range accounts {
		if passwords[i] != "" {
			continue
		}
		var err error
		if passwords[i], err = askPassword(c, a.user); err != nil {
			return nil, err
		}
	}
	return passwords, nil
}

// mailbox makes a source and checks its settings; no request is sent.
func (conn connection) mailbox(a account) (migrate.Mailbox, error) {
	cfg := eas.Config{URL: a.server, User: a.user, Version: conn.version, AllowHTTP: conn.allowHTTP}
	check := cfg
	check.DeviceID = "AIRLIFT"
	if a.server == "" {
		domain, err := autodiscover.DomainOf(a.mailbox)
		if err != nil {
			return migrate.Mailbox{}, usage("no server for "+a.mailbox, "name it with --server: a host, or the whole https://HOST/Microsoft-Server-ActiveSync; it is found by an address like alice@example.com only")
		}
		check.URL = domain
	}
	if _, err := eas.New(check); err != nil {
		hint := ""
		if strings.HasPrefix(strings.ToLower(a.server), "http://") && !conn.allowHTTP {
			hint = "--allow-http permits it, for a network that you trust"
		}
		return migrate.Mailbox{}, usage(fmt.Sprintf("%s: %s", a.mailbox, err), hint)
	}
	return migrate.Mailbox{Address: a.mailbox, Client: cfg, BestVersion: conn.best}, nil
}

// transport is one of connections of its own.
func (conn *connection) transport() *http.Transport {
	t := eas.NewTransport()
	if conn.http1 {
		t = eas.NewHTTP1Transport()
	}
	t.TLSClientConfig.RootCAs = conn.roots
	return t
}
