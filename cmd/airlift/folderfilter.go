package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/urfave/cli/v2"
)

// folderFilter tells which display paths --folder takes, by the rules of the engine's selection: without regard to
// case, and a folder that matches takes all below it along.
func folderFilter(ctx *cli.Context) (func(folderPath string) bool, error) {
	globs, err := globsOf(ctx, "folder")
	if err != nil {
		return nil, err
	}
	for i, g := range globs {
		globs[i] = strings.ToLower(strings.Trim(g, "/"))
	}
	return func(folderPath string) bool {
		for p := strings.ToLower(folderPath); p != "." && p != "/"; p = path.Dir(p) {
			for _, g := range globs {
				if ok, _ := path.Match(g, p); ok {
					return true
				}
			}
		}
		return len(globs) == 0
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
