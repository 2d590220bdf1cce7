package main

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/eas/auth"
	"github.com/airlift-eas/airlift/migrate"
)

// The values of --flow.
const (
	flowDevice  = "device"
	flowBrowser = "browser"
)

// anyTenant is Microsoft Entra's name for the tenant of whoever signs in.
const anyTenant = "organizations"

func loginCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "login",
		Usage: "sign in with an OAuth 2.0 provider and store the tokens in a file, for --token-file",
		Description: "Without --issuer the provider is Microsoft Entra, whose tokens Exchange Online takes. The program must be registered there " +
			"as a public client, with device codes allowed or the redirect URI http://localhost, and the permission EAS.AccessAsUser.All. " +
			"Other providers (Okta, Ping, Keycloak …) are found by their OpenID discovery.",
		Flags: []cli.Flag{
			stringFlag("token-file", "", "store the tokens in `FILE`, with mode 0600; one that is there is replaced"),
			stringFlag("client-id", "", "the `ID` under which the program is registered with the provider"),
			stringFlag("client-secret-file", "", "the registration's secret, if it has one, is the first line of `FILE`; it is stored with the tokens"),
			stringFlag("tenant", anyTenant, "sign in to this `TENANT` of Microsoft Entra, an id or a domain"),
			stringFlag("issuer", "", "sign in with the OpenID provider at `URL`"),
			listFlag("scope", "ask for this `SCOPE` (repeatable; default: what Exchange Online needs, or openid and offline_access)"),
			stringFlag("user", "", "the `NAME` that is expected to sign in; the browser proposes it"),
			stringFlag("flow", flowDevice, "how to sign in: `device|browser`: a code that is typed into a browser anywhere, or a browser on this machine"),
			stringFlag("redirect-uri", "", "where the browser comes back to: a loopback `URL` as it is registered; without a port a free one is taken"),
			boolFlag("no-browser", "print the URL for the browser, and do not open it"),
			caCertFlag(), jsonFlag(), configFlag(),
		},
		Action: func(ctx *cli.Context) error {
			c.configure(ctx)
			return c.end(loginVerb(ctx, c), endOfRun)
		},
	}
}

// codeLine asks for somebody to sign in, and loginLine says that it was done.
type codeLine struct {
	Event   string     `json:"event"`
	Time    time.Time  `json:"time"`
	URL     string     `json:"url"`
	Code    string     `json:"code,omitempty"`    // to be typed there
	Expires *time.Time `json:"expires,omitempty"` // until when
}

type loginLine struct {
	Event     string         `json:"event"`
	Time      time.Time      `json:"time"`
	Result    migrate.Result `json:"result"`
	TokenFile string         `json:"token_file"`
	Issuer    string         `json:"issuer"`
	Expires   *time.Time     `json:"expires,omitempty"` // of the access token
	Renewable bool           `json:"renewable"`
	Exit      int            `json:"exit"`
}

func loginVerb(ctx *cli.Context, c *console) error {
	file := ctx.String("token-file")
	if file == "" {
		return usage("no token file", "name it with --token-file")
	}
	if err := writable("token-file", file); err != nil {
		return err
	}
	flow, err := wordOf(ctx, "flow", "way", flowDevice, flowBrowser)
	if err != nil {
		return err
	}
	run, stop := interruptible(ctx.Context, c, "nothing is stored")
	defer stop()
	l, err := loginOf(run, ctx, c)
	if err != nil {
		return err
	}
	var g auth.Grant
	if flow == flowBrowser {
		g, err = l.Browser(run, func(page string) error {
			c.askToSignIn(codeLine{URL: page})
			if !ctx.Bool("no-browser") {
				openBrowser(run, c, page)
			}
			return nil
		})
	} else {
		g, err = l.Device(run, func(code auth.DeviceCode) {
			c.askToSignIn(codeLine{URL: code.URL, Code: code.Code, Expires: &code.Expires})
		})
	}
	if err != nil {
		return err
	}
	if err := auth.WriteGrant(context.WithoutCancel(run), file, g); err != nil { // it was given, and may be the only one
		return err
	}
	c.signedIn(file, g)
	return nil
}

