package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func newApp(c *console) *cli.App {
	app := &cli.App{
		Name:      "airlift",
		Usage:     "archive and migrate mailboxes over Exchange ActiveSync",
		UsageText: "airlift VERB [flags] [arguments]",
		Description: "Every flag has an environment twin (--password-file = AIRLIFT_PASSWORD_FILE) and may stand in a file " +
			"(--config airlift.yaml, keys are the names of flags). A flag wins over the environment, that over the file.\n\n" + exitList(),
		Version: versionString(),
		Commands: []*cli.Command{
			demoCommand(c), probeCommand(c), archiveCommand(c), watchCommand(c), migrateCommand(c), restoreCommand(c), verifyCommand(c), rekeyCommand(c), holdCommand(c), reconcileCommand(c), lsCommand(c),
			catCommand(c), exportCommand(c), importCommand(c), statusCommand(c), stateCommand(c), loginCommand(c), serverCommand(c), versionCommand(c), completionCommand(c), manCommand(c),
		},
		Writer:    c.out,
		ErrWriter: c.err,
		// Between the values of a repeatable flag in its environment twin. A folder name may hold a comma.
		SliceFlagSeparator: "\n",
		HideHelpCommand:    true,
		// The scripts of completion.go ask the program.
		EnableBashCompletion: true,
		OnUsageError:         onUsageError,
		ExitErrHandler:       func(*cli.Context, error) {}, // run makes the exit code
	}
	app.Action = func(ctx *cli.Context) error {
		if !ctx.Args().Present() {
			_ = cli.ShowAppHelp(ctx) // writes to standard output; nothing can be done about that
			return ended(exitUsage)
		}
		return noAction(app.Commands)(ctx)
	}
	known := knownFlags(app)
	for _, cmd := range actions(app.Commands) {
		cmd.Before = func(ctx *cli.Context) error {
			if cmd.Command(ctx.Args().First()) != nil {
				return nil // its own verb's turn comes
			}
			if err := checkArguments(ctx); err != nil {
				return err
			}
			return applyConfig(ctx, known)
		}
	}
	for _, cmd := range slices.Concat(app.Commands, actions(app.Commands)) {
		cmd.HideHelpCommand = true
		cmd.OnUsageError = onUsageError
	}
	return app
}

// actions lists the verbs that do something themselves: all but those that only have verbs of their own.
func actions(commands []*cli.Command) (all []*cli.Command) {
	for _, cmd := range commands {
		if len(cmd.Subcommands) == 0 || len(cmd.Flags) > 0 {
			all = append(all, cmd)
		}
		all = append(all, actions(cmd.Subcommands)...)
	}
	return all
}

// noAction is the action of what only has verbs.
func noAction(commands []*cli.Command) cli.ActionFunc {
	return func(ctx *cli.Context) error {
		var names []string
		for _, cmd := range commands {
			names = append(names, cmd.Name)
		}
		hint := "the verbs are " + strings.Join(names, ", ")
		if !ctx.Args().Present() {
			return usage(ctx.Command.HelpName+": no verb", hint)
		}
		return usage(fmt.Sprintf("unknown verb %q", ctx.Args().First()), hint)
	}
}

// checkArguments holds the arguments against what the verb's ArgsUsage names.
func checkArguments(ctx *cli.Context) error {
	args := ctx.Args().Slice()
	for _, a := range args {
		if len(a) > 1 && strings.HasPrefix(a, "-") {
			return usage(fmt.Sprintf("flag %s among the arguments", a), "flags come before arguments: "+ctx.Command.HelpName+" "+a+" … "+ctx.Command.ArgsUsage)
		}
	}
	want := strings.Fields(ctx.Command.ArgsUsage)
	switch {
	case len(args) < len(want):
		return usage(fmt.Sprintf("%s is missing", want[len(args)]), ctx.Command.HelpName+" [flags] "+ctx.Command.ArgsUsage)
	case len(args) > len(want):
		return usage(fmt.Sprintf("unexpected argument %q", args[len(want)]), "see "+ctx.Command.HelpName+" --help")
	}
	return nil
}

// onUsageError gives what the flag parser says its hint.
func onUsageError(ctx *cli.Context, err error, _ bool) error {
	msg := err.Error()
	const undefined = "flag provided but not defined: -"
	if name, ok := strings.CutPrefix(msg, undefined); ok {
		name = strings.TrimLeft(name, "-")
		msg = "unknown flag --" + name
		if name == "password" || name == "p" {
			return usage(msg, hintPassword)
		}
	}
	hint := "see airlift --help"
	if ctx.Command != nil && ctx.Command.HelpName != "" {
		hint = "see " + ctx.Command.HelpName + " --help"
	}
	return usage(msg, hint)
}

const hintPassword = "a password is never on the command line: --password-file, --password-command, the variable AIRLIFT_PASSWORD, or a terminal to ask on; a server that takes OAuth tokens wants --token-file, which airlift login makes"

// usageError says that the program was called in a way it cannot follow. Nothing was begun.
type usageError struct{ msg, hint string }

func usage(msg, hint string) error { return &usageError{msg, hint} }

func (e *usageError) Error() string { return e.msg }

// Hint tells what to do about it.
func (e *usageError) Hint() string { return e.hint }
