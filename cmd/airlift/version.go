package main

import (
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

func versionCommand(c *console) *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Flags: []cli.Flag{jsonFlag()},
		Action: func(ctx *cli.Context) error {
			v := versionString()
			if ctx.Bool("json") {
				c.emit(map[string]string{
					"event": "version", "time": now().Format("2006-01-02T15:04:05Z"), "version": v, "go": runtime.Version(),
					"platform": runtime.GOOS + "/" + runtime.GOARCH,
				})
				return nil
			}
			c.result("airlift %s %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

// versionString is what the linker was told, else what the Go toolchain knows of the source.
func versionString() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