// loginOf makes the login from the flags; another provider than Entra is asked for its endpoints.
func loginOf(run context.Context, ctx *cli.Context, c *console) (l auth.Login, err error) {
	var conn connection
	if conn.roots, err = certificates("ca-cert", ctx.String("ca-cert")); err != nil {
		return l, err
	}
	l = auth.Login{
		ClientID: ctx.String("client-id"), Scopes: ctx.StringSlice("scope"), User: ctx.String("user"), Redirect: ctx.String("redirect-uri"),
		Base: conn.transport(),
	}
	if l.ClientID == "" {
		return l, usage("no client id", "name with --client-id how this program is registered with the provider")
	}
	if l.ClientSecret, err = (passwordSource{file: ctx.String("client-secret-file")}).read(run, c); err != nil {
		return l, err
	}
	issuer := ctx.String("issuer")
	if issuer == "" {
		l.Provider = auth.Entra(ctx.String("tenant"))
		if len(l.Scopes) == 0 {
			l.Scopes = []string{auth.EntraScope, "offline_access"}
		}
		if l.Redirect == "" {
			l.Redirect = "http://localhost" // the one that Entra registers for every port
		}
		return l, nil
	}
	if ctx.String("tenant") != anyTenant {
		return l, usage("--issuer together with --tenant", "a tenant is of Microsoft Entra")
	}
	if len(l.Scopes) == 0 {
		l.Scopes = []string{"openid", "offline_access"}
	}
	l.Provider, err = auth.Discover(run, l.Base, issuer)
	return l, err
}

// askToSignIn says what somebody is to do now. --quiet does not silence it: nothing goes on without.
func (c *console) askToSignIn(l codeLine) {
	words := "sign in at " + l.URL
	if l.Code != "" {
		words += fmt.Sprintf(" with the code %s, until %s", l.Code, l.Expires.Local().Format(time.TimeOnly))
	}
	c.problem(words, "")
	if c.json {
		l.Event, l.Time = "sign-in", now()
		c.emit(l)
	}
}

func (c *console) signedIn(file string, g auth.Grant) {
	line := loginLine{
		Event: eventSummary, Time: now(), Result: migrate.ResultOK, TokenFile: file, Issuer: g.Issuer, Renewable: g.RefreshToken != "", Exit: exitOK,
	}
	if !g.Expiry.IsZero() {
		line.Expires = &g.Expiry
	}
	if !line.Renewable {
		c.warn("the provider gave no refresh token: somebody has to sign in again when the access token ends", "most providers want --scope offline_access beside the others")
	}
	if c.json {
		c.emit(line)
		return
	}
	c.result("signed in: the tokens are in %s", file)
}

// openBrowser shows a page to whoever sits at this machine. If that fails, the URL was printed before. The browser outlives
// this program, or may.
func openBrowser(ctx context.Context, c *console, page string) {
	opener := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		opener = []string{"open"}
	case "windows":
		opener = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), opener[0], append(opener[1:], page)...)
	err := cmd.Start()
	if err == nil {
		err = cmd.Process.Release()
	}
	if err != nil {
		c.say("no browser could be opened: %s", err)
	}
}

// loginCommandLine is the command that signs in again with the same provider.
func loginCommandLine(file string, g auth.Grant) string {
	args := []string{"airlift", "login", "--token-file", file}
	if tenant := entraTenant(g.Issuer); tenant != "" {
		args = append(args, "--tenant", tenant)
	} else {
		args = append(args, "--issuer", g.Issuer)
	}
	args = append(args, "--client-id", g.ClientID)
	if g.AuthMethod != "" && g.AuthMethod != "none" {
		args = append(args, "--client-secret-file", "FILE")
	}
	for s := range strings.FieldsSeq(g.Scope) {
		args = append(args, "--scope", s)
	}
	for i, a := range args {
		args[i] = shellWord(a)
	}
	return strings.Join(args, " ")
}

// entraTenant is the tenant of an issuer that is Microsoft Entra's, "" of any other.
func entraTenant(issuer string) string {
	before, after, _ := strings.Cut(auth.Entra("\x00").Issuer, url.PathEscape("\x00"))
	rest, ok := strings.CutPrefix(issuer, before)
	tenant, ok2 := strings.CutSuffix(rest, after)
	if !ok || !ok2 {
		return ""
	}
	return tenant
}
