package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/eas"
	"github.com/airlift-eas/airlift/migrate"
	"github.com/airlift-eas/airlift/sinks"
	"github.com/airlift-eas/airlift/sinks/easdst"
	"github.com/airlift-eas/airlift/sinks/imapdst"
)

// targetVariable holds the password of targets that name no other source.
const targetVariable = "AIRLIFT_TARGET_PASSWORD"

// targetFlags name the mailbox that items are put into.
func targetFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("target", "", "put the items into the mailbox with this `ADDRESS` (default: the source's)"),
		stringFlag("target-user", "", "its login `NAME`, if it is not the address"),
		stringFlag("target-server", "", "the `URL` of its EAS server, for contacts, calendars, tasks and notes; without it and --target-imap it is found by the address"),
		stringFlag("target-imap", "", "the `URL` of its IMAP server, for mail: imaps://HOST, or imap://HOST with STARTTLS"),
		stringFlag("target-password-file", "", "read its password from the first line of `FILE`; without it and a command from the variable "+targetVariable),
		stringFlag("target-password-command", "", "read its password from what `COMMAND` prints"),
		stringFlag("target-token-file", "", "sign in there with the OAuth tokens in `FILE`, which airlift login makes"),
		stringFlag("target-eas-version", "auto", "speak this `VERSION` of the protocol with its EAS server, 2.5 to 16.1"),
		stringFlag("mail-via", mailByIMAP, "how mail is put: `imap|eas|drafts`; eas puts messages by Sync Add, which the protocol forbids, after a message of its own has shown what the target makes of it; drafts only those of the folder for drafts, from EAS 16.0 on"),
		boolFlag("invite", "put the attendees of events as attendees: the target's server may write to each of them; without it they are text in the event"),
	}
}

// The ways of --mail-via.
const (
	mailByIMAP   = "imap"
	mailByEAS    = "eas"
	mailAsDrafts = "drafts"
)

// mailMode reads --mail-via.
func mailMode(ctx *cli.Context) (easdst.MailMode, error) {
	word, err := wordOf(ctx, "mail-via", "way", mailByIMAP, mailByEAS, mailAsDrafts)
	switch word {
	case mailByEAS:
		return easdst.MailForced, err
	case mailAsDrafts:
		return easdst.MailDrafts, err
	}
	return easdst.MailNone, err
}

// targetAccounts completes the accounts' targets by the flags.
func targetAccounts(ctx *cli.Context, accounts []account) error {
	given := targetAccount{
		mailbox: ctx.String("target"), user: ctx.String("target-user"), server: ctx.String("target-server"), imap: ctx.String("target-imap"),
		password:  passwordSource{file: ctx.String("target-password-file"), command: ctx.String("target-password-command")},
		tokenFile: ctx.String("target-token-file"),
	}
	if err := given.account().check(); err != nil {
		return usage("target: "+err.Error(), "one of --target-password-file, --target-password-command and --target-token-file")
	}
	if len(accounts) > 1 && (given.mailbox != "" || given.user != "") {
		return usage("--target or --target-user for several mailboxes", "the columns target and target_user of --mailboxes name them")
	}
	if given.password == (passwordSource{}) && given.tokenFile == "" && os.Getenv(targetVariable) != "" {
		given.password.env = targetVariable
	}
	for i := range accounts {
		t := &accounts[i].target
		for _, f := range []struct {
			to   *string
			from string
		}{{&t.mailbox, given.mailbox}, {&t.mailbox, accounts[i].mailbox}, {&t.user, given.user}, {&t.server, given.server}, {&t.imap, given.imap}} {
			if *f.to == "" {
				*f.to = f.from
			}
		}
		if t.user == "" {
			t.user = t.mailbox
		}
		if t.password == (passwordSource{}) && t.tokenFile == "" {
			t.password, t.tokenFile = given.password, given.tokenFile
		}
	}
	return nil
}

// aim is a mailbox that items are put into.
type aim struct {
	c       *console
	account targetAccount
	mail    *imapdst.Config  // nil = mail is not put
	people  *migrate.Mailbox // nil = people's data is not put
	options easdst.Options
}

