package main

import (
	"fmt"
	"path"

	"github.com/urfave/cli/v2"

	"github.com/airlift-eas/airlift/migrate"
)

// folderFilter tells which display paths --folder takes, by the rules of the engine's selection: without regard to
// case, and a folder that matches takes all below it along.
func folderFilter(ctx *cli.Context) (func(folderPath string) bool, error) {
	globs, err := globsOf(ctx, "folder")
	if err != nil {
		return nil, err
	}
	return func(folderPath string) bool {
		return len(globs) == 0 || migrate.MatchFolder(globs, folderPath)
	}, nil
}

// globsOf returns the patterns of a flag, once they are known to be patterns.
func globsOf(ctx *cli.Context, flag string) ([]string, error) {
	globs := ctx.StringSlice(flag)
	for _, g := range globs {
		if _, err := path.Match(g, ""); err != nil {
			return nil, usage(fmt.Sprintf("--%s: %q is no pattern", flag, g), "* stands for any characters of one name, ? for one, [a-z] for one of them; \\ before them takes the meaning away")
		}
	}
	return globs, nil
}
