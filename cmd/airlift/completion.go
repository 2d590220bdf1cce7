package main

import (
	_ "embed"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"
)

// The scripts ask the program itself what fits: it answers when its last argument is --generate-bash-completion.
var (
	//go:embed completion.bash
	completionBash string
	//go:embed completion.zsh
	completionZsh string
)

func completionCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell: bash, zsh, fish",
		ArgsUsage: "SHELL",
		Action: func(ctx *cli.Context) error {
			var script string
			switch shell := ctx.Args().First(); shell {
			case "bash":
				script = completionBash
			case "zsh":
				script = completionZsh
			case "fish":
				var err error
				if script, err = ctx.App.ToFishCompletion(); err != nil {
					return err
				}
			default:
				return usage(fmt.Sprintf("unknown shell %q", shell), "the shells are bash, zsh, fish")
			}
			_, err := io.WriteString(c.out, script)
			return err
		},
	}
}

func manCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "man",
		Usage: "print the manual page: airlift man | man -l -",
		Action: func(ctx *cli.Context) error {
			page, err := ctx.App.ToManWithSection(1)
			if err != nil {
				return err
			}
			_, err = io.WriteString(c.out, page)
			return err
		},
	}
}