// aims makes what opens the accounts' targets.
func (conn connection) aims(ctx *cli.Context, c *console, accounts []account) ([]aim, error) {
	if err := targetAccounts(ctx, accounts); err != nil {
		return nil, err
	}
	there := make([]account, len(accounts))
	for i, a := range accounts {
		there[i] = a.target.account()
	}
	var err error
	if conn.version, conn.best, err = versionOf(ctx, "target-eas-version"); err != nil {
		return nil, err
	}
	mail, err := mailMode(ctx)
	if err != nil {
		return nil, err
	}
	creds, err := conn.credentials(ctx.Context, c, there)
	if err != nil {
		return nil, ofTarget(err)
	}
	aims := make([]aim, len(accounts))
	for i, a := range there {
		aims[i] = aim{c: c, account: accounts[i].target, options: easdst.Options{Invite: ctx.Bool("invite"), Mail: mail}}
		t := &aims[i]
		if t.account.imap != "" && mail != easdst.MailNone {
			return nil, usage(fmt.Sprintf("%s: target: --mail-via and an IMAP server", a.mailbox), "mail goes one way: leave --target-imap out, or --mail-via")
		}
		if t.account.imap != "" {
			t.mail = conn.imap(t.account, creds[i])
			if err := t.mail.Check(); err != nil {
				return nil, usage(fmt.Sprintf("%s: target: %s", a.mailbox, err), "a mail server is imaps://HOST or imap://HOST, with a port if it is not the usual one")
			}
		}
		if t.account.server == "" && t.mail != nil {
			continue
		}
		m, err := conn.mailbox(a)
		if err != nil {
			return nil, ofTarget(err)
		}
		conn.signIn(&m, creds[i])
		conn.locate(c, &m, creds[i])
		c.traced(&m)
		t.people = &m
	}
	return aims, nil
}

const hintTarget = "the target's password is that of --target-password-file, --target-password-command, the variable " + targetVariable + " or the file's columns; the login name that of --target-user"

// ofTarget makes an error about flags of the source, whose checks a target shares, one about those of the target.
func ofTarget(err error) error {
	var use *usageError
	switch {
	case !errors.As(err, &use):
		return fmt.Errorf("target: %w", err)
	case use.hint == hintPassword:
		return usage("target: "+use.msg, hintTarget)
	}
	return usage("target: "+use.msg, strings.ReplaceAll(use.hint, "--server", "--target-server"))
}

// imap is how a target's mail server is signed in to.
func (conn *connection) imap(t targetAccount, cred credential) *imapdst.Config {
	cfg := &imapdst.Config{
		URL: t.imap, User: t.user, Password: cred.password, AllowPlain: conn.allowHTTP, TLS: &tls.Config{RootCAs: conn.roots, MinVersion: tls.VersionTLS12},
	}
	if cred.tokens != nil {
		cfg.Token = func(ctx context.Context) (string, error) { return cred.tokens.Token(ctx, "") }
	}
	return cfg
}

// job names the migration of an archive into this target: by where the target is, since elsewhere nothing of it is. of is what makes it
// another one.
func (t *aim) job(archive, of string) string {
	h := sha256.New()
	fmt.Fprintf(h, "airlift migration %q %q%s", archive, strings.ToLower(t.account.mailbox), of)
	for _, where := range []string{t.account.server, t.account.imap} {
		fmt.Fprintf(h, " %q", hostOf(where))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// hostOf is the host and port that a URL, or a host, names.
func hostOf(where string) string {
	if u, err := url.Parse(where); err == nil && u.Host != "" {
		where = u.Host
	}
	return strings.ToLower(where)
}

// open connects to the target. Close each of what it returns.
func (t *aim) open(ctx context.Context, job string) (targets []sinks.Target, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("target: %w", err), closeAll(targets))
		}
	}()
	if t.mail != nil {
		mail, err := imapdst.Open(ctx, *t.mail)
		if err != nil {
			return targets, err
		}
		targets = append(targets, mail)
	}
	if t.people != nil {
		client, err := migrate.Connect(ctx, *t.people, "migration "+job)
		if err != nil {
			return targets, denied(err)
		}
		people, err := easdst.New(ctx, client, t.options)
		if err != nil {
			return targets, err
		}
		targets = append(targets, people)
		if t.options.Mail == easdst.MailForced {
			if err := t.tryMail(ctx, people); err != nil {
				return targets, err
			}
		}
	}
	return targets, nil
}

// tryMail says what the target makes of a message that is added, and returns an error if it does not keep it.
func (t *aim) tryMail(ctx context.Context, people *easdst.Target) error {
	trial, err := people.TryMail(ctx)
	switch {
	case err != nil:
		return err
	case !trial.Kept():
		return &hinted{fmt.Errorf("%w: %s", sinks.ErrRefused, trial), "name its mail server with --target-imap"}
	}
	t.c.warn(fmt.Sprintf("%s: target: %s", t.account.mailbox, trial), "mail is put byte for byte by IMAP: --target-imap")
	return nil
}

func closeAll(targets []sinks.Target) error {
	var err error
	for _, t := range targets {
		err = errors.Join(err, t.Close())
	}
	return err
}

// denied says of a target that refuses the credentials that it is the target.
func denied(err error) error {
	if errors.Is(err, eas.ErrUnauthorized) || errors.Is(err, eas.ErrBlocked) {
		return fmt.Errorf("%w: %w", sinks.ErrDenied, err)
	}
	return err
}
