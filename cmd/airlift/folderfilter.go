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
	globs := ctx.StringSlice("folder")
	for i, g := range globs {
		globs[i] = strings.ToLower(strings.Trim(g, "/"))
		if _, err := path.Match(g, ""); err != nil {
			return nil, usage(fmt.Sprintf("--folder: %q: %s", g, err), "")
		}
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
