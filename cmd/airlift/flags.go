package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// twin is the environment twin of a flag.
func twin(name string) []string {
	return []string{"AIRLIFT_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))}
}

func stringFlag(name, value, text string) cli.Flag {
	return &cli.StringFlag{Name: name, Value: value, Usage: text, EnvVars: twin(name)}
}

func listFlag(name, text string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Usage: text, EnvVars: twin(name)}
}

func intFlag(name string, value int, text string) cli.Flag {
	return &cli.IntFlag{Name: name, Value: value, Usage: text, EnvVars: twin(name)}
}

func boolFlag(name, text string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: text, EnvVars: twin(name), DisableDefaultText: true}
}

func durationFlag(name string, value time.Duration, text string) cli.Flag {
	return &cli.DurationFlag{Name: name, Value: value, Usage: text, EnvVars: twin(name)}
}

func configFlag() cli.Flag {
	return stringFlag("config", "", "read flags from `FILE` (YAML, keys are the names of flags)")
}

func jsonFlag() cli.Flag {
	return boolFlag("json", "one JSON object a line on standard output, the last one a summary")
}

func quietFlag() cli.Flag { return boolFlag("quiet", "print only problems and the last summary") }

func verboseFlag() cli.Flag {
	return boolFlag("verbose", "print every exchange with the server as XML, cut, without credentials")
}

func archiveFlag() cli.Flag {
	return stringFlag("archive", "", "the archive's place, `DIR|s3://BUCKET/PREFIX`")
}

func stateFlag() cli.Flag {
	return stringFlag("state", "", "the checkpoints' `DIR` (default: beside a directory, its name with .state appended; for a bucket in the user's state directory)")
}

func onlyMailboxFlag() cli.Flag { return stringFlag("mailbox", "", "only this mailbox's `ADDRESS`") }

func atFlag() cli.Flag {
	return stringFlag("at", "", "as it was at `TIME`: 2006-01-02 (UTC) or RFC 3339")
}

func caCertFlag() cli.Flag {
	return stringFlag("ca-cert", "", "trust the certificates in `FILE` (PEM) instead of the system's")
}

func workersFlag() cli.Flag { return intFlag("workers", 8, "`N` mailboxes at once") }

// workersOf checks --workers.
func workersOf(ctx *cli.Context) (int, error) {
	n := ctx.Int("workers")
	if n < 1 {
		return 0, usage(fmt.Sprintf("--workers: %d", n), "at least one mailbox at once")
	}
	return n, nil
}

// wordOf returns the value of a flag that takes one of a few words, which are of one kind: a way, a format.
func wordOf(ctx *cli.Context, flag, kind string, words ...string) (string, error) {
	v, hint := ctx.String(flag), fmt.Sprintf("the %ss are %s", kind, strings.Join(words, ", "))
	switch {
	case v == "":
		return "", usage("no "+kind, fmt.Sprintf("name one with --%s: %s", flag, hint))
	case !slices.Contains(words, v):
		return "", usage(fmt.Sprintf("--%s: unknown %s %q", flag, kind, v), hint)
	}
	return v, nil
}

func sourceFlags() []cli.Flag {
	return append([]cli.Flag{
		stringFlag("server", "", "the server's `URL`: a host, or the whole https://HOST/Microsoft-Server-ActiveSync (default: it is found by the mailbox's address)"),
		stringFlag("mailbox", "", "the mailbox's `ADDRESS`"),
		stringFlag("user", "", "the login `NAME`, if it is not the address"),
		stringFlag("password-file", "", "read the password from the first line of `FILE`"),
		stringFlag("password-command", "", "read the password from what `COMMAND` prints"),
		stringFlag("mailboxes", "", "many mailboxes: a CSV `FILE` with a header row, of the columns "+strings.Join(csvColumns(), ",")),
		stringFlag("token-file", "", "sign in with the OAuth tokens in `FILE`, which airlift login makes; they are renewed in place"),
		stringFlag("eas-version", "auto", "speak this `VERSION` of the protocol, 2.5 to 16.1, whether the server lists it or not; auto is the newest of both, and best, for a mailbox that was not read before, the one that serves messages best: see probe --fidelity"),
	}, reachFlags()...)
}

// reachFlags say how servers are reached and signed in to, that of a source and that of a target.
func reachFlags() []cli.Flag {
	return []cli.Flag{
		stringFlag("client-cert", "", "sign in with the certificate in `FILE`: PEM or PKCS#12"),
		stringFlag("client-key", "", "the certificate's private key is in `FILE` (PEM)"),
		stringFlag("client-cert-password-file", "", "the password of the PKCS#12 file is the first line of `FILE`; without it in the variable "+certPasswordVariable),
		stringFlag("auth", authAuto, "how to sign in: `"+strings.Join(authWays(), "|")+"`; auto takes what there is and the server offers"),
		caCertFlag(),
		listFlag("autodiscover-trust", "let the password go to `HOST`, too, if the address leads there or the mailbox moves there: a host, or .example.net for all in it (repeatable); trusted are the domain of the address, that of --server, and Exchange Online"),
		boolFlag("http1", "speak HTTP/1.1 only, to a server or proxy that fails at HTTP/2"),
		boolFlag("allow-http", "send credentials over plain HTTP to hosts other than this one"),
	}
}

func selectionFlags() []cli.Flag {
	return []cli.Flag{
		classFlag(),
		listFlag("folder", "take only folders whose path matches `GLOB`, and all below them (repeatable)"),
		listFlag("exclude-folder", "leave out folders whose path matches `GLOB`, and all below them (repeatable)"),
		stringFlag("since", "", "leave out items dated before `DATE`: 2006-01-02 (UTC) or RFC 3339"),
		stringFlag("before", "", "leave out items dated at or after `DATE`"),
		stringFlag("max-size", "", "leave out items of more than `BYTES` (k, M, G are powers of 1024)"),
	}
}

func runningFlags() []cli.Flag {
	return []cli.Flag{
		verboseFlag(),
		stringFlag("log-file", "", "append every event to `FILE`"),
		stringFlag("log-format", "text", "format of the log file: `text|json`"),
	}
}

func onlyFolderFlag() cli.Flag {
	return listFlag("folder", "only folders whose path matches `GLOB`, and all below them (repeatable)")
}

func readingFlags() []cli.Flag {
	return append([]cli.Flag{
		archiveFlag(), onlyMailboxFlag(), onlyFolderFlag(),
		identityFlag(), configFlag(), jsonFlag(),
	}, bucketFlags()...)
}

// knownFlags lists the flags of all verbs: a configuration file may serve several of them.
func knownFlags(app *cli.App) []string {
	var names []string
	for _, cmd := range actions(app.Commands) {
		for _, f := range cmd.Flags {
			if name := f.Names()[0]; name != "config" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
